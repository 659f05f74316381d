package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/engine/wasmbin"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/source"
)

// nodeHandler answers JSON with JSON.
const nodeHandler = `
let calls = 0;
exports.handler = (event, context, callback) => {
  const {name} = JSON.parse(event);
  callback(null, JSON.stringify({hello: name, calls: ++calls, request: context.requestId}));
};
`

// nodeProgram deploys a handler's source in an engine.
func nodeProgram(b *testing.B, code string) *engine.Program {
	b.Helper()
	e, err := engine.New(engine.Config{Interpreters: hosttest.Interpreters(b, "quickjs"), CacheDir: hosttest.CompileCache(b)})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, e.Close()) })
	dir := b.TempDir()
	require.NoError(b, os.WriteFile(filepath.Join(dir, "index.js"), []byte(code), 0o666))
	pkg, err := source.Pack(dir, source.Limits{})
	require.NoError(b, err)
	f := fn.Function{Name: "f", Runtime: "nodejs16", Handler: "index.handler", Code: pkg}.WithDefaults()
	p, err := e.CompileSource(b.Context(), &f, "quickjs")
	require.NoError(b, err)
	b.Cleanup(p.Close)
	return p
}

var nodeEvent = []byte(`{"name": "Ada"}`)

func nodeCall(b *testing.B, g instance.Guest) {
	now := time.Now()
	c := instance.Call{
		Phase: abi.PhaseHandler, Start: now, Deadline: now.Add(time.Minute), Request: &fn.Request{Body: nodeEvent}, Response: new(fn.Response),
	}
	if fault := g.Call(&c); fault != nil || len(c.Response.Body) == 0 {
		b.Fatal(fault, c.Response.Body)
	}
}

// BenchmarkNodeJSStart is the time from nothing to the first answer: from the image, by the reset of a slot, and of the real node with the same handler, as medians of
// rounds that took turns. "node/image" is how many times faster the image is.
func BenchmarkNodeJSStart(b *testing.B) {
	p := nodeProgram(b, nodeHandler)
	times := map[string][]float64{}
	start := func() instance.Guest {
		began := time.Now()
		g, fault := p.Start("c-bench", quiet{})
		if fault != nil {
			b.Fatal(fault)
		}
		nodeCall(b, g)
		times[string(g.StartedBy())] = append(times[string(g.StartedBy())], us(time.Since(began)))
		return g
	}
	node, err := exec.LookPath("node")
	if err != nil {
		b.Log("no node to compare with: ", err)
	}
	dir := b.TempDir()
	script := nodeHandler + fmt.Sprintf("exports.handler(Buffer.from('%s'), {requestId: 'r'}, (error, answer) => console.log(answer));", nodeEvent)
	require.NoError(b, os.WriteFile(filepath.Join(dir, "index.js"), []byte(script), 0o666))
	var held []instance.Guest
	for i := range samples {
		first := start() // by reset, but for the first time
		second := start()
		first.Close()
		held = append(held, second)
		if node == "" || i%20 != 0 {
			continue
		}
		began := time.Now()
		out, err := exec.Command(node, filepath.Join(dir, "index.js")).Output()
		require.NoError(b, err)
		require.True(b, bytes.Contains(out, []byte("Ada")))
		times["node"] = append(times["node"], us(time.Since(began)))
	}
	for _, g := range held {
		g.Close()
	}
	for origin, t := range times {
		b.ReportMetric(median(t), origin+"-median-us")
	}
	if node != "" {
		b.ReportMetric(median(times["node"])/median(times["image"]), "node/image")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkNodeJSWarm is a warm event, small JSON both ways, and an async one.
func BenchmarkNodeJSWarm(b *testing.B) {
	for name, code := range map[string]string{
		"callback": nodeHandler,
		"async":    "exports.handler = async event => { const {name} = JSON.parse(event); await null; return {hello: name}; };",
	} {
		b.Run(name, func(b *testing.B) {
			g, fault := nodeProgram(b, code).Start("c-bench", quiet{})
			require.Nil(b, fault)
			defer g.Close()
			var times []float64
			for b.Loop() {
				began := time.Now()
				nodeCall(b, g)
				times = append(times, us(time.Since(began)))
			}
			b.ReportMetric(median(times), "median-us")
		})
	}
}

// BenchmarkNodeJSMemory is what a paused instance has of its own after one event, and after 100,000, in KiB: private pages of its linear memory, and the memory's size.
func BenchmarkNodeJSMemory(b *testing.B) {
	g, fault := nodeProgram(b, nodeHandler).Start("c-bench", quiet{})
	require.Nil(b, fault)
	defer g.Close()
	report := func(when string) {
		_, private := g.Resident()
		b.ReportMetric(float64(private)/1024, when+"-private-KiB")
		b.ReportMetric(float64(g.Memory())/1024, when+"-linear-KiB")
	}
	nodeCall(b, g)
	report("1")
	for range 1000 {
		nodeCall(b, g)
	}
	before := g.Memory()
	for range 100_000 {
		nodeCall(b, g)
	}
	report("100000")
	b.ReportMetric(float64(g.Memory()-before)/1024, "grown-KiB")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkNodeJSChecks is what the fuel checks cost code of the user's: the same scripts in QuickJS with and without them, rounds in turn, best of each. The
// rounds are many, because a machine that does something else leaves few undisturbed.
func BenchmarkNodeJSChecks(b *testing.B) {
	store := hosttest.Interpreters(b, "quickjs")
	dir, err := store.Find("quickjs")
	require.NoError(b, err)
	code, err := os.ReadFile(filepath.Join(dir, "quickjs.wasm"))
	require.NoError(b, err)
	with, without := rawQuickJS(b, code, false), rawQuickJS(b, code, true)
	for name, script := range map[string]string{
		"fib":     "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) } fib(24)",
		"loop":    "var s = 0; for (var i = 0; i < 1e6; i++) s = (s + i * 3) % 1000003",
		"strings": "var s = ''; for (var i = 0; i < 2e5; i++) { s += i; if (s.length > 1000) s = s.slice(500) }",
		"objects": "var a = []; for (var i = 0; i < 1e5; i++) a.push({i, s: String(i)}); a.sort((x, y) => x.s < y.s ? -1 : 1).length",
	} {
		b.Run(name, func(b *testing.B) {
			best := [2]time.Duration{time.Hour, time.Hour}
			for range 24 {
				for i, eval := range []func(string) time.Duration{with, without} {
					best[i] = min(best[i], eval(script))
				}
			}
			b.ReportMetric(us(best[0]), "with-us")
			b.ReportMetric(us(best[1]), "without-us")
			b.ReportMetric(float64(best[0])/float64(best[1]), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// rawQuickJS is the interpreter alone, in wazero: what it returns runs a script and says how long that took.
func rawQuickJS(b *testing.B, code []byte, noFuel bool) func(string) time.Duration {
	ctx := context.Background()
	m, err := wasmbin.Transform(code, wasmbin.Options{NoFuel: noFuel})
	require.NoError(b, err)
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2|experimental.CoreFeaturesTailCall))
	b.Cleanup(func() { rt.Close(ctx) })
	_, err = wasi_snapshot_preview1.Instantiate(ctx, rt)
	require.NoError(b, err)
	var fuel api.MutableGlobal
	_, err = rt.NewHostModuleBuilder(wasmbin.ImportModule).NewFunctionBuilder().WithFunc(func() { fuel.Set(1 << 20) }).Export(wasmbin.ImportYield).Instantiate(ctx)
	require.NoError(b, err)
	env := rt.NewHostModuleBuilder("env")
	compiled, err := rt.CompileModule(ctx, m.Code)
	require.NoError(b, err)
	for _, f := range compiled.ImportedFunctions() {
		if module, name, _ := f.Import(); module == "env" {
			env.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) { stack[0] = 0 }), f.ParamTypes(), f.ResultTypes()).Export(name)
		}
	}
	_, err = env.Instantiate(ctx)
	require.NoError(b, err)
	mod, err := rt.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions().WithSysWalltime().WithSysNanotime())
	require.NoError(b, err)
	if !noFuel {
		fuel = mod.ExportedGlobal(m.Fuel).(api.MutableGlobal)
	}
	memory, _ := mod.Memory().Read(0, mod.Memory().Size())
	require.NoError(b, m.LayData(memory))
	call := func(name string, params ...uint64) uint64 {
		results, err := mod.ExportedFunction(name).Call(ctx, params...)
		require.NoError(b, err)
		if len(results) == 0 {
			return 0
		}
		return results[0]
	}
	for _, start := range []string{m.Start, abi.Initialize, "qjs_init"} {
		if start != "" {
			call(start)
		}
	}
	return func(script string) time.Duration {
		at := call("wasm_malloc", uint64(len(script)+1))
		mod.Memory().WriteString(uint32(at), script+"\x00")
		began := time.Now()
		value := call("qjs_eval", at, uint64(len(script)), at, 0)
		took := time.Since(began)
		require.Zero(b, call("qjs_is_exception", value))
		call("qjs_free_value", value)
		call("wasm_free", at)
		call("qjs_run_gc")
		return took
	}
}
