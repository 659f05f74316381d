package lull

import (
	"fmt"
	"runtime"
)

// A Handler answers one event with bytes. The event is nil when it is empty. Its memory is used
// again for the next event: copy what has to outlive the call. The answer is copied
// by the host before the call ends.
type Handler func(ctx *Context, event []byte) ([]byte, error)

// An HTTPHandler answers one request through w. It serves plain events too: their
// [Request.Method] is empty.
type HTTPHandler func(w *Response, r *Request) error

// A Hook runs at one moment in an instance's life. It has no event and no answer: its error
// reaches the log only, except that of the initializer, which fails the request that waits for it.
type Hook func(ctx *Context) error

// program is what the user registered. It does not change after the first call of an export, so
// that the answer of lull_hooks, asked once at deploy, stays true.
var program struct {
	handler registration[func(ctx *Context, size uint32) error]
	hooks   [3]registration[Hook] // in the order of the bits of lull_hooks
	sealed  bool
}

type registration[F any] struct {
	do    F
	where string // file:line of the registering call; empty means not registered
}

// Handle registers the program's handler. Call it, and all of this file, in an init function.
//
// It panics if there is a handler already or if the program is past its init functions. At that
// moment the panic fails the deployment, with its message.
func Handle(h Handler) {
	register(&program.handler, "handler", h == nil, func(ctx *Context, size uint32) error {
		event, err := ctx.event(size)
		if err != nil {
			return err
		}
		answer, err := h(ctx, event)
		if err != nil || len(answer) == 0 {
			return err
		}
		return refusal("response_write", hostWrite(view(answer)))
	})
}

// HandleHTTP is Handle for a handler that wants the parts of an HTTP request. A program has either.
func HandleHTTP(h HTTPHandler) {
	register(&program.handler, "handler", h == nil, func(ctx *Context, size uint32) error {
		return h(&Response{ctx: ctx}, &Request{ctx: ctx, size: size})
	})
}

// Initializer registers the hook that runs once per instance, before its first request. When it
// fails, the request that waits gets an InitializationError and the instance is discarded.
func Initializer(h Hook) { register(&program.hooks[0], PhaseInitializer, h == nil, h) }

// PreFreeze registers the hook that runs when the last request of an instance has ended, before the
// instance is paused. The caller has the answer already and does not wait for it.
func PreFreeze(h Hook) { register(&program.hooks[1], PhasePreFreeze, h == nil, h) }

// PreStop registers the hook that runs once, before the instance is released.
func PreStop(h Hook) { register(&program.hooks[2], PhasePreStop, h == nil, h) }

func register[F any](slot *registration[F], name string, isNil bool, do F) {
	where := "unknown place"
	if _, file, line, ok := runtime.Caller(2); ok {
		where = fmt.Sprintf("%s:%d", file, line)
	}
	switch {
	case isNil:
		panic(fmt.Sprintf("lull: the %s registered at %s is nil", name, where))
	case program.sealed:
		panic(fmt.Sprintf("lull: the %s at %s is registered too late: do it in an init function", name, where))
	case slot.where != "":
		panic(fmt.Sprintf("lull: a second %s at %s: there is one already, from %s", name, where, slot.where))
	}
	*slot = registration[F]{do: do, where: where}
}

// registeredHooks is the answer of the export lull_hooks. Instances start behind it, so it gets ready what the first event of each would.
func registeredHooks() uint32 {
	program.sealed = true
	moreContexts()
	prime()
	if program.handler.where == "" {
		hostLog(levelError, noHandler)
	}
	var bits uint32
	for i, hook := range program.hooks {
		if hook.where != "" {
			bits |= 1 << i
		}
	}
	return bits
}

const noHandler = "lull: no handler is registered: call lull.Handle or lull.HandleHTTP in an init function"

// made keeps the compiler from leaving out an allocation.
var made any

// prime makes an object of each small size, with pointers and without. Go takes a span of memory for each size when it is first asked for one, which
// writes all over its own tables; in an instance each page of these would cost a page fault, and stay.
func prime() {
	for n := 8; n <= 1024; n += 8 {
		made = make([]byte, n)
		made = make([]*byte, n/8)
	}
	made = nil
}
