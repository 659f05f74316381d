package fcapi

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
)

func TestByService_AddsUpFunctionsHourByHour(t *testing.T) {
	at := func(hour int, n uint64) fn.HourUsage {
		return fn.HourUsage{Hour: time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC), Requests: n, BilledMs: 10 * n, CU: float64(n), BusyIntervals: n}
	}
	f := func(service, name string, n uint64, hours ...fn.HourUsage) fn.Usage {
		return fn.Usage{Service: service, Function: name, Requests: n, BilledMs: 10 * n, CU: float64(n), BusyIntervals: n, Hours: hours}
	}
	got := byService([]fn.Usage{f("a", "f", 3, at(1, 1), at(5, 2)), f("a", "g", 7, at(0, 4), at(5, 3)), f("b", "f", 9, at(2, 9)), f("b", "g", 0)})
	require.Equal(t, []serviceUsage{
		{"a", 10, 100, 10, 10, []fn.HourUsage{at(0, 4), at(1, 1), at(5, 5)}},
		{"b", 9, 90, 9, 9, []fn.HourUsage{at(2, 9)}},
	}, got)
	require.Empty(t, byService(nil))
}
