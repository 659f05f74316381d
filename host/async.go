package host

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/async"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/registry"
)

func (h *Host) startAsync() (err error) {
	h.async, err = async.New(h.live, async.Config{
		Store: h.cfg.Store, Serve: h.Serve, Settings: h.asyncSettings, Trouble: h.trouble, Backoff: h.cfg.AsyncBackoff,
		Region: h.cfg.Region, AccountID: h.cfg.AccountID,
	})
	return err
}

// InvokeAsync accepts a request that nobody waits for. When it returns nil the request is kept in the store, and this host or another one that shares it
// runs it: at least once, and again when it fails, as the function's settings say. req.ID is drawn if it is zero; req.HTTP is not kept. Errors: those
// of FunctionAt, EntityTooLarge (more than async.MaxEventBytes), HostClosed, InternalServerError (the store cannot be written).
func (h *Host) InvokeAsync(ctx context.Context, key fn.Key, req *fn.Request) error {
	done, err := h.change()
	if err != nil {
		return err
	}
	defer done()
	if _, err := h.FunctionAt(key, req.Qualifier); err != nil {
		return err
	}
	if req.ID == (fn.RequestID{}) {
		req.ID = fn.NewRequestID()
	}
	return h.async.Push(ctx, async.Call{ID: req.ID, Key: key, Qualifier: req.Qualifier, Event: req.Body})
}

// AsyncInvocations returns the asynchronous invocations of a function, or of a service if the name is empty, or of all, that are not done: at most
// limit that are to run, oldest first, and then at most limit that came to nothing, newest first.
func (h *Host) AsyncInvocations(ctx context.Context, key fn.Key, limit int) ([]async.Status, error) {
	return h.async.List(ctx, key, limit)
}

// asyncSettings returns what was set for a qualifier, or else for LATEST.
func (h *Host) asyncSettings(key fn.Key, qualifier string) async.Settings {
	all := h.registry.Attached(key).Async
	if s, ok := all[qualifier]; ok {
		return s
	}
	return all[fn.Latest]
}

// SetAsync sets what becomes of a function's asynchronous invocations at a qualifier; at LATEST it is also for those qualifiers that have nothing of
// their own. Errors: InvalidArgument, those of FunctionAt.
func (h *Host) SetAsync(key fn.Key, qualifier string, s async.Settings) (async.Settings, error) {
	qualifier = cmp.Or(qualifier, fn.Latest)
	if err := s.Check(key); err != nil {
		return s, err
	}
	if _, err := h.FunctionAt(key, qualifier); err != nil {
		return s, err
	}
	return s, h.registry.ChangeAttached(key, func(a *registry.Attached) error {
		s.Modified = time.Now()
		s.Created = s.Modified
		if old, ok := a.Async[qualifier]; ok {
			s.Created = old.Created
		}
		a.Async[qualifier] = s
		return nil
	})
}

// AsyncSettings are settings and where they were set.
type AsyncSettings struct {
	Key       fn.Key
	Qualifier string
	async.Settings
}

// Async returns what SetAsync was told for a qualifier. Errors: AsyncConfigNotExists, those of FunctionAt.
func (h *Host) Async(key fn.Key, qualifier string) (AsyncSettings, error) {
	qualifier = cmp.Or(qualifier, fn.Latest)
	if _, err := h.FunctionAt(key, qualifier); err != nil {
		return AsyncSettings{}, err
	}
	s, ok := h.registry.Attached(key).Async[qualifier]
	if !ok {
		return AsyncSettings{}, errNoAsync(key, qualifier)
	}
	return AsyncSettings{key, qualifier, s}, nil
}

// AllAsync returns what SetAsync was told for a function, sorted by qualifier. Errors: FunctionNotFound, ServiceNotFound.
func (h *Host) AllAsync(key fn.Key) ([]AsyncSettings, error) {
	if !h.Has(key) {
		return nil, h.notFound(key)
	}
	list := []AsyncSettings{}
	for qualifier, s := range h.registry.Attached(key).Async {
		list = append(list, AsyncSettings{key, qualifier, s})
	}
	slices.SortFunc(list, func(a, b AsyncSettings) int { return strings.Compare(a.Qualifier, b.Qualifier) })
	return list, nil
}

// DeleteAsync takes back what SetAsync was told for a qualifier. Errors: those of Async.
func (h *Host) DeleteAsync(key fn.Key, qualifier string) error {
	qualifier = cmp.Or(qualifier, fn.Latest)
	if _, err := h.Async(key, qualifier); err != nil {
		return err
	}
	return h.registry.ChangeAttached(key, func(a *registry.Attached) error {
		delete(a.Async, qualifier)
		return nil
	})
}

func errNoAsync(key fn.Key, qualifier string) error {
	return fn.Errorf(fn.CodeAsyncConfigNotExists, "function '%s' in service '%s' has no asynchronous configuration at '%s'", key.Name, key.Service, qualifier)
}
