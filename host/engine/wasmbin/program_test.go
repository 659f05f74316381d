package wasmbin_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// build compiles a Go package to WebAssembly.
func build(t testing.TB, pkg string, flags ...string) []byte {
	file := filepath.Join(t.TempDir(), "guest.wasm")
	cmd := exec.Command("go", slices.Concat([]string{"build", "-o", file}, flags, []string{pkg})...)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		skip(t, "cannot build %s for wasip1: %v\n%s", pkg, err, out)
	}
	code, err := os.ReadFile(file)
	require.NoError(t, err)
	return code
}

func TestTransform_LeavesAProgramsOutputAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("wazero takes most of a minute to compile a Go program under the race detector")
	}
	code := build(t, "./testdata/guest")
	config := wazero.NewModuleConfig().WithArgs("guest", "arg").WithEnv("NAME", "lull")
	run := func(h *host, start func(wazero.ModuleConfig) error) (stdout string, code uint32) {
		wasi_snapshot_preview1.MustInstantiate(h.ctx, h)
		var out bytes.Buffer
		err := start(config.WithStdout(&out).WithStderr(&out))
		var exit *sys.ExitError
		require.ErrorAs(t, err, &exit)
		return out.String(), exit.ExitCode()
	}

	plain := newHost(t, allFeatures)
	wantText, wantCode := run(plain, func(c wazero.ModuleConfig) error {
		_, err := plain.InstantiateWithConfig(plain.ctx, code, c)
		return err
	})
	require.EqualValues(t, 3, wantCode)

	h := newHost(t, allFeatures)
	h.refill = func() uint64 { return 100 }
	gotText, gotCode := run(h, func(c wazero.ModuleConfig) error {
		m := transform(t, code)
		require.True(t, m.Capturable(), m.Obstacles)
		guest, err := h.InstantiateWithConfig(h.ctx, m.Code, c.WithStartFunctions())
		require.NoError(t, err)
		require.NoError(t, m.LayData(memory(guest, m)))
		_, err = guest.ExportedFunction("_start").Call(h.ctx)
		return err
	})
	require.Equal(t, wantText, gotText)
	require.Equal(t, wantCode, gotCode)
	require.NotZero(t, h.yields)
}
