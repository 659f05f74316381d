package host_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
)

// imageFiles counts this process's images.
func imageFiles(t *testing.T) (n int) {
	t.Helper()
	links, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil && strings.Contains(to, "memfd:lull-image") {
			n++
		}
	}
	return n
}

func TestUpdate_LoadsCodeAgainOnlyIfItCanSeeWhatHasChanged(t *testing.T) {
	h := hosttest.New(t, host.Config{Interpreters: hosttest.Interpreters(t, "quickjs"), CacheDir: hosttest.CompileCache(t)})
	before := imageFiles(t)
	hosttest.Deploy(t, h, fn.Function{Name: f.Name, Runtime: "nodejs16", Handler: "index.handler", Code: treeOf(t, "index.js", `const loaded = String(process.hrtime.bigint()); exports.handler = async () => loaded; exports.preStop = async () => {};`)})
	loaded := func() string { return string(hosttest.Invoke(t, h, f.Name, "").Body) }
	update := func(change func(*fn.Function)) string {
		t.Helper()
		_, err := h.Update(t.Context(), f, "", func(f *fn.Function) error { change(f); return nil })
		require.NoError(t, err)
		return loaded()
	}
	first := loaded()
	require.NotEmpty(t, first)
	for name, change := range map[string]func(*fn.Function){
		"nothing":       func(*fn.Function) {},
		"hosts":         func(f *fn.Function) { f.AllowHosts = append(f.AllowHosts, "example.com") },
		"instances":     func(f *fn.Function) { f.Limits.MaxInstances++ },
		"a description": func(f *fn.Function) { f.Description += "x" },
	} {
		require.Equal(t, first, update(change), name)
	}
	until(t, "one image is left", func() bool { return imageFiles(t) <= before+1 })
	last := first
	for name, change := range map[string]func(*fn.Function){
		"the environment": func(f *fn.Function) { f.Env = map[string]string{"A": "1"} },
		"memory":          func(f *fn.Function) { f.Limits.MemoryMiB++ },
		"the timeout":     func(f *fn.Function) { f.Limits.Timeout *= 2 },
		"a hook":          func(f *fn.Function) { f.PreStop.Handler = "index.preStop" },
		"concurrency":     func(f *fn.Function) { f.Limits.Concurrency, f.Isolation = 7, fn.Shared },
		"the code": func(f *fn.Function) {
			f.Code = treeOf(t, "index.js", `const loaded = String(process.hrtime.bigint()); exports.handler = () => loaded; exports.preStop = () => {}`)
		},
	} {
		next := update(change)
		require.NotEqual(t, last, next, name)
		last = next
	}
	require.NoError(t, h.Delete(t.Context(), f, ""))
	until(t, "no image is left", func() bool { return imageFiles(t) <= before })
}
