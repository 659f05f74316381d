package registry

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// Published is a version of a service: its functions as they were when it was published.
type Published struct {
	ID          string    `json:"id"` // decimal
	Description string    `json:"description,omitempty"`
	Created     time.Time `json:"created"`
	Modified    time.Time `json:"modified"`
	// Functions are the functions that it froze, by name; a value is the ETag that LATEST had. Service is the ETag of the service.
	Functions map[string]string `json:"functions"`
	Service   string            `json:"service"`
}

// ref names a function of a published version.
type ref struct {
	fn.Key
	id string
}

// Publish freezes a service's functions. freeze gets the id of the new version and the current versions of the functions, and returns those that
// take requests for it; it must not fail half-way. Errors: ServiceNotFound, InvalidArgument if nothing has changed since the last version,
// those of freeze, and those of the keeper, after which the caller drains what is returned with it.
func (r *Registry) Publish(service, description string, now time.Time, freeze func(id string, current []*Version) ([]*Version, error)) (Published, []*Version, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, err := r.Service(service)
	if err != nil {
		return Published{}, nil, err
	}
	old, current := s, r.List(service)
	p := Published{
		ID: strconv.Itoa(s.LastVersion + 1), Description: description, Created: now, Modified: now,
		Functions: map[string]string{}, Service: s.ETag,
	}
	for _, v := range current {
		p.Functions[v.Function.Name] = v.ETag
	}
	if n := len(s.Versions); n > 0 && s.Versions[n-1].Service == p.Service && maps.Equal(s.Versions[n-1].Functions, p.Functions) {
		return p, nil, fn.Errorf(fn.CodeInvalidArgument, "service '%s' has not changed since version '%s'; there is nothing to publish", service, s.Versions[n-1].ID)
	}
	frozen, err := freeze(p.ID, current)
	if err != nil {
		return p, nil, err
	}
	s.LastVersion++
	s.Versions = append(slices.Clone(s.Versions), p)
	before := r.published.Load()
	changed := maps.Clone(*before)
	for _, v := range frozen {
		changed[ref{v.Function.Key(), p.ID}] = v
	}
	r.published.Store(&changed) // first: nobody finds them before the service says that there is such a version
	if err := r.putServiceLocked(&old, s); err != nil {
		r.published.Store(before)
		return p, frozen, err
	}
	return p, nil, nil
}

// Unpublish removes a version and returns what took its requests, for the caller to drain. Errors: ServiceNotFound, VersionNotFound,
// InvalidArgument if an alias stands for it, those of the keeper.
func (r *Registry) Unpublish(service, id string) ([]*Version, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, err := r.Service(service)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(s.Versions, func(p Published) bool { return p.ID == id })
	if at < 0 {
		return nil, noVersion(service, id)
	}
	for _, a := range s.Aliases {
		if _, more := a.Weights[id]; more || a.VersionID == id {
			return nil, fn.Errorf(fn.CodeInvalidArgument, "version '%s' of service '%s' is what alias '%s' stands for; change or delete the alias first", id, service, a.Name)
		}
	}
	old := s
	s.Versions = slices.Delete(slices.Clone(s.Versions), at, at+1)
	if err := r.putServiceLocked(&old, s); err != nil {
		return nil, err
	}
	var gone []*Version
	changed := maps.Clone(*r.published.Load())
	for at, v := range changed {
		if at.id == id && at.Service == service {
			gone = append(gone, v)
			delete(changed, at)
		}
	}
	r.published.Store(&changed)
	return gone, nil
}

// AllPublished returns the functions of a service's published versions, or of all services if it is empty, sorted by service, name and id.
func (r *Registry) AllPublished(service string) []*Version {
	list := []*Version{}
	for at, v := range *r.published.Load() {
		if service == "" || at.Service == service {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b *Version) int {
		return cmp.Or(strings.Compare(a.Function.Service, b.Function.Service), strings.Compare(a.Function.Name, b.Function.Name), compareIDs(a.ID, b.ID))
	})
	return list
}

// compareIDs orders version ids as numbers.
func compareIDs(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }

// Find returns the version of a function that a qualifier stands for: "" and LATEST, a version's id, or an alias, for which pick chooses the id. It
// takes no lock. Errors: ServiceNotFound, VersionNotFound, AliasNotFound, FunctionNotFound.
func (r *Registry) Find(key fn.Key, qualifier string, pick func(*Alias) string) (*Version, error) {
	if qualifier == "" || qualifier == fn.Latest {
		if v := r.Get(key); v != nil {
			return v, nil
		}
	}
	for {
		id, err := r.VersionID(key.Service, qualifier, pick)
		if err != nil {
			return nil, err
		}
		if id == "" {
			return nil, fn.Errorf(fn.CodeFunctionNotFound, "function '%s' does not exist in service '%s'", key.Name, key.Service)
		}
		if v := (*r.published.Load())[ref{key, id}]; v != nil {
			return v, nil
		}
		if s, err := r.Service(key.Service); err != nil || s.hasVersion(id) {
			return nil, fn.Errorf(fn.CodeFunctionNotFound, "function '%s' does not exist in service '%s', version '%s'", key.Name, key.Service, id)
		}
		// The version was deleted between the two looks, and an alias stands for another one by now. Versions are taken out of their service first,
		// and put into it last.
	}
}

// VersionID returns the id of the version that a qualifier of a service stands for, empty for LATEST. Errors: ServiceNotFound,
// VersionNotFound, AliasNotFound.
func (r *Registry) VersionID(service, qualifier string, pick func(*Alias) string) (string, error) {
	s, err := r.Service(service)
	if err != nil {
		return "", err
	}
	if qualifier == "" || qualifier == fn.Latest {
		return "", nil
	}
	id := qualifier
	if !isID(qualifier) {
		a := s.alias(qualifier)
		if a == nil {
			return "", noAlias(service, qualifier)
		}
		id = pick(a)
	}
	if !s.hasVersion(id) {
		return "", noVersion(service, id)
	}
	return id, nil
}

func (s *Service) hasVersion(id string) bool {
	return slices.ContainsFunc(s.Versions, func(p Published) bool { return p.ID == id })
}

// isID tells a version's id from an alias, which does not begin with a digit.
func isID(qualifier string) bool { return qualifier[0] >= '0' && qualifier[0] <= '9' }

func noVersion(service, id string) error {
	return fn.Errorf(fn.CodeVersionNotFound, "version '%s' of service '%s' does not exist", id, service)
}
