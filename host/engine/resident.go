package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/sys"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// resident drives an interpreter that sits in its _start and takes one event after the other from a descriptor. Its module is prepared
// (package interpreters, Unwinding): where it waits for the next event, the stack is saved to its memory and _start returns. A call puts the stack back, and _start goes
// on with the event. So between two calls nothing of the guest is on a stack, and memory and globals are the whole of it.
//
//	call:  start_rewind, _start --> fd_read: stop_rewind, event --> the user's code --> fd_write: answer
//	       --> fd_read: no event, start_unwind --> _start returns, stop_unwind
//
// A function that is not in the preparation's list cannot be left that way. So the frames are looked at each time: what is under another stack, which only the user's
// own code can bring about, is refused the event.
type resident struct {
	devices *devices
	guest   *reactor
	mod     api.Module
	memory  api.Memory

	start, startUnwind, stopUnwind, startRewind, stopRewind function
	stack                                                   [1]uint64
	buffer                                                  uint32 // where the stack is saved

	// Of the call that runs.
	event     []byte
	unread    []byte // what is left of it
	rewinding bool   // _start is on its way back to the wait
	unwinding bool   // _start is on its way out
	stray     error
	reply     []byte
	replied   bool

	fresh bool // the next event is the first since the start
}

// Bytes of the buffer that the stack is saved to, and of what its head takes. Python's stack takes 600 bytes, PHP's 300.
const (
	bufferBytes = fn.PageBytes
	bufferHead  = 8
)

// unwindName begins the names of the functions that can be left; package interpreters gives them.
const unwindName = "unwinds."

func newResident() *resident {
	d := &resident{}
	d.devices = &devices{
		guest:    func() *guest { return d.guest.guest },
		resident: true,
		answer:   d.answer,
	}
	return d
}

// mount is the device folder.
func (d *resident) mount() mount { return mount{"/fc", d.devices} }

func (d *resident) bind(r *reactor) {
	d.guest, d.mod, d.memory = r, r.mod, r.mod.Memory()
	export := func(name string) function { return r.function(r.mod, name) }
	d.start = export(abi.Start)
	d.startUnwind, d.stopUnwind = export("asyncify_start_unwind"), export("asyncify_stop_unwind")
	d.startRewind, d.stopRewind = export("asyncify_start_rewind"), export("asyncify_stop_rewind")
}

// boot runs _start up to its first wait. The buffer is the last page of memory there, so that guests from the image find it.
func (d *resident) boot(r *reactor) (*fn.Fault, error) {
	d.bind(r)
	d.buffer, d.replied, d.unwinding, d.stray = 0, false, false, nil
	began := time.Now()
	err := d.run()
	switch {
	case d.replied:
		return d.guest.takeReply(d.reply), nil
	case err != nil:
		return d.died(r, began, err, nil), nil
	case d.stray != nil:
		return nil, d.stray
	}
	return nil, nil
}

// restored notes that the next event is the first one of an instance: it brings the context, and what must be the instance's own is renewed.
func (d *resident) restored(r *reactor) error {
	if d.mod != r.mod { // from the image
		d.bind(r)
		d.buffer = d.memory.Size() - bufferBytes
	}
	d.fresh = true
	return nil
}

// run calls _start and finds out why it has returned.
func (d *resident) run() error {
	if err := d.guest.callFunction(&d.start, nil); err != nil {
		return err
	}
	if !d.unwinding {
		return sys.NewExitError(0)
	}
	d.unwinding = false
	return d.guest.callFunction(&d.stopUnwind, nil)
}

// exchange gives the guest an event, and returns when it waits for the next one.
func (d *resident) exchange(event []byte) error {
	d.event, d.unread, d.replied, d.stray = event, nil, false, nil
	d.rewinding = true
	d.stack[0] = uint64(d.buffer)
	err := d.guest.callFunction(&d.startRewind, d.stack[:])
	if err == nil {
		err = d.run()
	}
	d.event, d.unread = nil, nil
	return err
}

// next is the guest's wait: a read of eventsFD.
func (d *resident) next(frames experimental.StackIterator) (event []byte, ok bool) {
	if d.rewinding {
		d.rewinding = false
		d.must(&d.stopRewind, nil)
		return d.event, true
	}
	if err := unwindable(frames); err != nil {
		d.stray = err
		return nil, false
	}
	if d.buffer == 0 {
		pages, ok := d.memory.Grow(bufferBytes / fn.PageBytes)
		if !ok {
			panic(errors.New("no memory is left for the interpreter's stack"))
		}
		d.buffer = pages * fn.PageBytes
	}
	d.memory.WriteUint32Le(d.buffer, d.buffer+bufferHead)
	d.memory.WriteUint32Le(d.buffer+4, d.buffer+bufferBytes)
	d.stack[0] = uint64(d.buffer)
	d.must(&d.startUnwind, d.stack[:])
	d.unwinding = true
	return nil, false
}

func (d *resident) must(f *function, stack []uint64) {
	if err := d.guest.callFunction(f, stack); err != nil {
		panic(err)
	}
}

// unwindable wants all frames to be of functions that can be left.
func unwindable(frames experimental.StackIterator) error {
	for frames.Next() {
		f := frames.Function().Definition()
		if f.GoFunction() == nil && !strings.HasPrefix(f.Name(), unwindName) {
			return fmt.Errorf("the interpreter waits in function %d, in which its module was not prepared for it", f.Index())
		}
	}
	return nil
}

// call gives the guest the event of a phase.
func (d *resident) call(r *reactor, c *instance.Call) (*fn.Fault, error) {
	err := d.exchange(r.frame(c, &d.fresh))
	defer func() { d.reply = nil }() // a paused guest keeps none
	var fault *fn.Fault
	if d.replied {
		fault = d.guest.takeReply(d.reply)
	}
	switch {
	case err != nil:
		return d.died(r, c.Start, err, fault), nil
	case !d.replied:
		return nil, errors.Join(errors.New("the interpreter did not answer"), d.stray)
	case fault == nil && r.refusal != "":
		return r.result(abi.ResultOK), nil
	}
	return fault, nil
}

// died is the fault of a guest that has ended in a call. If it has told why, as an answer or as the last line that it wrote to its standard error, that is part of it.
func (d *resident) died(r *reactor, began time.Time, err error, told *fn.Fault) *fn.Fault {
	r.broken = true
	if stack := r.program.interpreter.language.stack; stack > 0 && d.overflowed(stack) {
		err = fmt.Errorf("the interpreter's stack of %d KiB is used up: data, or calls through built-in functions, are nested too deeply; nest them less\n%w", stack*(fn.PageBytes>>10), err)
	}
	died := r.guest.died(err, began)
	why := r.stderr.last
	if told != nil {
		why = told.Message
	}
	if died.Type == fn.TypeTimeout || why == "" {
		return died
	}
	cause := trapText(err)
	if exit, ok := errors.AsType[*sys.ExitError](err); ok {
		cause = fmt.Sprintf("exit code %d", exit.ExitCode())
	}
	full := fn.Died(died.Type, cause+": "+clip(why, maxReason), time.Since(began), r.Memory())
	full.Cause, full.Stack = err, nil // the interpreter's own functions tell nobody anything
	if told != nil {
		full.Stack = told.Stack
	}
	return full
}

// overflowed tells, behind a trap, whether C code has used its stack of that many pages up: then the trap has left the stack pointer, global 0, in the last page that package cstack keeps free.
func (d *resident) overflowed(pages uint32) bool {
	bin := d.guest.program.mod.bin
	pointer := d.mod.ExportedGlobal(bin.Globals[0].Export).Get()
	return uint32(pointer) < (bin.Memory.Min-pages+1)*fn.PageBytes
}

// maxReason bounds what a fault's message quotes of a guest.
const maxReason = 4 << 10

// standing is nothing: where the buffer is, the size of the memory tells.
func (*resident) standing() any { return nil }

// functions asks the interpreter what the handler's file has.
func (d *resident) functions(r *reactor) ([]string, error) {
	if err := d.exchange(functionsFrame(r.program)); err != nil {
		return nil, err
	}
	return functionsOf(d.reply)
}

// listener gives the stack iterator of fd_read's caller to the guest, for the time of the call.
type listener struct{}

func (listener) NewFunctionListener(f api.FunctionDefinition) experimental.FunctionListener {
	if len(f.ExportNames()) == 1 && f.ExportNames()[0] == "fd_read" {
		return listener{}
	}
	return nil
}

func (listener) Before(ctx context.Context, _ api.Module, _ api.FunctionDefinition, _ []uint64, frames experimental.StackIterator) {
	running(ctx).frames = frames
}

func (listener) After(ctx context.Context, _ api.Module, _ api.FunctionDefinition, _ []uint64) {
	running(ctx).frames = nil
}

func (listener) Abort(ctx context.Context, _ api.Module, _ api.FunctionDefinition, _ error) {
	running(ctx).frames = nil
}
