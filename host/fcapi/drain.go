package fcapi

import (
	"context"
	"sync"

	"github.com/lull-dev/lull/host/fn"
)

// underway counts the requests that Drain waits for. A WaitGroup does not do: new ones come while it is waited for.
type underway struct {
	mu struct {
		sync.Mutex
		n     int
		ended chan struct{} // not nil: draining; closed when n is 0
	}
}

// begin counts a request, unless it comes too late.
func (u *underway) begin() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.mu.ended != nil {
		return false
	}
	u.mu.n++
	return true
}

func (u *underway) end() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.mu.n--; u.mu.n == 0 && u.mu.ended != nil {
		close(u.mu.ended)
	}
}

// drain lets nobody begin any more. What it returns is closed when all have ended.
func (u *underway) drain() <-chan struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.mu.ended == nil {
		u.mu.ended = make(chan struct{})
		if u.mu.n == 0 {
			close(u.mu.ended)
		}
	}
	return u.mu.ended
}

func (u *underway) draining() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.mu.ended != nil
}

// Drain makes /readyz fail and refuses all new requests with HostClosed, but those of who watches the server: /healthz, /readyz and /metrics. It returns when
// the running ones have ended, or with ctx's error when that ends first. Shutdown follows.
func (s *Server) Drain(ctx context.Context) error {
	select {
	case <-s.underway.drain():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func errDraining() error { return fn.Errorf(fn.CodeHostClosed, "the host is shutting down") }

// ready tells whether the server should get requests.
func (s *Server) ready(r *request) error {
	if s.underway.draining() {
		return errDraining()
	}
	if s.cfg.Ready != nil {
		if err := s.cfg.Ready(); err != nil {
			return fn.Errorf(fn.CodeHostClosed, "the host is not ready: %w", err)
		}
	}
	return s.health(r)
}
