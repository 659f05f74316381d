package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// eventually runs a command until its standard output is want. It is for what happens after an answer was given.
func eventually(t testing.TB, s *server, want string, args ...string) string {
	t.Helper()
	var out string
	for end := time.Now().Add(patience); out != want && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		out = s.lull(t, args...).ok(t)
	}
	return out
}

func TestInvoke(t *testing.T) {
	wasm := probe(t)
	sentences{
		"prints the body of the answer and nothing else": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "echo", wasm).ok(t)
			r := s.lull(t, "invoke", "echo", "-d", "ee \n\xff no line end")
			require.Equal(t, "ee \n\xff no line end", r.ok(t))
			require.Empty(t, r.stderr)
		},
		"reads the event from a file or from standard input": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "files", wasm).ok(t)
			big := "e" + strings.Repeat("0123456789abcdef", 1<<16)
			require.Equal(t, big, s.lull(t, "invoke", "files", "-f", file(t, "event", []byte(big))).ok(t))
			require.Equal(t, "e, too", run(t, []string{"LULL_API=" + s.api}, "e, too", "invoke", "files", "-f", "-").ok(t))
		},
		"sends an empty event when none is given": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "empty", wasm).ok(t)
			require.Empty(t, run(t, []string{"LULL_API=" + s.api}, "not read", "invoke", "empty").ok(t))
		},
		"exits with 1 and prints the error to standard error when the function fails": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "failing", wasm).ok(t)
			r := s.lull(t, "invoke", "failing", "-d", "f")
			r.fails(t, exitFailed)
			var fault struct{ ErrorMessage, ErrorType string }
			require.NoError(t, json.Unmarshal([]byte(r.stderr), &fault), r.stderr)
			require.Equal(t, "no name", fault.ErrorMessage)
			require.Equal(t, "ValueError", fault.ErrorType)
		},
		"exits with 1 when the guest traps, and the next request gets a sound instance": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "trapping", wasm).ok(t)
			s.lull(t, "invoke", "trapping", "-d", "t").fails(t, exitFailed, "errorMessage", "unreachable")
			s.lull(t, "invoke", "trapping", "-d", "x").fails(t, exitFailed, "errorMessage")
			require.Equal(t, "e", s.lull(t, "invoke", "trapping", "-d", "e").ok(t))
		},
		"exits with 3 for a function that is not there": func(t *testing.T, s *server) {
			s.lull(t, "invoke", "nobody").fails(t, exitServer, "FunctionNotFound", "nobody")
		},
		"tells ids, duration and status with -v": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "verbose", wasm).ok(t)
			r := s.lull(t, "invoke", "verbose", "-v", "-d", "e")
			require.Equal(t, "e", r.ok(t))
			require.Regexp(t, `status +ok`, r.stderr)
			require.Regexp(t, `request +[0-9a-f-]{36}`, r.stderr)
			require.Regexp(t, `instance +c-`, r.stderr)
			require.Regexp(t, `duration +[0-9.]+ ms`, r.stderr)
			require.Contains(t, s.lull(t, "invoke", "verbose", "-v", "-d", "f").stderr, "HandledInvocationError")
		},
		"prints the log of the request with --tail": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "tailed", wasm).ok(t)
			r := s.lull(t, "invoke", "tailed", "--tail", "-d", "L")
			require.Empty(t, r.ok(t))
			require.Contains(t, r.stderr, "FC Invoke Start RequestId: ")
			require.Contains(t, r.stderr, "hello from the probe")
			require.Contains(t, r.stderr, "FC Invoke End RequestId: ")
		},
		"prints the id of a request that it does not wait for with --async": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "later", wasm).ok(t)
			id := strings.TrimSpace(s.lull(t, "invoke", "later", "--async", "-d", "L").ok(t))
			require.Regexp(t, `^[0-9a-f-]{36}$`, id)
			require.Eventually(t, func() bool {
				return strings.Contains(s.lull(t, "logs", "later", "--request", id).ok(t), "hello from the probe")
			}, patience, 50*time.Millisecond)
			require.Eventually(t, func() bool { return s.lull(t, "async", "ls", "later", "--json").ok(t) == "[]\n" }, patience, 50*time.Millisecond)
			s.lull(t, "async", "ls", "nobody").fails(t, exitServer, "nobody")
		},
		"takes an event that looks like a flag": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "dash", wasm).ok(t)
			require.Empty(t, s.lull(t, "invoke", "dash", "-d", "--async").ok(t))
		},
	}.run(t, serveWatched(t))
}
