// Package instancetest has a guest without WebAssembly, for tests of what happens around guests. It watches that the host keeps the
// rules of instance.Guest.
package instancetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// Program makes guests. Its fields are set before it is used; every function may be nil.
type Program struct {
	// Overlap lets calls of one guest overlap.
	Overlap bool
	// OnStart runs in Start; a fault makes Start fail.
	OnStart func(id string) *fn.Fault
	// OnCall runs in Call, after the guest has been checked.
	OnCall func(g *Guest, c *instance.Call) *fn.Fault

	open atomic.Int64
	mu   struct {
		sync.Mutex
		broken []string
		guests []*Guest
	}
}

// Guest is one instance's.
type Guest struct {
	ID      string
	program *Program

	mu struct {
		sync.Mutex
		calls  int
		closed bool
		fatal  bool
		counts map[abi.Phase]int
	}
	interrupted chan struct{}
	once        sync.Once
}

// Start makes a guest.
func (p *Program) Start(id string, _ instance.Output) (instance.Guest, *fn.Fault) {
	if p.OnStart != nil {
		if fault := p.OnStart(id); fault != nil {
			return nil, fault
		}
	}
	g := &Guest{ID: id, program: p, interrupted: make(chan struct{})}
	g.mu.counts = map[abi.Phase]int{}
	p.open.Add(1)
	p.mu.Lock()
	p.mu.guests = append(p.mu.guests, g)
	p.mu.Unlock()
	return g, nil
}

// Overlaps is Overlap.
func (p *Program) Overlaps() bool { return p.Overlap }

// Guests returns all guests there ever were.
func (p *Program) Guests() []*Guest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*Guest(nil), p.mu.guests...)
}

// Count is how often a phase was called in all guests.
func (p *Program) Count(phase abi.Phase) (n int) {
	for _, g := range p.Guests() {
		n += g.Count(phase)
	}
	return n
}

// Check fails the test if a rule of instance.Guest was broken, or if guests are open.
func (p *Program) Check(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.mu.broken {
		t.Error(b)
	}
	if n := p.open.Load(); n != 0 {
		t.Errorf("%d guests were not closed", n)
	}
}

func (p *Program) wrong(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.broken = append(p.mu.broken, fmt.Sprintf(format, args...))
}

// Count is how often a phase was called.
func (g *Guest) Count(phase abi.Phase) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mu.counts[phase]
}

// Call counts and checks, then does what OnCall says.
func (g *Guest) Call(c *instance.Call) *fn.Fault {
	g.mu.Lock()
	g.mu.counts[c.Phase]++
	g.mu.calls++
	switch {
	case g.mu.closed:
		g.program.wrong("%s: %s was called after Close", g.ID, c.Phase)
	case g.mu.fatal && !g.program.Overlap: // where calls overlap, one may begin before the host knows how another ended
		g.program.wrong("%s: %s was called after a fatal fault", g.ID, c.Phase)
	case g.mu.calls > 1 && !g.program.Overlap:
		g.program.wrong("%s: %s was called beside another call", g.ID, c.Phase)
	}
	if n := g.mu.counts[abi.PhasePreStop]; n > 1 || n == 1 && c.Phase != abi.PhasePreStop {
		g.program.wrong("%s: %s was called after preStop", g.ID, c.Phase)
	}
	g.mu.Unlock()
	var fault *fn.Fault
	if g.program.OnCall != nil {
		fault = g.program.OnCall(g, c)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.calls--
	if fault != nil && fault.Fatal {
		g.mu.fatal = true
	}
	return fault
}

// Sleep is what a guest does for d: it ends at the call's deadline or when the guest is interrupted, with a fatal fault.
func (g *Guest) Sleep(c *instance.Call, d time.Duration) *fn.Fault {
	left := time.Until(c.Deadline)
	select {
	case <-time.After(min(d, left)):
		if d > left {
			return fn.Died(fn.TypeTimeout, "deadline", time.Since(c.Start), 0)
		}
		return nil
	case <-g.interrupted:
		return fn.Died(fn.TypeExit, "interrupted", time.Since(c.Start), 0)
	}
}

// Memory is 64 KiB.
func (g *Guest) Memory() int64 { return fn.PageBytes }

// Resident is not known.
func (g *Guest) Resident() (resident, private int64) { return 0, 0 }

// StartedBy is Fresh.
func (g *Guest) StartedBy() instance.Origin { return instance.Fresh }

// Interrupt ends sleeps.
func (g *Guest) Interrupt() { g.once.Do(func() { close(g.interrupted) }) }

// Close may be called once, when no call runs.
func (g *Guest) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mu.closed {
		g.program.wrong("%s: closed twice", g.ID)
	}
	if g.mu.calls > 0 {
		g.program.wrong("%s: closed while a call ran", g.ID)
	}
	g.mu.closed = true
	g.program.open.Add(-1)
}
