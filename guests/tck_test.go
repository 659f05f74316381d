package guests_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/abi/tck"
	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front"
	"github.com/lull-dev/lull/host/outbound"
)

// TestSDKs_PassTheConformanceKit judges every SDK, and the host, over HTTP.
func TestSDKs_PassTheConformanceKit(t *testing.T) {
	if testing.Short() {
		t.Skip("the conformance kit takes half a minute; skipped with -short")
	}
	h, err := host.New(host.Config{Outbound: outbound.New(outbound.Config{})})
	require.NoError(t, err)
	functions, control := front.New(h, front.Config{}), fcapi.New(h, fcapi.Config{})
	serve := func(serve func(net.Listener) error) string {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		go serve(ln)
		return "http://" + ln.Addr().String()
	}
	url, api := serve(functions.Serve), serve(control.Serve)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, functions.Shutdown(ctx))
		require.NoError(t, control.Shutdown(ctx))
		require.NoError(t, h.Close(ctx))
	})
	for _, lang := range []string{"go", "c", "rust", "assemblyscript"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "tck.wasm")
			var log bytes.Buffer
			build(t, lang, filepath.Join(lang, "tck"), out, &log)
			code, err := os.ReadFile(out)
			require.NoError(t, err)
			hook := func(name string) fn.Hook { return fn.Hook{Handler: name} }
			name := "tck-" + lang
			_, err = h.Deploy(t.Context(), fn.Function{
				Name: name, Code: code,
				Initializer: hook(abi.Initializer), PreFreeze: hook(abi.PreFreeze), PreStop: hook(abi.PreStop),
			})
			require.NoError(t, err)
			tck.Run(t, tck.Target{URL: url + "/" + name + "/", API: api})
		})
	}
}
