package engine_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/hosttest"
)

// cached compiles the probe with a cache in dir, and calls it.
func cached(t *testing.T, dir string) {
	t.Helper()
	e, err := engine.New(engine.Config{CacheDir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	f := hosttest.Function("f").WithDefaults()
	p, err := e.Compile(t.Context(), &f)
	require.NoError(t, err)
	defer p.Close()
	g := start(t, p)
	defer g.Close()
	require.Equal(t, 2, number(t, g, "c"))
}

// files maps the files below dir to their contents.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		found[path] = string(b)
		return err
	}))
	return found
}

func TestCache_ARestartFindsWhatWasCompiled(t *testing.T) {
	dir := t.TempDir()
	cached(t, dir)
	first := files(t, dir)
	require.NotEmpty(t, first)
	cached(t, dir)
	require.Equal(t, first, files(t, dir), "nothing is compiled again")
}

func TestCache_DamagedFilesAreReplaced(t *testing.T) {
	for name, damage := range map[string]func(string) string{
		"empty":              func(string) string { return "" },
		"cut in the middle":  func(s string) string { return s[:len(s)/2] },
		"foreign":            func(string) string { return "this is no compiled module" },
		"of another version": func(s string) string { return s[:7] + "9.9.9" + s[12:] },
		"flipped at the end": func(s string) string { return s[:len(s)-1] + string(s[len(s)-1]^1) },
		"flipped in the code": func(s string) string {
			return s[:len(s)/2] + string(s[len(s)/2]^1) + s[len(s)/2+1:]
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cached(t, dir)
			good := files(t, dir)
			for path, content := range good {
				require.NoError(t, os.WriteFile(path, []byte(damage(content)), 0o600))
			}
			cached(t, dir)
			require.Equal(t, good, files(t, dir))
		})
	}
}

func TestCache_ThatCannotBeWrittenStopsNoFunction(t *testing.T) {
	dir := t.TempDir()
	e, err := engine.New(engine.Config{CacheDir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	folders, err := filepath.Glob(filepath.Join(dir, "wazero-*"))
	require.NoError(t, err)
	require.Len(t, folders, 1)
	require.NoError(t, os.RemoveAll(folders[0]))
	for range 2 {
		f := hosttest.Function("f").WithDefaults()
		p, err := e.Compile(t.Context(), &f)
		require.NoError(t, err)
		g := start(t, p)
		require.Equal(t, 2, number(t, g, "c"))
		g.Close()
		p.Close()
	}
	require.Empty(t, files(t, dir))
}
