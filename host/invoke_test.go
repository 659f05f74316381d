package host_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/logs"
)

// single is a probe with one instance, which requests wait for, so that what they get depends on nothing but their order.
func single() fn.Function {
	f := hosttest.Function(f.Name)
	f.Limits = fn.Limits{MaxInstances: 1, MemoryMiB: 4, Timeout: time.Minute}
	return f
}

func TestInvoke_AnswersWhatTheGuestDidWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, event string
		kind        fn.FaultKind
		typ         string
		says        string
		fatal       bool
	}{
		{"loops for ever", "l", fn.Unhandled, fn.TypeTimeout, "it was stopped at its deadline of 1s", true},
		{"sleeps for ever", "z", fn.Unhandled, fn.TypeTimeout, "it was stopped at its deadline of 1s", true},
		{"recurses for ever", "r", fn.Unhandled, fn.TypeTrap, "stack overflow", true},
		{"grows its memory for ever", "m", fn.Unhandled, fn.TypeOutOfMemory, "maxMemoryUsage: 4.00MB): the memory limit of 4 MB was reached, then: unreachable", true},
		{"answers from outside its memory", "p", fn.Unhandled, fn.TypeTrap,
			"lull_v1.response_write: the range [2147483632, 2147483696) is outside the memory of 131072 bytes", true},
		{"traps", "t", fn.Unhandled, fn.TypeTrap, "unreachable", true},
		{"exits with a code", "x", fn.Unhandled, fn.TypeExit, "exit code 3", true},
		{"sets an illegal header name", "h", fn.Unhandled, fn.TypeABI, `lull_v1.response_header: illegal header name "bad name"`, false},
		{"sets a header of the host", "H", fn.Unhandled, fn.TypeABI, `lull_v1.response_header: the header "X-Fc-Request-Id" belongs to the host`, false},
		{"sets an illegal status", "S", fn.Unhandled, fn.TypeABI, "lull_v1.response_status: status 42 is outside 200..599", false},
		{"says no", "f", fn.Handled, "ValueError", "no name", false},
		{"fails without a report", "F", fn.Unhandled, fn.TypeGuest, "the handler returned 2 and reported no error", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			function := single()
			if c.typ == fn.TypeTimeout {
				function.Limits.Timeout = time.Second
			}
			s := newScene(t, host.Config{}, function)
			first := s.event("c")
			require.Equal(t, 2, hosttest.Number(t, first))

			resp := s.event(c.event)
			require.NotNil(t, resp.Fault)
			require.Equal(t, c.kind, resp.Fault.Kind)
			require.Equal(t, c.typ, resp.Fault.Type)
			require.Contains(t, resp.Fault.Message, c.says)
			require.Equal(t, c.fatal, strings.HasPrefix(resp.Fault.Message, "Process exited unexpectedly before completing request"))
			require.Equal(t, first.InstanceID, resp.InstanceID)
			require.Equal(t, 200, resp.Status)
			require.Empty(t, resp.Body)
			require.Empty(t, resp.Header)

			next := s.event("c")
			if c.fatal {
				require.NotEqual(t, first.InstanceID, next.InstanceID)
				require.True(t, next.Cold)
				require.Equal(t, 2, hosttest.Number(t, next))
				require.Equal(t, 1, s.runs("PreFreeze", first.InstanceID), "after the good request")
				require.Zero(t, s.runs("PreStop", first.InstanceID), "nobody calls a broken guest")
			} else {
				require.Equal(t, first.InstanceID, next.InstanceID)
				require.Equal(t, 6, hosttest.Number(t, next), "2, preFreeze, preFreeze, 2")
			}
			s.undisturbed()

			suffix := ", Error: Unhandled function error"
			if c.kind == fn.Handled {
				suffix = ", Error: Handled function error"
			}
			records := s.lines(logs.Filter{RequestID: resp.RequestID.String()})
			require.Equal(t, "FC Invoke End RequestId: "+resp.RequestID.String()+suffix, records[len(records)-1].Message)
			require.Equal(t, "error", records[len(records)-1].Level)
		})
	}
}

func TestInvoke_TellsTheStackOfATrap(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, single())
	require.NotEmpty(t, s.event("t").Fault.Stack)
	require.Equal(t, []string{"f (a.c:3)", "g (a.c:9)"}, s.event("f").Fault.Stack)
	body, err := s.event("f").Fault.MarshalJSON()
	require.NoError(t, err)
	require.JSONEq(t, `{"errorMessage":"no name","errorType":"ValueError","stackTrace":["f (a.c:3)","g (a.c:9)"]}`, string(body))
}

func TestInvoke_AnswersWhatTheGuestWrote(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, hosttest.Function(f.Name))
	resp := s.event("o")
	require.Nil(t, resp.Fault)
	require.Equal(t, 201, resp.Status)
	require.Equal(t, []fn.Header{{Name: "X-Probe", Value: "yes"}}, resp.Header)
	require.Equal(t, "yes", string(resp.Body))
	require.True(t, resp.Cold)
	require.EqualValues(t, 2*fn.PageBytes, resp.MemoryBytes)
	s.rest(1)

	again := s.event("")
	require.False(t, again.Cold)
	require.Equal(t, resp.InstanceID, again.InstanceID)
	require.Equal(t, 200, again.Status, "nothing is left of the request before")
	require.Empty(t, again.Header)
	require.Empty(t, again.Body)
	require.NotEqual(t, resp.RequestID, again.RequestID)
}

func TestInvoke_MovesEventsOfAnySize(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	s := newScene(t, host.Config{MaxEventBytes: most}, single())
	for _, n := range []int{1, 7, 8, 9, 32<<10 - 1, 32 << 10, 32<<10 + 1, 64<<10 + 1, most} {
		event := append([]byte{'e'}, bytes.Repeat([]byte{byte(n)}, n-1)...)
		resp := s.event(string(event))
		require.Nil(t, resp.Fault)
		require.True(t, bytes.Equal(event, resp.Body), "%d bytes", n)
	}
	id := s.event("").InstanceID

	_, err := s.Invoke(t.Context(), f.Name, fn.Request{Body: make([]byte, most+1)})
	requireCode(t, err, fn.CodeEntityTooLarge, "payload size exceeds maximum allowed size (1048576 bytes)")
	require.Equal(t, id, s.event("").InstanceID)
	s.undisturbed()
}

func TestInvoke_RefusesAnAnswerOverTheLimit(t *testing.T) {
	t.Parallel()
	const most = 100_000
	s := newScene(t, host.Config{MaxAnswerBytes: most}, single())
	require.Len(t, s.event("e"+strings.Repeat("x", most-1)).Body, most)
	resp := s.event("e" + strings.Repeat("x", most))
	require.Equal(t, fn.TypeABI, resp.Fault.Type)
	require.Equal(t, "lull_v1.response_write: the answer is larger than 100000 bytes", resp.Fault.Message)
	require.Empty(t, resp.Body)
	require.Equal(t, resp.InstanceID, s.event("").InstanceID)
}

func TestInvoke_RefusesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, hosttest.Function(f.Name))
	for name, want := range map[string]fn.Code{
		"nope": fn.CodeFunctionNotFound, "default/nope": fn.CodeFunctionNotFound, "": fn.CodeFunctionNotFound, "F": fn.CodeFunctionNotFound,
		"nope/f": fn.CodeServiceNotFound, "/f": fn.CodeServiceNotFound, "default/f/x": fn.CodeFunctionNotFound,
	} {
		_, err := s.Invoke(t.Context(), name, fn.Request{})
		require.Equal(t, want, fn.CodeOf(err), "%q: %v", name, err)
	}
	key := fn.Key{Service: "nope", Name: "f"}
	_, err := s.Function(key)
	requireCode(t, err, fn.CodeServiceNotFound, "service 'nope' does not exist")
	_, err = s.Update(t.Context(), key, "", func(*fn.Function) error { return nil })
	requireCode(t, err, fn.CodeServiceNotFound)
	requireCode(t, s.Delete(t.Context(), key, ""), fn.CodeServiceNotFound)
	_, err = s.StopInstances(t.Context(), key, "")
	requireCode(t, err, fn.CodeServiceNotFound)
	_, err = s.StopInstances(t.Context(), f, "c-nope")
	requireCode(t, err, fn.CodeInstanceNotFound, "c-nope")
	_, err = s.Usage(key)
	requireCode(t, err, fn.CodeServiceNotFound)
	_, err = s.Logs(fn.Key{Service: fn.DefaultService, Name: "nope"}, logs.Filter{})
	requireCode(t, err, fn.CodeFunctionNotFound)
	s.undisturbed()
}

func TestInvoke_GivesTheGuestItsContext(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, single())
	field := func(n byte) string { return string(s.event("k" + string(rune(n))).Body) }
	require.Equal(t, "f", field(2))
	require.Equal(t, "default", field(3))
	require.Equal(t, fn.Latest, field(4))
	require.Equal(t, "", field(5))
	resp := s.event("k\x06")
	require.Equal(t, resp.InstanceID, string(resp.Body))
	resp = s.event("k\x01")
	require.Equal(t, resp.RequestID.String(), string(resp.Body))
	require.Equal(t, "handler", field(7))
	for n := byte(9); n < 16; n++ {
		require.Equal(t, -1, hosttest.Number(t, s.event("k"+string(rune(n)))), "field %d is not there in an event", n)
	}
}

func TestMemory_GrowsToItsLimitAndNotBeyond(t *testing.T) {
	t.Parallel()
	function := single()
	function.Limits.MemoryMiB = 1
	s := newScene(t, host.Config{}, function)
	for page := 2; page < 16; page++ {
		require.Equal(t, page, hosttest.Number(t, s.event("g")))
	}
	resp := s.event("g")
	require.Equal(t, -1, hosttest.Number(t, resp), "a guest that takes no for an answer goes on")
	require.EqualValues(t, 1<<20, resp.MemoryBytes)
	require.Equal(t, resp.InstanceID, s.event("g").InstanceID)
	require.EqualValues(t, 1<<20, s.Instances(f)[0].MemoryBytes)
}

func TestMemory_TablesAreBoundedToo(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, fn.Function{Name: f.Name, Code: hosttest.Module(t, "tables")})
	n := hosttest.Number(t, s.event(""))
	require.Greater(t, n, 100_000, "it may grow")
	require.LessOrEqual(t, n, 1<<20, "not without end")
	s.undisturbed()
}

func TestHooks_ThatMisbehaveCostNoMoreThanTheirInstance(t *testing.T) {
	t.Parallel()
	timeout := func(mode string) time.Duration {
		if mode == "l" {
			return time.Second
		}
		return time.Minute
	}
	for _, c := range []struct {
		name, mode string
		says       string
		fatal      bool
	}{
		{"traps", "t", "Trap: Process exited unexpectedly", true},
		{"loops until its timeout", "l", "it was stopped at its deadline of 1s", true},
		{"exits", "x", "exit code 7", true},
		{"fails", "f", "returned 1 and reported no error", false},
		{"reads an event", "e", "lull_v1.event_read: there is no event and no answer in ", false},
		{"writes an answer", "w", "lull_v1.response_write: there is no event and no answer in ", false},
	} {
		t.Run("preFreeze "+c.name, func(t *testing.T) {
			t.Parallel()
			function := single()
			function.PreFreeze.Timeout = timeout(c.mode)
			s := newScene(t, host.Config{}, function)
			first := s.event("M" + c.mode)
			require.Nil(t, first.Fault, "an answer that has been given does not change")
			next := s.event("c")
			if c.fatal {
				require.NotEqual(t, first.InstanceID, next.InstanceID)
				require.Equal(t, 2, hosttest.Number(t, next))
			} else {
				require.Equal(t, first.InstanceID, next.InstanceID)
				require.Equal(t, 3, hosttest.Number(t, next))
			}
			s.requireHookFault("PreFreeze", first.InstanceID, c.says, c.mode == "f")
			s.rest(1)
			if c.fatal {
				require.Equal(t, 1, s.runs("PreFreeze", first.InstanceID))
				require.Zero(t, s.runs("PreStop", first.InstanceID))
			}
			s.undisturbed()
		})
		t.Run("preStop "+c.name, func(t *testing.T) {
			t.Parallel()
			function := single()
			function.PreFreeze, function.PreStop.Timeout = fn.Hook{}, timeout(c.mode)
			s := newScene(t, host.Config{}, function)
			first := s.event("M" + c.mode)
			require.Nil(t, first.Fault)
			n, err := s.StopInstances(t.Context(), f, first.InstanceID)
			require.NoError(t, err)
			require.Equal(t, 1, n)
			require.Empty(t, s.Instances(f))
			require.Equal(t, 1, s.runs("PreStop", first.InstanceID))
			s.requireHookFault("PreStop", first.InstanceID, c.says, c.mode == "f")
			next := s.event("c")
			require.NotEqual(t, first.InstanceID, next.InstanceID)
			require.Equal(t, 2, hosttest.Number(t, next))
			s.undisturbed()
		})
	}
}

// requireHookFault checks how the log tells of a hook that has failed: a line that says why, and the end line.
func (s *scene) requireHookFault(hook, instance, says string, handled bool) {
	s.t.Helper()
	records := s.lines(logs.Filter{Hook: hook, InstanceID: instance})
	require.GreaterOrEqual(s.t, len(records), 3)
	require.Equal(s.t, "error", records[1].Level)
	require.Contains(s.t, records[1].Message, says)
	suffix := ", Error: Unhandled function error"
	if handled {
		suffix = ", Error: Handled function error"
	}
	require.Equal(s.t, "FC "+hook+" End RequestId: "+records[1].RequestID+suffix, records[2].Message)
}

func TestInitializer_RunsOncePerInstance(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, single())
	first := s.event("i")
	require.Equal(t, 1, hosttest.Number(t, first))
	require.Equal(t, 1, hosttest.Number(t, s.event("i")))
	require.Equal(t, 1, s.runs("Initialize", ""))
	s.event("t")
	second := s.event("i")
	require.NotEqual(t, first.InstanceID, second.InstanceID)
	require.Equal(t, 1, hosttest.Number(t, second))
	require.Equal(t, 1, s.runs("Initialize", second.InstanceID))
	require.Equal(t, 2, s.runs("Initialize", ""))
}

func TestInitializer_ThatFailsIsTheAnswerAndTheNextRequestTriesAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ export, typ, says string }{
		{"initFails", "ValueError", "no name"},
		{"initTraps", fn.TypeTrap, "unreachable"},
		{"initLoops", fn.TypeTimeout, "it was stopped at its deadline of 1s"},
	} {
		t.Run(c.export, func(t *testing.T) {
			t.Parallel()
			function := single()
			function.Initializer.Handler = c.export
			if c.typ == fn.TypeTimeout {
				function.Initializer.Timeout = time.Second
			}
			s := newScene(t, host.Config{}, function)
			tried := map[string]bool{}
			for range 2 {
				resp := s.event("c")
				require.NotNil(t, resp.Fault)
				require.Equal(t, fn.Initialization, resp.Fault.Kind)
				require.Equal(t, c.typ, resp.Fault.Type)
				require.Contains(t, resp.Fault.Message, c.says)
				require.True(t, resp.Cold)
				tried[resp.InstanceID] = true
				require.Equal(t, 1, s.runs("Initialize", resp.InstanceID))
				require.Empty(t, s.Instances(f))
			}
			require.Len(t, tried, 2)
			require.Zero(t, s.runs("Invoke", ""))
			require.Zero(t, s.runs("PreFreeze", ""))
			require.Zero(t, s.runs("PreStop", ""))
			s.undisturbed()

			_, err := s.Update(t.Context(), f, "", func(f *fn.Function) error { f.Initializer.Handler = "initializer"; return nil })
			require.NoError(t, err)
			require.Equal(t, 2, hosttest.Number(t, s.event("c")))
		})
	}
}

func TestInvoke_EndsWithTheCallerWhileItWaits(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, single())
	g := s.gate()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Invoke(ctx, f.Name, fn.Request{})
	requireCode(t, err, fn.CodeClientClosedRequest)
	g.open()
	s.event("")
}
