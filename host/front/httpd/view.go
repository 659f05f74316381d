package httpd

import (
	"bytes"
	"unsafe"

	"github.com/valyala/fasthttp"
)

// View is a request as a function sees it. It implements fn.HTTP. Its strings alias the connection's buffers: they are valid until the handler has
// returned, and so no longer than the call that the guest reads them in.
type View struct {
	Ctx *fasthttp.RequestCtx
	// Target is the path and RawQuery the query that the function is shown.
	Target, RawQuery []byte
	// Base is shown as header X-Fc-Base-Path, unless it is empty: the path under which the function is reached.
	Base string
}

// Method implements fn.HTTP.
func (v *View) Method() string { return alias(v.Ctx.Method()) }

// Path implements fn.HTTP.
func (v *View) Path() string { return alias(v.Target) }

// Query implements fn.HTTP.
func (v *View) Query() string { return alias(v.RawQuery) }

// ClientIP implements fn.HTTP.
func (v *View) ClientIP() string { return v.Ctx.RemoteIP().String() }

// AppendHeaders appends the headers in the order in which they came, without those that belong to the host.
func (v *View) AppendHeaders(dst []byte) []byte {
	for name, value := range v.Ctx.Request.Header.AllInOrder() {
		if Owned(name) || bytes.IndexByte(value, '\n') >= 0 { // a folded line would read as two headers
			continue
		}
		dst = append(dst, name...)
		dst = append(dst, ": "...)
		dst = append(dst, value...)
		dst = append(dst, '\n')
	}
	if v.Base != "" {
		dst = append(dst, "X-Fc-Base-Path: "...)
		dst = append(dst, v.Base...)
		dst = append(dst, '\n')
	}
	return dst
}

func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
