package process_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/process"
)

const role = "LULL_TEST_ROLE"

// TestMain is the child, too: the test binary runs itself.
func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		os.Exit(m.Run())
	case "ready":
		fmt.Println("starting\nready 7")
		time.Sleep(time.Hour)
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready 7")
		time.Sleep(time.Hour)
	case "fails":
		fmt.Fprintln(os.Stderr, "the port is in use")
		os.Exit(3)
	case "silent":
		time.Sleep(time.Hour)
	}
}

func as(name string) process.Command { return process.Command{Env: []string{role + "=" + name}} }

func ready(line string) bool { return line == "ready 7" }

func TestStart_WaitsUntilTheChildIsReady(t *testing.T) {
	c, err := process.Start(t.Context(), as("ready"), ready)
	require.NoError(t, err)
	require.NoError(t, c.Ended())
	require.Positive(t, c.PID())
	if runtime.GOOS == "linux" {
		m, err := process.MemoryOf(c.PID())
		require.NoError(t, err)
		require.Positive(t, m.PSS)
		require.GreaterOrEqual(t, m.RSS, m.PSS)
		require.Positive(t, process.Threads(c.PID()))
	}
	c.Stop()
	require.Error(t, c.Ended())
	c.Stop()
}

func TestStart_SaysWhyAChildEnded(t *testing.T) {
	_, err := process.Start(t.Context(), as("fails"), ready)
	ended, ok := errors.AsType[*process.EndedError](err)
	require.True(t, ok, err)
	require.Contains(t, ended.Error(), "the port is in use")
	require.Contains(t, ended.Error(), "exit status 3")
}

func TestStart_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := process.Start(ctx, as("silent"), ready)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestStart_OfAProgramThatIsNotThereFails(t *testing.T) {
	_, err := process.Start(t.Context(), process.Command{Path: "/nowhere/program"}, ready)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestStop_KillsAChildThatDoesNotListen(t *testing.T) {
	c := as("deaf")
	c.Grace = 50 * time.Millisecond
	child, err := process.Start(t.Context(), c, ready)
	require.NoError(t, err)
	child.Stop()
	require.ErrorContains(t, child.Ended(), "killed")
}
