package front

import (
	"bytes"
	"sync"

	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front/httpd"
)

// call is what one request needs. It is pooled: a warm request allocates nothing here.
type call struct {
	ctx         *fasthttp.RequestCtx
	path, query []byte // alias ctx
	req         fn.Request
	resp        fn.Response
	scratch     [64]byte
}

var calls = sync.Pool{New: func() any { return new(call) }}

// release puts c back. Nothing of the request may be reachable from the pool.
func (c *call) release() {
	c.ctx, c.path, c.query = nil, nil, nil
	c.req = fn.Request{}
	c.resp.Reset()
	calls.Put(c)
}

// call is the request's fn.HTTP. The strings alias the connection's buffers: they are valid until the handler has returned, and so no longer
// than the call that the guest reads them in.

func (c *call) Method() string   { return alias(c.ctx.Method()) }
func (c *call) Path() string     { return alias(c.path) }
func (c *call) Query() string    { return alias(c.query) }
func (c *call) ClientIP() string { return c.ctx.RemoteIP().String() }

// AppendHeaders appends the headers in the order in which they came, without those that belong to the host.
func (c *call) AppendHeaders(dst []byte) []byte {
	for name, value := range c.ctx.Request.Header.AllInOrder() {
		if httpd.Owned(name) || bytes.IndexByte(value, '\n') >= 0 { // a folded line would read as two headers
			continue
		}
		dst = append(dst, name...)
		dst = append(dst, ": "...)
		dst = append(dst, value...)
		dst = append(dst, '\n')
	}
	return dst
}

// handedOver is the size from which an answer's body is given to fasthttp instead of copied. It is the size from which
// Response.Reset drops the buffer anyway.
const handedOver = 64 << 10

// answer writes what the function answered.
func (c *call) answer() {
	out, r := &c.ctx.Response, &c.resp
	httpd.SetRequestID(c.ctx, r.RequestID)
	out.Header.Set(fn.HeaderInstanceID, r.InstanceID)
	out.Header.SetBytesV(fn.HeaderDuration, r.AppendDuration(c.scratch[:0]))
	out.Header.SetBytesV(fn.HeaderMemory, r.AppendMemory(c.scratch[:0]))
	if r.Fault != nil {
		c.fault()
		return
	}
	out.SetStatusCode(r.Status)
	for i := range r.Header {
		out.Header.Add(r.Header[i].Name, r.Header[i].Value)
	}
	if len(r.Body) > handedOver {
		out.SetBodyRaw(r.Body)
		r.Body = nil
	} else {
		out.SetBody(r.Body)
	}
}

// fault writes what the guest did wrong.
func (c *call) fault() {
	body, _ := c.resp.Fault.MarshalJSON() // strings only: cannot fail
	c.ctx.Response.Header.Set(fn.HeaderErrorType, string(c.resp.Fault.Kind))
	c.ctx.SetContentType("application/json")
	c.ctx.SetStatusCode(fn.FaultStatus)
	c.ctx.SetBody(body)
}
