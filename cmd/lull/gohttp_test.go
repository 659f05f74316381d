package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNew_MakesAServerThatAnswersAsItIs(t *testing.T) {
	s := serve(t, "--data", warmData(t))
	dir := filepath.Join(t.TempDir(), "web")
	s.lull(t, "new", dir, "--lang", "go-http").ok(t)
	out := s.lull(t, "deploy", "web", dir, "--concurrency=10", "--pre-freeze=on", "--pre-stop=on").ok(t)
	require.Contains(t, out, "web created: server, ")
	require.Contains(t, out, "runtime custom")
	require.Regexp(t, `isolation +shared`, out)
	require.Equal(t, "hello Ada\n", s.lull(t, "invoke", "web", "-d", "Ada").ok(t))
	s.lull(t, "stop", "web").ok(t)
	logs := s.lull(t, "logs", "web").ok(t)
	require.Contains(t, logs, "pausing calls=1")
	require.Contains(t, logs, "stopping")
	require.NotContains(t, logs, "ERROR")
}
