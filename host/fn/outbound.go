package fn

import (
	"fmt"

	"github.com/lull-dev/lull/abi"
)

// OutboundRequest is one HTTP request that a guest sends. Nobody changes it.
type OutboundRequest struct {
	Method string
	URL    string // absolute, http or https
	Header []Header
	Body   []byte
	// Follow says that redirects are followed; each is checked like the first request.
	Follow bool
}

// OutboundResponse is what came back. It belongs to who sent the request.
type OutboundResponse struct {
	Status int    // 200 to 599
	URL    string // that answered, which after redirects is another than was asked
	Header []Header
	Body   []byte
}

// OutboundError says why there is no answer.
type OutboundError struct {
	// Errno is abi.Invalid (the request is malformed), abi.Denied (the function may not send it), abi.TooLarge (request or answer), abi.TimedOut
	// or abi.Failed (no address, no connection, no proper answer).
	Errno   abi.Errno
	Message string // says what was wrong and what to do
	Err     error  // the cause, or nil
}

func (e *OutboundError) Error() string { return e.Errno.Error() + ": " + e.Message }

// Unwrap returns the cause.
func (e *OutboundError) Unwrap() error { return e.Err }

// OutboundErrorf makes an OutboundError.
func OutboundErrorf(errno abi.Errno, format string, args ...any) *OutboundError {
	return &OutboundError{Errno: errno, Message: fmt.Sprintf(format, args...)}
}
