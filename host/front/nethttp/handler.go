// Package nethttp makes a function an http.Handler, for servers of package net/http. Paths, headers and faults are those of package
// front; the server around it brings its own timeouts and limits of the head.
package nethttp

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
)

// Handler answers every request with the function "name" (in the service default) or "service/name". The function need not be
// deployed yet: until it is, the answer is 404.
//
// The function sees the request's whole path; use http.StripPrefix to mount it under a prefix. Its body is read whole before the function
// runs, and is at most the host's MaxEventBytes, otherwise 413. When the client goes away while the request waits for an instance, the request
// ends; once it runs, it runs to its end.
func Handler(h *host.Host, name string) http.Handler {
	return &handler{host: h, key: host.ParseKey(name), maxEvent: int64(h.Config().MaxEventBytes)}
}

type handler struct {
	host     *host.Host
	key      fn.Key
	maxEvent int64
}

var responses = sync.Pool{New: func() any { return new(fn.Response) }}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req := fn.Request{ID: fn.NewRequestID(), HTTP: request{r}}
	body, err := h.read(w, r)
	if err != nil {
		writeError(w, req.ID, err)
		return
	}
	req.Body = body
	resp := responses.Get().(*fn.Response)
	defer func() {
		resp.Reset()
		responses.Put(resp)
	}()
	if err := h.host.Serve(r.Context(), h.key, &req, resp); err != nil {
		writeError(w, req.ID, err)
		return
	}
	write(w, resp)
}

// read takes the body in.
func (h *handler) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Body == nil { // not from a server: http.NewRequest makes such a request
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.maxEvent))
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, fn.Errorf(fn.CodeEntityTooLarge, "payload size exceeds maximum allowed size (%d bytes)", h.maxEvent)
	}
	return nil, fn.Errorf(fn.CodeInvalidArgument, "the request's body cannot be read: %w", err)
}

// write sends what the function answered.
func write(w http.ResponseWriter, resp *fn.Response) {
	header := w.Header()
	header.Set(fn.HeaderRequestID, resp.RequestID.String())
	header.Set(fn.HeaderInstanceID, resp.InstanceID)
	header.Set(fn.HeaderDuration, string(resp.AppendDuration(nil)))
	header.Set(fn.HeaderMemory, string(resp.AppendMemory(nil)))
	if resp.Fault != nil {
		body, _ := json.Marshal(resp.Fault) // strings only: cannot fail
		header.Set(fn.HeaderErrorType, string(resp.Fault.Kind))
		writeJSON(w, fn.FaultStatus, body)
		return
	}
	header["Content-Type"] = nil // the function's or none; net/http would guess one
	for _, f := range resp.Header {
		header.Add(f.Name, f.Value)
	}
	w.WriteHeader(resp.Status)
	_, _ = w.Write(resp.Body) // an error is the client's going away, or a status without a body
}

// writeError sends what went wrong in the host.
func writeError(w http.ResponseWriter, id fn.RequestID, err error) {
	code, message := fn.CodeOf(err), err.Error()
	if e, ok := errors.AsType[*fn.Error](err); ok {
		message = e.Message
	}
	body, _ := json.Marshal(struct {
		ErrorCode    fn.Code
		ErrorMessage string
	}{code, message}) // strings only: cannot fail
	w.Header().Set(fn.HeaderRequestID, id.String())
	writeJSON(w, code.HTTPStatus(), body)
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
