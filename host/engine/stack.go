package engine

import (
	"errors"
	"reflect"

	"github.com/tetratelabs/wazero/api"
)

// Bounds of what a call keeps on the host's side, outside of the guest's memory limit.
const (
	// keptStack is the largest call stack in bytes, copies for try_tables with it, that a guest keeps between calls. wazero begins with 10 KiB,
	// doubles it up to 80 MiB for a guest that recurses, and does not make it smaller again.
	keptStack = 256 << 10
	// maxTries bounds the bytes of the copies that are there at a time: wazero copies the stack whenever a try_table begins.
	maxTries = 64 << 20
)

var errTries = errors.New("try_table instructions are nested so deep that the copies of the stack which they need pass 64 MiB")

// function is an export, with a look at the stack that it runs on.
type function struct {
	api.Function
	// stack and tries are slices in wazero's implementation: the stack, and the try_tables that are open in it. wazero does not tell their sizes in public;
	// reflection reads a length also where the field is not exported. If there are no such fields any more, these are zero Values; the tests notice.
	stack, tries reflect.Value
}

func newFunction(f api.Function) (own function) {
	own.Function = f
	v := reflect.Indirect(reflect.ValueOf(f))
	if v.Kind() != reflect.Struct {
		return own
	}
	stack, tries := v.FieldByName("stack"), v.FieldByName("tryHandlers")
	if stack.Kind() == reflect.Slice && tries.Kind() == reflect.Slice {
		own.stack, own.tries = stack, tries
	}
	return own
}

// hasGrown tells a function that is not worth keeping: a new one begins with a small stack.
func (f *function) hasGrown() bool {
	return f.stack.IsValid() && f.stack.Len()*(1+f.tries.Cap()) > keptStack
}

// callExport calls an export that is not called often.
func (g *guest) callExport(mod api.Module, name string, stack []uint64) error {
	f := newFunction(mod.ExportedFunction(name))
	err := g.callFunction(&f, stack)
	g.runs = nil // which would keep its stack
	return err
}

// callFunction calls into a module of the user's.
func (g *guest) callFunction(f *function, stack []uint64) error {
	g.runs = f
	return f.CallWithStack(&g.ctx, stack)
}

// mayTry ends a guest with too many try_tables open.
func (g *guest) mayTry() {
	f := g.runs
	if f != nil && (!f.tries.IsValid() || f.stack.Len()*f.tries.Len() > maxTries) {
		panic(errTries)
	}
}
