package fcapi

import (
	"slices"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// usage tells what a function has cost, by hour: from and to select hours. Without a function it is a list, of those of a service or of all, and
// what each service has cost.
func (s *Server) usage(r *request) error {
	from, err := r.time("from")
	if err != nil {
		return err
	}
	to, err := r.time("to")
	if err != nil {
		return err
	}
	key := r.scope()
	all, err := s.host.Billing(s.base, key, from, to)
	switch {
	case err != nil:
		return err
	case key.Name != "":
		return r.write(all[0])
	}
	return r.write(map[string]any{"services": byService(all), "functions": all})
}

// serviceUsage is what the functions of a service have cost together.
type serviceUsage struct {
	ServiceName   string         `json:"serviceName"`
	Requests      uint64         `json:"requests"`
	BilledMs      uint64         `json:"billedMs"`
	CU            float64        `json:"cu"`
	BusyIntervals uint64         `json:"busyIntervals"`
	Hours         []fn.HourUsage `json:"hours"` // oldest first
}

// byService adds up functions that are sorted by service.
func byService(functions []fn.Usage) []serviceUsage {
	services := []serviceUsage{}
	for _, u := range functions {
		if n := len(services); n == 0 || services[n-1].ServiceName != u.Service {
			services = append(services, serviceUsage{ServiceName: u.Service, Hours: []fn.HourUsage{}})
		}
		s := &services[len(services)-1]
		s.Requests += u.Requests
		s.BilledMs += u.BilledMs
		s.CU += u.CU
		s.BusyIntervals += u.BusyIntervals
		for _, h := range u.Hours {
			s.add(h)
		}
	}
	return services
}

// add puts one hour of a function to those of its service.
func (s *serviceUsage) add(h fn.HourUsage) {
	i, there := slices.BinarySearchFunc(s.Hours, h.Hour, func(a fn.HourUsage, t time.Time) int { return a.Hour.Compare(t) })
	if !there {
		s.Hours = slices.Insert(s.Hours, i, h)
		return
	}
	sum := &s.Hours[i]
	sum.Requests += h.Requests
	sum.BilledMs += h.BilledMs
	sum.CU += h.CU
	sum.BusyIntervals += h.BusyIntervals
}
