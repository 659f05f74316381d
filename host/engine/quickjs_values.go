package engine

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/tetratelabs/wazero/api"
)

// The mailbox: values, a length, and bytes.
const (
	mailValues = 0
	mostValues = 16
	mailLength = 8 * mostValues
	mailBytes  = 256
	mailRoom   = 64 << 10
	mailSize   = mailBytes + mailRoom
)

// Values that are no address and no float: the tag in the upper half.
const (
	tagInt       = 0
	tagBool      = 1
	tagNull      = 2
	tagUndefined = 3
	tagException = 6
	tagString    = 0xfffffff9 // one in a piece; there are others
	tagObject    = 0xffffffff
	tagCounted   = 0xfffffff7 // the first of those whose payload is an address, with a count of references before it
)

const undefined = tagUndefined << 32

// The functions of the C library that the driver calls.
const (
	qMalloc = iota
	qBlock
	qFree
	qCall
	qFreeValue
	qDrop
	qShare
	qNewString
	qNewText
	qNewBytes
	qBytes
	qPromiseState
	qPromiseResult
	qPromiseHandled
	qCString
	qFreeCString
	qExecuteJob
	qInit
	qMaxStack
	qTrackRejections
	qHostFunction
	qGetGlobal
	qGetProp
	qEval
	qGetException
	qThrow
	qContextPtr
	qRuntimePtr
	qInterrupt
	qRunGC
	qGCThreshold
	qNewNumber
	qUint8Array
)

var quickjsExports = [...]string{
	qMalloc: "wasm_malloc", qBlock: "js_malloc_rt", qFree: "wasm_free", qCall: "JS_Call", qFreeValue: "qjs_free_value",
	qDrop: "JS_FreeValue", qShare: "JS_DupValue", qNewString: "qjs_new_string", qNewText: "JS_NewStringLen", qNewBytes: "JS_NewUint8ArrayCopy", qBytes: "JS_GetUint8Array",
	qPromiseState: "JS_PromiseState", qPromiseResult: "JS_PromiseResult", qPromiseHandled: "JS_PromiseMarkAsHandled",
	qCString: "JS_ToCStringLen2", qFreeCString: "JS_FreeCString", qExecuteJob: "qjs_execute_pending_job", qInit: "qjs_init",
	qMaxStack: "qjs_set_max_stack_size", qTrackRejections: "qjs_set_promise_rejection_handler", qHostFunction: "qjs_new_host_function",
	qGetGlobal: "qjs_get_global", qGetProp: "qjs_get_prop_string", qEval: "qjs_eval",
	qGetException: "qjs_get_exception", qThrow: "qjs_throw", qContextPtr: "qjs_get_context_ptr",
	qRuntimePtr: "qjs_get_runtime_ptr", qInterrupt: "qjs_set_interrupt_handler", qRunGC: "qjs_run_gc", qGCThreshold: "qjs_set_gc_threshold",
	qNewNumber: "qjs_new_number", qUint8Array: "JS_NewUint8Array",
}

// try calls a function of the C library. The result of one that has none means nothing.
func (q *quickjs) try(ctx context.Context, f int, params ...uint64) (uint64, error) {
	if !q.fns[f].found() {
		q.fns[f] = running(ctx).function(q.mod, quickjsExports[f])
	}
	stack := q.stack[q.depth][:]
	if len(params) > len(stack) {
		stack = make([]uint64, len(params))
	}
	copy(stack, params)
	q.depth++
	err := running(ctx).callFunction(&q.fns[f], stack)
	q.depth--
	return stack[0], err
}

// do is try for those who are called by the guest, or by a function that turns the panic into an error again: it unwinds a guest that has
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
	return q.box(ctx, q.number(f))
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

// made is a value that the C library was asked for.
func (q *quickjs) made(v uint64, err error) uint64 {
	if err == nil && v>>32 == tagException {
		err = errNoMemory
	}
	if err != nil {
		panic(trapped{err})
	}
	return v
}

// newText makes a string.
func (q *quickjs) newText(ctx context.Context, text []byte) uint64 {
	at := q.mailbox + mailBytes
	if len(text) > mailRoom {
		at = q.do(ctx, qMalloc, uint64(len(text)))
		defer q.do(ctx, qFree, uint64(at))
	}
	q.memory().Write(at, text)
	return q.made(q.try(ctx, qNewText, uint64(q.context), uint64(at), uint64(len(text))))
}

// bytes makes a Uint8Array.
func (q *quickjs) bytes(ctx context.Context, b []byte) uint64 {
	if len(b) <= mailRoom {
		at := q.mailbox + mailBytes
		q.memory().Write(at, b)
		return q.made(q.try(ctx, qNewBytes, uint64(q.context), uint64(at), uint64(len(b))))
	}
	// It begins as a copy of what the memory begins with, which is as long at least: one copy less in the guest's memory.
	v := q.made(q.try(ctx, qNewBytes, uint64(q.context), 0, uint64(len(b))))
	at := q.do(ctx, qBytes, uint64(q.context), uint64(q.mailbox+mailLength), v)
	q.memory().Write(at, b)
	return v
}

func (q *quickjs) number(f float64) uint64 { return math.Float64bits(f) - q.addend }

// drop frees a value of ours.
func (q *quickjs) drop(ctx context.Context, v uint64) {
	if v>>32 >= tagCounted {
		q.do(ctx, qDrop, uint64(q.context), v)
	}
}

// share makes a value ours, too.
func (q *quickjs) share(ctx context.Context, v uint64) uint64 {
	if v>>32 < tagCounted {
		return v
	}
	return q.made(q.try(ctx, qShare, uint64(q.context), v))
}

// take gives the text of a value to use, in place. It may have halves of surrogate pairs.
func (q *quickjs) take(ctx context.Context, v uint64, use func(text []byte)) {
	if text, ok := q.ascii(v); ok {
		use(text)
		return
	}
	at := q.do(ctx, qCString, uint64(q.context), uint64(q.mailbox+mailLength), v, 0)
	if at == 0 {
		return // an object that cannot be a string; the script sends strings
	}
	b, _ := q.memory().Read(at, q.word(q.mailbox+mailLength))
	use(b)
	q.do(ctx, qFreeCString, uint64(q.context), uint64(at))
}

func (q *quickjs) string(ctx context.Context, v uint64) (s string) {
	q.take(ctx, v, func(b []byte) { s = string(b) })
	return s
}

// invoke calls a function of the script with values that stay the caller's, and returns what it returns, if that is an int.
func (q *quickjs) invoke(ctx context.Context, f uint64, values ...uint64) int32 {
	return int32(uint32(q.ask(ctx, f, values...)))
}

// ask is invoke for those who want the value, which is theirs.
func (q *quickjs) ask(ctx context.Context, f uint64, values ...uint64) uint64 {
	result, err := q.try(ctx, qCall, uint64(q.context), f, undefined, uint64(len(values)), q.lay(values))
	if err != nil {
		panic(trapped{err})
	}
	if result>>32 == tagException {
		what := q.exception(ctx)
		if !q.stopped { // the script catches all but that
			panic(trapped{errors.New(what)})
		}
	}
	return result
}

// lay puts at most mostValues values into the mailbox.
func (q *quickjs) lay(values []uint64) uint64 {
	mem := q.memory()
	for i, v := range values {
		mem.WriteUint64Le(q.mailbox+mailValues+uint32(8*i), v)
	}
	return uint64(q.mailbox + mailValues)
}

// exception is the text of the exception that was thrown last. The script catches those of users; this is for what it has not foreseen.
func (q *quickjs) exception(ctx context.Context) string {
	box := q.do(ctx, qGetException)
	defer q.do(ctx, qFreeValue, uint64(box))
	return q.string(ctx, q.value(box))
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
