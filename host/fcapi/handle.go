package fcapi

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front/httpd"
)

// handle answers one request whose head is within bounds.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	target, _ := httpd.Target(&ctx.Request.Header)
	path := string(target)
	r := &request{ctx: ctx, id: fn.NewRequestID(), method: string(ctx.Method())}
	found, names, err := match(path)
	switch {
	case err != nil:
		s.httpd.WriteError(ctx, r.id, err)
		return
	case found == nil:
		s.noRoute(r, path)
		return
	}
	h := found.any
	if h == nil {
		h = found.methods[r.method]
	}
	if h == nil {
		ctx.Response.Header.Set("Allow", strings.Join(slices.Sorted(maps.Keys(found.methods)), ", "))
		s.httpd.WriteError(ctx, r.id, fn.Errorf(fn.CodeMethodNotAllowed, "'%s' against '%s' is not allowed (allowed: %s)",
			r.method, path, strings.Join(slices.Sorted(maps.Keys(found.methods)), ", ")))
		return
	}
	r.names = names
	if found.any == nil { // the paths of functions are for pages of other sites, too
		if err := s.guard(r); err != nil {
			s.httpd.WriteError(ctx, r.id, err)
			return
		}
	}
	if err := found.access(s, names, &ctx.Request.Header); err != nil {
		s.httpd.WriteError(ctx, r.id, err)
		return
	}
	if !found.draining {
		if !s.underway.begin() {
			s.httpd.WriteError(ctx, r.id, errDraining())
			return
		}
		defer s.underway.end()
	}
	httpd.SetRequestID(ctx, r.id)
	if err := h(s, r); err != nil {
		s.httpd.WriteError(ctx, r.id, err)
	}
}

// noRoute says that there is no such path: 400 where clients of Function Compute expect it, 404 where everybody else does.
func (s *Server) noRoute(r *request, path string) {
	status := http.StatusNotFound
	if isVersioned(path) {
		status = http.StatusBadRequest
	}
	s.httpd.WriteStatus(r.ctx, status, r.id, fn.Errorf(fn.CodePathNotSupported, "'%s' against '%s' is not supported", r.method, path))
}

// smallBody is the limit in bytes of a JSON body that carries no code.
const smallBody = 1 << 20

// maxBody is the limit of a request's body, by its path. Who may not use the path does not get memory for a large one.
func (s *Server) maxBody(h *fasthttp.RequestHeader) (limit int, over error) {
	target, _ := httpd.Target(h)
	found, names, err := match(string(target))
	if err != nil || found == nil || found.body == nil {
		return smallBody, nil
	}
	if err := found.access(s, names, h); err != nil {
		return smallBody, err
	}
	return found.body(s), nil
}

// codeBody leaves room for the largest module, zipped without effect, in base64.
func (s *Server) codeBody() int { return s.host.Config().MaxCodeBytes/3*4 + smallBody }

func (s *Server) eventBody() int { return s.host.Config().MaxEventBytes }
