package engine

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/tetratelabs/wazero/api"
)

// The mailbox: boxes of arguments, their addresses, a length, and bytes.
const (
	mailBoxes  = 0
	mailArgs   = 64
	mailLength = 96
	mailBytes  = 256
	mailRoom   = 64 << 10
	mailSize   = mailBytes + mailRoom
)

// Values that are no address and no float: the tag in the upper half.
const (
	tagInt       = 0
	tagBool      = 1
	tagUndefined = 3
	tagException = 6
)

// The functions of the C library that the driver calls.
const (
	qMalloc = iota
	qFree
	qCall
	qFreeValue
	qNewString
	qStringLen
	qFreeCString
	qExecuteJob
	qInit
	qMaxStack
	qTrackRejections
	qHostFunction
	qGetGlobal
	qSetProp
	qGetProp
	qEval
	qGetException
	qThrow
	qContextPtr
	qRuntimePtr
	qInterrupt
	qRunGC
	qNewNumber
	qUint8Array
)

var quickjsExports = [...]string{
	qMalloc: "wasm_malloc", qFree: "wasm_free", qCall: "qjs_call", qFreeValue: "qjs_free_value", qNewString: "qjs_new_string",
	qStringLen: "qjs_get_string_len", qFreeCString: "qjs_free_cstring", qExecuteJob: "qjs_execute_pending_job", qInit: "qjs_init",
	qMaxStack: "qjs_set_max_stack_size", qTrackRejections: "qjs_set_promise_rejection_handler", qHostFunction: "qjs_new_host_function",
	qGetGlobal: "qjs_get_global", qSetProp: "qjs_set_prop_string", qGetProp: "qjs_get_prop_string", qEval: "qjs_eval",
	qGetException: "qjs_get_exception", qThrow: "qjs_throw", qContextPtr: "qjs_get_context_ptr",
	qRuntimePtr: "qjs_get_runtime_ptr", qInterrupt: "qjs_set_interrupt_handler", qRunGC: "qjs_run_gc",
	qNewNumber: "qjs_new_number", qUint8Array: "JS_NewUint8Array",
}

// try calls a function of the C library. The result of one that has none means nothing.
func (q *quickjs) try(ctx context.Context, f int, params ...uint64) (uint64, error) {
	if q.fns[f] == nil {
		q.fns[f] = q.mod.ExportedFunction(quickjsExports[f])
	}
	stack := q.stack[q.depth][:]
	if len(params) > len(stack) {
		stack = make([]uint64, len(params))
	}
	copy(stack, params)
	q.depth++
	err := q.fns[f].CallWithStack(ctx, stack)
	q.depth--
	return stack[0], err
}

// call is try for those who are called by the guest, or by a function that turns the panic into an error again: it unwinds a guest that has
// trapped.
func (q *quickjs) do(ctx context.Context, f int, params ...uint64) uint32 {
	v, err := q.try(ctx, f, params...)
	if err != nil {
		panic(trapped{err})
	}
	return uint32(v)
}

var errNoMemory = errors.New("out of memory")

// trapped is an error that goes up as a panic.
type trapped struct{ error }

// catch turns the panic of do, or that of a guest that is stopped while it sleeps, into an error.
func catch(err *error) {
	r := recover()
	if t, ok := r.(trapped); ok {
		*err = t.error
		return
	}
	if e, ok := r.(error); ok && (e == context.DeadlineExceeded || e == errInterrupted) {
		*err = e
		return
	}
	if r != nil {
		panic(r)
	}
}

func (q *quickjs) memory() api.Memory { return q.mod.Memory() }

// value is what is in a box.
func (q *quickjs) value(box uint32) uint64 {
	v, _ := q.memory().ReadUint64Le(box)
	return v
}

func intValue(n int32) uint64 { return tagInt<<32 | uint64(uint32(n)) }

// box makes a box for a value that needs no counting.
func (q *quickjs) box(ctx context.Context, v uint64) uint32 {
	b := q.do(ctx, qMalloc, 8)
	q.memory().WriteUint64Le(b, v)
	return b
}

func (q *quickjs) float(ctx context.Context, f float64) uint32 {
	return q.box(ctx, math.Float64bits(f)-q.addend)
}

// text makes a string of bytes that are in the guest's memory.
func (q *quickjs) text(ctx context.Context, at, n uint32) uint32 {
	return q.do(ctx, qNewString, uint64(at), uint64(n))
}

// str makes a string.
func (q *quickjs) str(ctx context.Context, s string) uint32 {
	at := q.mailbox + mailBytes
	if len(s) > mailRoom {
		at = q.do(ctx, qMalloc, uint64(len(s)))
		defer q.do(ctx, qFree, uint64(at))
	}
	q.memory().WriteString(at, s)
	return q.text(ctx, at, uint32(len(s)))
}

// cstring puts a string with a zero behind it into the guest's memory, for qFree.
func (q *quickjs) cstring(ctx context.Context, s string) uint32 {
	at := q.do(ctx, qMalloc, uint64(len(s)+1))
	q.memory().WriteString(at, s)
	q.memory().WriteByte(at+uint32(len(s)), 0)
	return at
}

// take gives the text of a value to use, in place.
func (q *quickjs) take(ctx context.Context, box uint32, use func(text []byte)) {
	at := q.do(ctx, qStringLen, uint64(box), uint64(q.mailbox+mailLength))
	if at == 0 {
		return // an object that cannot be a string; the script sends strings
	}
	n, _ := q.memory().ReadUint32Le(q.mailbox + mailLength)
	b, _ := q.memory().Read(at, n)
	use(b)
	q.do(ctx, qFreeCString, uint64(at))
}

func (q *quickjs) string(ctx context.Context, box uint32) (s string) {
	q.take(ctx, box, func(b []byte) { s = string(b) })
	return s
}

// invoke calls a function of the script with what is in the first boxes of the mailbox, and returns the value, if it is an int.
func (q *quickjs) invoke(ctx context.Context, f uint32, values ...uint64) int32 {
	mem := q.memory()
	for i, v := range values {
		box := q.mailbox + mailBoxes + uint32(8*i)
		mem.WriteUint64Le(box, v)
		mem.WriteUint32Le(q.mailbox+mailArgs+uint32(4*i), box)
	}
	result := q.do(ctx, qCall, uint64(f), uint64(q.mailbox+mailBoxes), uint64(len(values)), uint64(q.mailbox+mailArgs))
	v := q.value(result)
	q.do(ctx, qFreeValue, uint64(result))
	if v>>32 == tagException {
		what := q.exception(ctx)
		if !q.stopped { // the script catches all but that
			panic(trapped{errors.New(what)})
		}
	}
	return int32(uint32(v))
}

// exception is the text of the exception that was thrown last. The script catches those of users; this is for what it has not foreseen.
func (q *quickjs) exception(ctx context.Context) string {
	box := q.do(ctx, qGetException)
	defer q.do(ctx, qFreeValue, uint64(box))
	return q.string(ctx, box)
}

// eval runs a script of ours.
func (q *quickjs) eval(ctx context.Context, code, file string) uint32 {
	c, f := q.cstring(ctx, code), q.cstring(ctx, file)
	v := q.do(ctx, qEval, uint64(c), uint64(len(code)), uint64(f), 0)
	q.do(ctx, qFree, uint64(c))
	q.do(ctx, qFree, uint64(f))
	if q.value(v)>>32 == tagException {
		panic(trapped{fmt.Errorf("%s: %s", file, q.exception(ctx))})
	}
	return v
}
