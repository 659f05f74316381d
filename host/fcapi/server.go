// Package fcapi is the control API: the paths and JSON of Function Compute's 2016-08-15 interface for what lull has of it, and lull's own
// endpoints under /_lull.
//
// What is there: services, functions and their code, versions, aliases, synchronous invocations, http triggers and their paths, provisioned and on-demand
// instances. Names in lull's function objects that the interface does not have:
// maxInstances, minInstances, idleTimeout and queueTimeout (seconds; idleTimeout -1 is for ever), queueLimit (0: nobody waits).
//
// Every answer has the header X-Fc-Request-Id. Errors are {"ErrorCode", "ErrorMessage"} with the status of fn.Code.HTTPStatus, but for two that clients
// of this interface know as 400: EntityTooLarge, and PathNotSupported below /2016-08-15.
package fcapi

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fcapi/sign"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front/httpd"
)

// Config of a Server. The zero value is usable.
type Config struct {
	// Version, HTTP and API are what GET /_lull/info tells: lull's version and the addresses of the data plane and of this API.
	Version string
	HTTP    string
	API     string

	// Keys are the access keys of which one has to sign a request, but for /healthz, /readyz, code addresses and triggers that are open to
	// anonymous callers. Nil: nobody signs, and the API belongs on a loopback address.
	Keys *sign.Keys
	// ClockSkew is how far the date of a signed request may be from this machine's clock; zero means sign.DefaultSkew.
	ClockSkew time.Duration

	// Metrics answers GET /metrics; nil: there is no such path.
	Metrics http.Handler

	// Ready says why the server should not get requests yet, as GET /readyz answers then, or nil. Default: it should.
	Ready func() error

	// ReadTimeout, WriteTimeout and IdleTimeout are those of httpd.Config; zero means its defaults.
	ReadTimeout  time.Duration
	WriteTimeout time.Duration
	IdleTimeout  time.Duration

	// Log gets what goes wrong in the host.
	Log zerolog.Logger
}

// Server answers the control API. Its methods are safe for concurrent use.
type Server struct {
	host    *host.Host
	cfg     Config
	httpd   *httpd.Server
	metrics fasthttp.RequestHandler // nil: none
	// underway are the requests that Drain waits for.
	underway underway
	// codeSecret signs the addresses of functions' code.
	codeSecret [32]byte

	// base is what requests run by: it ends when Shutdown has to hurry.
	base   context.Context
	cancel context.CancelFunc
}

// New returns the API of h.
func New(h *host.Host, cfg Config) *Server {
	if cfg.ClockSkew == 0 {
		cfg.ClockSkew = sign.DefaultSkew
	}
	s := &Server{host: h, cfg: cfg}
	rand.Read(s.codeSecret[:])
	s.base, s.cancel = context.WithCancel(context.Background())
	if cfg.Metrics != nil {
		s.metrics = fasthttpadaptor.NewFastHTTPHandler(cfg.Metrics)
	}
	s.httpd = httpd.New(httpd.Config{
		Handler: s.handle, MaxBody: s.maxBody, Status: status,
		ReadTimeout: cfg.ReadTimeout, WriteTimeout: cfg.WriteTimeout, IdleTimeout: cfg.IdleTimeout,
		Log: cfg.Log,
	})
	return s
}

// status is where this API differs from fn.Code.HTTPStatus.
func status(c fn.Code) int {
	if c == fn.CodeEntityTooLarge || c == fn.CodePathNotSupported {
		return http.StatusBadRequest
	}
	return c.HTTPStatus()
}

// Handler answers one request; it is for embedding in another fasthttp server, whose limits then apply. It does not keep ctx.
func (s *Server) Handler(ctx *fasthttp.RequestCtx) { s.httpd.Handle(ctx) }

// Serve answers requests until Shutdown, and then returns nil. It closes ln in every case.
func (s *Server) Serve(ln net.Listener) error { return s.httpd.Serve(ln) }

// Shutdown stops listening and lets running requests end. When ctx ends first, what they wait for is given up, connections are closed, and
// ctx's error is returned.
func (s *Server) Shutdown(ctx context.Context) error {
	stop := context.AfterFunc(ctx, s.cancel)
	defer stop()
	err := s.httpd.Shutdown(ctx)
	s.cancel()
	return err
}
