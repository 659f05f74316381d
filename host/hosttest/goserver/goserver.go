// Package goserver builds the conformance kit's guest of kind server, which is Go's net/http, for tests.
package goserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var build = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "lull-goserver-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "server.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out, "github.com/lull-dev/lull/guests/gohttp/tck")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if text, err := cmd.CombinedOutput(); err != nil {
		os.Stderr.Write(text)
		return nil, err
	}
	return os.ReadFile(out)
})

// Module is the guest, built from guests/gohttp/tck once per test binary.
func Module(t testing.TB) []byte {
	t.Helper()
	code, err := build()
	require.NoError(t, err)
	return code
}

// CompileCache is the folder of hosttest.CompileCache, for the tests in package engine, which hosttest needs.
func CompileCache(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	return filepath.Join(cache, "lull", "compiled-by-tests")
}
