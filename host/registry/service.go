package registry

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// Service groups functions, and has their published versions and its aliases. A Service is a value: what its slices and maps hold is never
// changed in place.
type Service struct {
	Name        string `json:"name"`
	ID          string `json:"id"` // a UUID
	Description string `json:"description,omitempty"`
	// Settings are what clients set that lull keeps and does not act upon, by their JSON names.
	Settings map[string]json.RawMessage `json:"settings,omitempty"`
	Created  time.Time                  `json:"created"`
	Modified time.Time                  `json:"modified"`
	ETag     string                     `json:"etag"`

	// LastVersion is the highest version id that was ever given out.
	LastVersion int         `json:"lastVersion,omitempty"`
	Versions    []Published `json:"versions,omitempty"` // oldest first
	Aliases     []Alias     `json:"aliases,omitempty"`  // sorted by name

	// Revision is that of the service's document in the store, which is this struct as JSON; the Keeper sets it.
	Revision uint64 `json:"-"`
}

// AddService adds a service. Errors: ServiceAlreadyExists, those of the keeper.
func (r *Registry) AddService(s Service) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := (*r.services.Load())[s.Name]; ok {
		return fn.Errorf(fn.CodeServiceAlreadyExists, "service '%s' already exists", s.Name)
	}
	return r.putServiceLocked(nil, s)
}

// putServiceLocked has a service kept in place of old, and then seen.
func (r *Registry) putServiceLocked(old *Service, s Service) error {
	if err := r.keeper.Service(s.Name, old, &s); err != nil {
		return err
	}
	r.setServiceLocked(s)
	return nil
}

// unsetServiceLocked makes a delete seen.
func (r *Registry) unsetServiceLocked(name string) {
	changed := maps.Clone(*r.services.Load())
	delete(changed, name)
	r.services.Store(&changed)
}

// setServiceLocked makes a new or changed service seen.
func (r *Registry) setServiceLocked(s Service) {
	changed := maps.Clone(*r.services.Load())
	changed[s.Name] = s
	r.services.Store(&changed)
}

// Service returns a service, or ServiceNotFound. It takes no lock.
func (r *Registry) Service(name string) (Service, error) {
	s, ok := (*r.services.Load())[name]
	if !ok {
		return Service{}, noService(name)
	}
	return s, nil
}

// ChangeService applies change to a copy of a service, and keeps the copy unless change fails. Errors: ServiceNotFound, PreconditionFailed if ifMatch is set
// and is not its ETag, those of change and of the keeper.
func (r *Registry) ChangeService(name, ifMatch string, change func(*Service) error) (Service, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, err := r.Service(name)
	if err != nil {
		return Service{}, err
	}
	if err := CheckMatch(ifMatch, s.ETag); err != nil {
		return Service{}, err
	}
	old := s
	if err := change(&s); err != nil {
		return Service{}, err
	}
	if err := r.putServiceLocked(&old, s); err != nil {
		return Service{}, err
	}
	return r.Service(name)
}

// RemoveService removes a service. Errors: ServiceNotFound, PreconditionFailed, ServiceNotEmpty if it has functions, versions or aliases, those of
// the keeper.
func (r *Registry) RemoveService(name, ifMatch string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, err := r.Service(name)
	if err != nil {
		return err
	}
	if err := CheckMatch(ifMatch, s.ETag); err != nil {
		return err
	}
	if n := len(r.List(name)); n+len(s.Versions)+len(s.Aliases) > 0 {
		return fn.Errorf(fn.CodeServiceNotEmpty, "service '%s' still has %d functions, %d versions and %d aliases; delete them first",
			name, n, len(s.Versions), len(s.Aliases))
	}
	if err := r.keeper.Service(name, &s, nil); err != nil {
		return err
	}
	r.deleted.services[name] = s.Revision
	r.unsetServiceLocked(name)
	return nil
}

// Services returns all services sorted by name.
func (r *Registry) Services() []Service {
	return slices.SortedFunc(maps.Values(*r.services.Load()), func(a, b Service) int { return strings.Compare(a.Name, b.Name) })
}

// CheckMatch compares an If-Match condition with an ETag, with or without quotes. An empty condition and "*" match all.
func CheckMatch(ifMatch, etag string) error {
	if want := strings.Trim(ifMatch, `"`); want != "" && want != "*" && want != etag {
		return fn.Errorf(fn.CodePreconditionFailed, "the resource has changed: its ETag is %s, If-Match asks for %s", etag, want)
	}
	return nil
}
