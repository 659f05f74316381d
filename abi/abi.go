// Package abi names the contract between host and guest. The text, with byte layouts
// and worked examples, is spec.md beside this file. It is a leaf: the standard library only.
package abi

// Module is the name that guests import host functions from. It carries the version.
const Module = "lull_v1"

// Imports: the host functions of Module. Spec section 4.
const (
	EventRead      = "event_read"      // (ptr, cap, offset) -> bytes copied
	ContextRead    = "context_read"    // (field, ptr, cap) -> length of the field
	ResponseStatus = "response_status" // (status) -> 0
	ResponseHeader = "response_header" // (name_ptr, name_len, value_ptr, value_len) -> 0
	ResponseWrite  = "response_write"  // (ptr, len) -> 0
	ErrorReport    = "error_report"    // (type_ptr, type_len, msg_ptr, msg_len, stack_ptr, stack_len) -> 0
	Log            = "log"             // (level, ptr, len) -> 0
	Fetch          = "fetch"           // (head_ptr, head_len, body_ptr, body_len, timeout_ms, flags) -> status
	FetchRead      = "fetch_read"      // (part, ptr, cap, offset) -> bytes from offset to the part's end
)

// Exports of a guest. Handler, Initializer, PreFreeze and PreStop are the standard names; a
// function's configuration may choose others. Spec section 1.
const (
	Memory      = "memory"
	Initialize  = "_initialize" // () -> (), WASI reactor
	Start       = "_start"      // () -> (), WASI command
	Handler     = "handler"     // (event_len i32) -> i32
	Initializer = "initializer" // () -> i32
	PreFreeze   = "preFreeze"   // () -> i32
	PreStop     = "preStop"     // () -> i32
	// AfterRestore renews what must not be the same in two instances. () -> i32
	AfterRestore = "afterRestore"
	Hooks        = "lull_hooks" // () -> i32, a set of HookInitializer, HookPreFreeze, HookPreStop
)

// Bits of the result of the export Hooks.
const (
	HookInitializer = 1 << iota
	HookPreFreeze
	HookPreStop
)

// Results of handler and hooks. Any value above ResultHandled counts as ResultUnhandled.
const (
	ResultOK        = 0
	ResultHandled   = 1
	ResultUnhandled = 2
)

// Errno is what an import answers instead of a length when it refuses. Spec section 3.
type Errno int32

const (
	NotFound   Errno = -1
	WrongPhase Errno = -2
	TooLarge   Errno = -3
	Invalid    Errno = -4
	Denied     Errno = -5
	Failed     Errno = -6
	TimedOut   Errno = -7
)

// Error gives the name that spec section 3 uses.
func (e Errno) Error() string {
	switch e {
	case NotFound:
		return "not found"
	case WrongPhase:
		return "wrong phase"
	case TooLarge:
		return "too large"
	case Invalid:
		return "invalid"
	case Denied:
		return "denied"
	case Failed:
		return "failed"
	case TimedOut:
		return "timed out"
	}
	return "unknown error number"
}

// Field is a context field, the first argument of ContextRead.
type Field uint32

const (
	FieldJSON Field = iota
	FieldRequestID
	FieldFunction
	FieldService
	FieldQualifier
	FieldVersionID
	FieldInstanceID
	FieldPhase
	FieldDeadline
	FieldMethod
	FieldPath
	FieldQuery
	FieldClientIP
	FieldHeaders
)

// FetchFollow, in the flags of Fetch, lets the host follow redirects.
const FetchFollow = 1

// Part is what FetchRead reads of what the last Fetch came to.
type Part uint32

const (
	PartBody    Part = 0
	PartHeaders Part = 1
	PartURL     Part = 2
	PartError   Part = 3
)

// Phase says what a guest is being called for. The strings are field 7.
type Phase uint8

const (
	PhaseNone        Phase = 0 // _initialize and lull_hooks
	PhaseHandler     Phase = 1
	PhaseInitializer Phase = 2
	PhasePreFreeze   Phase = 3
	PhasePreStop     Phase = 4
)

func (p Phase) String() string {
	switch p {
	case PhaseHandler:
		return "handler"
	case PhaseInitializer:
		return "initializer"
	case PhasePreFreeze:
		return "preFreeze"
	case PhasePreStop:
		return "preStop"
	case PhaseNone:
	}
	return ""
}

// Level is the severity of a log record.
type Level uint8

const (
	Debug Level = 0
	Info  Level = 1
	Warn  Level = 2
	Error Level = 3
)

// Limits that the contract fixes.
const (
	MaxLogBytes    = 64 << 10 // of one record
	MaxHeaderBytes = 16 << 10 // of all names and values of one answer

	MaxFetchHead = 64 << 10 // of a request's line and headers, and of an answer's headers
	MaxFetchBody = 6 << 20  // of a request, and of an answer
	MaxFetchHops = 10       // redirects that are followed
)
