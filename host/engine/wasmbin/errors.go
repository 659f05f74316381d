package wasmbin

import "fmt"

// Kind says which rule a module broke.
type Kind uint8

const (
	Malformed   Kind = iota + 1 // the bytes are not a WebAssembly module
	Unsupported                 // a feature that lull's engine does not have
	OverLimit                   // one of [Limits] is passed
	Reserved                    // the module uses a name that belongs to lull
	OutOfBounds                 // a data segment does not fit in memory
)

// String returns the kind as a word for logs and messages.
func (k Kind) String() string {
	switch k {
	case Malformed:
		return "malformed"
	case Unsupported:
		return "unsupported"
	case OverLimit:
		return "over a limit"
	case Reserved:
		return "reserved name"
	case OutOfBounds:
		return "out of bounds"
	}
	return "unknown"
}

// Error is what every function of this package returns when it fails.
type Error struct {
	Kind    Kind
	Offset  int    // bytes from the start of the module that was given
	Section string // the section's name, or "header"
	Reason  string // what is wrong, as part of a sentence
}

// Error returns the place and the reason.
func (e *Error) Error() string {
	return fmt.Sprintf("wasm module %s: %s section, offset %#x: %s", e.Kind, e.Section, e.Offset, e.Reason)
}
