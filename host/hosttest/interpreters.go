package hosttest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/interpreters"
)

// Interpreters returns the store of installed interpreters, in which those named are. Where one is not, the test is skipped, or fails with
// CI=true: .ci/toolchain installs them.
func Interpreters(t testing.TB, names ...string) *interpreters.Store {
	t.Helper()
	store, err := interpreters.Open("")
	require.NoError(t, err)
	for _, name := range names {
		_, err := store.Find(name)
		switch {
		case err == nil:
		case os.Getenv("CI") == "true":
			t.Fatal(err)
		default:
			t.Skip(err)
		}
	}
	return store
}

// CompileCache is a folder for host.Config.CacheDir that outlives the tests: compiling an interpreter takes up to ten seconds.
func CompileCache(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	return filepath.Join(cache, "lull", "compiled-by-tests")
}
