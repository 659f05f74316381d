package lull

import (
	"errors"
	"fmt"
)

// Error is an error whose type name and stack the caller of the function sees as they are here:
//
//	{"errorMessage": Message, "errorType": Type, "stackTrace": Stack}
//
// For any other error the type is the name of its Go type ("*errors.errorString"), and there
// is no stack. A wrapped Error gives type and stack to the error around it.
type Error struct {
	Type    string
	Message string
	Stack   []string // one frame each, innermost first
}

func (e *Error) Error() string { return e.Message }

// Errno says why the host refused an import. Test for it with [errors.Is].
type Errno int32

const (
	ErrNotFound   Errno = -1 // the context field does not exist in this call
	ErrWrongPhase Errno = -2 // the import has no meaning in this phase
	ErrTooLarge   Errno = -3 // the answer's body or headers would pass the host's limit
	ErrInvalid    Errno = -4 // an illegal header name or value, a status outside 200..599, a malformed fetch
	ErrDenied     Errno = -5 // a fetch from a host that the function may not reach
	ErrFailed     Errno = -6 // a fetch without a proper answer
	ErrTimedOut   Errno = -7 // a fetch without an answer in time
)

func (e Errno) Error() string {
	switch e {
	case ErrNotFound:
		return "not found"
	case ErrWrongPhase:
		return "wrong phase"
	case ErrTooLarge:
		return "too large"
	case ErrInvalid:
		return "invalid"
	case ErrDenied:
		return "denied"
	case ErrFailed:
		return "failed"
	case ErrTimedOut:
		return "timed out"
	}
	return fmt.Sprintf("error number %d", int32(e))
}

// ErrEnded is returned for a Context, Request or Response whose call has ended.
var ErrEnded = errors.New("lull: the call has ended")

// Refusal is an import that the host refused. It wraps an [Errno]. Unless that is ErrNotFound, the
// host fails the whole call, also when the handler then returns nil: what the caller gets is
// never half an answer.
type Refusal struct {
	Import string // the name in lull_v1, as response_header
	Detail string // what it was called with; may be empty
	Errno  Errno
}

func (e *Refusal) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("lull: %s: %v", e.Import, e.Errno)
	}
	return fmt.Sprintf("lull: %s: %v: %s", e.Import, e.Errno, e.Detail)
}

func (e *Refusal) Unwrap() error { return e.Errno }

// refusal makes an error of what an import returned, nil for 0 and lengths.
func refusal(name string, code int32) error {
	if code >= 0 {
		return nil
	}
	return &Refusal{Import: name, Errno: Errno(code)}
}
