package engine

import (
	"reflect"

	"github.com/tetratelabs/wazero/api"
)

// keptStack is the largest call stack in bytes that a guest keeps between calls. wazero begins with 10 KiB, doubles it up to 80 MiB for a guest that
// recurses, outside of any memory limit, and does not make it smaller again.
const keptStack = 256 << 10

// function is an export, with a look at the stack that it runs on.
type function struct {
	api.Function
	// stack is the slice in wazero's implementation. wazero has no name for it in public; reflection reads a length also where the field is not exported. If there is
	// no such field any more, it is the zero Value, and stacks are kept whatever their size.
	stack reflect.Value
}

func newFunction(f api.Function) function {
	if v := reflect.Indirect(reflect.ValueOf(f)); v.Kind() == reflect.Struct {
		if stack := v.FieldByName("stack"); stack.Kind() == reflect.Slice {
			return function{f, stack}
		}
	}
	return function{Function: f}
}

// hasGrown tells a function that is not worth keeping: a new one begins with a small stack.
func (f *function) hasGrown() bool { return f.stack.IsValid() && f.stack.Len() > keptStack }
