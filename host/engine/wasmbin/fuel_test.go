package wasmbin_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/engine/wasmbin"
)

// Each of these runs forever, or for longer than anybody waits.
var endless = map[string][]byte{
	"a loop": module(types(":"), funcs(0), section(7, vec(exportFunc("run", 0))...),
		codes([]byte{0x03, 0x40, 0x0c, 0, 0x0b})),
	"a loop with a parameter": module(types(":", "i:"), funcs(0), section(7, vec(exportFunc("run", 0))...),
		codes([]byte{0x41, 1, 0x03, 1, 0x0c, 0, 0x0b})),
	"a loop behind a br_table": module(types(":"), funcs(0), section(7, vec(exportFunc("run", 0))...),
		codes([]byte{0x03, 0x40, 0x02, 0x40, 0x41, 5, 0x0e, 2, 0, 0, 1, 0x0b, 0x0b})),
	"a loop that an exception goes round": module(types(":"), funcs(0), section(13, 1, 0, 0),
		section(7, vec(exportFunc("run", 0))...),
		codes([]byte{0x03, 0x40, 0x1f, 0x40, 1, 2, 0, 0x08, 0, 0x0b, 0x0b})),
	"a loop in a block that catches all": module(types(":"), funcs(0), section(7, vec(exportFunc("run", 0))...),
		codes([]byte{0x03, 0x40, 0x1f, 0x40, 1, 2, 0, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b, 0x0b})),
	"tail recursion": module(types(":"), funcs(0), section(7, vec(exportFunc("run", 0))...),
		codes([]byte{0x12, 0})),
	"mutual tail recursion": module(types(":"), funcs(0, 0, 0), section(7, vec(exportFunc("run", 0))...),
		codes([]byte{0x12, 1}, []byte{0x12, 2}, []byte{0x12, 1})),
	"tail recursion through a table": module(types(":"), funcs(0), section(4, 1, 0x70, 0, 1),
		section(7, vec(exportFunc("run", 0))...), section(9, 1, 0, 0x41, 0, 0x0b, 1, 0),
		codes([]byte{0x41, 0, 0x13, 0, 0})),
	"tail recursion through a reference": module(types(":"), funcs(0), section(7, vec(exportFunc("run", 0))...),
		codes([]byte{0xd2, 0, 0x15, 0})),
	"recursion that doubles": module(types(":"), funcs(0), section(7, vec(exportFunc("run", 0))...),
		codes([]byte{0x10, 0, 0x10, 0})), // its stack overflows in time, but not at once
	"60 functions that call the next one twice": doubling(60, func(next int) []byte {
		return join([]byte{0x10}, uleb(next), []byte{0x10}, uleb(next))
	}),
	"a filling of all memory, 1,000 times in a row": module(types(":"), funcs(0), section(5, 1, 1, 64, 64),
		section(7, vec(exportFunc("run", 0))...),
		codes(repeat(1_000, 0x41, 0, 0x41, 0, 0x41, 0x80, 0x80, 0x80, 2, 0xfc, 11, 0))),
}

// doubling is a chain of functions; the last one returns.
func doubling(n int, body func(next int) []byte) []byte {
	bodies := make([][]byte, n)
	for i := range bodies[:n-1] {
		bodies[i] = body(i + 1)
	}
	return module(types(":"), funcs(make([]byte, n)...), section(7, vec(exportFunc("run", 0))...), codes(bodies...))
}

func TestTransform_LetsTheHostStop(t *testing.T) {
	for text, code := range endless {
		t.Run(text, func(t *testing.T) {
			h := newHost(t, allFeatures)
			h.stopAt = 500
			guest, _, err := h.start(code, "")
			require.NoError(t, err)
			_, err = guest.ExportedFunction("run").Call(h.ctx)
			require.ErrorIs(t, err, errYieldedEnough)
		})
	}

	t.Run("a start function", func(t *testing.T) {
		h := newHost(t, allFeatures)
		h.stopAt = 1000
		_, _, err := h.start(module(types(":"), funcs(0), section(8, 0), codes([]byte{0x03, 0x40, 0x0c, 0, 0x0b})), "")
		require.ErrorIs(t, err, errYieldedEnough)
	})
}

func TestTransform_ChecksLongPaths(t *testing.T) {
	work := repeat(500, 0x41, 0, 0x1a) // 1,500 bytes
	if1 := func(then, otherwise []byte) []byte {
		return join([]byte{0x41, 1, 0x04, 0x40}, then, []byte{0x05}, otherwise, []byte{0x0b})
	}
	for text, test := range map[string]struct {
		body        []byte
		checks, ran int
	}{
		"where it begins":     {work, 1, 1},
		"in a straight one":   {join(work, work, work, work), 3, 3},
		"in both arms":        {if1(work, work), 2, 1},
		"behind two arms":     {join(if1(work, work), work), 3, 2},
		"behind the long arm": {join(if1(nil, work), work), 2, 1},
		// Each block does its work, and leaves over the second half and the check in it.
		"however a branch goes round a check": {repeat(4, join(
			[]byte{0x02, 0x40}, work, []byte{0x41, 1, 0x0d, 0}, work, []byte{0x0b})...), 7, 4},
		"before a return": {join(if1(join(work, []byte{0x0f}), nil), work), 2, 1},
		"behind a br_table": {join([]byte{0x02, 0x40, 0x02, 0x40}, work, []byte{0x41, 0, 0x0e, 1, 0, 1, 0x0b}, work,
			[]byte{0x0b}, work), 3, 3},
		"among calls of the host": {repeat(100, 0x10, 0), 4, 4},
	} {
		t.Run(text, func(t *testing.T) {
			h := newHost(t, allFeatures)
			h.refill = func() uint64 { return 0 } // every check yields
			_, err := h.NewHostModuleBuilder("env").NewFunctionBuilder().WithFunc(func() {}).Export("f").Instantiate(h.ctx)
			require.NoError(t, err)
			guest, m, err := h.start(module(types(":"), section(2, vec(join(name("env"), name("f"), []byte{0, 0}))...),
				funcs(0), section(7, vec(exportFunc("run", 1))...), codes(test.body)), "")
			require.NoError(t, err)
			require.Equal(t, test.checks, m.Stats.Straight)
			call(t, h, guest, "run")
			require.Equal(t, test.ran, h.yields)
		})
	}
}

func TestTransform_ChargesBulkInstructionsByLength(t *testing.T) {
	fill := []byte{0x41, 0, 0x41, 0, 0x20, 0, 0xfc, 11, 0} // (n) fills n bytes
	h := newHost(t, allFeatures)
	guest, m, err := h.start(module(types("i:"), funcs(0), memory1, section(7, vec(exportFunc("run", 0))...), codes(fill)), "")
	require.NoError(t, err)
	require.Equal(t, 1, m.Stats.Bulk)
	fuel := guest.ExportedGlobal(m.Fuel).(interface{ Set(uint64) })
	for n, want := range map[uint64]uint64{0: 1000, 255: 1000, 256: 999, 65536: 1000 - 256} {
		fuel.Set(1000)
		call(t, h, guest, "run", n)
		require.EqualValues(t, want, guest.ExportedGlobal(m.Fuel).Get(), "%d bytes", n)
	}
}

func TestTransform_LeavesSmallFunctionsUnchecked(t *testing.T) {
	count := func(code []byte) int { return transform(t, code).Stats.Checked }
	small := []byte{0x41, 1, 0x1a}
	require.Zero(t, count(module(types(":"), funcs(0, 0, 0), codes([]byte{0x10, 1, 0x10, 2}, small, small))))
	require.Equal(t, 1, count(module(types(":"), funcs(0, 0), codes([]byte{0x10, 1}, []byte{0x10, 0}))),
		"one checked function is enough for a cycle of two")
	require.Equal(t, 1, count(module(types(":"), funcs(0), codes(repeat(200, 0x41, 1, 0x1a)))))
}

func TestTransform_ChecksRecursionWhereItGoesDeeper(t *testing.T) {
	code := module(types("i:i"), funcs(0), section(7, vec(exportFunc("fib", 0))...),
		section(10, vec(sized(bytes.ReplaceAll(fib, []byte{0x10, 1}, []byte{0x10, 0})...))...))
	h := newHost(t, allFeatures)
	h.refill = func() uint64 { return 0 } // every check yields
	guest, _, err := h.start(code, "")
	require.NoError(t, err)
	require.EqualValues(t, 1, call(t, h, guest, "fib", 1)[0])
	require.Zero(t, h.yields, "the end of the recursion needs none")
	require.EqualValues(t, 5, call(t, h, guest, "fib", 5)[0])
	require.Equal(t, 7, h.yields, "one for each call that makes calls")
}

func TestTransform_KeepsTheGuestFromItsFuel(t *testing.T) {
	g := section(6, 1, 0x7f, 1, 0x41, 0, 0x0b)
	for text, code := range map[string][]byte{
		"an instruction sets it":             module(types(":"), funcs(0), g, codes([]byte{0x41, 0, 0x24, 1})),
		"an export names it":                 module(g, section(7, vec(join(name("x"), []byte{3, 1}))...)),
		"a local of the checks is read":      module(types(":"), funcs(0), codes([]byte{0x20, 0, 0x1a})),
		"a local of the checks is set":       module(types("i:"), funcs(0), codes([]byte{0x20, 0, 0x22, 1, 0x1a})),
		"a block has its type":               module(types(":"), funcs(0), codes([]byte{0x02, 1, 0x0b})),
		"a call goes past the last function": module(types(":"), funcs(0), codes([]byte{0x10, 1})),
	} {
		t.Run(text, func(t *testing.T) {
			_, err := wasmbin.Transform(code, wasmbin.Options{})
			var e *wasmbin.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, wasmbin.Malformed, e.Kind)
		})
	}
}
