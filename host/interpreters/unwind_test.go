package interpreters

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNameFunctions_ReplacesCustomSectionsByTheNamesAskedFor(t *testing.T) {
	header := "\x00asm\x01\x00\x00\x00"
	types, code := "\x01\x04\x01\x60\x00\x00", "\x0a\x02\x01\x00"
	module := header + "\x00\x05\x04name" + types + "\x00\x03\x02xy" + code
	require.Equal(t, header+types+code+"\x00\x21\x04name\x01\x1a\x02"+"\x03\x09unwinds.3"+"\xc8\x01\x0bunwinds.200",
		string(nameFunctions([]byte(module), []uint32{200, 3})))
}

func TestUnwind_RefusesAnotherModuleThanTheOneItsListIsFor(t *testing.T) {
	w := &Work{Out: t.TempDir(), packages: t.TempDir(), progress: func(string) {}}
	require.NoError(t, os.WriteFile(filepath.Join(w.packages, "other.wasm"), []byte("\x00asm\x01\x00\x00\x00"), 0o644))
	err := w.Unwind(t.Context(), ".", "other.wasm", "out.wasm", pythonWait)
	require.ErrorContains(t, err, "other.wasm has SHA-256 93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476")
	require.NoFileExists(t, filepath.Join(w.Out, "out.wasm"))
}
