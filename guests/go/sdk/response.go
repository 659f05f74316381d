package lull

import (
	"strconv"
	"unsafe"
)

// Response is the answer under construction. The caller gets it when the handler has returned nil; of
// a handler that fails, the caller gets the error instead. It implements [io.Writer] and [io.StringWriter].
//
// The errors are a [*Refusal], or [ErrEnded]. They may go unchecked: the host fails a call in
// which it refused something.
type Response struct {
	ctx *Context
}

// SetStatus sets the HTTP status, 200 to 599. The last call wins; 200 without a call. It shows on
// function URLs only.
func (w *Response) SetStatus(code int) error {
	return w.ctx.use(func() error {
		if n := hostStatus(uint32(code)); n < 0 {
			return &Refusal{Import: "response_status", Detail: strconv.Itoa(code), Errno: Errno(n)}
		}
		return nil
	})
}

// AddHeader adds a header. The same name may be added again. Connection, Content-Length, Date and others
// that the host writes itself are refused, as is everything in X-Fc-. All names and
// values together are at most 16 KiB.
func (w *Response) AddHeader(name, value string) error {
	return w.ctx.use(func() error {
		if n := hostHeader(name, value); n < 0 {
			return &Refusal{Import: "response_header", Detail: strconv.Quote(name + ": " + value), Errno: Errno(n)}
		}
		return nil
	})
}

// Write appends p to the body. It writes all of p or fails; p is copied.
func (w *Response) Write(p []byte) (int, error) { return w.WriteString(view(p)) }

// WriteString appends s to the body.
func (w *Response) WriteString(s string) (int, error) {
	err := w.ctx.use(func() error {
		return refusal("response_write", hostWrite(s))
	})
	if err != nil {
		return 0, err
	}
	return len(s), nil
}

// view gives bytes as a string without a copy, for imports, which keep neither.
func view(p []byte) string { return unsafe.String(unsafe.SliceData(p), len(p)) }
