package logs

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
)

// answer is one that began second seconds after the epoch and took 80.16 ms.
func answer(second int) *fn.Response {
	return &fn.Response{
		RequestID: fn.NewRequestID(), InstanceID: "c-1", Version: "3", Status: 201,
		Start: epoch.Add(time.Duration(second) * time.Second), Duration: 80160 * time.Microsecond,
	}
}

func TestRequests_TellWhatARequestWas(t *testing.T) {
	l := NewRequests(fn.Key{Service: "s", Name: "f"}, 0)
	good := answer(0)
	l.Add(good)
	bad := answer(1)
	bad.Cold, bad.Fault = true, &fn.Fault{Kind: fn.Unhandled, Type: strings.Repeat("T", 1000), Message: "long"}
	l.Add(bad)
	got := l.List(RequestFilter{})
	require.Equal(t, []Request{{
		Seq: uint64(good.Start.Add(good.Duration).UnixMicro()), RequestID: good.RequestID.String(), Service: "s", Function: "f", Qualifier: "3",
		VersionID: "3", InstanceID: "c-1", Start: good.Start, DurationMs: 80.16, BilledMs: 81, Status: 201,
	}, {
		Seq: uint64(bad.Start.Add(bad.Duration).UnixMicro()), RequestID: bad.RequestID.String(), Service: "s", Function: "f", Qualifier: "3",
		VersionID: "3", InstanceID: "c-1", Start: bad.Start, DurationMs: 80.16, BilledMs: 81, Status: 502, Cold: true,
		ErrorType: fn.Unhandled, Error: strings.Repeat("T", maxErrorName),
	}}, got)
}

func TestRequests_FilterAndStayWithinTheirBytes(t *testing.T) {
	const kept = 10
	l := NewRequests(fn.Key{}, kept*(&Requests{}).size())
	var last *fn.Response
	for i := range 1000 {
		last = answer(i)
		l.Add(last)
	}
	all := l.List(RequestFilter{})
	require.Len(t, all, kept)
	require.EqualValues(t, 990, l.Dropped())
	require.Equal(t, all[9:], l.List(RequestFilter{RequestID: strings.ToUpper(last.RequestID.String())}))
	require.Equal(t, all[9:], l.List(RequestFilter{Span: Span{After: all[8].Seq}}))
	require.Equal(t, all[8:], l.List(RequestFilter{Span: Span{Limit: 2}}))
	require.Equal(t, all[:1], l.List(RequestFilter{Span: Span{To: all[1].Start}}))
	require.Empty(t, l.List(RequestFilter{InstanceID: "c-2"}))
	require.Empty(t, l.List(RequestFilter{Failed: true}))
}

func TestRequests_AreWrittenDownWithoutAllocation(t *testing.T) {
	l := NewRequests(fn.Key{}, 0)
	a := answer(0)
	for range 2000 { // until the memory has its size
		l.Add(a)
	}
	require.Zero(t, testing.AllocsPerRun(1000, func() { l.Add(a) }))
}
