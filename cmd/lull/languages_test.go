package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/guests"
)

// TestNew_MakesAProjectThatDeploysAndAnswers takes no step but those that new prints.
func TestNew_MakesAProjectThatDeploysAndAnswers(t *testing.T) {
	s := serve(t)
	for _, lang := range guests.Languages() {
		t.Run(lang, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "greet-"+lang)
			name := filepath.Base(dir)
			next := s.lull(t, "new", dir, "--lang", lang).ok(t)
			require.Contains(t, next, "lull deploy "+name+" "+dir)
			deployed := s.lull(t, "deploy", name, dir)
			skipWithoutToolchain(t, deployed)
			deployed.ok(t)

			require.Equal(t, "hello Ada\n", s.lull(t, "invoke", name, "-d", "Ada").ok(t))
			failed := s.lull(t, "invoke", name)
			require.Equal(t, exitFailed, failed.code, "%s", failed.stderr)
			require.Contains(t, failed.stderr, "whom shall I greet? send a name")
			require.Eventually(t, func() bool {
				return strings.Contains(s.lull(t, "logs", name).ok(t), "pausing calls=")
			}, patience, 10*time.Millisecond, "preFreeze has run")
		})
	}
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
