package host

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/pool"
	"github.com/lull-dev/lull/host/registry"
)

// Trigger returns a trigger of a function. Errors: FunctionNotFound, ServiceNotFound, TriggerNotFound.
func (h *Host) Trigger(key fn.Key, name string) (registry.Trigger, error) {
	if !h.Has(key) {
		return registry.Trigger{}, h.notFound(key)
	}
	t, ok := h.registry.Attached(key).Triggers[name]
	if !ok {
		return t, errTrigger(key, name)
	}
	return t, nil
}

// Triggers returns a function's triggers sorted by name. It takes no lock.
func (h *Host) Triggers(key fn.Key) []registry.Trigger {
	return slices.SortedFunc(maps.Values(h.registry.Attached(key).Triggers), func(a, b registry.Trigger) int { return strings.Compare(a.Name, b.Name) })
}

// triggerTypes are those that clients know.
var triggerTypes = []string{"oss", "log", "timer", "http", "tablestore", "cdn_events", "mns_topic", "eventbridge"}

func checkTrigger(t *registry.Trigger) error {
	if err := fn.CheckName("TriggerName", t.Name); err != nil {
		return err
	}
	if !slices.Contains(triggerTypes, t.Type) {
		return fn.Invalid("TriggerType", strings.Join(triggerTypes, " | "), t.Type)
	}
	if config := bytes.TrimSpace(t.Config); len(config) == 0 || config[0] != '{' || !json.Valid(config) {
		return fn.Errorf(fn.CodeInvalidArgument, "TriggerConfig is set to an invalid value (allowed: an object)")
	}
	t.Qualifier = cmp.Or(t.Qualifier, fn.Latest)
	if t.Type == "http" {
		return checkHTTP(t)
	}
	return nil
}

// httpMethods are those that an http trigger may take, and takes unless it says which.
var httpMethods = []string{"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"}

// checkHTTP reads the configuration of an http trigger, and fills in what it leaves out.
func checkHTTP(t *registry.Trigger) error {
	var in struct {
		AuthType *string  `json:"authType"`
		Methods  []string `json:"methods"`
	}
	all := map[string]any{}
	if err := errors.Join(json.Unmarshal(t.Config, &in), json.Unmarshal(t.Config, &all)); err != nil {
		return fn.Errorf(fn.CodeInvalidArgument, "TriggerConfig cannot be read: %w", err)
	}
	auth := "function"
	if in.AuthType != nil {
		auth = *in.AuthType
	}
	if auth != "anonymous" && auth != "function" {
		return fn.Invalid("TriggerConfig.AuthType", "anonymous | function", auth)
	}
	if in.Methods == nil {
		in.Methods = httpMethods
	}
	for _, m := range in.Methods {
		if !slices.Contains(httpMethods, m) {
			return fn.Invalid("TriggerConfig.Methods", strings.Join(httpMethods, " | "), m)
		}
	}
	t.Anonymous, t.Methods = auth == "anonymous", in.Methods
	all["authType"], all["methods"] = auth, in.Methods
	config, err := json.Marshal(all)
	t.Config = config
	return err
}

// CreateTrigger adds a trigger to a function. Name, Type, Config and Qualifier are its caller's, and checked. Errors: InvalidArgument,
// FunctionNotFound, ServiceNotFound, VersionNotFound, AliasNotFound, TriggerAlreadyExists.
func (h *Host) CreateTrigger(key fn.Key, t registry.Trigger) (registry.Trigger, error) {
	if err := checkTrigger(&t); err != nil {
		return t, err
	}
	t.ID, t.ETag, t.Created = fn.NewRequestID().String(), newETag(), time.Now()
	t.Modified = t.Created
	return t, h.registry.ChangeAttached(key, func(a *registry.Attached) error {
		if !h.Has(key) {
			return h.notFound(key)
		}
		if _, err := h.FunctionAt(key, t.Qualifier); err != nil {
			return err
		}
		if _, ok := a.Triggers[t.Name]; ok {
			return fn.Errorf(fn.CodeTriggerAlreadyExists, "trigger '%s' already exists in function '%s' of service '%s'", t.Name, key.Name, key.Service)
		}
		a.Triggers[t.Name] = t
		return nil
	})
}

// UpdateTrigger changes a trigger. Errors: those of CreateTrigger but for the last, TriggerNotFound, PreconditionFailed.
func (h *Host) UpdateTrigger(key fn.Key, name, ifMatch string, change func(*registry.Trigger) error) (t registry.Trigger, err error) {
	err = h.registry.ChangeAttached(key, func(a *registry.Attached) error {
		var err error
		if t, err = h.Trigger(key, name); err != nil {
			return err
		}
		if err := registry.CheckMatch(ifMatch, t.ETag); err != nil {
			return err
		}
		was := t
		if err := change(&t); err != nil {
			return err
		}
		t.Name, t.Type, t.ID, t.ETag, t.Created, t.Modified = was.Name, was.Type, was.ID, newETag(), was.Created, time.Now()
		if err := checkTrigger(&t); err != nil {
			return err
		}
		if _, err := h.FunctionAt(key, t.Qualifier); err != nil {
			return err
		}
		a.Triggers[name] = t
		return nil
	})
	return t, err
}

// DeleteTrigger removes a trigger. Errors: FunctionNotFound, ServiceNotFound, TriggerNotFound, PreconditionFailed.
func (h *Host) DeleteTrigger(key fn.Key, name, ifMatch string) error {
	return h.registry.ChangeAttached(key, func(a *registry.Attached) error {
		t, err := h.Trigger(key, name)
		if err != nil {
			return err
		}
		if err := registry.CheckMatch(ifMatch, t.ETag); err != nil {
			return err
		}
		delete(a.Triggers, name)
		return nil
	})
}

func errTrigger(key fn.Key, name string) error {
	return fn.Errorf(fn.CodeTriggerNotFound, "trigger '%s' does not exist in function '%s' of service '%s'", name, key.Name, key.Service)
}

// Keeping is how many instances of a function are kept at one of its qualifiers.
type Keeping struct {
	Key       fn.Key
	Qualifier string
	Number    int // asked for: kept warm, or at most on demand
	Current   int // of those to be kept warm, how many live
}

// SetWarm keeps n instances of the version that a qualifier stands for ready ahead of requests; 0 releases them, with preStop. Qualifiers that stand for
// one version add up. Errors: InvalidArgument, FunctionNotFound, ServiceNotFound, VersionNotFound, AliasNotFound.
func (h *Host) SetWarm(key fn.Key, qualifier string, n int) (Keeping, error) {
	err := h.keep(key, qualifier, n, func(a *registry.Attached) map[string]int { return a.Warm })
	if err != nil {
		return Keeping{}, err
	}
	k, _, err := h.Warm(key, qualifier)
	return k, err
}

// SetOnDemand bounds the instances that requests may start beside those that are kept warm; a negative number takes the bound away, and leaves the
// function's MaxInstances. Of qualifiers that stand for one version the lowest holds. Instances above it are stopped, with preStop. Errors: those of SetWarm.
func (h *Host) SetOnDemand(key fn.Key, qualifier string, n int) error {
	return h.keep(key, qualifier, n, func(a *registry.Attached) map[string]int { return a.OnDemand })
}

func (h *Host) keep(key fn.Key, qualifier string, n int, of func(*registry.Attached) map[string]int) error {
	done, err := h.change()
	if err != nil {
		return err
	}
	defer done()
	if n > fn.MaxMaxInstances {
		return fn.Invalid("the number of instances", fmt.Sprintf("at most %d", fn.MaxMaxInstances), n)
	}
	qualifier = cmp.Or(qualifier, fn.Latest)
	if _, err := h.FunctionAt(key, qualifier); err != nil {
		return err
	}
	err = h.registry.ChangeAttached(key, func(a *registry.Attached) error {
		if m := of(a); n < 0 {
			delete(m, qualifier)
		} else {
			m[qualifier] = n
		}
		return nil
	})
	h.scale(key)
	return err
}

// Warm returns what SetWarm was told for a qualifier; ok is false if it was not. Errors: those of FunctionAt.
func (h *Host) Warm(key fn.Key, qualifier string) (k Keeping, ok bool, err error) {
	qualifier = cmp.Or(qualifier, fn.Latest)
	v, err := h.FunctionAt(key, qualifier)
	if err != nil {
		return k, false, err
	}
	n, ok := h.registry.Attached(key).Warm[qualifier]
	return Keeping{key, qualifier, n, min(n, v.Pool.Ready())}, ok, nil
}

// OnDemand returns what SetOnDemand was told for a qualifier; ok is false if it was not. Errors: those of FunctionAt.
func (h *Host) OnDemand(key fn.Key, qualifier string) (n int, ok bool, err error) {
	qualifier = cmp.Or(qualifier, fn.Latest)
	if _, err := h.FunctionAt(key, qualifier); err != nil {
		return 0, false, err
	}
	n, ok = h.registry.Attached(key).OnDemand[qualifier]
	return n, ok, nil
}

// AllWarm returns all that SetWarm was told, AllOnDemand all that SetOnDemand was told, sorted by service, function and qualifier.
func (h *Host) AllWarm() []Keeping {
	return h.kept(func(a registry.Attached) map[string]int { return a.Warm })
}

// AllOnDemand: see AllWarm.
func (h *Host) AllOnDemand() []Keeping {
	return h.kept(func(a registry.Attached) map[string]int { return a.OnDemand })
}

func (h *Host) kept(of func(registry.Attached) map[string]int) []Keeping {
	list := []Keeping{}
	for key, a := range h.registry.AllAttached() {
		for qualifier, n := range of(a) {
			if v, err := h.FunctionAt(key, qualifier); err == nil {
				list = append(list, Keeping{key, qualifier, n, min(n, v.Pool.Ready())})
			}
		}
	}
	slices.SortFunc(list, func(a, b Keeping) int {
		return cmp.Or(strings.Compare(a.Key.Service, b.Key.Service), strings.Compare(a.Key.Name, b.Key.Name), strings.Compare(a.Qualifier, b.Qualifier))
	})
	return list
}

// scaleService is scale for all functions of a service of which something is kept. It follows every change of what qualifiers stand for.
func (h *Host) scaleService(service string) {
	for key := range h.registry.AllAttached() {
		if key.Service == service {
			h.scale(key)
		}
	}
}

// scale tells the pools of a function how many instances to keep.
func (h *Host) scale(key fn.Key) {
	h.scaling.Lock()
	defer h.scaling.Unlock()
	scales := map[*pool.Pool]pool.Scale{}
	for _, v := range h.versions(key) {
		scales[v.Pool] = pool.Scale{OnDemand: -1}
	}
	a := h.registry.Attached(key)
	for qualifier, n := range a.Warm {
		if p, s, ok := h.scaled(scales, key, qualifier); ok {
			s.Warm += n
			scales[p] = s
		}
	}
	for qualifier, n := range a.OnDemand {
		if p, s, ok := h.scaled(scales, key, qualifier); ok && (s.OnDemand < 0 || n < s.OnDemand) {
			s.OnDemand = n
			scales[p] = s
		}
	}
	for p, s := range scales {
		p.Scale(s)
	}
}

// scaled finds the pool that a qualifier stands for. One that is not in scales came in this moment; whoever made it scales it next.
func (h *Host) scaled(scales map[*pool.Pool]pool.Scale, key fn.Key, qualifier string) (p *pool.Pool, s pool.Scale, ok bool) {
	v, err := h.FunctionAt(key, qualifier)
	if err != nil {
		return nil, s, false
	}
	s, ok = scales[v.Pool]
	return v.Pool, s, ok
}

// detach forgets what a function has at a qualifier that is gone; with LATEST its triggers go, too.
func (h *Host) detach(key fn.Key, qualifier string) {
	err := h.registry.ChangeAttached(key, func(a *registry.Attached) error {
		delete(a.Warm, qualifier)
		delete(a.OnDemand, qualifier)
		delete(a.Async, qualifier)
		if qualifier == fn.Latest {
			clear(a.Triggers)
		}
		return nil
	})
	if err != nil {
		h.trouble(err)
	}
}

// detachService is detach for all functions of a service.
func (h *Host) detachService(service, qualifier string) {
	for key := range h.registry.AllAttached() {
		if key.Service == service {
			h.detach(key, qualifier)
		}
	}
}
