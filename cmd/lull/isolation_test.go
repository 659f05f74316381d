package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIsolation(t *testing.T) {
	wasm := probe(t)
	sentences{
		"a fresh function starts each request anew, without the hooks that the module exports": func(t *testing.T, s *server) {
			out := s.lull(t, "deploy", "fresh-one", wasm, "--isolation", "fresh").ok(t)
			require.Regexp(t, `isolation +fresh`, out)
			require.Regexp(t, `preFreeze +off`, out)
			for range 3 {
				require.Equal(t, "\x01\x00\x00\x00", s.lull(t, "invoke", "fresh-one", "-d", "u").ok(t))
			}
		},
		"a fresh function with a hook is refused": func(t *testing.T, s *server) {
			r := s.lull(t, "deploy", "fresh-two", wasm, "--isolation=fresh", "--pre-stop=preStop")
			require.Equal(t, exitServer, r.code)
			require.Contains(t, r.stderr, "a function with isolation fresh has no hooks")
		},
		"an unknown level is a mistake in the command": func(t *testing.T, s *server) {
			require.Equal(t, exitUsage, s.lull(t, "deploy", "fresh-three", wasm, "--isolation=total").code)
		},
		"ls tells how a function starts": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "starter/a", wasm).ok(t)
			require.Contains(t, s.lull(t, "ls", "--service=starter").ok(t), "image")
		},
		"ps shows what an instance has in memory": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "sized", wasm).ok(t)
			s.lull(t, "invoke", "sized", "-d", "c").ok(t)
			out := s.lull(t, "ps", "sized").ok(t)
			require.Contains(t, strings.Split(out, "\n")[0], "MEMORY")
			require.Contains(t, strings.Split(out, "\n")[0], "RESIDENT")
			require.Contains(t, strings.Split(out, "\n")[0], "PRIVATE")
			list := fromJSON[[]map[string]any](t, s.lull(t, "ps", "sized", "--json").ok(t))
			require.Equal(t, "image", list[0]["startedBy"])
			require.GreaterOrEqual(t, list[0]["residentBytes"], list[0]["privateBytes"])
		},
	}.run(t, serve(t))
}

func TestBuild_SaysWhatIsWrongWithTheSource(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module broken\n\ngo 1.24\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() { undefined() }\n"), 0o600))
	r := run(t, nil, "", "build", dir)
	require.NotZero(t, r.code)
	require.Contains(t, r.stderr, "main.go:3")
	require.Contains(t, r.stderr, "undefined")
}
