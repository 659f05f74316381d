package host

import (
	"context"
	"errors"
	"strings"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/pool"
	"github.com/lull-dev/lull/host/registry"
)

// Invoke runs one request to a function named "name" (in the service default) or "service/name". The response belongs to the caller. For
// errors see Serve.
func (h *Host) Invoke(ctx context.Context, name string, req fn.Request) (*fn.Response, error) {
	resp := new(fn.Response)
	if err := h.Serve(ctx, ParseKey(name), &req, resp); err != nil {
		return nil, err
	}
	return resp, nil
}

// ParseKey reads "name" or "service/name".
func ParseKey(name string) fn.Key {
	if service, name, ok := strings.Cut(name, "/"); ok {
		return fn.Key{Service: service, Name: name}
	}
	return fn.Key{Service: fn.DefaultService, Name: name}
}

// Serve runs one request and fills resp, which it resets first and which may be used again for the next request. If req.ID is zero it
// draws one. The guest runs on the caller's goroutine; preFreeze does not, and Serve does not wait for it.
//
// ctx bounds the wait for an instance, not the run: that is bounded by the function's timeout, so that a caller who goes away does not cost
// the others an instance.
//
// What the guest did wrong is resp.Fault. Errors: FunctionNotFound, ServiceNotFound, VersionNotFound, AliasNotFound, EntityTooLarge (the event), ResourceExhausted (the queue is full, or
// the wait took longer than the queue timeout), ClientClosedRequest (ctx ended during the wait), HostClosed.
func (h *Host) Serve(ctx context.Context, key fn.Key, req *fn.Request, resp *fn.Response) error {
	resp.Reset()
	if req.ID == (fn.RequestID{}) {
		req.ID = fn.NewRequestID()
	}
	resp.RequestID = req.ID
	for {
		v, err := h.find(key, req.Qualifier, (*registry.Alias).Pick)
		if err != nil {
			return err
		}
		if len(req.Body) > h.cfg.MaxEventBytes {
			return fn.Errorf(fn.CodeEntityTooLarge, "payload size exceeds maximum allowed size (%d bytes)", h.cfg.MaxEventBytes)
		}
		err = v.Pool.Invoke(ctx, req, resp)
		switch {
		case err == nil:
			v.Requests.Add(resp)
			return nil
		case errors.Is(err, pool.ErrRetired):
			continue // the function has another version by now, or none
		}
		h.notify(fn.Event{Kind: fn.EventRefused, Function: v.Function.Key(), Runtime: v.Function.Runtime, RequestID: req.ID, Err: err})
		return err
	}
}

// find returns what a request or a change is about. Close takes all functions out: then it is not they that are missing.
func (h *Host) find(key fn.Key, qualifier string, pick func(*registry.Alias) string) (*registry.Version, error) {
	v, err := h.registry.Find(key, qualifier, pick)
	if err != nil && h.closed.Load() {
		return nil, errHostClosed()
	}
	return v, err
}

// Has reports whether a function is deployed. It takes no lock.
func (h *Host) Has(key fn.Key) bool { return h.registry.Get(key) != nil }

// lives reports whether a function is deployed or a published version has it.
func (h *Host) lives(key fn.Key) bool {
	return len(h.versions(key)) > 0
}

// notFound says what is missing.
func (h *Host) notFound(key fn.Key) error {
	_, err := h.find(key, "", nil)
	return err
}
