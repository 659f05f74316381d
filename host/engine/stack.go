package engine

import (
	"errors"
	"runtime"
	"sync"
	"unsafe"
)

// Bounds of what a call takes on the host's side, outside of the guest's memory limit.
const (
	// deepStack is the length in bytes of a stack that wazero does not make longer: it moves a call whose stack is full to one of twice the length, unless
	// that is longer than 50,000,000 bytes already, which is a stack overflow.
	deepStack = 50_000_000 + 64<<10
	// shallowStack is what wazero itself begins with.
	shallowStack = 10 << 10
	// keptStack is how many bytes of a stack stay in memory between calls.
	keptStack = 256 << 10
	// maxTries bounds the bytes of the copies for try_tables that are there at a time.
	maxTries = 64 << 20
)

var errTries = errors.New("try_table instructions are nested so deep that the copies of the stack which they need pass 64 MiB")

// callStack is what a call runs on. A guest that does not run has none.
type callStack struct {
	bytes []byte
	top   uintptr // of bytes, aligned as wazero wants it
	calls uint8   // that it served, to look after it now and then
	sunk  bool    // a call was seen deep down
}

func newStack(bytes []byte) *callStack {
	return &callStack{bytes: bytes, top: uintptr(unsafe.Pointer(&bytes[len(bytes)-1])) &^ 15}
}

// stacks lends call stacks. A deep one is address space, which the system fills page by page as a call goes down: nothing is moved, and at the deadline
// a call deep down is as easy to end as another. wazero copies the stack, all of it, whenever a try_table begins, so programs with any, and all where
// address space is not to be had, run on shallow ones of Go's heap, which grow.
type stacks struct {
	spaces        *spaces
	deep, shallow sync.Pool // of *callStack

	mu     sync.Mutex
	mapped map[*byte][]byte // what deep stacks are of: those of the pool, and those that it has let go but the collector has not found yet
}

func (s *stacks) take(shallow bool) *callStack {
	if !shallow && lazySpace {
		if c, ok := s.deep.Get().(*callStack); ok {
			return c
		}
		if space := s.spaces.take(deepStack); space != nil {
			return s.own(space)
		}
	}
	if c, ok := s.shallow.Get().(*callStack); ok {
		return c
	}
	return newStack(make([]byte, shallowStack))
}

// own makes a stack of address space, which goes back when the pool has let the stack go, or the engine is closed.
func (s *stacks) own(space []byte) *callStack {
	c, at := newStack(space), &space[0]
	s.mu.Lock()
	if s.mapped == nil {
		s.mapped = map[*byte][]byte{}
	}
	s.mapped[at] = space
	s.mu.Unlock()
	runtime.AddCleanup(c, func(at *byte) {
		s.mu.Lock()
		space := s.mapped[at]
		delete(s.mapped, at)
		s.mu.Unlock()
		if space != nil {
			s.spaces.put(space, uint64(len(space)))
		}
	}, at)
	return c
}

// close gives all address space back. No call runs any more.
func (s *stacks) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, space := range s.mapped {
		release(space)
	}
	s.mapped = nil
}

// put takes a stack back. One of Go's heap that has become large is left to the collector; of a deep one the pages far down go back to the system: at
// once if a call was seen there, otherwise now and then, since a call can get there and back between two looks.
func (s *stacks) put(c *callStack) {
	if len(c.bytes) != deepStack {
		if len(c.bytes) <= keptStack {
			s.shallow.Put(c)
		}
		return
	}
	if c.calls++; c.sunk || c.calls == 0 {
		forget(c.bytes[:deepStack-keptStack])
		c.sunk = false
	}
	s.deep.Put(c)
}
