package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/sys"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

// died explains how a call ended the guest.
func (g *guest) died(err error, began time.Time) *fn.Fault {
	typ, cause := fn.TypeTrap, trapText(err)
	var stack []string
	exit, isExit := errors.AsType[*sys.ExitError](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		typ = fn.TypeTimeout
		cause = fmt.Sprintf("it was stopped at its deadline of %s", g.allowed(began))
	case errors.Is(err, errInterrupted):
		typ, cause = fn.TypeExit, "the host stopped it"
	case isExit:
		typ, cause = fn.TypeExit, fmt.Sprintf("exit code %d", exit.ExitCode())
	case g.memory.refused:
		typ = fn.TypeOutOfMemory
		cause = fmt.Sprintf("the memory limit of %d MB was reached, then: %s", g.program.fn.Limits.MemoryMiB, cause)
		stack = trapStack(err)
	default:
		stack = trapStack(err)
	}
	if typ == fn.TypeTrap && g.report != nil {
		// Languages without exceptions say what was wrong and trap.
		cause = fmt.Sprintf("%s: %s: %s", cause, g.report.Type, g.report.Message)
		stack = append(g.report.Stack, stack...)
	}
	fault := fn.Died(typ, cause, time.Since(began), g.Memory())
	fault.Stack, fault.Cause = stack, err
	return fault
}

// allowed is the time that the call had, to the millisecond.
func (g *guest) allowed(began time.Time) time.Duration {
	return g.deadline.Sub(began).Round(time.Millisecond)
}

// trapText is the first line of wazero's error, without its prefix.
func trapText(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	text = strings.TrimSuffix(text, " (recovered by wazero)")
	return strings.TrimPrefix(text, "wasm error: ")
}

// trapStack is wazero's stack trace, a function a line.
func trapStack(err error) []string {
	_, trace, ok := strings.Cut(err.Error(), "wasm stack trace:\n")
	if !ok {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(trace), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}

// result explains the number that a handler or hook returned.
func (g *guest) result(code uint32) *fn.Fault {
	if g.refusal != "" {
		return &fn.Fault{Kind: fn.Unhandled, Type: fn.TypeABI, Message: g.refusal}
	}
	if code == abi.ResultOK {
		return nil
	}
	kind := fn.Unhandled
	if code == abi.ResultHandled {
		kind = fn.Handled
	}
	if g.report != nil {
		g.report.Kind = kind
		return g.report
	}
	return &fn.Fault{Kind: kind, Type: fn.TypeGuest, Message: fmt.Sprintf("the %s returned %d and reported no error", g.call.Phase, int32(code))}
}
