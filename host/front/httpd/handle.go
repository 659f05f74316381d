package httpd

import (
	"bytes"
	"runtime/debug"

	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fn"
)

// keptBody is the largest request body whose buffer stays with its connection: one large request must not hold memory for as long
// as the client keeps the connection.
const keptBody = 64 << 10

// Handle answers one request. A handler that panics costs its own request only: 500, and the stack in the log.
func (s *Server) Handle(ctx *fasthttp.RequestCtx) {
	defer s.rescue(ctx)
	if err := checkHead(&ctx.Request.Header); err != nil {
		s.WriteError(ctx, fn.NewRequestID(), err)
		return
	}
	s.cfg.Handler(ctx)
	ctx.Request.ReleaseBody(keptBody)
}

func (s *Server) rescue(ctx *fasthttp.RequestCtx) {
	v := recover()
	if v == nil {
		return
	}
	id := fn.NewRequestID()
	s.cfg.Log.Error().Stringer("requestId", id).Bytes("stack", debug.Stack()).Msgf("panic in a request: %v", v)
	ctx.Response.Reset()
	s.WriteError(ctx, id, fn.Errorf(fn.CodeInternal, "the host failed; its log says why under request id %s", id))
}

func checkHead(h *fasthttp.RequestHeader) error {
	path, _ := Target(h)
	if len(path) > MaxPathBytes {
		return fn.Errorf(fn.CodeInvalidArgument, "the path is %d bytes long (allowed: %d)", len(path), MaxPathBytes)
	}
	if n := len(h.RawHeaders()); n > MaxHeaderBytes {
		return fn.Errorf(fn.CodeInvalidArgument, "the headers are %d bytes long (allowed: %d)", n, MaxHeaderBytes)
	}
	return nil
}

// Owned reports whether a header belongs to the host, by its name.
func Owned(name []byte) bool {
	n := len(fn.HeaderPrefix)
	return len(name) >= n && bytes.EqualFold(name[:n], []byte(fn.HeaderPrefix))
}

// Target splits the request target into path and query as they were sent: nothing is decoded or cleaned, a fragment is cut
// off, and of an absolute URL ("http://host/path") scheme and host are. The parts alias h.
func Target(h *fasthttp.RequestHeader) (path, query []byte) {
	uri := h.RequestURI()
	if i := bytes.IndexByte(uri, '#'); i >= 0 {
		uri = uri[:i]
	}
	path, query, _ = bytes.Cut(uri, []byte("?"))
	if len(path) > 0 && path[0] == '/' {
		return path, query
	}
	if i := bytes.Index(path, []byte("://")); i >= 0 {
		rest := path[i+3:]
		if j := bytes.IndexByte(rest, '/'); j >= 0 {
			return rest[j:], query
		}
		return []byte("/"), query
	}
	return path, query // "*" or the authority of a CONNECT
}
