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

// firstWord is how long Shutdown waits for a connection on which nothing has come yet. Clients open connections ahead of requests, and fasthttp takes such a
// one for busy until its read times out.
const firstWord = 500 * time.Millisecond

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
	once     sync.Once
	err      error
	stopping atomic.Bool

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

// hurry gives connections that have said nothing little time to begin.
func (l *listener) hurry() {
	l.stopping.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.mu.conns {
		if !c.spoke.Load() {
			_ = c.Conn.SetReadDeadline(time.Now().Add(firstWord))
		}
	}
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
	spoke  atomic.Bool // the client has sent something
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.spoke.Load() {
		c.spoke.Store(true)
	}
	return n, err
}

// SetReadDeadline of a connection that was accepted just before the listener was closed, and has said nothing, is as hurry has it.
func (c *conn) SetReadDeadline(t time.Time) error {
	if c.owner.stopping.Load() && !c.spoke.Load() {
		if soon := time.Now().Add(firstWord); t.IsZero() || t.After(soon) {
			t = soon
		}
	}
	return c.Conn.SetReadDeadline(t)
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
