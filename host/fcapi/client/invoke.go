package client

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"github.com/lull-dev/lull/host/async"
	"github.com/lull-dev/lull/host/fn"
)

// Invocation is how an event ended.
type Invocation struct {
	RequestID  string
	InstanceID string
	Duration   time.Duration // the handler's time
	MemoryMB   float64
	// ErrorType is empty when the function answered. Otherwise Body is {"errorMessage", "errorType", "stackTrace"}.
	ErrorType fn.FaultKind
	Body      []byte
	// Log is the end of the request's log, at most 4 KB, if it was asked for and the function takes one request at a time.
	Log []byte
}

// Invoke runs one event; tail asks for its log. Errors: FunctionNotFound, ServiceNotFound, EntityTooLarge, ResourceExhausted, HostClosed.
// What the function did wrong is not an error.
func (c *Client) Invoke(ctx context.Context, service, name string, event []byte, tail bool) (*Invocation, error) {
	h := http.Header{"Content-Type": {"application/octet-stream"}}
	if tail {
		h.Set("X-Fc-Log-Type", "Tail")
	}
	resp, body, err := c.do(ctx, call{
		method: http.MethodPost, path: servicePath(service, "functions", name, "invocations"), header: h, body: event,
	})
	if err != nil {
		return nil, err
	}
	// A header that is missing or odd reads as zero: the body is what counts.
	ms, _ := strconv.ParseFloat(resp.Header.Get(fn.HeaderDuration), 64)
	mb, _ := strconv.ParseFloat(resp.Header.Get(fn.HeaderMemory), 64)
	log, _ := base64.StdEncoding.DecodeString(resp.Header.Get("X-Fc-Log-Result"))
	return &Invocation{
		RequestID: resp.Header.Get(fn.HeaderRequestID), InstanceID: resp.Header.Get(fn.HeaderInstanceID),
		Duration: time.Duration(ms * float64(time.Millisecond)), MemoryMB: mb,
		ErrorType: fn.FaultKind(resp.Header.Get(fn.HeaderErrorType)), Body: body, Log: log,
	}, nil
}

// InvokeAsync has an event run without waiting for it, and returns the id of the request. When it returns, the server has stored the event. Errors:
// FunctionNotFound, ServiceNotFound, EntityTooLarge, HostClosed, InternalServerError.
func (c *Client) InvokeAsync(ctx context.Context, service, name string, event []byte) (requestID string, err error) {
	h := http.Header{"Content-Type": {"application/octet-stream"}, "X-Fc-Invocation-Type": {"Async"}}
	resp, _, err := c.do(ctx, call{
		method: http.MethodPost, path: servicePath(service, "functions", name, "invocations"), header: h, body: event,
	})
	if err != nil {
		return "", err
	}
	return resp.Header.Get(fn.HeaderRequestID), nil
}

// AsyncInvocations lists the asynchronous invocations that are not done: at most limit that are to run, oldest first, and then at most limit that are dead,
// newest first. With an empty name they are those of a service's functions, or of all if that is empty too. Errors: FunctionNotFound, ServiceNotFound.
func (c *Client) AsyncInvocations(ctx context.Context, service, name string, limit int) ([]async.Status, error) {
	query := of(service, name)
	query.Set("limit", strconv.Itoa(limit))
	var out struct {
		Invocations []async.Status `json:"invocations"`
	}
	_, err := c.get(ctx, call{path: "/_lull/async", query: query}, &out)
	return out.Invocations, err
}
