package host_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/logs"
)

func TestRequests_AreListedAndHooksAreNot(t *testing.T) {
	t.Parallel()
	bad := fn.Function{Service: "s", Name: "bad", Code: hosttest.Probe, Initializer: fn.Hook{Handler: "initFails"}}
	s := newScene(t, host.Config{}, hosttest.Function(f.Name), bad)
	first := s.event("o")
	s.rest(1)
	second := s.event("f")
	s.rest(1)
	third := s.event("t")
	hosttest.Invoke(t, s.Host, "s/bad", "")
	list := func(key fn.Key, filter logs.RequestFilter) []logs.Request {
		got, err := s.Requests(key, filter)
		require.NoError(t, err)
		return got
	}
	got := list(f, logs.RequestFilter{})
	require.Len(t, got, 3)
	for i, want := range []struct {
		resp      *fn.Response
		status    int
		cold      bool
		errorType fn.FaultKind
		error     string
	}{
		{first, 201, true, "", ""},
		{second, 502, false, fn.Handled, "ValueError"},
		{third, 502, false, fn.Unhandled, "Trap"},
	} {
		r := got[i]
		require.Equal(t, want.resp.RequestID.String(), r.RequestID)
		require.Equal(t, want.resp.InstanceID, r.InstanceID)
		require.Equal(t, want.resp.Start, r.Start)
		require.Equal(t, want.status, r.Status)
		require.Equal(t, want.cold, r.Cold)
		require.Equal(t, want.errorType, r.ErrorType)
		require.Equal(t, want.error, r.Error)
		require.GreaterOrEqual(t, float64(r.BilledMs), r.DurationMs)
	}
	require.Equal(t, got[1:], list(f, logs.RequestFilter{Failed: true}))

	failed := list(fn.Key{Service: "s"}, logs.RequestFilter{})
	require.Len(t, failed, 1)
	require.Equal(t, fn.Initialization, failed[0].ErrorType)
	require.True(t, failed[0].Cold)
	require.False(t, failed[0].Start.IsZero())
	require.Zero(t, failed[0].DurationMs, "the handler did not run")
	require.Len(t, list(fn.Key{}, logs.RequestFilter{}), 5, "with the bystander's")

	_, err := s.Requests(fn.Key{Service: "s", Name: "nobody"}, logs.RequestFilter{})
	require.Equal(t, fn.CodeFunctionNotFound, fn.CodeOf(err))
}
