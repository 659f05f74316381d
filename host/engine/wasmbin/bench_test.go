package wasmbin_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/lull-dev/lull/host/engine/wasmbin"
)

// BenchmarkTransform takes Go's own vet command, a module of 14 MB.
func BenchmarkTransform(b *testing.B) {
	code := build(b, "cmd/vet")
	b.SetBytes(int64(len(code)))
	b.ReportAllocs()
	for b.Loop() {
		m, err := wasmbin.Transform(code, wasmbin.Options{})
		require.NoError(b, err)
		require.NotEmpty(b, m.Data)
	}
}

// BenchmarkChecks compares modules with and without checks, turn by turn. The
// metric is the time with checks for each unit of time without, best of all
// turns each: on a busy machine the mean says little.
func BenchmarkChecks(b *testing.B) {
	small := module(types("i:i"), funcs(0, 0), memory1,
		section(7, vec(exportFunc("loop", 0), exportFunc("fib", 1))...),
		section(10, vec(sized(loop...), sized(fib...))...))
	for _, f := range []struct {
		export    string
		code      func() []byte
		arg, want uint64
	}{
		{"loop", func() []byte { return small }, 1_000_000, 0xf2dc5340},
		{"fib", func() []byte { return small }, 22, 17711},
		{"json", func() []byte { return build(b, "./testdata/json", "-buildmode=c-shared") }, 20, 1095},
	} {
		b.Run(f.export, func(b *testing.B) {
			code := f.code()
			h := newHost(b, allFeatures)
			h.refill = func() uint64 { return 10_000 }
			wasi_snapshot_preview1.MustInstantiate(h.ctx, h)
			var runs [2]api.Function
			best := [2]time.Duration{time.Hour, time.Hour}
			for i, noFuel := range []bool{true, false} {
				m, err := wasmbin.Transform(code, wasmbin.Options{NoFuel: noFuel})
				require.NoError(b, err)
				compiled, err := h.CompileModule(h.ctx, m.Code)
				require.NoError(b, err)
				guest, err := h.InstantiateModule(h.ctx, compiled, anonymous)
				require.NoError(b, err)
				require.NoError(b, m.LayData(memory(guest, m)))
				if init := guest.ExportedFunction("_initialize"); init != nil {
					_, err = init.Call(h.ctx)
					require.NoError(b, err)
				}
				runs[i] = guest.ExportedFunction(f.export)
			}
			for b.Loop() {
				for i, run := range runs {
					began := time.Now()
					got, err := run.Call(h.ctx, f.arg)
					best[i] = min(best[i], time.Since(began))
					require.NoError(b, err)
					require.Equal(b, f.want, got[0])
				}
			}
			b.ReportMetric(float64(best[1])/float64(best[0]), "on/off")
		})
	}
}

// loop adds the numbers of a linear congruential generator to words all over a
// page, and returns the last one.
var loop = []byte{
	1, 3, 0x7f, // $i, $s, $at
	0x03, 0x40,
	0x20, 2, 0x41, 0x8d, 0xcc, 0xe5, 0x00, 0x6c, 0x41, 0xdf, 0xe6, 0xbb, 0xe3, 0x03, 0x6a, 0x22, 2, // s = s*1664525 + 1013904223
	0x41, 0xfc, 0xff, 3, 0x71, 0x22, 3, // at = s & 0xfffc
	0x20, 3, 0x28, 2, 0, 0x20, 2, 0x6a, 0x36, 2, 0, // mem[at] += s
	0x20, 1, 0x41, 1, 0x6a, 0x22, 1, 0x20, 0, 0x49, 0x0d, 0,
	0x0b, 0x20, 2, 0x0b,
}

// fib computes Fibonacci numbers the slow way.
var fib = []byte{
	0,
	0x20, 0, 0x41, 2, 0x49, 0x04, 0x7f, 0x20, 0, 0x05,
	0x20, 0, 0x41, 1, 0x6b, 0x10, 1, 0x20, 0, 0x41, 2, 0x6b, 0x10, 1, 0x6a, 0x0b, 0x0b,
}
