package registry

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/lull-dev/lull/host/async"
	"github.com/lull-dev/lull/host/fn"
)

// Attached is what belongs to a function and is not part of its versions. It is a value: its maps are never changed in place.
type Attached struct {
	Triggers map[string]Trigger `json:"triggers,omitempty"` // by name
	// Warm is how many instances are kept ready ahead of requests, and OnDemand how many more there may be, by qualifier.
	Warm     map[string]int `json:"warm,omitempty"`
	OnDemand map[string]int `json:"onDemand,omitempty"`
	// Async is what becomes of asynchronous invocations, by qualifier.
	Async map[string]async.Settings `json:"async,omitempty"`

	// Revision is that of the document in the store, which is this struct as JSON; the Keeper sets it.
	Revision uint64 `json:"-"`
}

// Trigger lets something beside the control API call a function. Of those that exist only type http does anything: it opens the proxy path.
type Trigger struct {
	Name        string          `json:"name"`
	ID          string          `json:"id"` // a UUID
	Type        string          `json:"type"`
	Description string          `json:"description,omitempty"`
	Role        string          `json:"role,omitempty"`
	Qualifier   string          `json:"qualifier"`
	SourceARN   string          `json:"sourceArn,omitempty"`
	Config      json.RawMessage `json:"config"` // an object
	// Of type http: whether nobody needs to sign, and the methods that the function takes.
	Anonymous bool     `json:"anonymous,omitempty"`
	Methods   []string `json:"methods,omitempty"`

	Created  time.Time `json:"created"`
	Modified time.Time `json:"modified"`
	ETag     string    `json:"etag"`
}

func (a Attached) empty() bool { return len(a.Triggers)+len(a.Warm)+len(a.OnDemand)+len(a.Async) == 0 }

// Attached returns what belongs to a function. It takes no lock.
func (r *Registry) Attached(key fn.Key) Attached { return (*r.attached.Load())[key] }

// AllAttached returns everything that belongs to functions. It is not to be changed.
func (r *Registry) AllAttached() map[fn.Key]Attached { return *r.attached.Load() }

// ChangeAttached applies change to a copy of what belongs to a function, whose maps are there and may be written to, and keeps the copy unless
// change fails. Errors: those of change and of the keeper.
func (r *Registry) ChangeAttached(key fn.Key, change func(*Attached) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.Attached(key)
	a := Attached{Triggers: map[string]Trigger{}, Warm: map[string]int{}, OnDemand: map[string]int{}, Async: map[string]async.Settings{}}
	maps.Copy(a.Triggers, old.Triggers)
	maps.Copy(a.Warm, old.Warm)
	maps.Copy(a.OnDemand, old.OnDemand)
	maps.Copy(a.Async, old.Async)
	if err := change(&a); err != nil {
		return err
	}
	if a.empty() && old.empty() {
		return nil
	}
	var was, next *Attached
	if !old.empty() {
		was = &old
	}
	if !a.empty() {
		next = &a
	}
	if err := r.keeper.Attached(key, was, next); err != nil {
		return err
	}
	if next == nil {
		r.deleted.attached[key] = old.Revision
	}
	r.setAttachedLocked(key, next)
	return nil
}

// setAttachedLocked makes a change seen.
func (r *Registry) setAttachedLocked(key fn.Key, next *Attached) {
	changed := maps.Clone(*r.attached.Load())
	if next == nil {
		delete(changed, key)
	} else {
		changed[key] = *next
	}
	r.attached.Store(&changed)
}
