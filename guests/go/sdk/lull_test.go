//go:build !wasip1

package lull

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
)

// fresh gives a test a program without registrations.
func fresh(t *testing.T) {
	t.Helper()
	saved, buffer := program, eventBuffer
	program.handler, program.hooks, program.sealed = registration[func(*Context, uint32) error]{}, [3]registration[Hook]{}, false
	t.Cleanup(func() { program, eventBuffer = saved, buffer })
}

func TestSDK_RepeatsTheNumbersOfTheContract(t *testing.T) {
	require.EqualValues(t, abi.FieldHeaders, fieldHeaders)
	require.EqualValues(t, abi.FieldDeadline, fieldDeadline)
	require.EqualValues(t, abi.ResultHandled, resultHandled)
	require.EqualValues(t, abi.ResultUnhandled, resultUnhandled)
	require.EqualValues(t, []abi.Level{abi.Debug, abi.Info, abi.Warn, abi.Error}, []abi.Level{levelDebug, levelInfo, levelWarn, levelError})
	for theirs, ours := range map[abi.Errno]Errno{
		abi.NotFound: ErrNotFound, abi.WrongPhase: ErrWrongPhase, abi.TooLarge: ErrTooLarge, abi.Invalid: ErrInvalid,
		abi.Denied: ErrDenied, abi.Failed: ErrFailed, abi.TimedOut: ErrTimedOut,
	} {
		require.EqualValues(t, theirs, ours)
		require.Equal(t, theirs.Error(), ours.Error())
	}
	for phase, ours := range map[abi.Phase]string{
		abi.PhaseHandler: PhaseHandler, abi.PhaseInitializer: PhaseInitializer, abi.PhasePreFreeze: PhasePreFreeze, abi.PhasePreStop: PhasePreStop,
	} {
		require.Equal(t, phase.String(), ours)
	}
}

func TestFetch_RefusesLineBreaks(t *testing.T) {
	fresh(t)
	for _, r := range []FetchRequest{
		{URL: "http://a.example/\nHost: b"}, {Method: "GET http://b/\nX:", URL: "/"}, {URL: "http://a/", Headers: [][2]string{{"A", "b\nC: d"}}},
	} {
		_, err := Fetch(&r)
		require.ErrorIs(t, err, ErrInvalid)
	}
}

func TestHandle_AnswersWithTheReturnedBytes(t *testing.T) {
	fresh(t)
	Handle(func(ctx *Context, event []byte) ([]byte, error) { return append([]byte("hello "), event...), nil })
	out := Simulate(Simulation{Event: []byte("Ada")})
	require.Equal(t, Outcome{Status: 200, Body: []byte("hello Ada")}, out)
}

func TestHandle_GivesAnEmptyEventAsNil(t *testing.T) {
	fresh(t)
	Handle(func(ctx *Context, event []byte) ([]byte, error) {
		require.Nil(t, event)
		return nil, nil
	})
	require.Empty(t, Simulate(Simulation{}).Body)
}

func TestHandle_ReusesTheMemoryOfSmallEventsOnly(t *testing.T) {
	fresh(t)
	var seen []*byte
	Handle(func(ctx *Context, event []byte) ([]byte, error) {
		seen = append(seen, &event[0])
		return nil, nil
	})
	for _, size := range []int{keepEvent, 1, keepEvent + 1, 1} {
		Simulate(Simulation{Event: make([]byte, size)})
	}
	require.Same(t, seen[0], seen[1])
	require.NotSame(t, seen[0], seen[2])
	require.Same(t, seen[0], seen[3], "a large event does not replace the kept buffer")
}

func TestHandleHTTP_SeesTheRequest(t *testing.T) {
	fresh(t)
	HandleHTTP(func(w *Response, r *Request) error {
		require.Equal(t, "POST", r.Method())
		require.Equal(t, "/a%20b", r.Path())
		require.Equal(t, []string{"1", "2 3"}, r.Query()["x"])
		require.Equal(t, "text/plain", r.Header("content-type"))
		require.Empty(t, r.Header("Content"))
		var names []string
		for name, value := range r.Headers() {
			names = append(names, name+"="+value)
		}
		require.Equal(t, []string{"Content-Type=text/plain", "X-A=1: 2", "X-A="}, names)
		require.Equal(t, "127.0.0.1", r.ClientIP())

		body, err := r.Body()
		require.NoError(t, err)
		require.Equal(t, "0123456789", string(body))
		all, err := io.ReadAll(io.NewSectionReader(r, 4, r.Len()))
		require.NoError(t, err)
		require.Equal(t, "456789", string(all))

		require.NoError(t, w.SetStatus(201))
		require.NoError(t, w.AddHeader("X-B", "2"))
		_, err = fmt.Fprintf(w, "%d bytes", len(body))
		return err
	})
	out := Simulate(Simulation{
		Method: "POST", Path: "/a%20b", Query: "x=1&x=2+3", Event: []byte("0123456789"),
		Headers: [][2]string{{"Content-Type", "text/plain"}, {"X-A", "1: 2"}, {"X-A", ""}},
	})
	require.Equal(t, Outcome{Status: 201, Headers: [][2]string{{"X-B", "2"}}, Body: []byte("10 bytes")}, out)
}

func TestHandleHTTP_TakesAnEventWithoutHTTP(t *testing.T) {
	fresh(t)
	HandleHTTP(func(w *Response, r *Request) error {
		require.Empty(t, r.Method()+r.Path()+r.RawQuery()+r.ClientIP()+r.Header("Accept"))
		body, err := r.Body()
		w.Write(body)
		return err
	})
	require.Equal(t, "x", string(Simulate(Simulation{Event: []byte("x")}).Body))
}

type fault struct{}

func (*fault) Error() string { return "faulty" }

func TestHandle_ReportsAnErrorWithItsTypeAndMessage(t *testing.T) {
	own := &Error{Type: "NoName", Message: "no name", Stack: []string{"f (a.go:1)", "g (a.go:2)"}}
	for name, c := range map[string]struct {
		err  error
		want *Error
	}{
		"a plain error":     {errors.New("no"), &Error{Type: "*errors.errorString", Message: "no"}},
		"a type of its own": {&fault{}, &Error{Type: "*lull.fault", Message: "faulty"}},
		"an Error":          {own, own},
		"a wrapped Error":   {fmt.Errorf("greet: %w", own), &Error{Type: "NoName", Message: "greet: no name", Stack: own.Stack}},
	} {
		t.Run(name, func(t *testing.T) {
			fresh(t)
			Handle(func(*Context, []byte) ([]byte, error) { return []byte("lost"), c.err })
			out := Simulate(Simulation{})
			require.EqualValues(t, 1, out.Result)
			require.Equal(t, c.want, out.Err)
			require.Empty(t, out.Body)
		})
	}
}

func TestHandle_CatchesAPanic(t *testing.T) {
	fresh(t)
	var index int
	Handle(func(ctx *Context, event []byte) ([]byte, error) {
		switch string(event) {
		case "text":
			panic("out of paper")
		case "error":
			panic(&fault{})
		}
		return []byte{event[index+100]}, nil
	})
	for event, want := range map[string]Error{
		"text":  {Type: "panic", Message: "out of paper"},
		"error": {Type: "*lull.fault", Message: "faulty"},
		"index": {Type: "runtime.boundsError", Message: "runtime error: index out of range [100] with length 5"},
	} {
		out := Simulate(Simulation{Event: []byte(event)})
		require.EqualValues(t, 2, out.Result)
		require.Equal(t, want.Type, out.Err.Type)
		require.Equal(t, want.Message, out.Err.Message)
		require.Contains(t, out.Err.Stack[0], "TestHandle_CatchesAPanic")
		require.Contains(t, out.Err.Stack[0], "lull_test.go:")
		require.NotContains(t, strings.Join(out.Err.Stack, "\n"), "runHandler", "the SDK's own frames are left out")
	}
}

func TestHooks_RunWhenRegistered(t *testing.T) {
	fresh(t)
	var ran []string
	note := func(ctx *Context) error { ran = append(ran, ctx.Phase()); return nil }
	Initializer(note)
	PreFreeze(note)
	PreStop(func(ctx *Context) error { return errors.New("not now") })
	for _, phase := range []string{PhaseInitializer, PhasePreFreeze, PhasePreFreeze} {
		require.Zero(t, Simulate(Simulation{Phase: phase}).Result)
	}
	require.Equal(t, []string{"initializer", "preFreeze", "preFreeze"}, ran)
	require.Equal(t, "not now", Simulate(Simulation{Phase: PhasePreStop}).Err.Message)
	require.EqualValues(t, abi.HookInitializer|abi.HookPreFreeze|abi.HookPreStop, registeredHooks())
}

func TestHooks_TellTheHostWhichHaveCode(t *testing.T) {
	fresh(t)
	Handle(func(*Context, []byte) ([]byte, error) { return nil, nil })
	require.Zero(t, registeredHooks())
	require.Zero(t, Simulate(Simulation{Phase: PhasePreStop}).Result, "a hook without code does nothing")

	fresh(t)
	PreFreeze(func(*Context) error { return nil })
	require.EqualValues(t, abi.HookPreFreeze, registeredHooks())
}

func TestHandle_WithoutAHandlerSaysWhatToDo(t *testing.T) {
	fresh(t)
	out := Simulate(Simulation{})
	require.EqualValues(t, 2, out.Result)
	require.Contains(t, out.Err.Message, "lull.Handle")
}

func TestRegister_RefusesMistakes(t *testing.T) {
	handler := func(*Context, []byte) ([]byte, error) { return nil, nil }
	hook := func(*Context) error { return nil }
	for name, c := range map[string]struct {
		do   func()
		says string
	}{
		"a second handler": {func() { Handle(handler); Handle(handler) }, "a second handler at"},
		"both kinds":       {func() { Handle(handler); HandleHTTP(func(*Response, *Request) error { return nil }) }, "a second handler at"},
		"a second hook":    {func() { PreStop(hook); PreStop(hook) }, "a second preStop at"},
		"nil":              {func() { PreFreeze(nil) }, "is nil"},
		"after the start":  {func() { registeredHooks(); Initializer(hook) }, "in an init function"},
	} {
		t.Run(name, func(t *testing.T) {
			fresh(t)
			defer func() {
				message := fmt.Sprint(recover())
				require.Contains(t, message, c.says)
				require.Contains(t, message, "lull_test.go:", "it names the place")
			}()
			c.do()
		})
	}
}

func TestResponse_IsRefusedInAHook(t *testing.T) {
	fresh(t)
	PreFreeze(func(ctx *Context) error {
		_, err := (&Response{ctx: ctx}).WriteString("x")
		require.ErrorIs(t, err, ErrWrongPhase)
		var refusal *Refusal
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, "response_write", refusal.Import)
		return nil
	})
	Simulate(Simulation{Phase: PhasePreFreeze})
}

func TestContext_EndsWithItsCall(t *testing.T) {
	fresh(t)
	var kept *Context
	var w *Response
	var r *Request
	HandleHTTP(func(response *Response, request *Request) error {
		kept, w, r = request.Context(), response, request
		require.NotEmpty(t, kept.RequestID())
		require.NoError(t, kept.Err())
		child, cancel := context.WithTimeout(kept, time.Hour)
		defer cancel()
		require.NoError(t, child.Err())
		deadline, ok := kept.Deadline()
		require.True(t, ok)
		childs, _ := child.Deadline()
		require.Equal(t, deadline, childs, "the shorter of the two")
		return nil
	})
	Simulate(Simulation{Event: []byte("x")})
	require.ErrorIs(t, kept.Err(), context.Canceled)
	<-kept.Done()
	require.NotEmpty(t, kept.RequestID(), "what was read before is kept")
	require.Empty(t, kept.Function(), "what was not is another call's by now")
	_, err := w.Write([]byte("x"))
	require.ErrorIs(t, err, ErrEnded)
	_, err = r.Body()
	require.ErrorIs(t, err, ErrEnded)
	_, err = r.ReadAt(make([]byte, 1), 0)
	require.ErrorIs(t, err, ErrEnded)
}

func TestLog_WritesMessageAndAttributes(t *testing.T) {
	fresh(t)
	Handle(func(ctx *Context, event []byte) ([]byte, error) {
		log := ctx.Log()
		log.Debug("plain")
		log.Info("with", "key", "a b", "n", 1)
		log.With("job", 7).WithGroup("g").Warn("grouped", "level", "mine", "msg", "hers")
		log.Error("at", "time", "noon", "msg", "kept", slog.Group("level", "x", 1))
		log.Log(ctx, slog.LevelError+4, "worse")
		return nil, nil
	})
	require.Equal(t, []string{
		"debug: plain",
		`info: with key="a b" n=1`,
		"warn: grouped job=7 g.level=mine g.msg=hers",
		"error: at time=noon msg=kept level.x=1",
		"error: worse",
	}, Simulate(Simulation{}).Logs)
}

func TestHandle_AllocatesLittleWhenWarm(t *testing.T) {
	fresh(t)
	answer := []byte("answer")
	Handle(func(*Context, []byte) ([]byte, error) { return answer, nil })
	simulated.call = Simulation{Phase: PhaseHandler, Event: []byte("event")}
	simulated.outcome.Body = make([]byte, 0, 4096)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { runHandler(5) }), 1.0, "the Context, nothing else")
}
