package host_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
)

func TestBilling_IsTheUnionOfWhatAllHostsLoggedAndOutlivesThem(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	key := fn.Key{Service: fn.DefaultService, Name: "f"}
	var requests, intervals, ms uint64
	run := func() {
		h := hosttest.Open(t, host.Config{Store: s})
		hosttest.Deploy(t, h, hosttest.Function("f"))
		for range 20 {
			hosttest.Invoke(t, h, "f", "c")
		}
		require.NoError(t, h.Close(t.Context()))
		u, err := h.Usage(key)
		require.NoError(t, err)
		require.LessOrEqual(t, u.BusyIntervals, uint64(100), "all are in Recent")
		union := uint64(0)
		for _, b := range u.Recent {
			union += b.BilledMs()
		}
		require.Equal(t, union, u.BilledMs)
		requests, intervals, ms = requests+u.Requests, intervals+u.BusyIntervals, ms+u.BilledMs
	}
	run()
	run()
	h := hosttest.New(t, host.Config{Store: s})
	all, err := h.Billing(t.Context(), key, time.Time{}, time.Time{})
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, requests, all[0].Requests)
	require.EqualValues(t, 40, all[0].Requests)
	require.Equal(t, intervals, all[0].BusyIntervals)
	require.Equal(t, ms, all[0].BilledMs)
	require.InDelta(t, float64(ms)/1000*128/1024, all[0].CU, 1e-9)
	require.NotEmpty(t, all[0].Hours)

	none, err := h.Billing(t.Context(), key, time.Time{}, time.Now().Add(-2*time.Hour))
	require.NoError(t, err)
	require.Zero(t, none[0].BilledMs)
	_, err = h.Billing(t.Context(), fn.Key{Service: fn.DefaultService, Name: "nobody"}, time.Time{}, time.Time{})
	require.Equal(t, fn.CodeFunctionNotFound, fn.CodeOf(err))
	require.NoError(t, h.Delete(t.Context(), key, ""))
	all, err = h.Billing(t.Context(), fn.Key{Service: fn.DefaultService}, time.Time{}, time.Time{})
	require.NoError(t, err)
	require.Equal(t, ms, all[0].BilledMs, "what is deleted was used all the same")
}
