package httpd

import (
	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fn"
)

// handedOver is the size from which an answer's body is given to fasthttp instead of copied. It is the size from which
// Response.Reset drops the buffer anyway.
const handedOver = 64 << 10

// Answer writes what a function answered to an HTTP request, or, with 502, what it did wrong. A large body is taken out of r. scratch is
// written to; its capacity keeps Answer from allocating.
func Answer(ctx *fasthttp.RequestCtx, r *fn.Response, scratch []byte) {
	out := &ctx.Response
	SetRequestID(ctx, r.RequestID)
	out.Header.Set(fn.HeaderInstanceID, r.InstanceID)
	out.Header.SetBytesV(fn.HeaderDuration, r.AppendDuration(scratch[:0]))
	out.Header.SetBytesV(fn.HeaderMemory, r.AppendMemory(scratch[:0]))
	if r.Fault != nil {
		body, _ := r.Fault.MarshalJSON() // strings only: cannot fail
		out.Header.Set(fn.HeaderErrorType, string(r.Fault.Kind))
		ctx.SetContentType("application/json")
		ctx.SetStatusCode(fn.FaultStatus)
		ctx.SetBody(body)
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
