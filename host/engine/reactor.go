package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// reactor is a guest that stays between calls.
type reactor struct {
	*guest
	mod       api.Module
	globals   []api.MutableGlobal                // those that the image holds, in its order; nil if there is no image
	functions [abi.PhasePreStop + 1]api.Function // looked up when first called
	stack     [1]uint64
	broken    bool // a call ended it
	origin    instance.Origin
}

// startReactor brings a guest to the point where its initializer may run: from a slot, from the image, or by its own start. restored is
// false for the guest that the image is taken of.
func (p *Program) startReactor(id string, deadline time.Time, out instance.Output, restored bool) (*reactor, *fn.Fault) {
	began := time.Now()
	r := p.slots.take()
	if r != nil {
		r.id, r.out, r.origin = id, out, instance.Reset
	} else {
		r = &reactor{guest: newGuest(p, id, out)}
	}
	r.begin(nil, began, deadline)
	defer r.end()
	fault := r.run(began, func() error {
		if r.mod == nil {
			if err := r.instantiate(); err != nil {
				return err
			}
		}
		if restored && p.mod.exports[abi.AfterRestore] == hookType {
			return r.afterRestore()
		}
		return nil
	})
	if fault != nil {
		r.broken = true
		r.Close()
		return nil, fault
	}
	return r, nil
}

func (r *reactor) instantiate() (err error) {
	p := r.program
	if r.mod, err = r.guest.instantiate(moduleOptions{p.config.WithStdout(&r.stdout)}); err != nil {
		return err
	}
	if p.image != nil {
		for _, g := range p.mod.bin.Globals {
			r.globals = append(r.globals, r.mod.ExportedGlobal(g.Export).(api.MutableGlobal))
		}
		p.image.setGlobals(r.globals)
		r.origin = instance.Image
		return nil
	}
	r.origin = instance.Fresh
	for _, name := range []string{p.mod.bin.Start, abi.Initialize} {
		if name == "" || name == abi.Initialize && p.mod.exports[name] != startType {
			continue
		}
		if _, err = r.mod.ExportedFunction(name).Call(&r.ctx); err != nil {
			return err
		}
	}
	return nil
}

// afterRestore lets the guest renew what must not be the same in two instances.
func (r *reactor) afterRestore() error {
	r.stack[0] = 0
	if err := r.mod.ExportedFunction(abi.AfterRestore).CallWithStack(&r.ctx, r.stack[:]); err != nil {
		return err
	}
	if code := uint32(r.stack[0]); code != abi.ResultOK {
		return fmt.Errorf("%s returned %d", abi.AfterRestore, int32(code))
	}
	return nil
}

// Close ends the guest. Its module instance and memory become a slot, if they can be reset; otherwise they are released.
func (r *reactor) Close() {
	if !r.broken && r.reset() && r.program.slots.put(r) {
		return
	}
	r.release()
}

func (r *reactor) release() {
	if r.mod != nil {
		r.mod.Close(context.Background())
	}
	r.memory.Free() // nothing is left of it if wazero has freed it
}

// reset brings memory and globals back to the image. It cannot where there is no image, or where the memory has grown: wazero has
// no way to shrink it.
func (r *reactor) reset() bool {
	image := r.program.image
	if image == nil || r.globals == nil || r.memory.size.Load() != int64(image.size) || r.interrupted.Load() {
		return false
	}
	r.memory.reset()
	image.setGlobals(r.globals)
	return true
}

// Call runs the export of a phase.
func (r *reactor) Call(c *instance.Call) *fn.Fault {
	f := r.functions[c.Phase]
	if f == nil {
		f = r.mod.ExportedFunction(r.program.export(c.Phase))
		r.functions[c.Phase] = f
	}
	r.begin(c, c.Start, c.Deadline)
	defer r.end()
	r.stack[0] = 0
	if c.Request != nil {
		r.stack[0] = uint64(len(c.Request.Body))
	}
	fault := r.run(c.Start, func() error { return f.CallWithStack(&r.ctx, r.stack[:]) })
	c.Fuel = r.fuel.used()
	if fault != nil {
		r.broken = true
		return fault
	}
	fault = r.result(uint32(r.stack[0]))
	if c.Phase == abi.PhaseHandler && r.program.fn.Isolation == fn.EachFresh {
		if lost := r.run(c.Start, r.renew); lost != nil {
			// The answer stands; the instance is not fit for another request.
			r.out.Note(c, "the instance could not be brought back to its image: "+lost.Message)
			r.broken, c.Unfit = true, true
		}
	}
	return fault
}

// renew makes the guest one that has just started.
func (r *reactor) renew() error {
	if !r.reset() {
		r.release()
		r.mod, r.globals, r.functions = nil, nil, [len(r.functions)]api.Function{}
		if err := r.instantiate(); err != nil {
			return err
		}
	}
	if r.program.mod.exports[abi.AfterRestore] == hookType {
		return r.afterRestore()
	}
	return nil
}

// StartedBy says where the guest came from.
func (r *reactor) StartedBy() instance.Origin { return r.origin }

// ask calls an export without a phase, for its number.
func (r *reactor) ask(name string, deadline time.Time) (int32, *fn.Fault) {
	now := time.Now()
	r.begin(nil, now, deadline)
	defer r.end()
	r.stack[0] = 0
	fault := r.run(now, func() error { return r.mod.ExportedFunction(name).CallWithStack(&r.ctx, r.stack[:]) })
	r.broken = r.broken || fault != nil
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
