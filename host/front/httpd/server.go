// Package httpd is the fasthttp server under both listeners of lull, packages front and fcapi: the limits and timeouts that
// keep bad clients from hurting others, errors as JSON, and no panic that gets past a request. fasthttp does none of
// these by itself.
package httpd

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fn"
)

// Bounds of a request's head. What exceeds them is answered with InvalidArgument. The numbers of path and headers are Function Compute's.
const (
	MaxPathBytes   = 4 << 10  // the path, without the query
	MaxHeaderBytes = 8 << 10  // all header lines
	MaxHeadBytes   = 16 << 10 // request line, query included, and headers: the read buffer of a connection
)

// Defaults of Config.
const (
	DefaultReadTimeout  = 60 * time.Second
	DefaultWriteTimeout = 60 * time.Second
	DefaultIdleTimeout  = 90 * time.Second // the SDKs keep idle connections for 50 s
)

// Config says what a Server serves. Zero durations mean the defaults.
type Config struct {
	// Handler answers a request whose head is within bounds. It must not keep ctx.
	Handler fasthttp.RequestHandler
	// MaxBody gives the most bytes that the body of a request may have, from its head, at least 1, and the error for a body that has
	// more; nil stands for TooLarge.
	MaxBody func(*fasthttp.RequestHeader) (int, error)
	// Status gives the HTTP status of an error; nil means Code.HTTPStatus.
	Status func(fn.Code) int

	// ReadTimeout bounds the time from the first byte of a request to its last: slow senders are cut off with
	// RequestTimeout. WriteTimeout bounds the sending of the answer. IdleTimeout is how long a connection may stay without a request.
	ReadTimeout  time.Duration
	WriteTimeout time.Duration
	IdleTimeout  time.Duration

	Log zerolog.Logger
}

// Server is a fasthttp server. Its methods are safe for concurrent use.
type Server struct {
	cfg  Config
	fast fasthttp.Server

	mu struct {
		sync.Mutex
		closed    bool
		listeners map[*listener]struct{}
	}
}

// New returns a server that does not listen yet.
func New(cfg Config) *Server {
	orDefault(&cfg.ReadTimeout, DefaultReadTimeout)
	orDefault(&cfg.WriteTimeout, DefaultWriteTimeout)
	orDefault(&cfg.IdleTimeout, DefaultIdleTimeout)
	if cfg.Status == nil {
		cfg.Status = fn.Code.HTTPStatus
	}
	s := &Server{cfg: cfg}
	s.mu.listeners = make(map[*listener]struct{})
	s.fast = fasthttp.Server{
		Handler:      s.Handle,
		ErrorHandler: s.unreadable,
		HeaderReceived: func(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
			limit, _ := cfg.MaxBody(h)
			return fasthttp.RequestConfig{MaxRequestBodySize: limit}
		},
		Name:            "lull",
		ReadBufferSize:  MaxHeadBytes,
		ReadTimeout:     cfg.ReadTimeout,
		WriteTimeout:    cfg.WriteTimeout,
		IdleTimeout:     cfg.IdleTimeout,
		CloseOnShutdown: true,
		// A form is an event like any other: nobody here parses it.
		DisablePreParseMultipartForm: true,
		// An answer has the content type that was set, or none.
		NoDefaultContentType: true,
		Logger:               logger{cfg.Log},
		// Otherwise what a client sent ends up in the log.
		SecureErrorLogMessage: true,
	}
	return s
}

func orDefault(d *time.Duration, v time.Duration) {
	if *d == 0 {
		*d = v
	}
}

// logger takes what fasthttp says about connections. It is mostly about clients that do not speak HTTP.
type logger struct{ zerolog.Logger }

func (l logger) Printf(format string, args ...any) { l.Debug().Msgf(format, args...) }

// Shutdown stops listening, lets the running requests end and closes idle connections, those on which nothing has come yet after half a second. When ctx ends first, it closes what is left
// and returns ctx's error. The server cannot be used again.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.mu.closed = true
	for l := range s.mu.listeners {
		_ = l.Close()
		l.hurry()
	}
	s.mu.Unlock()
	err := s.fast.ShutdownWithContext(ctx)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		for l := range s.mu.listeners {
			l.closeConns()
		}
	}
	return err
}
