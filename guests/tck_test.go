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
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/hosttest/goserver"
	"github.com/lull-dev/lull/host/outbound"
	"github.com/lull-dev/lull/host/source"
)

// TestSDKs_PassTheConformanceKit judges every SDK, and the host, over HTTP.
func TestSDKs_PassTheConformanceKit(t *testing.T) {
	if testing.Short() {
		t.Skip("the conformance kit takes half a minute; skipped with -short")
	}
	h, url, api := kitHost(t, host.Config{CompileTimeout: time.Hour, CacheDir: hosttest.CompileCache(t)})
	t.Run("go-http", func(t *testing.T) {
		_, err := h.Deploy(t.Context(), fn.Function{
			Name: "tck-go-http", Runtime: "custom", Code: goserver.Module(t),
			Initializer: fn.Hook{Handler: "on"}, PreFreeze: fn.Hook{Handler: "on"}, PreStop: fn.Hook{Handler: "on"},
		})
		require.NoError(t, err)
		tck.RunServer(t, tck.Target{URL: url + "/tck-go-http/", API: api})
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
			tck.Run(t, tck.Target{URL: url + "/" + name + "/", API: api, Lacks: lacks[lang]})
		})
	}
}

// lacks are the cases that README.md says the kit skips.
var lacks = map[string][]string{
	"go": {"result"}, "rust": {"result"},
	"interpreters": {"boot", "field", "loglevel", "pieces", "pointer", "report", "result", "trap", "zerolength"},
}

// TestInterpreters_PassTheConformanceKit judges the languages whose functions are source trees.
func TestInterpreters_PassTheConformanceKit(t *testing.T) {
	if testing.Short() {
		t.Skip("the conformance kit takes half a minute; skipped with -short")
	}
	for lang, c := range map[string]struct{ interpreter, runtime, initializer, preFreeze, preStop string }{
		"python": {"python", "python3.11", "index.initializer", "index.preFreeze", "index.preStop"},
		"php":    {"php", "php8.2", "index.initializer", "index.preFreeze", "index.preStop"},
		"nodejs": {"quickjs", "nodejs16", "index.initializer", "index.preFreeze", "index.preStop"},
		"ruby":   {"ruby", "ruby3.4", "index.initializer", "index.pre_freeze", "index.pre_stop"},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			h, url, api := kitHost(t, host.Config{
				Interpreters: hosttest.Interpreters(t, c.interpreter), CacheDir: hosttest.CompileCache(t), AllowPreFreeze: []string{"python", "php"},
			})
			code, err := source.Pack(filepath.Join(lang, "tck"), source.Limits{})
			require.NoError(t, err)
			_, err = h.Deploy(t.Context(), fn.Function{
				Name: "tck", Code: code, Runtime: c.runtime, Handler: "index.handler", Limits: fn.Limits{MemoryMiB: 512},
				Initializer: fn.Hook{Handler: c.initializer}, PreFreeze: fn.Hook{Handler: c.preFreeze}, PreStop: fn.Hook{Handler: c.preStop},
			})
			require.NoError(t, err)
			tck.Run(t, tck.Target{URL: url + "/tck/", API: api, Lacks: lacks["interpreters"]})
		})
	}
}

// kitHost is a host with its two servers, at the addresses that it returns.
func kitHost(t *testing.T, cfg host.Config) (h *host.Host, url, api string) {
	t.Helper()
	cfg.Outbound, cfg.StartTimeout = outbound.New(outbound.Config{}), time.Minute // interpreters load their libraries at deploy
	h, err := host.New(cfg)
	require.NoError(t, err)
	functions, control := front.New(h, front.Config{}), fcapi.New(h, fcapi.Config{})
	serve := func(serve func(net.Listener) error) string {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		go serve(ln)
		return "http://" + ln.Addr().String()
	}
	url, api = serve(functions.Serve), serve(control.Serve)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, functions.Shutdown(ctx))
		require.NoError(t, control.Shutdown(ctx))
		require.NoError(t, h.Close(ctx))
	})
	return h, url, api
}
