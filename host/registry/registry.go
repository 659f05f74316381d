package registry

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/lull-dev/lull/host/fn"
)

// Registry is safe for concurrent use. Looking takes no lock; changes copy the map, since there are many requests for one deploy.
type Registry struct {
	keeper    Keeper
	functions atomic.Pointer[map[fn.Key]*Version] // LATEST of each
	published atomic.Pointer[map[ref]*Version]
	services  atomic.Pointer[map[string]Service]
	attached  atomic.Pointer[map[fn.Key]Attached]

	// mu is held by whoever changes one of them, also while the keeper writes: changes are seen in the order in which they are kept.
	mu sync.Mutex
	// deleted has the last revision of what is gone, so that old news of it do not bring it back. Guarded by mu.
	deleted struct {
		functions map[fn.Key]uint64
		services  map[string]uint64
		attached  map[fn.Key]uint64
	}
}

// New returns an empty registry whose changes keeper makes last.
func New(keeper Keeper) *Registry {
	r := &Registry{keeper: keeper}
	r.functions.Store(&map[fn.Key]*Version{})
	r.published.Store(&map[ref]*Version{})
	r.services.Store(&map[string]Service{})
	r.attached.Store(&map[fn.Key]Attached{})
	r.deleted.functions, r.deleted.services, r.deleted.attached = map[fn.Key]uint64{}, map[string]uint64{}, map[fn.Key]uint64{}
	return r
}

// Get returns the current version of a function, or nil.
func (r *Registry) Get(key fn.Key) *Version { return (*r.functions.Load())[key] }

// Swap puts next in place of old if old is still current; nil stands for no function. A function that comes new gets its service made
// by service, unless there is one; with a nil service that is ServiceNotFound. Errors: ConcurrentUpdateError, ServiceNotFound, those of the keeper.
func (r *Registry) Swap(key fn.Key, old, next *Version, service func(name string) Service) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Get(key) != old {
		return errConcurrent(key)
	}
	if _, ok := (*r.services.Load())[key.Service]; !ok && next != nil {
		if service == nil {
			return noService(key.Service)
		}
		if err := r.putServiceLocked(nil, service(key.Service)); err != nil {
			return err
		}
	}
	if err := r.keeper.Function(key, old, next); err != nil {
		return err
	}
	if next == nil {
		r.deleted.functions[key] = old.Revision
	}
	r.setLocked(key, next)
	return nil
}

// setLocked makes a change seen.
func (r *Registry) setLocked(key fn.Key, next *Version) {
	changed := maps.Clone(*r.functions.Load())
	if next == nil {
		delete(changed, key)
	} else {
		changed[key] = next
	}
	r.functions.Store(&changed)
}

func errConcurrent(key fn.Key) error {
	return fn.Errorf(fn.CodeConcurrentUpdate, "function '%s' in service '%s' was changed by somebody else meanwhile; try again", key.Name, key.Service)
}

// List returns the versions of a service, or of all services if it is empty, sorted by service and name.
func (r *Registry) List(service string) []*Version {
	list := []*Version{}
	for key, v := range *r.functions.Load() {
		if service == "" || key.Service == service {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b *Version) int {
		return cmp.Or(strings.Compare(a.Function.Service, b.Function.Service), strings.Compare(a.Function.Name, b.Function.Name))
	})
	return list
}

func noService(name string) error {
	return fn.Errorf(fn.CodeServiceNotFound, "service '%s' does not exist", name)
}
