package fcapi

import (
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/registry"
)

func (s *Server) health(r *request) error {
	r.ctx.SetContentType("text/plain; charset=utf-8")
	r.ctx.SetBodyString("ok\n")
	return nil
}

func (s *Server) exposeMetrics(r *request) error {
	if s.metrics == nil {
		s.noRoute(r, "/metrics")
		return nil
	}
	s.metrics(r.ctx)
	return nil
}

func (s *Server) info(r *request) error {
	return r.write(map[string]string{"version": s.cfg.Version, "http": s.cfg.HTTP, "api": s.cfg.API})
}

func (s *Server) runtimes(r *request) error {
	return r.write(map[string]any{"runtimes": s.host.Runtimes()})
}

// inspect tells what code can be deployed as. The body is a function as for createFunction, of which code, runtime, handler, environment and memory
// size are looked at.
func (s *Server) inspect(r *request) error {
	var in functionInput
	if err := r.read(&in); err != nil {
		return err
	}
	f := fn.Function{Name: "inspect"}
	if err := s.apply(r, &in, &f); err != nil {
		return err
	}
	info, err := s.host.Inspect(s.base, f)
	if err != nil {
		return err
	}
	return r.write(info)
}

// overviewObject is a function with what one wants to see of it at a glance.
type overviewObject struct {
	ServiceName  string         `json:"serviceName"`
	FunctionName string         `json:"functionName"`
	Runtime      string         `json:"runtime"`
	Kind         string         `json:"kind"`
	Handler      string         `json:"handler"`
	Initializer  string         `json:"initializer"`
	PreFreeze    string         `json:"preFreeze"`
	PreStop      string         `json:"preStop"`
	MemorySize   int            `json:"memorySize"`
	Timeout      int64          `json:"timeout"`
	StartsBy     string         `json:"startsBy"`
	URL          string         `json:"url"`       // path on the data plane
	Instances    map[string]int `json:"instances"` // how many by state
}

// overview lists functions, those of one service if the query names one, with their instances by state.
func (s *Server) overview(r *request) error {
	service := r.query("service")
	if service != "" {
		if _, err := s.host.Service(service); err != nil {
			return err
		}
	}
	states := map[fn.Key]map[string]int{}
	for _, i := range s.host.Instances(fn.Key{Service: service}) {
		key := fn.Key{Service: i.Service, Name: i.Function}
		if states[key] == nil {
			states[key] = map[string]int{}
		}
		states[key][i.State]++
	}
	out := []overviewObject{}
	for _, v := range s.host.Functions(service) {
		o := newOverviewObject(v)
		if counts := states[v.Function.Key()]; counts != nil {
			o.Instances = counts
		}
		out = append(out, o)
	}
	return r.write(map[string]any{"functions": out})
}

func newOverviewObject(v *registry.Version) overviewObject {
	f := &v.Function
	url := "/" + f.Name + "/"
	if f.Service != fn.DefaultService {
		url = "/" + f.Service + url
	}
	return overviewObject{
		ServiceName: f.Service, FunctionName: f.Name, Runtime: f.Runtime, Kind: v.Kind, Handler: f.Handler,
		Initializer: f.Initializer.Handler, PreFreeze: f.PreFreeze.Handler, PreStop: f.PreStop.Handler,
		MemorySize: f.Limits.MemoryMiB, Timeout: seconds(f.Limits.Timeout), StartsBy: v.StartsBy,
		URL: url, Instances: map[string]int{},
	}
}
