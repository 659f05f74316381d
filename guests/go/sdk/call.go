package lull

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
)

// What an export returns. Spec section 1.
const (
	resultOK        = 0
	resultHandled   = 1
	resultUnhandled = 2
)

// runHandler is the export handler.
func runHandler(size uint32) (result int32) {
	program.sealed = true
	ctx := newContext(PhaseHandler)
	defer finish(ctx, &result)
	if program.handler.where == "" {
		return fail(resultUnhandled, &Error{Type: "lull", Message: noHandler})
	}
	if err := program.handler.do(ctx, size); err != nil {
		return fail(resultHandled, err)
	}
	return resultOK
}

// runHook is the exports initializer, preFreeze and preStop. A hook without code does nothing.
func runHook(phase string, hook *registration[Hook]) (result int32) {
	program.sealed = true
	ctx := newContext(phase)
	defer finish(ctx, &result)
	if hook.where == "" {
		return resultOK
	}
	if err := hook.do(ctx); err != nil {
		return fail(resultHandled, err)
	}
	return resultOK
}

// finish ends the call's context and turns a panic into a result.
func finish(ctx *Context, result *int32) {
	if p := recover(); p != nil {
		*result = fail(resultUnhandled, panicked(p))
	}
	ctx.end()
}

func fail(result int32, err error) int32 {
	typ, stack := reflect.TypeOf(err).String(), ""
	var own *Error
	if errors.As(err, &own) {
		typ, stack = own.Type, strings.Join(own.Stack, "\n")
	}
	hostError(typ, err.Error(), stack)
	return result
}

// panicked must be called by the deferred function, while the panicking frames are still there.
func panicked(p any) *Error {
	e := &Error{Type: "panic", Message: fmt.Sprint(p)}
	if err, ok := p.(error); ok {
		e.Type = reflect.TypeOf(err).String()
	}
	sdk := reflect.TypeFor[Context]().PkgPath()
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for inUser := false; ; {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			inUser = true
		case inUser && (strings.HasPrefix(f.Function, sdk+".Handle") || strings.HasPrefix(f.Function, sdk+".run")):
			more = false // from here on it is the SDK that calls
		case inUser && !strings.HasPrefix(f.Function, "runtime."):
			e.Stack = append(e.Stack, fmt.Sprintf("%s (%s:%d)", f.Function, f.File, f.Line))
		}
		if !more {
			return e
		}
	}
}
