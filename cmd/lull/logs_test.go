package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLogs(t *testing.T) {
	wasm := probe(t)
	sentences{
		"finds the records of one hook, one instance, one request": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "finder", wasm).ok(t)
			s.lull(t, "invoke", "finder", "-d", "Mg").ok(t)
			r := s.lull(t, "invoke", "finder", "-v", "-d", "L")
			request := regexp.MustCompile(`request +(\S+)`).FindStringSubmatch(r.stderr)[1]
			instance := regexp.MustCompile(`instance +(\S+)`).FindStringSubmatch(r.stderr)[1]
			require.Equal(t, "stopped 1 instance\n", s.lull(t, "stop", "finder").ok(t))

			out := s.lull(t, "logs", "finder", "--request", request).ok(t)
			require.Equal(t, 3, strings.Count(out, "\n"), out)
			require.Contains(t, out, "FC Invoke Start RequestId: "+request)
			require.Contains(t, out, "hello from the probe")

			out = s.lull(t, "logs", "finder", "--hook", "prestop", "--instance", instance).ok(t)
			require.Equal(t, 3, strings.Count(out, "\n"), out)
			require.Contains(t, out, "FC PreStop Start")
			require.NotContains(t, out, "Invoke")

			list := fromJSON[[]map[string]any](t, s.lull(t, "logs", "finder", "--limit=2", "--json").ok(t))
			require.Len(t, list, 2)
			require.Equal(t, "PreStop", list[1]["hook"])
			require.JSONEq(t, "[]", s.lull(t, "logs", "finder", "--instance", "nobody", "--json").ok(t))
		},
		"finds what a query asks for": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "asked", wasm).ok(t)
			s.lull(t, "invoke", "asked", "-d", "Mg").ok(t)
			s.lull(t, "invoke", "asked", "-d", "L").ok(t)
			s.lull(t, "stop", "asked").ok(t)
			out := s.lull(t, "logs", "asked", "--query", "source:guest and hook:prestop").ok(t)
			require.Equal(t, 1, strings.Count(out, "\n"), out)
			require.Contains(t, out, "hello from the probe")
			require.NotContains(t, s.lull(t, "logs", "asked", "--query", "not (hello or PreStop)").ok(t), "hello")
			require.Empty(t, s.lull(t, "logs", "asked", "--to", "1h").ok(t))
			require.Contains(t, s.lull(t, "logs", "asked", "--from=1h", "--limit=1").ok(t), "FC PreStop End")
			s.lull(t, "logs", "asked", "--query", "a or (b").fails(t, exitUsage, "--query", "at character 6", "not closed")
			s.lull(t, "logs", "asked", "--from", "noon").fails(t, exitUsage, "--from noon", "20m")
		},
		"follows with -f until it is interrupted": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "followed", wasm).ok(t)
			s.lull(t, "invoke", "followed", "-d", "c").ok(t)
			cmd := exec.Command(watched, "logs", "followed", "-f", "--query", "invoke")
			cmd.Env = append(cleanEnv(), "LULL_API="+s.api)
			var out output
			cmd.Stdout, cmd.Stderr = &out, &out
			require.NoError(t, cmd.Start())
			defer cmd.Process.Kill()
			starts := func(n int) func() bool {
				return func() bool { return strings.Count(out.String(), "FC Invoke Start") == n }
			}
			require.Eventually(t, starts(1), patience, 10*time.Millisecond)
			s.lull(t, "invoke", "followed", "-d", "c").ok(t)
			require.Eventually(t, starts(2), patience, 10*time.Millisecond, "%s", out.String())
			require.NoError(t, cmd.Process.Signal(os.Interrupt))
			cmd.Wait()
			require.Equal(t, exitSignal, cmd.ProcessState.ExitCode())
			require.NotContains(t, out.String(), "PreFreeze")
		},
	}.run(t, serveWatched(t))
}

func TestLogs_AreThereAfterARestart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := serve(t, "--data", data)
	s.lull(t, "deploy", "kept", probe(t)).ok(t)
	s.lull(t, "deploy", "gone", probe(t)).ok(t)
	s.lull(t, "invoke", "kept", "-d", "c").ok(t)
	s.lull(t, "invoke", "gone", "-d", "L").ok(t)
	s.lull(t, "rm", "gone").ok(t)
	requests := s.lull(t, "requests", "kept", "--json").ok(t)
	require.Zero(t, s.stop(t))

	s = serve(t, "--data", data)
	require.JSONEq(t, requests, s.lull(t, "requests", "kept", "--json").ok(t))
	before := s.lull(t, "logs", "kept", "--query", "source:platform").ok(t)
	require.Equal(t, 8, strings.Count(before, "\n"), "with the preStop of the server's end: %s", before)
	require.Contains(t, s.lull(t, "logs", "gone").ok(t), "hello from the probe")
	s.lull(t, "invoke", "kept", "-d", "c").ok(t)
	after := s.lull(t, "logs", "kept").ok(t)
	require.Equal(t, before, after[:len(before)])
	require.Greater(t, len(after), len(before))
	require.Len(t, fromJSON[[]map[string]any](t, s.lull(t, "requests", "kept", "--json").ok(t)), 2)
}

func TestLogs_CanBeSwitchedOffAndBounded(t *testing.T) {
	s := serve(t, "--log-size", "0")
	s.lull(t, "deploy", "silent", probe(t)).ok(t)
	s.lull(t, "invoke", "silent", "-d", "L").ok(t)
	require.Empty(t, s.lull(t, "logs", "silent").ok(t))
	require.Len(t, rows(t, s.lull(t, "requests", "silent").ok(t)), 1, "the request list stays")
	run(t, nil, "", "serve", "--log-age", "0s").fails(t, exitUsage, "--log-age 0s")
	run(t, nil, "", "serve", "--log-size=-1").fails(t, exitUsage, "--log-size -1")
}

func TestStop(t *testing.T) {
	wasm := probe(t)
	sentences{
		"stops one instance or all, and the function stays": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "stopped", wasm).ok(t)
			s.lull(t, "invoke", "stopped", "-d", "c").ok(t)
			instance := fromJSON[[]map[string]any](t, s.lull(t, "ps", "stopped", "--json").ok(t))[0]["instanceId"].(string)
			s.lull(t, "stop", "stopped", "--instance", "c-nobody").fails(t, exitServer, "InstanceNotFound", "c-nobody")
			require.Equal(t, "stopped 1 instance\n", s.lull(t, "stop", "stopped", "--instance", instance).ok(t))
			require.Equal(t, "stopped 0 instances\n", s.lull(t, "stop", "stopped").ok(t))
			require.Contains(t, s.lull(t, "logs", "stopped", "--hook", "PreStop", "--instance", instance).ok(t), "FC PreStop End")
			s.lull(t, "invoke", "stopped", "-d", "c").ok(t)
		},
		"rm runs preStop and the function is gone, its logs are not": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "removed", wasm).ok(t)
			s.lull(t, "invoke", "removed", "-d", "c").ok(t)
			require.Equal(t, "removed removed\n", s.lull(t, "rm", "removed").ok(t))
			s.lull(t, "invoke", "removed").fails(t, exitServer, "FunctionNotFound")
			require.NotContains(t, s.lull(t, "ls").ok(t), "removed")
			require.Eventually(t, func() bool {
				return strings.Contains(s.lull(t, "logs", "removed", "--hook", "PreStop").ok(t), "FC PreStop End")
			}, patience, 10*time.Millisecond)
		},
	}.run(t, serveWatched(t))
}
