package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// guestKey finds the running guest in the context that wazero passes to host functions.
type guestKey struct{}

// guest is what reactor and command have in common: the call that runs, what it has refused, and how to stop it.
type guest struct {
	program *Program
	id      string
	out     instance.Output
	memory  *memory
	stdout  lines
	stderr  lines

	// For the goroutine that runs the call.
	call    *instance.Call // nil outside of calls
	refusal string         // the first refused import of this call
	report  *fn.Fault      // the last error_report of this call
	headers int            // bytes of the answer's headers
	ctx     context.Context

	running struct {
		sync.Mutex
		cancel      context.CancelFunc // nil when no call runs
		interrupted bool
	}
}

func newGuest(p *Program, id string, out instance.Output) *guest {
	g := &guest{program: p, id: id, out: out, memory: &memory{inUse: &p.engine.memories}}
	g.stdout = lines{guest: g, level: abi.Info}
	g.stderr = lines{guest: g, level: abi.Error}
	return g
}

// begin makes the context of one call. end must follow.
func (g *guest) begin(c *instance.Call, deadline time.Time) context.Context {
	g.call, g.refusal, g.report, g.headers, g.memory.refused = c, "", nil, 0, false
	ctx, cancel := context.WithDeadline(context.WithValue(context.Background(), guestKey{}, g), deadline)
	g.running.Lock()
	g.running.cancel = cancel
	if g.running.interrupted {
		cancel()
	}
	g.running.Unlock()
	g.ctx = ctx
	return ctx
}

func (g *guest) end() {
	g.running.Lock()
	cancel := g.running.cancel
	g.running.cancel = nil
	g.running.Unlock()
	cancel()
	g.stdout.flush()
	g.stderr.flush()
	g.call, g.ctx = nil, nil
}

// Interrupt makes the running call end soon, or the next one if it comes between two: who interrupts cannot know which.
func (g *guest) Interrupt() {
	g.running.Lock()
	defer g.running.Unlock()
	g.running.interrupted = true
	if g.running.cancel != nil {
		g.running.cancel()
	}
}

// Memory is the size of the linear memory in bytes.
func (g *guest) Memory() int64 { return g.memory.size.Load() }

// nanosleep is the guest's sleep. It ends with the call: a guest past its deadline must not hold its goroutine.
func (g *guest) nanosleep(ns int64) {
	t := time.NewTimer(time.Duration(ns))
	defer t.Stop()
	select {
	case <-t.C:
	case <-g.ctx.Done():
		panic(g.ctx.Err()) // unwinds the guest
	}
}

// run calls f and turns what comes of it into a fault. A panic of the host's own code becomes a fault of this guest too: one bug
// must not take all others down.
func (g *guest) run(began time.Time, f func() error) (fault *fn.Fault) {
	defer func() {
		if r := recover(); r != nil {
			fault = fn.Died(fn.TypeTrap, fmt.Sprintf("the host failed: %v", r), time.Since(began), g.Memory())
			fault.Cause = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	err := f()
	if err == nil {
		err = g.ctx.Err() // it came back by itself, but too late
	}
	if err != nil {
		return g.died(err, began)
	}
	return nil
}

// reactor is a guest that stays between calls.
type reactor struct {
	*guest
	mod       api.Module
	functions [abi.PhasePreStop + 1]api.Function // looked up when first called
	stack     [1]uint64
}

// startReactor instantiates the module and runs its start function and _initialize.
func (p *Program) startReactor(id string, deadline time.Time, out instance.Output) (*reactor, *fn.Fault) {
	r := &reactor{guest: newGuest(p, id, out)}
	began := time.Now()
	ctx := r.begin(nil, deadline)
	defer r.end()
	config := p.config.WithStdout(&r.stdout).WithStderr(&r.stderr).WithNanosleep(r.nanosleep)
	fault := r.run(began, func() (err error) {
		if r.mod, err = p.engine.runtime.InstantiateModule(p.withMemory(ctx, r.memory), p.mod.compiled, config); err != nil {
			return err
		}
		if p.mod.exports[abi.Initialize] == startType {
			_, err = r.mod.ExportedFunction(abi.Initialize).Call(ctx)
		}
		return err
	})
	if fault != nil {
		r.Close()
		return nil, fault
	}
	return r, nil
}

// Close releases the module and its memory.
func (r *reactor) Close() {
	if r.mod != nil {
		r.mod.Close(context.Background())
	}
	r.memory.Free() // nothing is left of it if wazero has freed it
}

// Call runs the export of a phase.
func (r *reactor) Call(c *instance.Call) *fn.Fault {
	f := r.functions[c.Phase]
	if f == nil {
		f = r.mod.ExportedFunction(r.program.export(c.Phase))
		r.functions[c.Phase] = f
	}
	ctx := r.begin(c, c.Deadline)
	defer r.end()
	r.stack[0] = 0
	if c.Request != nil {
		r.stack[0] = uint64(len(c.Request.Body))
	}
	if fault := r.run(c.Start, func() error { return f.CallWithStack(ctx, r.stack[:]) }); fault != nil {
		return fault
	}
	return r.result(uint32(r.stack[0]))
}

// ask calls an export without a phase, for its number.
func (r *reactor) ask(name string, deadline time.Time) (int32, *fn.Fault) {
	ctx := r.begin(nil, deadline)
	defer r.end()
	r.stack[0] = 0
	fault := r.run(time.Now(), func() error { return r.mod.ExportedFunction(name).CallWithStack(ctx, r.stack[:]) })
	return int32(uint32(r.stack[0])), fault
}

// export names the function that a phase calls.
func (p *Program) export(phase abi.Phase) string {
	switch phase {
	case abi.PhaseHandler:
		return fn.Export(p.fn.Handler)
	case abi.PhaseInitializer:
		return fn.Export(p.fn.Initializer.Handler)
	case abi.PhasePreFreeze:
		return fn.Export(p.fn.PreFreeze.Handler)
	case abi.PhasePreStop:
		return fn.Export(p.fn.PreStop.Handler)
	case abi.PhaseNone:
	}
	panic(fmt.Sprintf("engine: no export for phase %d", phase))
}
