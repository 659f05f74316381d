package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/figures"
	toolchain "github.com/lull-dev/lull/guests"
)

// TestMain is the process that holds instances, too: the test binary runs itself.
func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) == "hold" {
		if err := hold(os.Getenv(orderVariable)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
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
