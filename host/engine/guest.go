package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// guest is what reactor and command have in common: the call that runs, what it has refused, and how to stop it.
type guest struct {
	program *Program
	driver  driver // nil in a command
	id      string
	out     instance.Output
	memory  *memory
	stdout  lines
	stderr  lines
	ctx     guestContext // the same for all calls: a warm call makes none

	// For the goroutine that runs the call.
	callState
	deadline time.Time
	fuel     tank
	runs     *callEngine // of the call that was begun last and has not returned; nil where wazero's is not known
	turn     turn
	fetches  *fetches // what this call has sent; nil until it does

	standing int32                      // how many descriptors a guest with files has open from the start: its streams and its mounts
	frames   experimental.StackIterator // the caller's, in a call of fd_read by an interpreter

	// interrupted stays set: who interrupts cannot know between which two calls it comes.
	interrupted atomic.Bool
	server      *server // what the guest is, or nil for other kinds
	sleep       struct {
		sync.Mutex
		wake   chan struct{} // closed by Interrupt; nil until the guest sleeps for the first time
		cancel func()        // called by Interrupt; nil outside of a fetch
	}
}

// callState is what a guest knows of a call. Where calls overlap, it changes with whose code runs.
type callState struct {
	call    *instance.Call // nil outside of calls
	refusal string         // the first refused import of this call
	report  *fn.Fault      // the last error_report of this call
	headers int            // bytes of the answer's headers
}

func newGuest(p *Program, id string, out instance.Output) *guest {
	g := &guest{program: p, id: id, out: out, memory: &memory{spaces: &p.engine.spaces, inUse: &p.engine.memories, image: p.image}}
	g.stdout = lines{guest: g, level: abi.Info}
	g.stderr = lines{guest: g, level: abi.Error}
	g.ctx = guestContext{context.Background(), g}
	return g
}

// guestContext is what wazero passes to host functions, so that they find the guest.
type guestContext struct {
	context.Context
	guest *guest
}

type guestKey struct{}

// Value knows the guest only.
func (c *guestContext) Value(key any) any {
	if _, ok := key.(guestKey); ok {
		return c.guest
	}
	return nil
}

// running is the guest that called a host function.
func running(ctx context.Context) *guest { return ctx.Value(guestKey{}).(*guest) }

// begin begins a call; end must follow.
func (g *guest) begin(c *instance.Call, now, deadline time.Time) {
	g.call, g.deadline, g.refusal, g.report, g.headers, g.memory.refused = c, deadline, "", nil, 0, false
	g.stderr.last = ""
	g.turn.begin(now)
	if g.fuel.global != nil {
		g.fuel.fill(now)
	}
}

// caller is the call that what the guest writes belongs to, or nil: in a server with more than one call nobody can tell which it is.
func (g *guest) caller() *instance.Call {
	if g.server != nil {
		return g.server.net.current()
	}
	return g.call
}

func (g *guest) end() {
	g.turn.end(g.program.engine.turns)
	g.stdout.flush()
	g.stderr.flush()
	g.fetches.end()
	if g.memory.watched && g.call != nil && g.call.Phase == abi.PhaseHandler {
		g.memory.served()
	}
	g.call, g.fetches = nil, nil
}

// run calls f and turns what comes of it into a fault. A panic of the host's own code becomes a fault of this guest too: one bug
// must not take all others down.
func (g *guest) run(began time.Time, f func() error) (fault *fn.Fault) {
	defer func() {
		if r := recover(); r == errInterrupted || r == context.DeadlineExceeded { // by goOn, in what the host does beside wazero
			fault = g.died(r.(error), began)
		} else if r != nil {
			fault = fn.Died(fn.TypeTrap, fmt.Sprintf("the host failed: %v", r), time.Since(began), g.Memory())
			fault.Cause = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	if g.interrupted.Load() {
		return g.died(errInterrupted, began)
	}
	if err := f(); err != nil {
		return g.died(err, began)
	}
	return nil
}

// nanosleep is the guest's sleep. It ends with the call: a guest past its deadline must not hold its goroutine.
func (g *guest) nanosleep(ns int64) {
	wake := g.waker()
	g.turn.end(g.program.engine.turns) // who sleeps needs none
	// A nanosecond past the deadline, so that mustGoOn sees it.
	t := time.NewTimer(min(time.Duration(max(ns, 0)), time.Until(g.deadline)+1))
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	}
	g.mustGoOn(time.Now())
}

// waker is a channel that Interrupt closes.
func (g *guest) waker() <-chan struct{} {
	g.sleep.Lock()
	defer g.sleep.Unlock()
	if g.sleep.wake == nil {
		g.sleep.wake = make(chan struct{})
		if g.interrupted.Load() {
			close(g.sleep.wake)
		}
	}
	return g.sleep.wake
}

// Interrupt makes the running call end soon, and every further one.
func (g *guest) Interrupt() {
	g.sleep.Lock()
	defer g.sleep.Unlock()
	if g.interrupted.Swap(true) {
		return
	}
	if g.sleep.wake != nil {
		close(g.sleep.wake)
	}
	if g.sleep.cancel != nil {
		g.sleep.cancel()
	}
}

// onInterrupt sets what Interrupt calls, or with nil nothing. It is called at once if Interrupt came before.
func (g *guest) onInterrupt(cancel func()) {
	g.sleep.Lock()
	defer g.sleep.Unlock()
	g.sleep.cancel = cancel
	if cancel != nil && g.interrupted.Load() {
		cancel()
	}
}

// Resident looks at the pages of the linear memory.
func (g *guest) Resident() (resident, private int64) { return g.memory.resident() }

// Memory is the size of the linear memory in bytes.
func (g *guest) Memory() int64 { return g.memory.size.Load() }

// instantiate makes a module instance with memory and globals as the program's image has them, or, without an image, as the module
// itself says. Nothing of the guest runs.
func (g *guest) instantiate(config moduleOptions) (mod api.Module, err error) {
	p := g.program
	config.ModuleConfig = config.WithStderr(&g.stderr).WithNanosleep(g.nanosleep)
	mod, err = p.mod.runtime.InstantiateModule(p.withMemory(&g.ctx, g.memory), p.mod.compiled, config.ModuleConfig)
	if err != nil {
		return nil, err
	}
	g.fuel.global, g.fuel.at = mod.ExportedGlobal(p.mod.bin.Fuel).(api.MutableGlobal), nil
	g.fuel.fill(time.Now())
	g.fuel.at = globalOf(mod, p.mod.bin.FuelIndex, uint64(g.fuel.slice))
	if p.image == nil {
		return mod, p.mod.bin.LayData(g.memory.bytes())
	}
	return mod, nil
}
