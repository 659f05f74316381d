package engine

import (
	"reflect"
	"unsafe"

	"github.com/tetratelabs/wazero/api"
)

// function is an export of a guest. What a call takes beside it is lent while it is called. The zero value is none.
type function struct {
	*entry
	instance unsafe.Pointer // wazero's, of the guest
	whole    api.Function   // in place of both where wazero's fields are not known
}

func (f *function) found() bool { return f.entry != nil || f.whole != nil }

// entry is what wazero knows of an export, the same in all instances of a module.
type entry struct {
	executable, preamble  *byte
	index                 uint32
	size, params, results int
	code                  unsafe.Pointer // the compiled module that executable is of
}

// function looks an export up, which exists.
func (g *guest) function(mod api.Module, name string) function {
	known := &g.program.mod.entries
	at := instanceOf(mod)
	if e, ok := known.Load(name); ok && at != nil && *field[unsafe.Pointer](at, layout.code) == e.(*entry).code {
		return function{entry: e.(*entry), instance: at}
	}
	f := mod.ExportedFunction(name)
	layout.once.Do(func() { learnLayout(mod, f) })
	v := reflect.ValueOf(f)
	if at = instanceOf(mod); at == nil || v.Type() != layout.function || *field[unsafe.Pointer](v.UnsafePointer(), layout.instance) != at {
		return function{whole: f}
	}
	c := callEngine{Function: f, at: v.UnsafePointer()}
	e := c.entry()
	c.leave()
	g.program.engine.callEngines.model.CompareAndSwap(nil, &c)
	known.Store(name, e)
	return function{entry: e, instance: at}
}

// callExport calls an export that is not called often.
func (g *guest) callExport(mod api.Module, name string, stack []uint64) error {
	f := g.function(mod, name)
	return g.callFunction(&f, stack)
}

// callFunction calls into a module of the user's. Calls may be nested, by host functions.
func (g *guest) callFunction(f *function, stack []uint64) error {
	if f.entry == nil {
		return f.whole.CallWithStack(&g.ctx, stack)
	}
	outer, all := g.runs, &g.program.engine.callEngines
	c := all.take(g.program.mod.bin.Stats.Tries > 0)
	g.runs = c
	c.enter(f)
	err := c.CallWithStack(&g.ctx, stack)
	c.leave()
	all.put(c)
	g.runs = outer
	return err
}

// mayTry ends a guest with too many try_tables open, or of which nobody can tell.
func (g *guest) mayTry() {
	if c := g.runs; c == nil || len(*c.stack())*len(*c.tryTables()) > maxTries {
		panic(errTries)
	}
}

// sound notes whether the call is deep down.
func (g *guest) sound() {
	if c := g.runs; c != nil && *c.top()-uintptr(unsafe.Pointer(*c.pointer())) > keptStack {
		c.sunk = true
	}
}
