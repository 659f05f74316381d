package httpd

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// lingerTime is how long a connection is still read after an answer that came before the end of the request.
const lingerTime = 2 * time.Second

// Serve accepts connections until Shutdown, and then returns nil. It closes ln in every case.
func (s *Server) Serve(ln net.Listener) error {
	l := &listener{Listener: ln}
	l.mu.conns = make(map[*conn]struct{})
	defer l.Close()

	s.mu.Lock()
	if s.mu.closed {
		s.mu.Unlock()
		return nil
	}
	s.mu.listeners[l] = struct{}{}
	s.mu.Unlock()
	return s.fast.Serve(l)
}

// listener hands out conns and remembers those that are open. Lock order: Server.mu, then listener.mu.
type listener struct {
	net.Listener
	once sync.Once
	err  error

	mu struct {
		sync.Mutex
		conns map[*conn]struct{}
	}
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	wrapped := &conn{Conn: c, owner: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.conns[wrapped] = struct{}{}
	return wrapped, nil
}

// Close stops accepting. Only the first call does anything; fasthttp closes what Shutdown has closed.
func (l *listener) Close() error {
	l.once.Do(func() { l.err = l.Listener.Close() })
	return l.err
}

func (l *listener) closeConns() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.mu.conns {
		_ = c.Conn.Close()
	}
}

// conn can linger: closing a socket that has unread bytes resets it, and the reset may overtake the answer. A client that is
// still sending a body that is too large would see a broken connection and no reason.
type conn struct {
	net.Conn
	owner  *listener
	linger atomic.Bool
}

func (c *conn) Close() error {
	c.owner.mu.Lock()
	delete(c.owner.mu.conns, c)
	c.owner.mu.Unlock()
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && c.linger.Load() && half.CloseWrite() == nil {
		if c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
			_, _ = io.Copy(io.Discard, c.Conn)
		}
	}
	return c.Conn.Close()
}
