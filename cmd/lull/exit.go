package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/fn"
)

// Exit codes; the package comment says what they mean.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
	exitServer = 3
	exitSignal = 130
)

// errSignal is the cause of the context that a signal has ended.
var errSignal = errors.New("stopped by a signal")

// exitError is an error that asks for an exit code of its own.
type exitError struct {
	code int
	err  error // nil: everything is said already
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usagef is the error for a command line that cannot be right.
func usagef(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// explain is what the user reads of an error; empty if everything is said already.
func explain(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*client.ConnectError](err); ok {
		cause := e.Err
		if u, ok := errors.AsType[*url.Error](cause); ok {
			cause = u.Err // without the path of the request
		}
		return fmt.Sprintf("no lull server answers at %s: %v; start one with `lull serve`, or name another in %s", e.Base, cause, apiVariable)
	}
	if fn.CodeOf(err) == fn.CodeMissingRequiredHeader {
		return err.Error() + fmt.Sprintf(": the server wants signed requests; name a key with --access-key-file or %s", keyVariable)
	}
	return err.Error()
}

// codeFor chooses the exit code for what a command returned.
func codeFor(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	if context.Cause(ctx) == errSignal {
		return exitSignal
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	if _, ok := errors.AsType[*fn.Error](err); ok {
		return exitServer
	}
	if _, ok := errors.AsType[*client.ConnectError](err); ok {
		return exitServer
	}
	return exitFailed
}
