package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/benchtest"
	"github.com/lull-dev/lull/bench/figures"
	toolchain "github.com/lull-dev/lull/guests"
)

// TestMain is the program, too: the process that holds instances, and what tests run.
func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) != "" || benchtest.IsProgram() {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestScale_MeasuresEveryPart(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("memory is read from /proc, which only Linux has")
	}
	s := &scale{time: 50 * time.Millisecond, instances: []int{5, 10}, functions: []int{3, 10}, report: figures.New("", nil)}
	err := s.run(t.Context())
	if missing, ok := errors.AsType[*toolchain.ToolchainError](err); ok {
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	require.NoError(t, err)
	for _, row := range s.report.Rows {
		require.True(t, row.Measured(), "%s, %s: %s", row.Group, row.Name, row.Skipped)
	}
	require.Len(t, s.report.Curves, 7)
	for _, c := range s.report.Curves {
		require.NotEmpty(t, c.Lines, c.Title)
	}
}

func TestUpTo_EndsWithTheLargest(t *testing.T) {
	require.Equal(t, []int{10, 100, 1000}, upTo(1000))
	require.Equal(t, []int{10, 25}, upTo(25))
	require.Equal(t, []int{3}, upTo(3))
}

func TestCtrlC_KeepsWhatWasMeasuredAndLeavesNoProcess(t *testing.T) {
	out := t.TempDir()
	benchtest.Interrupt(t, "paused instances done", "-instances", "3", "-functions", "3", "-time", "10m", "-out", out)
	r, err := figures.Load(filepath.Join(out, "scale.json"))
	require.NoError(t, err)
	require.Equal(t, "stopped while measuring functions", r.Partial)
	require.True(t, slices.ContainsFunc(r.Rows, (*figures.Row).Measured))
}
