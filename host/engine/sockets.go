package engine

import (
	"bufio"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/lull-dev/lull/host/instance"
)

// sockets are the listener of a guest of kind server and its connections, all in memory: between the host's calls, which write requests and read
// answers, and the one goroutine that the guest runs on.
//
// They are also the gate that makes the guest stand still between calls: it runs only while somebody holds it open.
type sockets struct {
	wake chan struct{} // holds a token when something has changed that the guest may wait for

	mu        sync.Mutex // guards all below, and the fields of conns
	open      int        // calls, and the start, that hold the gate open
	calls     []*instance.Call
	untidy    bool          // the guest waits with something that it puts in order when the gate closes
	listening chan struct{} // closed when the guest asks for a connection for the first time
	asked     bool          // the same
	closed    bool          // the listener is closed, or the guest has ended
	nonblock  bool          // the listener
	backlog   []*conn       // not accepted yet
	idle      []*conn       // accepted, answered, and fit for another request; the one used last is at the end
	conns     map[uint32]*conn
}

// listenerFD is the listener's descriptor: the first after the standard streams, where programs for socket activation look for it.
const listenerFD = 3

// outRoom is how much of an answer a connection holds before the guest has to wait for the host to read it, in bytes.
const outRoom = 256 << 10

// conn is one connection. It is the host's io.Reader of what the guest writes.
type conn struct {
	net     *sockets
	reader  *bufio.Reader
	changed chan struct{}    // holds a token when out, shut or closed has changed
	ended   <-chan struct{}  // the guest's end
	expired <-chan time.Time // the end of the time of the call that uses it

	fd       uint32
	nonblock bool
	in       [][]byte // what the guest has not read yet
	read     int      // bytes that it has read of the last request
	out      []byte   // what the host has not read yet
	shut     bool     // the guest writes no more
	hungUp   bool     // the host does not use it any more
	closed   bool     // the guest does not
}

func newSockets() *sockets {
	return &sockets{wake: make(chan struct{}, 1), listening: make(chan struct{}), conns: map[uint32]*conn{}}
}

// signal puts a token into a channel of one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// enter opens the gate for a call.
func (n *sockets) enter(c *instance.Call) {
	n.mu.Lock()
	n.open++
	n.calls = append(n.calls, c)
	n.mu.Unlock()
	signal(n.wake)
}

// leave closes it again if no other call holds it.
func (n *sockets) leave(c *instance.Call) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open--
	for i := range n.calls {
		if n.calls[i] == c {
			n.calls = append(n.calls[:i], n.calls[i+1:]...)
			break
		}
	}
	if n.open == 0 && n.untidy {
		signal(n.wake)
	}
}

// isOpen tells whether the guest may run.
func (n *sockets) isOpen() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.open > 0
}

// current is the call that runs, or nil if there is none or more than one.
func (n *sockets) current() *instance.Call {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.calls) == 1 {
		return n.calls[0]
	}
	return nil
}

// connect returns a connection: one that is idle, or a new one for the guest to accept. It is nil if the guest has closed its listener.
func (n *sockets) connect(ended <-chan struct{}, fresh bool) *conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	for k := len(n.idle); k > 0 && !fresh; k = len(n.idle) {
		c := n.idle[k-1]
		n.idle = n.idle[:k-1]
		if !c.closed && !c.shut && len(c.out) == 0 && c.reader.Buffered() == 0 {
			return c
		}
		c.hangUpLocked()
	}
	if n.closed {
		return nil
	}
	c := &conn{net: n, changed: make(chan struct{}, 1), ended: ended}
	c.reader = bufio.NewReader(c)
	n.backlog = append(n.backlog, c)
	return c
}

// send gives the guest a request to read. The parts must not change until the connection is given back or hung up.
func (c *conn) send(parts ...[]byte) {
	c.net.mu.Lock()
	c.read = 0
	for _, p := range parts {
		if len(p) > 0 {
			c.in = append(c.in, p)
		}
	}
	c.net.mu.Unlock()
	signal(c.net.wake)
}

// untouched tells that the guest has read nothing of the last request: it may be sent again.
func (c *conn) untouched() bool {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	return c.read == 0
}

// giveBack makes the connection idle, unless something of the request or of an answer is left in it.
func (c *conn) giveBack() {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	c.expired = nil
	if len(c.in) > 0 || c.closed || c.shut {
		c.hangUpLocked()
		return
	}
	c.net.idle = append(c.net.idle, c)
	if len(c.net.backlog) > 0 {
		signal(c.net.wake) // see giveWayLocked
	}
}

// hangUp ends the host's side.
func (c *conn) hangUp() {
	c.net.mu.Lock()
	c.hangUpLocked()
	c.net.mu.Unlock()
	signal(c.net.wake)
}

func (c *conn) hangUpLocked() { c.hungUp, c.in, c.out, c.expired = true, nil, nil, nil }

// Read waits for what the guest writes. Its errors are io.EOF, errEnded and errExpired.
func (c *conn) Read(p []byte) (int, error) {
	for {
		c.net.mu.Lock()
		n := copy(p, c.out)
		full := len(c.out) >= outRoom
		if c.out = c.out[n:]; len(c.out) == 0 {
			c.out = nil
		}
		end := c.shut || c.closed
		c.net.mu.Unlock()
		switch {
		case n > 0:
			if full {
				signal(c.net.wake)
			}
			return n, nil
		case end:
			return 0, io.EOF
		}
		select {
		case <-c.changed:
		case <-c.ended:
			return 0, errEnded
		case <-c.expired:
			return 0, errExpired
		}
	}
}

// What follows is for the goroutine that runs the guest.

// accept takes a connection from the backlog, or returns nil.
func (n *sockets) accept(nonblock bool) *conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.askedLocked()
	if len(n.backlog) == 0 {
		return nil
	}
	c := n.backlog[0]
	n.backlog = append(n.backlog[:0], n.backlog[1:]...)
	for c.fd = listenerFD + 1; n.conns[c.fd] != nil; c.fd++ {
	}
	c.nonblock = nonblock
	n.conns[c.fd] = c
	return c
}

// askedLocked notes that the guest has asked for a connection.
func (n *sockets) askedLocked() {
	if !n.asked {
		n.asked = true
		close(n.listening)
	}
}

// giveWayLocked ends an idle connection while others wait to be accepted: a guest that waits for its next request, and for nothing else, serves one
// connection at a time and would never come to them.
func (n *sockets) giveWayLocked(c *conn) bool {
	at := slices.Index(n.idle, c)
	if at < 0 || len(n.backlog) == 0 {
		return false
	}
	n.idle = slices.Delete(n.idle, at, at+1)
	c.hangUpLocked()
	return true
}

// conn finds a connection, or nil.
func (n *sockets) conn(fd uint32) *conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.conns[fd]
}

// readable and writable tell whether a call would not wait.
func (n *sockets) readableLocked(fd uint32) bool {
	if fd == listenerFD {
		n.askedLocked()
		return len(n.backlog) > 0
	}
	c := n.conns[fd]
	return c == nil || len(c.in) > 0 || c.hungUp
}

func (n *sockets) writableLocked(fd uint32) bool {
	c := n.conns[fd]
	return c == nil || len(c.out) < outRoom || c.hungUp
}

// take copies what the host has sent. ok is false if there is nothing yet.
func (c *conn) take(p []byte, peek bool) (n int, ok bool) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	in := c.in
	for len(in) > 0 && n < len(p) {
		k := copy(p[n:], in[0])
		n += k
		if peek {
			break
		}
		c.read += k
		if in[0] = in[0][k:]; len(in[0]) == 0 {
			in[0] = nil
			in = in[1:]
		}
	}
	if !peek {
		c.in = in
		if len(in) == 0 {
			c.in = nil
		}
	}
	return n, n > 0 || len(p) == 0 || c.hungUp
}

// put takes what the guest writes. gone is true if nobody reads it; n is 0 if there is no room yet.
func (c *conn) put(p []byte) (n int, gone bool) {
	c.net.mu.Lock()
	if c.hungUp || c.shut {
		c.net.mu.Unlock()
		return 0, true
	}
	n = min(len(p), max(outRoom-len(c.out), 0))
	c.out = append(c.out, p[:n]...)
	c.net.mu.Unlock()
	signal(c.changed)
	return n, false
}

// shutdown ends the guest's writing.
func (c *conn) shutdown() {
	c.net.mu.Lock()
	c.shut = true
	c.net.mu.Unlock()
	signal(c.changed)
}

// close ends a descriptor. ok is false if there is none of that number.
func (n *sockets) close(fd uint32) (ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if fd == listenerFD && !n.closed {
		n.closeListenerLocked()
		return true
	}
	c := n.conns[fd]
	if c == nil {
		return false
	}
	delete(n.conns, fd)
	c.closed = true
	signal(c.changed)
	return true
}

// closeListenerLocked refuses those that were not accepted.
func (n *sockets) closeListenerLocked() {
	n.closed = true
	for _, c := range n.backlog {
		c.closed = true
		signal(c.changed)
	}
	n.backlog = nil
}
