// Package benchtest runs a measuring program in its own tests: the test binary is the program, too.
package benchtest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// variable is set in the environment of a test binary that shall be the program.
const variable = "LULL_TEST_PROGRAM"

// IsProgram tells TestMain to call main in place of the tests.
func IsProgram() bool { return os.Getenv(variable) != "" }

// patience is for what only takes time.
const patience = 3 * time.Minute

// Run runs the program to its end.
func Run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := program(t, args)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if err != nil {
		require.IsType(t, &exec.ExitError{}, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), said.String()
}

// Interrupt runs the program, sends it what Ctrl-C sends when it has written until to its standard error, and checks that it ends, that its exit code is not 0, and
// that no child is left.
func Interrupt(t *testing.T, until string, args ...string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		if os.Getenv("CI") == "true" {
			t.Fatal("looks for children in /proc, which only Linux has")
		}
		t.Skip("looks for children in /proc, which only Linux has")
	}
	cmd := program(t, args)
	var said words
	cmd.Stderr = &said
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for begun := time.Now(); !said.has(until); time.Sleep(time.Millisecond) {
		select {
		case err := <-ended:
			t.Fatalf("ended by itself (%v): %s", err, said.text())
		default:
			require.Less(t, time.Since(begun), patience, said.text())
		}
	}
	var children []string
	for begun := time.Now(); len(children) == 0; time.Sleep(time.Millisecond) {
		require.Less(t, time.Since(begun), patience, "it has no children")
		children = childrenOf(cmd.Process.Pid)
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("does not end: ", said.text())
	}
	require.NotZero(t, cmd.ProcessState.ExitCode(), said.text())
	require.Positive(t, cmd.ProcessState.ExitCode(), "it ends by itself, not by the signal")
	for _, id := range children {
		require.Eventually(t, func() bool { return gone(id) }, patience, 10*time.Millisecond, "child %s is left", id)
	}
}

func program(t *testing.T, args []string) *exec.Cmd {
	self, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), variable+"=1")
	return cmd
}

func childrenOf(id int) (children []string) {
	files, _ := filepath.Glob("/proc/" + filepath.Join(strconv.Itoa(id), "task", "*", "children"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		children = append(children, strings.Fields(string(text))...)
	}
	return children
}

// gone tells that a process has ended, or waits only for whoever is to collect it.
func gone(id string) bool {
	text, err := os.ReadFile("/proc/" + id + "/stat")
	return err != nil || bytes.Contains(text, []byte(") Z "))
}

// words collects what is written.
type words struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write implements io.Writer.
func (w *words) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.Write(b)
}

func (w *words) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.String()
}

func (w *words) has(s string) bool { return strings.Contains(w.text(), s) }
