package main

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/guests"
	toolchain "github.com/lull-dev/lull/guests"
)

func TestScenario_LosesNothingInTheHookAndSomethingInTheBackground(t *testing.T) {
	module, err := guests.Build(t.Context(), "telemetry")
	if missing, ok := errors.AsType[*toolchain.ToolchainError](err); ok {
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	require.NoError(t, err)
	s := &scenario{rounds: 1, bursts: 2, requests: 6, connections: 2, gap: 300 * time.Millisecond, report: figures.New("", nil)}
	err = s.run(t.Context(), module)
	if errors.Is(err, errNoCollector) {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	require.NoError(t, err)
	figure := func(group, name string) float64 {
		row := s.report.Find(group, name)
		require.NotNil(t, row, name)
		require.True(t, row.Measured(), name)
		return row.Figure()
	}
	for _, name := range []string{"flush in every request", "flush in preFreeze", "flush in preFreeze, one instance"} {
		require.Zero(t, figure(lostGroup, name), name)
	}
	require.Positive(t, figure(lostGroup, "background sending, no hook"), "what was counted after the last tick")
	require.EqualValues(t, 12, figure(pushGroup, "flush in every request"))
	require.LessOrEqual(t, figure(pushGroup, "flush in preFreeze, one instance"), 12.0)
}

func TestCounted_ReadsPrometheusFormat(t *testing.T) {
	n, ok := counted([]byte("# TYPE requests_total counter\nrequests_total 17\n"))
	require.True(t, ok)
	require.Equal(t, 17, n)
	_, ok = counted([]byte("other 1\n"))
	require.False(t, ok)
}
