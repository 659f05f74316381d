package front

import (
	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front/httpd"
)

// handle answers one request whose head is within bounds.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	c := calls.Get().(*call)
	defer c.release()
	c.req.ID = fn.NewRequestID()

	path, query := httpd.Target(&ctx.Request.Header)
	key, rest, ok := route(path, s.host.Has)
	if !ok {
		s.httpd.WriteError(ctx, c.req.ID, noFunction(path, key))
		return
	}
	c.view = httpd.View{Ctx: ctx, Target: rest, RawQuery: query}
	c.req.HTTP = &c.view
	c.req.Body = ctx.Request.Body()
	if err := s.host.Serve(s.base, key, &c.req, &c.resp); err != nil {
		s.httpd.WriteError(ctx, c.req.ID, err)
		return
	}
	httpd.Answer(ctx, &c.resp, c.scratch[:])
}

// noFunction says why a path leads nowhere.
func noFunction(path []byte, key fn.Key) error {
	switch {
	case key.Name == "":
		return fn.Errorf(fn.CodeFunctionNotFound, "the path names no function; function URLs are /NAME/... and /SERVICE/NAME/...")
	case key.Service == fn.DefaultService:
		return fn.Errorf(fn.CodeFunctionNotFound, "function '%s' does not exist in service '%s'", key.Name, key.Service)
	}
	return fn.Errorf(fn.CodeFunctionNotFound, "there is no function '%s' in service '%s', and none for '%s' in service '%s'",
		key.Service, fn.DefaultService, key.Name, key.Service)
}
