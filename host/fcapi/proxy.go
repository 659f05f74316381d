package fcapi

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front/httpd"
	"github.com/lull-dev/lull/host/registry"
)

// proxyPath is the beginning of the paths of http triggers.
const proxyPath = "proxy"

// proxied is the one route whose path goes on: what follows the function is the function's.
var proxied = route{any: (*Server).proxy, body: (*Server).eventBody, access: callers}

// matchProxy takes /2016-08-15/proxy/{service}[.{qualifier}]/{function} off a path, which are its first segments.
func matchProxy(segments []string) (n names, ok bool) {
	if len(segments) < 4 || segments[0] != version || segments[1] != proxyPath {
		return n, false
	}
	n.service, n.qualifier, _ = strings.Cut(segments[2], ".")
	n.function = segments[3]
	return n, true
}

// proxyRest is the path that the function sees: what follows its name, as it was sent, at least "/".
func proxyRest(path []byte) []byte {
	for range 4 {
		path = bytes.TrimLeft(path, "/")
		if i := bytes.IndexByte(path, '/'); i >= 0 {
			path = path[i:]
		} else {
			path = nil
		}
	}
	if len(path) == 0 {
		return []byte("/")
	}
	return path
}

// callers are those whom a function's http trigger lets in: everybody if it is open to anonymous callers, else who signs. What has no trigger is
// not told to somebody who does not sign.
func callers(s *Server, n names, h *fasthttp.RequestHeader) error {
	if t := s.httpTrigger(n, string(h.Method())); t != nil && t.Anonymous {
		return nil
	}
	return s.verify(h, true)
}

// httpTrigger finds the http trigger of a function's qualifier, rather one that takes the method; nil if there is none.
func (s *Server) httpTrigger(n names, method string) (found *registry.Trigger) {
	qualifier := cmp.Or(n.qualifier, fn.Latest)
	for _, t := range s.host.Triggers(fn.Key{Service: n.service, Name: n.function}) {
		if t.Type != "http" || t.Qualifier != qualifier {
			continue
		}
		if slices.Contains(t.Methods, method) {
			return &t
		}
		if found == nil {
			found = &t
		}
	}
	return found
}

// proxy runs an HTTP request that comes in by a trigger. Status, headers and body are the function's; what it does wrong is 502.
func (s *Server) proxy(r *request) error {
	if _, err := s.function(r); err != nil {
		return err
	}
	t := s.httpTrigger(r.names, r.method)
	switch {
	case t == nil:
		return fn.Errorf(fn.CodeTriggerNotFound, "function '%s' in service '%s' has no http trigger with qualifier '%s'",
			r.function, r.service, cmp.Or(r.qualifier, fn.Latest))
	case !slices.Contains(t.Methods, r.method):
		r.ctx.Response.Header.Set("Allow", strings.Join(t.Methods, ", "))
		return fn.Errorf(fn.CodeMethodNotAllowed, "trigger '%s' does not take %.20s (allowed: %s)", t.Name, r.method, strings.Join(t.Methods, ", "))
	}
	path, query := httpd.Target(&r.ctx.Request.Header)
	rest := proxyRest(path)
	qualified := r.service
	if r.qualifier != "" {
		qualified += "." + r.qualifier
	}
	req := fn.Request{ID: r.id, Qualifier: r.qualifier, Body: r.ctx.Request.Body(), HTTP: &httpd.View{
		Ctx: r.ctx, Target: rest, RawQuery: query, Base: "/" + version + "/" + proxyPath + "/" + qualified + "/" + r.function + "/",
	}}
	var resp fn.Response
	if err := s.host.Serve(s.base, r.key(), &req, &resp); err != nil {
		return err
	}
	s.tellVersion(r, &resp)
	httpd.Answer(r.ctx, &resp, nil)
	return nil
}
