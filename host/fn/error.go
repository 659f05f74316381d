package fn

import (
	"errors"
	"fmt"
)

// Code says what kind of failure an Error is. The strings are those of Function Compute's
// 2016-08-15 interface where it has one; they go on the wire.
type Code string

// Codes, grouped by when they occur.
const (
	// Deploy, update, delete.
	CodeInvalidArgument       Code = "InvalidArgument"       // a field or a module is not acceptable; nothing was changed
	CodeFunctionAlreadyExists Code = "FunctionAlreadyExists" // a create names a function that is there
	CodeServiceAlreadyExists  Code = "ServiceAlreadyExists"  // a create names a service that is there
	CodeAliasAlreadyExists    Code = "AliasAlreadyExists"
	CodeTriggerAlreadyExists  Code = "TriggerAlreadyExists"
	CodeServiceNotEmpty       Code = "ServiceNotEmpty"       // a delete names a service that has functions, versions or aliases
	CodePreconditionFailed    Code = "PreconditionFailed"    // If-Match does not match
	CodeConcurrentUpdate      Code = "ConcurrentUpdateError" // somebody else changed the function meanwhile; try again

	// Finding what a request is for.
	CodeFunctionNotFound       Code = "FunctionNotFound"
	CodeServiceNotFound        Code = "ServiceNotFound"
	CodeVersionNotFound        Code = "VersionNotFound" // a qualifier is the id of no version
	CodeAliasNotFound          Code = "AliasNotFound"   // a qualifier is neither LATEST, nor an id, nor an alias
	CodeTriggerNotFound        Code = "TriggerNotFound"
	CodeOnDemandConfigNotFound Code = "OnDemandConfigNotFound"
	CodeAsyncConfigNotExists   Code = "AsyncConfigNotExists"
	CodeInstanceNotFound       Code = "InstanceNotFound"
	CodePathNotSupported       Code = "PathNotSupported"      // no such path in the control API
	CodeMethodNotAllowed       Code = "MethodNotAllowed"      // the path is there, not for this method
	CodeMissingRequiredHeader  Code = "MissingRequiredHeader" // a header that must be there is not
	CodeEntityTooLarge         Code = "EntityTooLarge"        // a body or a code package is over its limit

	// Finding an instance.
	CodeResourceExhausted   Code = "ResourceExhausted"   // the queue is full, or the wait for an instance took too long
	CodeClientClosedRequest Code = "ClientClosedRequest" // the caller's context ended while the request waited
	CodeHostClosed          Code = "HostClosed"          // the host is shutting down

	// Everything else.
	CodeInternal Code = "InternalServerError"
)

// Error is what lull answers when it could not run a request or change a function. What
// a guest does wrong while it runs is not an Error but a Fault in the Response.
type Error struct {
	Code    Code
	Message string // says what was wrong and what to do
	Err     error  // the cause, or nil
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error. A %w in format becomes its cause.
func Errorf(code Code, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
}

// CodeOf returns err's code, CodeInternal for an error that has none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
