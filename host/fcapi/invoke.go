package fcapi

import (
	"cmp"
	"encoding/base64"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/registry"
)

// exposed lists the headers that a browser may show to a page.
const exposed = "Date,x-fc-request-id,x-fc-error-type,x-fc-code-checksum,x-fc-invocation-duration,x-fc-max-memory-usage,x-fc-log-result,x-fc-invocation-code-version"

// invoke runs one event, or, with X-Fc-Invocation-Type: Async, accepts it: 202 and no body, as soon as it is stored. Otherwise the status is 200 whatever the function did: a fault is told by X-Fc-Error-Type and the body.
func (s *Server) invoke(r *request) error {
	async, tail, err := r.kind()
	if err != nil {
		return err
	}
	req := fn.Request{ID: r.id, Qualifier: r.qualifier, Body: r.ctx.Request.Body()}
	if async {
		if err := s.host.InvokeAsync(s.base, r.key(), &req); err != nil {
			return err
		}
		r.ctx.SetStatusCode(fasthttp.StatusAccepted)
		return nil
	}
	var resp fn.Response
	if err := s.host.Serve(s.base, r.key(), &req, &resp); err != nil {
		return err
	}
	h := &r.ctx.Response.Header
	h.Set(fn.HeaderInstanceID, resp.InstanceID)
	h.SetBytesV(fn.HeaderDuration, resp.AppendDuration(nil))
	h.SetBytesV(fn.HeaderMemory, resp.AppendMemory(nil))
	h.Set("Access-Control-Expose-Headers", exposed)
	if v := s.tellVersion(r, &resp); tail && v != nil && v.Function.Limits.Concurrency == 1 {
		h.Set("X-Fc-Log-Result", base64.StdEncoding.EncodeToString(s.logTail(v, &resp)))
	}
	if resp.Fault != nil {
		h.Set(fn.HeaderErrorType, string(resp.Fault.Kind))
		return r.write(resp.Fault)
	}
	r.ctx.SetContentType("application/octet-stream")
	r.ctx.Response.SetBodyRaw(resp.Body) // resp is not used again
	return nil
}

// tellVersion puts into the answer which version ran, and returns it, or nil if it has been deleted meanwhile.
func (s *Server) tellVersion(r *request, resp *fn.Response) *registry.Version {
	h := &r.ctx.Response.Header
	h.Set("X-Fc-Invocation-Service-Version", cmp.Or(resp.Version, fn.Latest))
	v, err := s.host.FunctionAt(r.key(), resp.Version)
	if err != nil {
		return nil
	}
	h.Set("X-Fc-Code-Checksum", v.CodeChecksum)
	return v
}

// kind reads X-Fc-Invocation-Type and X-Fc-Log-Type.
func (r *request) kind() (async, tail bool, err error) {
	kind, log := r.header("X-Fc-Invocation-Type"), r.header("X-Fc-Log-Type")
	allowed := "Tail | None"
	switch kind {
	case "", "Sync":
	case "Async":
		async, allowed = true, "None"
	default:
		return false, false, fn.Invalid("InvocationType", "Sync | Async", kind)
	}
	switch {
	case log == "" || log == "None":
		return async, false, nil
	case log == "Tail" && !async:
		return false, true, nil
	}
	return false, false, fn.Invalid("LogType", allowed, log)
}

// tailBytes is how much of a request's log goes into its answer.
const tailBytes = 4 << 10

// logTail gives the newest lines of a request, on a cold start with those of the initializer before them.
func (s *Server) logTail(v *registry.Version, resp *fn.Response) []byte {
	var text strings.Builder
	if resp.Cold {
		for _, rec := range v.Logs.Records(logs.Filter{InstanceID: resp.InstanceID, Hook: "Initialize"}) {
			text.WriteString(rec.Message + "\n")
		}
	}
	for _, rec := range v.Logs.Records(logs.Filter{RequestID: resp.RequestID.String()}) {
		text.WriteString(rec.Message + "\n")
	}
	out := text.String()
	return []byte(out[max(0, len(out)-tailBytes):])
}
