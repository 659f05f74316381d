package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/benchtest"
	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/guests"
	toolchain "github.com/lull-dev/lull/guests"
	"github.com/lull-dev/lull/host/hosttest"
)

// TestMain is the program, too, for tests that run it.
func TestMain(m *testing.M) {
	if benchtest.IsProgram() {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestScenario_LosesNothingInTheHookAndSomethingInTheBackground(t *testing.T) {
	module, err := guests.Build(t.Context(), "telemetry")
	if missing, ok := errors.AsType[*toolchain.ToolchainError](err); ok {
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	require.NoError(t, err)
	s := &scenario{rounds: 1, bursts: 2, requests: 6, connections: 2, gap: 300 * time.Millisecond, cache: hosttest.CompileCache(t), report: figures.New("", nil)}
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

func TestCtrlC_KeepsWhatWasMeasuredAndLeavesNoProcess(t *testing.T) {
	if _, err := gateway(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	out := t.TempDir()
	benchtest.Interrupt(t, "round 1 of 1000 done", "-rounds", "1000", "-bursts", "1", "-requests", "4", "-gap", "10ms", "-out", out, "-cache", hosttest.CompileCache(t))
	r, err := figures.Load(filepath.Join(out, "telemetry.json"))
	require.NoError(t, err)
	require.Contains(t, r.Partial, "stopped in round")
	require.True(t, r.Find(requestGroup, "no telemetry").Measured())
}

func TestProgram_SaysThatTheCollectorIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	code, _, said := benchtest.Run(t)
	require.Equal(t, 1, code)
	require.Contains(t, said, errNoCollector.Error())
}
