package fcapi

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fcapi/sign"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front/httpd"
)

// access decides from a request's head who may use a route. Without keys everybody may.
type access func(*Server, names, *fasthttp.RequestHeader) error

// everybody is for what tells nothing, and for addresses that are secrets themselves.
func everybody(*Server, names, *fasthttp.RequestHeader) error { return nil }

// signers wants a signed request.
func signers(s *Server, _ names, h *fasthttp.RequestHeader) error { return s.verify(h, false) }

// scrapers wants a signed request, or a key pair as user and password: that is what programs that collect metrics can send.
func scrapers(s *Server, _ names, h *fasthttp.RequestHeader) error {
	text, ok := strings.CutPrefix(string(h.Peek("Authorization")), "Basic ")
	if !ok {
		return s.verify(h, false)
	}
	pair, err := base64.StdEncoding.DecodeString(text)
	if err != nil || s.cfg.Keys != nil && !s.cfg.Keys.Has(string(pair)) {
		return fn.Errorf(fn.CodeAccessDenied, "user and password are not an access key's id and secret")
	}
	return nil
}

// verify checks the signature of a request. proxy tells that its path is that of an http trigger.
func (s *Server) verify(h *fasthttp.RequestHeader, proxy bool) error {
	if s.cfg.Keys == nil {
		return nil
	}
	path, query := httpd.Target(h)
	r := sign.Request{
		Method: string(h.Method()), ContentMD5: string(h.Peek("Content-MD5")), ContentType: string(h.ContentType()), Date: string(h.Peek("Date")),
		Path: string(path), Query: string(query), Authorization: string(h.Peek("Authorization")), Proxy: proxy,
	}
	for name, value := range h.AllInOrder() {
		if httpd.Owned(name) {
			r.Headers = append(r.Headers, [2]string{string(name), string(value)})
		}
	}
	return s.cfg.Keys.Verify(&r, time.Now(), s.cfg.ClockSkew)
}
