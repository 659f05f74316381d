// Package front is the data plane: functions as URLs, over fasthttp.
//
//	/NAME/path?query            function NAME of service "default"
//	/SERVICE/NAME/path?query    function NAME of another service
//
// If the first segment is a function of service "default", that one is meant, even if there is a service of the same name; then
// the service's functions are out of reach here. The function sees the rest of the path, at least "/", percent-encoding as sent;
// names themselves are not decoded. "/NAME" without a slash is "/NAME/". Any method goes.
//
// The answer has the function's status, headers and body; a content type only if the function set one. Added are the headers
// of fn.HeaderRequestID and its neighbours. What went wrong in the guest is 502 with fn.Fault as JSON; what went wrong in the host has the status of
// its code and a body {"ErrorCode", "ErrorMessage"}. Request headers that begin with X-Fc- do not reach the guest.
package front

import (
	"context"
	"net"
	"time"

	"github.com/rs/zerolog"
	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front/httpd"
)

// Config of a Server. The zero value is usable.
type Config struct {
	// ReadTimeout, WriteTimeout and IdleTimeout are those of httpd.Config; zero means its defaults.
	ReadTimeout  time.Duration
	WriteTimeout time.Duration
	IdleTimeout  time.Duration

	// Log gets what goes wrong in the host.
	Log zerolog.Logger
}

// functions is what a Server needs of a host.
type functions interface {
	Has(fn.Key) bool
	Serve(context.Context, fn.Key, *fn.Request, *fn.Response) error
}

// Server answers function URLs. Its methods are safe for concurrent use.
type Server struct {
	host  functions
	httpd *httpd.Server

	// base is what requests wait by. It ends when Shutdown has to hurry: fasthttp does not tell when a client goes away, so a request
	// whose client has gone keeps its place in the queue until the function's queue timeout.
	base   context.Context
	cancel context.CancelFunc
}

// New returns a server for the functions of h. The largest body is the host's MaxEventBytes.
func New(h *host.Host, cfg Config) *Server {
	s := &Server{host: h}
	s.base, s.cancel = context.WithCancel(context.Background())
	limit := h.Config().MaxEventBytes
	s.httpd = httpd.New(httpd.Config{
		Handler:     s.handle,
		MaxBody:     func(*fasthttp.RequestHeader) (int, error) { return limit, nil },
		ReadTimeout: cfg.ReadTimeout, WriteTimeout: cfg.WriteTimeout, IdleTimeout: cfg.IdleTimeout,
		Log: cfg.Log,
	})
	return s
}

// Handler answers one request; it is for embedding in another fasthttp server, whose limits then apply. It does not keep ctx.
func (s *Server) Handler(ctx *fasthttp.RequestCtx) { s.httpd.Handle(ctx) }

// Serve answers requests until Shutdown, and then returns nil. It closes ln in every case.
func (s *Server) Serve(ln net.Listener) error { return s.httpd.Serve(ln) }

// Shutdown stops listening and lets running requests end. When ctx ends first, requests that wait for an instance are answered with
// ClientClosedRequest, connections are closed, and ctx's error is returned.
func (s *Server) Shutdown(ctx context.Context) error {
	stop := context.AfterFunc(ctx, s.cancel)
	defer stop()
	err := s.httpd.Shutdown(ctx)
	s.cancel()
	return err
}
