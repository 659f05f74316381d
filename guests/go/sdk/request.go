package lull

import (
	"io"
	"iter"
	"net/url"
	"strings"
)

// Request is one request as an [HTTPHandler] sees it. Its parts are fetched when they are asked
// for. Of an event that did not come by HTTP only the body exists, and everything else is empty.
type Request struct {
	ctx  *Context
	size uint32
	body []byte
	read bool
}

// Context is the context of the call.
func (r *Request) Context() *Context { return r.ctx }

// Method is the HTTP method as sent ("GET"), or empty when the event did not come by HTTP.
func (r *Request) Method() string { return r.ctx.text(fieldMethod) }

// Path is the path below the function's URL, at least "/", percent-encoded as sent.
func (r *Request) Path() string { return r.ctx.text(fieldPath) }

// RawQuery is the query as sent, without the question mark.
func (r *Request) RawQuery() string { return r.ctx.text(fieldQuery) }

// Query is the query, decoded anew by every call. Malformed pairs are left out.
func (r *Request) Query() url.Values {
	q, _ := url.ParseQuery(r.RawQuery())
	return q
}

// ClientIP is the caller's address, without port.
func (r *Request) ClientIP() string { return r.ctx.text(fieldClientIP) }

// Header returns the first value of a header, empty if there is none. Names match in any case.
func (r *Request) Header(name string) string {
	for n, v := range r.Headers() {
		if strings.EqualFold(n, name) {
			return v
		}
	}
	return ""
}

// Headers yields each header as name and value, names in canonical form (Content-Type). A
// repeated header is yielded once for each value.
func (r *Request) Headers() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for line := range strings.Lines(r.ctx.text(fieldHeaders)) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			if !yield(name, value) {
				return
			}
		}
	}
}

// Len is the length of the body in bytes.
func (r *Request) Len() int64 { return int64(r.size) }

// Body reads the whole body. As a handler's event, it is valid until the call ends.
func (r *Request) Body() ([]byte, error) {
	if r.read {
		return r.body, nil
	}
	err := r.ctx.use(func() (err error) {
		r.body, err = r.ctx.event(r.size)
		return err
	})
	r.read = err == nil
	return r.body, err
}

// ReadAt reads a part of the body, for bodies that need not be in memory at once:
// io.NewSectionReader(r, 0, r.Len()) is the body as a stream.
func (r *Request) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 || off >= r.Len() {
		return 0, io.EOF
	}
	err = r.ctx.use(func() error {
		n = int(hostEvent(p, uint32(off)))
		return refusal("event_read", int32(n))
	})
	switch {
	case err != nil:
		return 0, err
	case n < len(p):
		return n, io.EOF
	}
	return n, nil
}
