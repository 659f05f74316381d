package main

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/hosttest"
)

// patience is how long tests wait for what has to come.
const patience = 5 * time.Minute

// server is a running `lull serve`.
type server struct {
	api, http string // base URLs
	stderr    output
	cmd       *exec.Cmd
	exit      int      // the code that it has to end with
	within    []string // the command that runs it, if there is one
	command   []string // in place of serve
	watched   bool     // by the race detector
	env       []string // beside the clean environment
	data      string   // its data directory, unless its arguments name another
	ended     chan struct{}
}

// serve starts a server on free ports and a data directory of its own, and stops it in clean-up, where it must exit with s.exit.
func serve(t testing.TB, args ...string) *server {
	t.Helper()
	return (&server{}).start(t, args...)
}

// serveWatched is serve with the race detector.
func serveWatched(t testing.TB, args ...string) *server {
	t.Helper()
	return (&server{watched: true}).start(t, args...)
}

func (s *server) start(t testing.TB, args ...string) *server {
	t.Helper()
	return s.startTo(t, &s.stderr, args...)
}

// startTo writes standard error elsewhere.
func (s *server) startTo(t testing.TB, stderr io.Writer, args ...string) *server {
	t.Helper()
	s.ended = make(chan struct{})
	if s.command == nil {
		s.command = []string{"serve"}
	}
	s.data = filepath.Join(t.TempDir(), "data")
	args = append([]string{"--api", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", s.data}, args...)
	path := binary
	if s.watched {
		path = watched
	}
	args = slices.Concat(s.within, []string{path}, s.command, args)
	s.cmd = exec.Command(args[0], args[1:]...)
	s.cmd.Env = append(cleanEnv(), s.env...)
	s.cmd.Stderr = stderr
	stdout, err := s.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.cmd.Start())
	t.Cleanup(func() { require.Equal(t, s.exit, s.stop(t), "stderr: %s", &s.stderr) })

	ready := make(chan struct{})
	go func() {
		defer close(s.ended)
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "listening: control API "); ok {
				s.api = url
			}
			if url, ok := strings.CutPrefix(lines.Text(), "listening: function URLs "); ok {
				s.http = url
				close(ready)
			}
		}
		s.cmd.Wait()
	}()
	select {
	case <-ready:
	case <-s.ended:
		t.Fatalf("lull serve ended: %s", s.stderr.String())
	case <-time.After(patience):
		t.Fatal("lull serve does not listen")
	}
	return s
}

// stop sends SIGTERM, unless the server has ended, and returns the exit code.
func (s *server) stop(t testing.TB) int {
	t.Helper()
	s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.cmd.Process.Kill()
		t.Fatalf("lull serve does not stop: %s", s.stderr.String())
	}
	return s.cmd.ProcessState.ExitCode()
}

// lull runs a client command against the server.
func (s *server) lull(t testing.TB, args ...string) result {
	t.Helper()
	return run(t, []string{"LULL_API=" + s.api}, "", args...)
}

// output collects what a process writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// sentences maps what lull does to the test that shows it. All run against one server, in any order: each uses
// function names of its own.
type sentences map[string]func(t *testing.T, s *server)

func (all sentences) run(t *testing.T, s *server) {
	for _, sentence := range slices.Sorted(maps.Keys(all)) {
		t.Run(sentence, func(t *testing.T) { all[sentence](t, s) })
	}
}

// probe writes package hosttest's guest to a file and returns its path.
func probe(t testing.TB) string { return file(t, "probe.wasm", hosttest.Probe) }

func file(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}
