package hosttest

import (
	"os"
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
