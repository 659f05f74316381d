//go:build !wasip1

package lull

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Simulation is a call for [Simulate]. The zero value is an empty event that did not come by HTTP.
type Simulation struct {
	Phase   string // PhaseHandler if empty
	Event   []byte
	Method  string      // with a method, the call is an HTTP request
	Path    string      // "/" if empty
	Query   string      // without question mark
	Headers [][2]string // name and value, names in canonical form
	// Fetch answers what the function sends with Fetch. Nil denies everything.
	Fetch func(*FetchRequest) (*FetchResponse, error)
}

// Outcome is what a simulated call did.
type Outcome struct {
	Result  int32 // 0 done, 1 an error was returned, 2 a panic was caught
	Status  int
	Headers [][2]string
	Body    []byte
	Err     *Error   // nil when Result is 0
	Logs    []string // level and message, as "info: started"
}

// Simulate calls the registered handler or hook as a host would, in this process. It exists only in
// builds for other platforms than wasip1, for tests. One call runs at a time. It is generous:
// of the host's rules it checks only that hooks have neither event nor answer.
func Simulate(s Simulation) Outcome {
	simulated.Lock()
	defer simulated.Unlock()
	simulated.call, simulated.outcome = s, Outcome{Status: 200}
	var result int32
	switch s.Phase {
	case "", PhaseHandler:
		simulated.call.Phase = PhaseHandler
		result = runHandler(uint32(len(s.Event)))
	case PhaseInitializer:
		result = runHook(s.Phase, &program.hooks[0])
	case PhasePreFreeze:
		result = runHook(s.Phase, &program.hooks[1])
	case PhasePreStop:
		result = runHook(s.Phase, &program.hooks[2])
	default:
		panic(fmt.Sprintf("lull: Simulate of the unknown phase %q", s.Phase))
	}
	out := simulated.outcome
	out.Result = result
	if result == resultOK {
		out.Err = nil
	}
	return out
}

// simulated is the host of a native build.
var simulated struct {
	sync.Mutex // held for a whole call
	call       Simulation
	outcome    Outcome
}

func hostEvent(p []byte, offset uint32) int32 {
	event := simulated.call.Event
	switch {
	case simulated.call.Phase != PhaseHandler:
		return int32(ErrWrongPhase)
	case int(offset) >= len(event):
		return 0
	}
	return int32(copy(p, event[offset:]))
}

func hostContext(f field, p []byte) int32 {
	c := simulated.call
	if f >= fieldMethod && c.Method == "" {
		return int32(ErrNotFound)
	}
	text := ""
	switch f {
	case fieldRequestID:
		text = "00000000-0000-4000-8000-000000000000"
	case fieldFunction, fieldService, fieldInstanceID:
		text = "simulated"
	case fieldQualifier:
		text = "LATEST"
	case fieldPhase:
		text = c.Phase
	case fieldDeadline:
		text = strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10)
	case fieldMethod:
		text = c.Method
	case fieldPath:
		text = c.Path
		if text == "" {
			text = "/"
		}
	case fieldQuery:
		text = c.Query
	case fieldClientIP:
		text = "127.0.0.1"
	case fieldHeaders:
		var b strings.Builder
		for _, h := range c.Headers {
			fmt.Fprintf(&b, "%s: %s\n", h[0], h[1])
		}
		text = b.String()
	case fieldJSON:
		text = "{}"
	}
	if len(text) <= len(p) {
		copy(p, text)
	}
	return int32(len(text))
}

func hostStatus(code uint32) int32 {
	return answer(func(o *Outcome) { o.Status = int(code) })
}

func hostHeader(name, value string) int32 {
	return answer(func(o *Outcome) { o.Headers = append(o.Headers, [2]string{name, value}) })
}

func hostWrite(s string) int32 {
	return answer(func(o *Outcome) { o.Body = append(o.Body, s...) })
}

func answer(do func(*Outcome)) int32 {
	if simulated.call.Phase != PhaseHandler {
		return int32(ErrWrongPhase)
	}
	do(&simulated.outcome)
	return 0
}

func sendFetch(r *FetchRequest) (*FetchResponse, error) {
	if _, err := r.head(); err != nil {
		return nil, err
	}
	if simulated.call.Fetch == nil {
		return nil, &FetchError{ErrDenied, "the simulation has no Fetch"}
	}
	return simulated.call.Fetch(r)
}

func hostError(typ, message, stack string) int32 {
	e := &Error{Type: typ, Message: message}
	if stack != "" {
		e.Stack = strings.Split(stack, "\n")
	}
	simulated.outcome.Err = e
	return 0
}

func hostLog(level uint32, message string) int32 {
	names := [...]string{"debug", "info", "warn", "error"}
	// Clone: message may be a view of a buffer that is used again.
	simulated.outcome.Logs = append(simulated.outcome.Logs, strings.Clone(names[level]+": "+message))
	return 0
}
