package engine

import (
	"reflect"
	"sync"
	"unsafe"

	"github.com/tetratelabs/wazero/api"
)

// function is an export of a guest. It has a stack while it is called.
type function struct {
	api.Function
	at   unsafe.Pointer // wazero's implementation, or nil if it is not the one that fields are known of
	runs *callStack     // nil between calls
}

// fields are where wazero's implementation keeps the stack of a function, in bytes from its beginning. There is no public way to them, and each function
// comes with a stack of its own and keeps it.
var fields struct {
	once                                   sync.Once
	implementation                         reflect.Type // nil if the fields were not found; the tests notice
	stack, top, bottom, pointer, tryTables uintptr
}

// findFields looks for the fields by their names and types, once.
func findFields(t reflect.Type) {
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return
	}
	find := func(in reflect.Type, name string, want reflect.Type) uintptr {
		f, ok := in.FieldByName(name)
		if !ok || want != nil && f.Type != want {
			t = nil
		}
		return f.Offset
	}
	of := t.Elem()
	fields.stack, fields.top = find(of, "stack", reflect.TypeFor[[]byte]()), find(of, "stackTop", reflect.TypeFor[uintptr]())
	fields.tryTables = find(of, "tryHandlers", nil)
	if context, ok := of.FieldByName("execCtx"); ok && context.Type.Kind() == reflect.Struct {
		fields.bottom = context.Offset + find(context.Type, "stackBottomPtr", reflect.TypeFor[*byte]())
		fields.pointer = context.Offset + find(context.Type, "stackPointerBeforeGoCall", reflect.TypeFor[*uint64]())
		fields.implementation = t
	}
}

func newFunction(f api.Function) function {
	v := reflect.ValueOf(f)
	fields.once.Do(func() { findFields(v.Type()) })
	if v.Type() != fields.implementation {
		return function{Function: f}
	}
	own := function{Function: f, at: v.UnsafePointer()}
	own.leave()
	return own
}

func (f *function) stack() *[]byte    { return (*[]byte)(unsafe.Add(f.at, fields.stack)) }
func (f *function) top() *uintptr     { return (*uintptr)(unsafe.Add(f.at, fields.top)) }
func (f *function) bottom() **byte    { return (**byte)(unsafe.Add(f.at, fields.bottom)) }
func (f *function) pointer() **uint64 { return (**uint64)(unsafe.Add(f.at, fields.pointer)) }

// tryTables are the open try_tables. Only the length counts.
func (f *function) tryTables() *[]struct{} { return (*[]struct{})(unsafe.Add(f.at, fields.tryTables)) }

// enter puts a stack under the function.
func (f *function) enter(c *callStack) {
	f.runs = c
	*f.stack(), *f.top(), *f.bottom() = c.bytes, c.top, &c.bytes[0]
}

// leave takes the stack, which may have become another, and what else points into it. The copies for try_tables that wazero would keep go, too.
func (f *function) leave() *callStack {
	c := f.runs
	if c != nil {
		c.bytes, c.top = *f.stack(), *f.top()
	}
	f.runs = nil
	*f.stack(), *f.top(), *f.bottom(), *f.pointer() = nil, 0, nil, nil
	*f.tryTables() = nil
	return c
}

// callExport calls an export that is not called often.
func (g *guest) callExport(mod api.Module, name string, stack []uint64) error {
	f := newFunction(mod.ExportedFunction(name))
	return g.callFunction(&f, stack)
}

// callFunction calls into a module of the user's. Calls may be nested, by host functions, but not of the same function.
func (g *guest) callFunction(f *function, stack []uint64) error {
	if f.at == nil {
		return f.CallWithStack(&g.ctx, stack)
	}
	outer, stacks := g.runs, &g.program.engine.stacks
	g.runs = f
	f.enter(stacks.take(g.program.mod.bin.Stats.Tries > 0))
	err := f.CallWithStack(&g.ctx, stack)
	stacks.put(f.leave())
	g.runs = outer
	return err
}

// mayTry ends a guest with too many try_tables open, or of which nobody can tell.
func (g *guest) mayTry() {
	if f := g.runs; f == nil || len(*f.stack())*len(*f.tryTables()) > maxTries {
		panic(errTries)
	}
}

// sound notes whether the call is deep down.
func (g *guest) sound() {
	if f := g.runs; f != nil && *f.top()-uintptr(unsafe.Pointer(*f.pointer())) > keptStack {
		f.runs.sunk = true
	}
}
