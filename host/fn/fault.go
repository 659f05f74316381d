package fn

import (
	"encoding/json"
	"fmt"
	"time"
)

// FaultKind is the X-Fc-Error-Type of a Fault.
type FaultKind string

const (
	// Handled: the guest's code said no.
	Handled FaultKind = "HandledInvocationError"
	// Unhandled: a panic, a trap, an exit, a timeout, too much memory, a refused import.
	Unhandled FaultKind = "UnhandledInvocationError"
	// Initialization: the instance could not be started, or its initializer failed.
	Initialization FaultKind = "InitializationError"
)

// FaultStatus is the HTTP status of a function URL's answer that carries a Fault.
const FaultStatus = 502

// Types of a Fault that the host gives; a guest may report any other.
const (
	TypeTimeout     = "Timeout"     // the call was past its deadline
	TypeExit        = "Exit"        // proc_exit
	TypeTrap        = "Trap"        // a WebAssembly trap
	TypeOutOfMemory = "OutOfMemory" // a trap after a grow past the limit had failed
	TypeABI         = "lull_v1"     // an import refused what the guest asked for
	TypeHTTP        = "HTTP"        // a guest of kind server answered with an error, or not properly
	TypeGuest       = "Error"       // the guest returned an error and did not report it
)

// Fault is a failure inside a guest. It says nothing against the host.
type Fault struct {
	Kind    FaultKind
	Type    string
	Message string
	Stack   []string
	// Fatal tells that the instance cannot be used again: it trapped, ended or was stopped.
	Fatal bool
	// Cause is the engine's error, or nil. It is for the log.
	Cause error
}

func (f *Fault) Error() string { return f.Type + ": " + f.Message }

// MarshalJSON gives the body that callers see: errorMessage, errorType, stackTrace.
func (f *Fault) MarshalJSON() ([]byte, error) {
	stack := f.Stack
	if stack == nil {
		stack = []string{}
	}
	return json.Marshal(struct {
		Message string   `json:"errorMessage"`
		Type    string   `json:"errorType"`
		Stack   []string `json:"stackTrace"`
	}{f.Message, f.Type, stack})
}

// Died makes the fault of an instance that ended inside a call. memory is in bytes.
func Died(typ, cause string, took time.Duration, memory int64) *Fault {
	return &Fault{
		Kind: Unhandled,
		Type: typ,
		Message: fmt.Sprintf("Process exited unexpectedly before completing request (duration: %dms, maxMemoryUsage: %.2fMB): %s",
			took.Milliseconds(), float64(memory)/MiB, cause),
		Fatal: true,
	}
}
