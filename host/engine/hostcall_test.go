package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/experimental/wazerotest"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// call is short for what the tests make many of.
type call = instance.Call

func TestRefusals_SayWhatWasWrong(t *testing.T) {
	const date, dat, two, long = 16, 24, 32, 1024 // texts in the guest's memory
	for name, c := range map[string]struct {
		phase abi.Phase
		call  hostcall
		args  []uint64
		errno abi.Errno
		says  string
	}{
		"an event in a hook":       {abi.PhasePreFreeze, eventRead, []uint64{0, 1, 0}, abi.WrongPhase, "lull_v1.event_read: there is no event and no answer in preFreeze"},
		"an event in the start":    {abi.PhaseNone, eventRead, []uint64{0, 1, 0}, abi.WrongPhase, "lull_v1.event_read: there is no event and no answer in _initialize"},
		"an answer in a hook":      {abi.PhasePreStop, responseWrite, []uint64{0, 1}, abi.WrongPhase, "lull_v1.response_write: there is no event and no answer in preStop"},
		"a status in a hook":       {abi.PhaseInitializer, responseStatus, []uint64{200}, abi.WrongPhase, "lull_v1.response_status: there is no event and no answer in initializer"},
		"a header in a hook":       {abi.PhasePreStop, responseHeader, []uint64{0, 1, 0, 1}, abi.WrongPhase, "lull_v1.response_header: there is no event and no answer in preStop"},
		"a context in the start":   {abi.PhaseNone, contextRead, []uint64{1, 0, 0}, abi.WrongPhase, "lull_v1.context_read: there is no context in _initialize"},
		"an error in the start":    {abi.PhaseNone, errorReport, []uint64{0, 0, 0, 0, 0, 0}, abi.WrongPhase, "lull_v1.error_report: there is no call to report an error of in _initialize"},
		"a status below 200":       {abi.PhaseHandler, responseStatus, []uint64{199}, abi.Invalid, "lull_v1.response_status: status 199 is outside 200..599"},
		"a status above 599":       {abi.PhaseHandler, responseStatus, []uint64{600}, abi.Invalid, "lull_v1.response_status: status 600 is outside 200..599"},
		"a negative status":        {abi.PhaseHandler, responseStatus, []uint64{1<<32 - 1}, abi.Invalid, "lull_v1.response_status: status -1 is outside 200..599"},
		"a header without a name":  {abi.PhaseHandler, responseHeader, []uint64{0, 0, 0, 0}, abi.Invalid, `lull_v1.response_header: illegal header name ""`},
		"an illegal header name":   {abi.PhaseHandler, responseHeader, []uint64{two, 3, date, 4}, abi.Invalid, `lull_v1.response_header: illegal header name "a\nb"`},
		"an illegal header value":  {abi.PhaseHandler, responseHeader, []uint64{dat, 3, two, 3}, abi.Invalid, `lull_v1.response_header: illegal value of header "Dat": "a\nb"`},
		"a header of the host":     {abi.PhaseHandler, responseHeader, []uint64{date, 4, date, 4}, abi.Invalid, `lull_v1.response_header: the header "Date" belongs to the host`},
		"headers over 16 KiB":      {abi.PhaseHandler, responseHeader, []uint64{dat, 3, long, abi.MaxHeaderBytes - 2}, abi.TooLarge, "lull_v1.response_header: the headers are larger than 16384 bytes"},
		"an answer over the limit": {abi.PhaseHandler, responseWrite, []uint64{0, 11}, abi.TooLarge, "lull_v1.response_write: the answer is larger than 10 bytes"},
		"a log level above 3":      {abi.PhaseHandler, logCall, []uint64{4, 0, 0}, abi.Invalid, "lull_v1.log: level 4 is outside 0..3"},
		"a negative log level":     {abi.PhaseNone, logCall, []uint64{1<<32 - 1, 0, 0}, abi.Invalid, "lull_v1.log: level 4294967295 is outside 0..3"},
	} {
		t.Run(name, func(t *testing.T) {
			g, mem := inCall(c.phase, nil)
			if c.phase == abi.PhaseHandler {
				g.call.Request = &fn.Request{}
			}
			copy(mem.Bytes[date:], "Date")
			copy(mem.Bytes[dat:], "Dat")
			copy(mem.Bytes[two:], "a\nb")
			copy(mem.Bytes[long:], strings.Repeat("x", abi.MaxHeaderBytes))
			require.EqualValues(t, c.errno, c.call(g, mem, c.args))
			require.Equal(t, c.says, g.refusal)
			g.refuse("x", "a later one")
			require.Equal(t, c.says, g.refusal, "the first is remembered")
			if g.call != nil {
				fault := g.result(abi.ResultOK)
				require.Equal(t, &fn.Fault{Kind: fn.Unhandled, Type: fn.TypeABI, Message: c.says}, fault)
				require.Equal(t, fault, g.result(abi.ResultHandled), "whatever the guest returns")
				require.Zero(t, g.call.Response.Status)
				require.Empty(t, g.call.Response.Header)
				require.Empty(t, g.call.Response.Body)
			}
		})
	}
}

func TestEventRead_FollowsTheWorkedExample(t *testing.T) {
	g, mem := inCall(abi.PhaseHandler, &fn.Request{Body: []byte("hello")})
	read := func(room, offset uint64) (int32, string) {
		clear(mem.Bytes)
		n := eventRead(g, mem, []uint64{1024, room, offset})
		return n, strings.TrimRight(string(mem.Bytes[1024:1040]), "\x00")
	}
	for _, c := range []struct {
		room, offset uint64
		n            int32
		text         string
	}{{3, 0, 3, "hel"}, {8, 3, 2, "lo"}, {8, 5, 0, ""}, {8, 6, 0, ""}, {8, 1<<32 - 1, 0, ""}, {0, 0, 0, ""}, {1<<32 - 1, 0, 5, "hello"}} {
		n, text := read(c.room, c.offset)
		require.Equal(t, c.n, n, c)
		require.Equal(t, c.text, text, c)
	}
	require.Empty(t, g.refusal)
}

func TestRanges_OutsideTheMemoryTrapAndEmptyOnesDoNot(t *testing.T) {
	g, mem := inCall(abi.PhaseHandler, &fn.Request{Body: []byte("hello")})
	for name, f := range map[string]func(ptr, n uint64){
		abi.EventRead:      func(ptr, n uint64) { eventRead(g, mem, []uint64{ptr, min(n, 5), 0}) },
		abi.ResponseWrite:  func(ptr, n uint64) { responseWrite(g, mem, []uint64{ptr, n}) },
		abi.Log:            func(ptr, n uint64) { logCall(g, mem, []uint64{1, ptr, n}) },
		abi.ErrorReport:    func(ptr, n uint64) { errorReport(g, mem, []uint64{0, 0, ptr, n, 0, 0}) },
		abi.ResponseHeader: func(ptr, n uint64) { responseHeader(g, mem, []uint64{ptr, n, 0, 0}) },
	} {
		require.Panics(t, func() { f(65533, 5) }, name)
		require.Panics(t, func() { f(1<<32-1, 5) }, name)
		require.Panics(t, func() { f(1<<32-4, 5) }, "%s: the end must not wrap around", name)
		require.NotPanics(t, func() { f(1<<32-1, 0) }, name)
	}
	require.PanicsWithError(t, "lull_v1.log: the range [65535, 4295032830) is outside the memory of 65536 bytes", func() {
		logCall(g, mem, []uint64{1, 65535, 1<<32 - 1})
	})
}

func TestErrorReport_KeepsTheLastOneForAFailedCallOnly(t *testing.T) {
	g, mem := inCall(abi.PhaseHandler, &fn.Request{})
	copy(mem.Bytes[0:], "ValueErrorno namef (a.c:3)\ng\n\n\xff")
	require.Zero(t, errorReport(g, mem, []uint64{0, 5, 0, 5, 0, 0}))
	require.Zero(t, errorReport(g, mem, []uint64{0, 10, 10, 7, 17, 13}))
	want := fn.Fault{Kind: fn.Handled, Type: "ValueError", Message: "no name", Stack: []string{"f (a.c:3)", "g"}}
	require.Equal(t, &want, g.result(abi.ResultHandled))
	require.Nil(t, g.result(abi.ResultOK))
	want.Kind = fn.Unhandled
	for _, code := range []uint32{2, 3, 1 << 31, 1<<32 - 1} {
		require.Equal(t, &want, g.result(code), code)
	}
	require.Zero(t, errorReport(g, mem, []uint64{0, 0, 30, 1, 0, 0}))
	require.Equal(t, &fn.Fault{Kind: fn.Handled, Type: fn.TypeGuest, Message: "\uFFFD"}, g.result(abi.ResultHandled), "what is not UTF-8 is replaced")
	g.report = nil
	require.Equal(t, "the handler returned -1 and reported no error", g.result(1<<32-1).Message)
}

func TestLog_CutsLongTextAndReplacesWhatIsNotUTF8(t *testing.T) {
	g, _ := inCall(abi.PhaseHandler, &fn.Request{})
	mem := wazerotest.NewFixedMemory(2 * wazerotest.PageSize)
	copy(mem.Bytes, "a\xffb")
	require.Zero(t, logCall(g, mem, []uint64{uint64(abi.Debug), 0, 3}))
	require.Zero(t, logCall(g, mem, []uint64{uint64(abi.Error), 16, abi.MaxLogBytes + 1}))
	require.Zero(t, logCall(g, mem, []uint64{uint64(abi.Error), 16, abi.MaxLogBytes}))
	out := g.out.(*said)
	require.Equal(t, "a\uFFFDb", out.lines[0])
	require.Len(t, out.lines[1], abi.MaxLogBytes)
	require.Len(t, out.lines[2], abi.MaxLogBytes)
	require.Equal(t, []int{1}, out.cut)
}

func TestResponseHeader_CountsNamesAndValuesTogether(t *testing.T) {
	g, mem := inCall(abi.PhaseHandler, &fn.Request{})
	for i := range mem.Bytes {
		mem.Bytes[i] = 'x'
	}
	require.Zero(t, responseHeader(g, mem, []uint64{0, 8, 0, abi.MaxHeaderBytes - 16}))
	require.Zero(t, responseHeader(g, mem, []uint64{0, 8, 0, 0}))
	require.Len(t, g.call.Response.Header, 2)
	require.EqualValues(t, abi.TooLarge, responseHeader(g, mem, []uint64{0, 1, 0, 0}))
}

func TestResponseWrite_TakesAnAnswerOfExactlyTheLimit(t *testing.T) {
	g, mem := inCall(abi.PhaseHandler, &fn.Request{})
	require.Zero(t, responseWrite(g, mem, []uint64{0, 10}))
	require.Zero(t, responseWrite(g, mem, []uint64{0, 0}))
	require.EqualValues(t, abi.TooLarge, responseWrite(g, mem, []uint64{0, 1}))
	require.Len(t, g.call.Response.Body, 10)
}
