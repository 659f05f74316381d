package lull

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// FetchRequest is an HTTP request that this function sends; see [Fetch].
type FetchRequest struct {
	Method  string      // GET if empty
	URL     string      // absolute, http or https
	Headers [][2]string // name and value
	Body    []byte      // at most 6 MiB
	// Timeout bounds the whole exchange, redirects included. 0: the call's deadline does.
	Timeout time.Duration
	// KeepRedirects makes a redirect the answer, instead of following up to ten.
	KeepRedirects bool
}

// FetchResponse is the answer, all of it.
type FetchResponse struct {
	Status  int
	URL     string      // that answered
	Headers [][2]string // sorted by name, names in canonical form
	Body    []byte      // as sent: nothing is decompressed
}

// Header returns the first value of a header, empty if there is none. Names match in any case.
func (r *FetchResponse) Header(name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

// FetchError says why there is no answer. It wraps an [Errno]: [ErrDenied] for a host that the function may not reach, [ErrFailed], [ErrTimedOut],
// [ErrTooLarge], [ErrInvalid], or [ErrWrongPhase] outside of calls.
type FetchError struct {
	Errno   Errno
	Message string // the host's words
}

func (e *FetchError) Error() string { return fmt.Sprintf("lull: fetch %v: %s", e.Errno, e.Message) }

func (e *FetchError) Unwrap() error { return e.Errno }

// fetching keeps a goroutine from reading the answer to another's request.
var fetching sync.Mutex

// Fetch sends an HTTP request and waits for the answer. While it waits nothing else of this instance runs. The function must have been
// deployed with the host in its list: lull deploy --allow-host HOST[:PORT]. A status of 400 or more is an answer, not an error; the error is a
// [*FetchError], which the guest may live with: it does not fail the call.
//
// Fetch works in the handler and in hooks, and in a program that is an HTTP server at any time. Package lullhttp beside this one makes an [net/http.RoundTripper] of it.
func Fetch(r *FetchRequest) (*FetchResponse, error) {
	fetching.Lock()
	defer fetching.Unlock()
	return sendFetch(r)
}

// head writes the request's line and headers. What would break out of a line is refused here; the rest is the host's to check.
func (r *FetchRequest) head() (string, error) {
	method := r.Method
	if method == "" {
		method = "GET"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", method, r.URL)
	for _, h := range r.Headers {
		fmt.Fprintf(&b, "%s: %s\n", h[0], h[1])
	}
	if strings.Count(b.String(), "\n") != 1+len(r.Headers) {
		return "", &FetchError{ErrInvalid, "a line break in the method, the URL or a header"}
	}
	return b.String(), nil
}
