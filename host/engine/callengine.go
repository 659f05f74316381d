package engine

import (
	"errors"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/tetratelabs/wazero/api"
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

// callEngine is wazero's, which is a function to wazero, with the stack that calls run on. It is lent to one function after the other, of all guests.
// A guest that does not run has none.
type callEngine struct {
	api.Function
	at    unsafe.Pointer // the Function
	deep  []byte         // the stack, where it is address space
	calls uint8          // that it served, to look after the stack now and then
	sunk  bool           // a call was seen deep down
}

func (c *callEngine) stack() *[]byte    { return field[[]byte](c.at, layout.stack) }
func (c *callEngine) top() *uintptr     { return field[uintptr](c.at, layout.top) }
func (c *callEngine) pointer() **uint64 { return field[*uint64](c.at, layout.context+layout.pointer) }

// tryTables are the open try_tables. Only the length counts.
func (c *callEngine) tryTables() *[]struct{} { return field[[]struct{}](c.at, layout.tryTables) }

// instance is wazero's that is called.
func (c *callEngine) instance() *unsafe.Pointer { return field[unsafe.Pointer](c.at, layout.instance) }

// entry is the function that wazero made it for.
func (c *callEngine) entry() *entry {
	return &entry{
		executable: *field[*byte](c.at, layout.executable), preamble: *field[*byte](c.at, layout.preamble), index: *field[uint32](c.at, layout.index),
		size: *field[int](c.at, layout.size), params: *field[int](c.at, layout.params), results: *field[int](c.at, layout.results),
		code: *field[unsafe.Pointer](*c.instance(), layout.code),
	}
}

// enter makes it the function's.
func (c *callEngine) enter(f *function) {
	*field[*byte](c.at, layout.executable), *field[*byte](c.at, layout.preamble) = f.executable, f.preamble
	*field[uint32](c.at, layout.index), *field[int](c.at, layout.size) = f.index, f.size
	*field[int](c.at, layout.params), *field[int](c.at, layout.results) = f.params, f.results
	*c.instance() = f.instance
}

// leave forgets the guest: who keeps the engine must not keep that. The copies for try_tables go, too.
func (c *callEngine) leave() {
	*c.instance(), *c.pointer(), *c.tryTables() = nil, nil, nil
	*field[*byte](c.at, layout.context+layout.caller) = nil
	*field[unsafe.Pointer](c.at, layout.exception) = nil
}

// lay puts a stack into it.
func (c *callEngine) lay(stack []byte) {
	*c.stack(), *c.top() = stack, uintptr(unsafe.Pointer(&stack[len(stack)-1]))&^15 // aligned as wazero wants it
	*field[*byte](c.at, layout.context+layout.bottom) = &stack[0]
}

// callEngines lends them. A deep stack is address space, which the system fills page by page as a call goes down: nothing is moved, and at the deadline
// a call deep down is as easy to end as another. wazero copies the stack, all of it, whenever a try_table begins, so programs with any, and all where
// address space is not to be had, run on shallow ones of Go's heap, which wazero makes longer.
type callEngines struct {
	model         atomic.Pointer[callEngine] // whose copies all are: wazero has set it up for the code that its modules share
	spaces        *spaces
	deep, shallow sync.Pool // of *callEngine

	mu     sync.Mutex
	mapped map[*byte][]byte // what deep stacks are of: those of the pool, and those that it has let go but the collector has not found yet
}

func (s *callEngines) take(shallow bool) *callEngine {
	if !shallow && lazySpace {
		if c, ok := s.deep.Get().(*callEngine); ok {
			return c
		}
		if space := s.spaces.take(deepStack); space != nil {
			return s.own(space)
		}
	}
	if c, ok := s.shallow.Get().(*callEngine); ok {
		return c
	}
	c := s.make()
	c.lay(make([]byte, shallowStack))
	return c
}

// make copies the model.
func (s *callEngines) make() *callEngine {
	v := reflect.New(layout.function.Elem())
	v.Elem().Set(reflect.ValueOf(s.model.Load().Function).Elem())
	c := &callEngine{Function: v.Interface().(api.Function), at: v.UnsafePointer()}
	*field[uintptr](c.at, layout.contextAt) = uintptr(c.at) + layout.context
	return c
}

// own makes one with a stack of address space, which goes back when the pool has let the engine go, or lull's engine is closed.
func (s *callEngines) own(space []byte) *callEngine {
	c, at := s.make(), &space[0]
	c.deep = space
	c.lay(space)
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
func (s *callEngines) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, space := range s.mapped {
		release(space)
	}
	s.mapped = nil
}

// put takes one back. One whose stack on Go's heap has become large is left to the collector; of a deep stack the pages far down go back to the system: at
// once if a call was seen there, otherwise now and then, since a call can get there and back between two looks.
func (s *callEngines) put(c *callEngine) {
	if c.deep == nil {
		if len(*c.stack()) <= keptStack {
			s.shallow.Put(c)
		}
		return
	}
	if c.calls++; c.sunk || c.calls == 0 {
		forget(c.deep[:deepStack-keptStack])
		c.sunk = false
	}
	s.deep.Put(c)
}
