package lull

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"
)

// Phases, the answers of [Context.Phase].
const (
	PhaseHandler     = "handler"
	PhaseInitializer = "initializer"
	PhasePreFreeze   = "preFreeze"
	PhasePreStop     = "preStop"
)

// field numbers of context_read. Spec section 4.
type field uint32

const (
	fieldJSON field = iota
	fieldRequestID
	fieldFunction
	fieldService
	fieldQualifier
	fieldVersionID
	fieldInstanceID
	fieldPhase
	fieldDeadline
	fieldMethod
	fieldPath
	fieldQuery
	fieldClientIP
	fieldHeaders
	fieldCount
)

// Context describes one call of the handler or of a hook. It is a [context.Context] that ends with
// the call. Its fields are fetched from the host when they are first asked for, and cost nothing
// otherwise. After the call, those that were never asked for are empty. It is safe for concurrent use.
//
// Environment variables are where they always are: [os.Getenv].
type Context struct {
	phase string

	mu     sync.Mutex
	ended  bool
	fields *[fieldCount]value
	std    context.Context // made by the first Done, Err or derived context
	cancel context.CancelFunc
}

type value struct {
	text    string
	present bool
	known   bool
}

// spare holds contexts that no call has used. They are made many at a time: an allocation takes Go about half a microsecond in WebAssembly,
// a tenth of a small call. None is used twice, since a goroutine may keep one past its call. Only who begins a call uses it, and calls do not overlap.
var spare []Context

func newContext(phase string) *Context {
	if len(spare) == 0 {
		moreContexts()
	}
	c := &spare[0]
	spare = spare[1:]
	c.phase = phase
	return c
}

func moreContexts() { spare = make([]Context, 32) }

var _ context.Context = (*Context)(nil)

// RequestID is 36 characters. Hook runs have ids of their own.
func (c *Context) RequestID() string { return c.text(fieldRequestID) }

// Function is the function's name.
func (c *Context) Function() string { return c.text(fieldFunction) }

// Service is the name of the function's service.
func (c *Context) Service() string { return c.text(fieldService) }

// Qualifier is the version or alias that the caller asked for, LATEST by default.
func (c *Context) Qualifier() string { return c.text(fieldQualifier) }

// VersionID is the version that runs; empty for LATEST.
func (c *Context) VersionID() string { return c.text(fieldVersionID) }

// InstanceID names the instance, the same in every call of it.
func (c *Context) InstanceID() string { return c.text(fieldInstanceID) }

// Phase is one of the Phase constants.
func (c *Context) Phase() string { return c.phase }

// JSON is the whole context as one JSON object, laid out in the contract's section 4.
func (c *Context) JSON() string { return c.text(fieldJSON) }

// Log returns a logger whose records go to the function's log, as [LogHandler] describes.
func (c *Context) Log() *slog.Logger {
	loggerOnce.Do(func() { logger = slog.New(LogHandler()) })
	return logger
}

// Deadline is when the host stops this call, wherever it is, and discards the instance.
func (c *Context) Deadline() (time.Time, bool) {
	ms, err := strconv.ParseInt(c.text(fieldDeadline), 10, 64)
	return time.UnixMilli(ms), err == nil
}

// Done is closed when the call ends or its deadline passes.
func (c *Context) Done() <-chan struct{} { return c.standard().Done() }

// Err is nil until the call ends or its deadline passes.
func (c *Context) Err() error { return c.standard().Err() }

// Value is always nil.
func (c *Context) Value(any) any { return nil }

// standard makes the timer and the channel of a call that asks for them; most do not.
func (c *Context) standard() context.Context {
	deadline, ok := c.Deadline()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.std == nil {
		if ok && !c.ended {
			c.std, c.cancel = context.WithDeadline(context.Background(), deadline)
		} else {
			c.std, c.cancel = context.WithCancel(context.Background())
		}
		if c.ended {
			c.cancel()
		}
	}
	return c.std
}

func (c *Context) end() {
	c.mu.Lock()
	c.ended = true
	cancel := c.cancel
	c.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// use runs f unless the call has ended: an import would then act on another call.
func (c *Context) use(f func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return ErrEnded
	}
	return f()
}

func (c *Context) text(f field) string {
	text, _ := c.lookup(f)
	return text
}

// lookup returns a field and whether it exists in this call.
func (c *Context) lookup(f field) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fields == nil {
		if c.ended {
			return "", false
		}
		c.fields = new([fieldCount]value)
	}
	v := &c.fields[f]
	if !v.known && !c.ended {
		v.text, v.present = readField(f)
		v.known = true
	}
	return v.text, v.present
}

func readField(f field) (string, bool) {
	var small [256]byte
	buf := small[:]
	for {
		n := int(hostContext(f, buf))
		switch {
		case n < 0:
			return "", false
		case n <= len(buf):
			return string(buf[:n]), true
		}
		buf = make([]byte, n)
	}
}

// keepEvent is the largest event, in bytes, whose memory is kept for the next one.
const keepEvent = 64 << 10

var eventBuffer []byte // as long as it is

// event reads the whole event. The result is valid until the call ends.
func (c *Context) event(size uint32) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	buf := eventBuffer
	if int(size) > len(buf) {
		if size > keepEvent {
			buf = make([]byte, size)
		} else {
			buf = make([]byte, min(2*size+256, keepEvent)) // the next one may be a little longer
			eventBuffer = buf
		}
	}
	buf = buf[:size]
	n := hostEvent(buf, 0)
	if err := refusal("event_read", n); err != nil {
		return nil, err
	}
	return buf[:n], nil
}
