package registry

import (
	"maps"
	"slices"

	"github.com/lull-dev/lull/host/fn"
)

// What follows is for changes that are kept already: those that were there before the registry, and those that another host makes.

// Load adds what was there before: services, current versions and published ones, and what belongs to functions.
func (r *Registry) Load(services []Service, current, published []*Version, attached map[fn.Key]Attached) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, c, p := maps.Clone(*r.services.Load()), maps.Clone(*r.functions.Load()), maps.Clone(*r.published.Load())
	for _, service := range services {
		s[service.Name] = service
	}
	for _, v := range current {
		c[v.Function.Key()] = v
	}
	for _, v := range published {
		p[ref{v.Function.Key(), v.ID}] = v
	}
	r.services.Store(&s)
	r.functions.Store(&c)
	r.published.Store(&p)
	r.attached.Store(&attached)
}

// Knows reports whether the registry has seen a function's change with this revision, or a later one.
func (r *Registry) Knows(key fn.Key, revision uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.knowsLocked(key, revision)
}

func (r *Registry) knowsLocked(key fn.Key, revision uint64) bool {
	if v := r.Get(key); v != nil {
		return v.Revision >= revision
	}
	return r.deleted.functions[key] >= revision
}

// Follow puts next, or nothing, in place of what is current, unless the registry knows the change already. It returns what was current, and whether
// it is not any more.
func (r *Registry) Follow(key fn.Key, revision uint64, next *Version) (old *Version, followed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.knowsLocked(key, revision) {
		return nil, false
	}
	old = r.Get(key)
	if next == nil {
		r.deleted.functions[key] = revision
	}
	r.setLocked(key, next)
	return old, true
}

// KnowsService reports whether the registry has seen a service's change with this revision, or a later one.
func (r *Registry) KnowsService(name string, revision uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.knowsServiceLocked(name, revision)
}

func (r *Registry) knowsServiceLocked(name string, revision uint64) bool {
	if s, ok := (*r.services.Load())[name]; ok {
		return s.Revision >= revision
	}
	return r.deleted.services[name] >= revision
}

// FollowService puts next, or nothing, in place of a service, unless the registry knows the change already, and adds the functions of versions that
// are new in next. It returns those that nobody can reach any more, for the caller to drain.
func (r *Registry) FollowService(name string, revision uint64, next *Service, published []*Version) (gone []*Version) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.knowsServiceLocked(name, revision) {
		return published
	}
	// What is new comes before the service that names it, what is gone goes after: see Find.
	all := maps.Clone(*r.published.Load())
	for _, v := range published {
		at := ref{v.Function.Key(), v.ID}
		if old := all[at]; old != nil {
			gone = append(gone, old)
		}
		all[at] = v
	}
	r.published.Store(&all)
	if next != nil {
		r.setServiceLocked(*next)
	} else {
		r.deleted.services[name] = revision
		r.unsetServiceLocked(name)
	}
	rest := maps.Clone(all)
	for at, v := range all {
		if at.Service == name && (next == nil || !next.hasVersion(at.id)) {
			gone = append(gone, v)
			delete(rest, at)
		}
	}
	r.published.Store(&rest)
	return gone
}

// FollowAttached puts next, or nothing, in place of what belongs to a function, unless the registry knows the change already.
func (r *Registry) FollowAttached(key fn.Key, revision uint64, next *Attached) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.deleted.attached[key]
	if a, ok := (*r.attached.Load())[key]; ok {
		known = a.Revision
	}
	if known >= revision {
		return
	}
	if next == nil {
		r.deleted.attached[key] = revision
	}
	r.setAttachedLocked(key, next)
}

// Clear takes out all versions, which stay kept, and returns them. From then on nothing can be changed: every change that would be kept fails with err.
func (r *Registry) Clear(err error) []*Version {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keeper = refusing{err}
	all := slices.Collect(maps.Values(*r.functions.Swap(&map[fn.Key]*Version{})))
	return append(all, slices.Collect(maps.Values(*r.published.Swap(&map[ref]*Version{})))...)
}
