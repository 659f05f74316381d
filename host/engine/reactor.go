package engine

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// reactor is a guest that stays between calls.
type reactor struct {
	*guest
	mod     api.Module
	globals []api.MutableGlobal // those that the image holds, in its order; nil if there is no image
	files   *files              // nil: it has none
	broken  bool                // a call ended it
	origin  instance.Origin
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
		r.driver = p.newDriver()
	}
	r.begin(nil, began, deadline)
	defer r.end()
	var wrong *fn.Fault
	fault := r.run(began, func() (err error) {
		if r.mod == nil {
			if wrong, err = r.instantiate(); wrong != nil || err != nil {
				return err
			}
		}
		if restored {
			return r.driver.restored(r)
		}
		return nil
	})
	if fault == nil {
		fault = wrong
	}
	if fault != nil {
		r.broken = true
		r.Close()
		return nil, fault
	}
	return r, nil
}

// instantiate makes the module instance, as the image has it or by its own start.
func (r *reactor) instantiate() (wrong *fn.Fault, err error) {
	p := r.program
	config := p.config.WithStdout(&r.stdout)
	if p.mounts != nil {
		mounts := p.mounts
		if d, ok := r.driver.(mounter); ok {
			mounts = append(slices.Clip(mounts), d.mount())
		}
		r.files = newFiles(mounts, p.tmpBytes())
		r.standing = int32(3 + len(r.files.mounts))
		if !p.interpreter.language.ownFiles {
			config = r.files.config(config)
		}
	}
	if d, ok := r.driver.(io.Reader); ok {
		config = config.WithStdin(d)
	}
	if r.mod, err = r.guest.instantiate(moduleOptions{config}); err != nil {
		return nil, err
	}
	if p.image != nil {
		for _, g := range p.mod.bin.Globals {
			r.globals = append(r.globals, r.mod.ExportedGlobal(g.Export).(api.MutableGlobal))
		}
		p.image.setGlobals(r.globals)
		r.origin = instance.Image
		return nil, nil
	}
	r.origin = instance.Fresh
	for _, name := range []string{p.mod.bin.Start, abi.Initialize} {
		if name == "" || name == abi.Initialize && p.mod.exports[name] != startType {
			continue
		}
		if err = r.callExport(r.mod, name, nil); err != nil {
			return nil, err
		}
	}
	return r.driver.boot(r)
}

// Close ends the guest. Its module instance and memory become a slot, if they can be reset; otherwise they are released.
func (r *reactor) Close() {
	if !r.broken && r.program.slots.want() && r.reset() && r.program.slots.put(r) {
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

// reset brings memory, globals and files back to the image. It cannot where there is no image, where the memory has grown, as wazero has
// no way to shrink it, or where files are open.
func (r *reactor) reset() bool {
	image := r.program.image
	if image == nil || r.globals == nil || r.memory.size.Load() != int64(image.size) || r.interrupted.Load() {
		return false
	}
	if r.files != nil && !r.files.reset() {
		return false
	}
	r.memory.reset()
	image.setGlobals(r.globals)
	return true
}

// Call runs a phase.
func (r *reactor) Call(c *instance.Call) *fn.Fault {
	r.begin(c, c.Start, c.Deadline)
	defer r.end()
	var fault *fn.Fault
	died := r.run(c.Start, func() (err error) {
		fault, err = r.driver.call(r, c)
		return err
	})
	c.Fuel = r.fuel.used()
	if died != nil {
		r.broken = true
		return died
	}
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
		r.mod, r.globals, r.files = nil, nil, nil
		wrong, err := r.instantiate()
		if err != nil {
			return err
		}
		if wrong != nil {
			return wrong
		}
	}
	return r.driver.restored(r)
}

// StartedBy says where the guest came from.
func (r *reactor) StartedBy() instance.Origin { return r.origin }

// ask calls an export without a phase, for its number.
func (r *reactor) ask(name string, deadline time.Time) (int32, *fn.Fault) {
	stack := make([]uint64, 1)
	fault := r.visit(deadline, func() error { return r.callExport(r.mod, name, stack) })
	return int32(uint32(stack[0])), fault
}

// visit runs f in the guest, outside of any call.
func (r *reactor) visit(deadline time.Time, f func() error) *fn.Fault {
	now := time.Now()
	r.begin(nil, now, deadline)
	defer r.end()
	fault := r.run(now, f)
	r.broken = r.broken || fault != nil
	return fault
}
