package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/guests"
	"github.com/lull-dev/lull/host/hosttest"
)

// TestNew_MakesAProjectThatDeploysAndAnswers takes no step but those that new prints.
func TestNew_MakesAProjectThatDeploysAndAnswers(t *testing.T) {
	s := serve(t, "--data", warmData(t))
	for _, lang := range guests.Languages() {
		t.Run(lang, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "greet-"+lang)
			name := filepath.Base(dir)
			next := s.lull(t, "new", dir, "--lang", lang).ok(t)
			require.Contains(t, next, "lull deploy "+name+" "+dir)
			deployed := runFor(t, 10*time.Minute, binary, []string{"LULL_API=" + s.api}, "", "deploy", name, dir) // it may have to compile an interpreter
			skipWithoutToolchain(t, deployed)
			deployed.ok(t)

			require.Equal(t, "hello Ada\n", s.lull(t, "invoke", name, "-d", "Ada").ok(t))
			failed := s.lull(t, "invoke", name)
			require.Equal(t, exitFailed, failed.code, "%s", failed.stderr)
			require.Contains(t, failed.stderr, "whom shall I greet? send a name")
			s.lull(t, "stop", name).ok(t)
			if lang != "go-http" { // whose hooks are requests, which only flags switch on: TestNew_MakesAServerThatAnswersAsItIs
				require.Eventually(t, func() bool {
					return strings.Contains(s.lull(t, "logs", name).ok(t), "ing calls=2") // pausing or stopping, what the runtime may
				}, patience, 10*time.Millisecond, "a hook has run in the one instance")
			}

			if slices.Contains([]string{"go", "go-http", "rust", "assemblyscript"}, lang) {
				return // built once more than deploy has: guests.TestWriteProject_BuildsWithTheToolchainAlone
			}
			out := strings.TrimSpace(s.lull(t, "build", dir).ok(t))
			require.Equal(t, filepath.Join(dir, name), strings.TrimSuffix(out, filepath.Ext(out)))
			require.FileExists(t, out)
		})
	}
}

// warmData is a data folder with the compiled interpreters of other tests in it: compiling one takes up to ten seconds on a quiet machine.
func warmData(t *testing.T) string {
	t.Helper()
	dir, cache := filepath.Join(t.TempDir(), "data"), hosttest.CompileCache(t)
	require.NoError(t, os.MkdirAll(cache, 0o777))
	require.NoError(t, os.Mkdir(dir, 0o777))
	require.NoError(t, os.Symlink(cache, filepath.Join(dir, "cache")))
	return dir
}

// skipWithoutToolchain skips where a language cannot be built, as the command says, and fails in CI.
func skipWithoutToolchain(t *testing.T, r result) {
	t.Helper()
	_, reason, missing := strings.Cut(r.stderr, "cannot build ")
	if r.code != 0 && (missing || strings.Contains(r.stderr, "lull runtimes install")) {
		if os.Getenv("CI") == "true" {
			t.Fatal(r.stderr)
		}
		t.Skip("cannot build " + reason + r.stderr)
	}
}
