package engine

import (
	"reflect"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/tetratelabs/wazero/api"
)

// layout is where wazero keeps what is lent to functions, in bytes from the beginning of its structures. There is no public way to it: each function that
// wazero looks up comes with a call engine of 2 KiB and a stack of 10 KiB, and keeps both.
var layout struct {
	once             sync.Once
	known            atomic.Bool  // that the fields were found: nobody looks at them before, and the tests notice if they were not
	function, module reflect.Type // wazero's implementations

	// Of a call engine.
	stack, top, tryTables, exception                             uintptr
	executable, preamble, instance, index, size, params, results uintptr
	context, contextAt                                           uintptr // the execution context, and the pointer to it
	bottom, pointer, caller                                      uintptr // within the context

	engine       uintptr // of a module: the interface with its instance
	code, values uintptr // of an instance: the compiled module, and the pointer to what the compiled code uses
	globals      uintptr // of a compiled module: where in that the globals begin
}

// field is one of a structure, at an offset.
func field[T any](of unsafe.Pointer, offset uintptr) *T { return (*T)(unsafe.Add(of, offset)) }

// learnLayout looks for the fields by their names and types, once.
func learnLayout(mod api.Module, f api.Function) {
	l, known := &layout, true
	structure := func(t reflect.Type) reflect.Type {
		if t != nil && t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct {
			return t.Elem()
		}
		known = false
		return reflect.TypeFor[struct{}]()
	}
	find := func(in reflect.Type, name string, kind reflect.Kind, at *uintptr) reflect.Type {
		f, ok := in.FieldByName(name)
		if !ok || f.Type.Kind() != kind {
			known = false
			return nil
		}
		*at = f.Offset
		return f.Type
	}
	engine := structure(reflect.TypeOf(f))
	known = find(engine, "stack", reflect.Slice, &l.stack) == reflect.TypeFor[[]byte]() && known
	find(engine, "stackTop", reflect.Uintptr, &l.top)
	find(engine, "tryHandlers", reflect.Slice, &l.tryTables)
	find(engine, "pendingException", reflect.Pointer, &l.exception)
	find(engine, "executable", reflect.Pointer, &l.executable)
	find(engine, "preambleExecutable", reflect.Pointer, &l.preamble)
	find(engine, "indexInModule", reflect.Uint32, &l.index)
	find(engine, "sizeOfParamResultSlice", reflect.Int, &l.size)
	find(engine, "requiredParams", reflect.Int, &l.params)
	find(engine, "numberOfResults", reflect.Int, &l.results)
	find(engine, "execCtxPtr", reflect.Uintptr, &l.contextAt)
	instance := structure(find(engine, "parent", reflect.Pointer, &l.instance))
	find(instance, "opaquePtr", reflect.Pointer, &l.values)
	offsets := uintptr(0)
	if of := find(structure(find(instance, "parent", reflect.Pointer, &l.code)), "offsets", reflect.Struct, &offsets); of != nil {
		find(of, "GlobalsBegin", reflect.Int32, &l.globals)
		l.globals += offsets
	}
	find(structure(reflect.TypeOf(mod)), "Engine", reflect.Interface, &l.engine)
	if context := find(engine, "execCtx", reflect.Struct, &l.context); context != nil {
		find(context, "stackBottomPtr", reflect.Pointer, &l.bottom)
		find(context, "stackPointerBeforeGoCall", reflect.Pointer, &l.pointer)
		find(context, "callerModuleContextPtr", reflect.Pointer, &l.caller)
	}
	if !known {
		return
	}
	at := reflect.ValueOf(f).UnsafePointer()
	if *field[uintptr](at, l.contextAt) == uintptr(at)+l.context {
		l.function, l.module = reflect.TypeOf(f), reflect.TypeOf(mod)
		l.known.Store(true)
	}
}

// globalOf is where an i32 or i64 global of the module's own is, or nil if its fields are not known or it is not there: then the value is another.
func globalOf(mod api.Module, index uint32, value uint64) *uint64 {
	const size = 16
	instance := instanceOf(mod)
	if instance == nil {
		return nil
	}
	begin := *field[int32](*field[unsafe.Pointer](instance, layout.code), layout.globals)
	at := field[uint64](*field[unsafe.Pointer](instance, layout.values), uintptr(begin)+uintptr(index)*size)
	if *at != value {
		return nil
	}
	return at
}

// instanceOf is wazero's instance behind a module, or nil if it is not one whose fields are known.
func instanceOf(mod api.Module) unsafe.Pointer {
	if !layout.known.Load() {
		return nil
	}
	v := reflect.ValueOf(mod)
	if v.Type() != layout.module {
		return nil
	}
	return field[[2]unsafe.Pointer](v.UnsafePointer(), layout.engine)[1] // an interface is a type and a pointer
}
