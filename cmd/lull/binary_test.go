package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// binary is the real lull, built once for all tests. watched is the same with the race detector if the tests have it: a race then changes its exit
// code. It starts seven times as slowly, and deploys as much more slowly, so it is for tests in which goroutines of lull share something while they
// work: requests beside requests, deploys, signals and the end of the server, several servers, measuring, following.
var binary, watched string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "lull-cmd-test-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "lull.exe")
		watched = binary
		builds := [][]string{{"-o", binary}}
		if raceEnabled {
			watched = filepath.Join(dir, "lull-race.exe")
			builds = append(builds, []string{"-o", watched, "-race"})
		}
		for _, flags := range builds {
			build := exec.Command("go", slices.Concat([]string{"build", "-buildvcs=false", "-ldflags=-w"}, flags, []string{"."})...)
			build.Stderr = os.Stderr
			if err := build.Run(); err != nil {
				fmt.Fprintln(os.Stderr, "building lull:", err)
				return 1
			}
		}
		return m.Run()
	}())
}

// result is what one run of the binary did.
type result struct {
	stdout, stderr string
	code           int
}

// run executes the binary for at most the time of our patience. env has "NAME=value" entries; LULL_API is not inherited.
func run(t testing.TB, env []string, stdin string, args ...string) result {
	t.Helper()
	return runFor(t, patience, binary, env, stdin, args...)
}

func runFor(t testing.TB, longest time.Duration, path string, env []string, stdin string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(cleanEnv(), env...)
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, ok := err.(*exec.ExitError); !ok {
		require.NoError(t, err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// cleanEnv is the environment without what would choose a server. The race detector makes a program wait for a second before
// it exits; commands are run by the hundred here.
func cleanEnv() []string {
	env := []string{"GORACE=atexit_sleep_ms=0"}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "LULL_API=") && !strings.HasPrefix(e, keyVariable+"=") && !strings.HasPrefix(e, natsVariable+"=") && !strings.HasPrefix(e, "GORACE=") {
			env = append(env, e)
		}
	}
	return env
}

// ok demands exit code 0 and returns standard output.
func (r result) ok(t testing.TB) string {
	t.Helper()
	require.Zero(t, r.code, "stdout: %s\nstderr: %s", r.stdout, r.stderr)
	return r.stdout
}

// fails demands an exit code, an empty standard output and a message that has all of the words.
func (r result) fails(t testing.TB, code int, words ...string) {
	t.Helper()
	require.Equal(t, code, r.code, "stdout: %s\nstderr: %s", r.stdout, r.stderr)
	require.Empty(t, r.stdout)
	for _, w := range words {
		require.Contains(t, r.stderr, w)
	}
	require.NotContains(t, r.stderr, "goroutine ", "no stack trace")
}
