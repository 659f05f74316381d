package hosttest

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestModules_AreBuiltFromTheirSources(t *testing.T) {
	wat2wasm, err := exec.LookPath("wat2wasm")
	if err != nil {
		const why = "wat2wasm is missing (Debian: wabt): nobody checks that the .wasm files are those of the .wat files"
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	sources := 0
	require.NoError(t, fs.WalkDir(os.DirFS("testdata"), ".", func(path string, _ fs.DirEntry, err error) error {
		name, ok := strings.CutSuffix(path, ".wat")
		if err != nil || !ok {
			return err
		}
		sources++
		out := filepath.Join(t.TempDir(), "out.wasm")
		text, err := exec.Command(wat2wasm, filepath.Join("testdata", filepath.FromSlash(path)), "-o", out).CombinedOutput()
		require.NoError(t, err, string(text))
		built, err := os.ReadFile(out)
		require.NoError(t, err)
		require.Equal(t, built, Module(t, name), "%s.wasm is not what its source says", name)
		return nil
	}))
	require.Greater(t, sources, 10)
}
