package registry

import (
	"slices"
	"strings"

	"github.com/lull-dev/lull/host/fn"
)

// AddService adds a service, or answers ServiceAlreadyExists.
func (r *Registry) AddService(s Service) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.mu.services[s.Name]; ok {
		return fn.Errorf(fn.CodeServiceAlreadyExists, "service '%s' already exists", s.Name)
	}
	r.mu.services[s.Name] = s
	return nil
}

// Service returns a service, or ServiceNotFound.
func (r *Registry) Service(name string) (Service, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.mu.services[name]
	if !ok {
		return Service{}, noService(name)
	}
	return s, nil
}

// ChangeService applies change to a service. Errors: ServiceNotFound, PreconditionFailed if ifMatch is set and is not its ETag.
func (r *Registry) ChangeService(name, ifMatch string, change func(*Service)) (Service, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.mu.services[name]
	if !ok {
		return Service{}, noService(name)
	}
	if err := CheckMatch(ifMatch, s.ETag); err != nil {
		return Service{}, err
	}
	change(&s)
	r.mu.services[name] = s
	return s, nil
}

// RemoveService removes a service. Errors: ServiceNotFound, PreconditionFailed, ServiceNotEmpty if it has functions.
func (r *Registry) RemoveService(name, ifMatch string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.mu.services[name]
	if !ok {
		return noService(name)
	}
	if err := CheckMatch(ifMatch, s.ETag); err != nil {
		return err
	}
	if n := len(r.List(name)); n > 0 {
		return fn.Errorf(fn.CodeServiceNotEmpty, "service '%s' still has %d functions; delete them first", name, n)
	}
	delete(r.mu.services, name)
	return nil
}

// Services returns all services sorted by name.
func (r *Registry) Services() []Service {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []Service{}
	for _, s := range r.mu.services {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Service) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// CheckMatch compares an If-Match condition with an ETag, with or without quotes. An empty condition and "*" match all.
func CheckMatch(ifMatch, etag string) error {
	if want := strings.Trim(ifMatch, `"`); want != "" && want != "*" && want != etag {
		return fn.Errorf(fn.CodePreconditionFailed, "the resource has changed: its ETag is %s, If-Match asks for %s", etag, want)
	}
	return nil
}
