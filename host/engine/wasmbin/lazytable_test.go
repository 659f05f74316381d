package wasmbin_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/engine/wasmbin"
)

// tableModule has a table of size entries. Entry i, but for every seventh, holds a function that returns i; entry 3 holds one of another
// type. "call" calls an entry.
func tableModule(size int, extra ...[]byte) []byte {
	var bodies, segments [][]byte
	kinds := make([]byte, 0, size+1)
	add := func(body []byte, kind byte) {
		bodies, kinds = append(bodies, sized(join([]byte{0}, body, []byte{0x0b})...)), append(kinds, kind)
	}
	add([]byte{0x20, 0, 0x11, 0, 0}, 1)
	for i := range size {
		if i%7 == 6 {
			continue
		}
		kind := byte(0)
		if i == 3 {
			kind = 2
		}
		body := join([]byte{0x41}, sleb(i))
		if kind == 2 {
			body = join([]byte{0x20, 0}, []byte{0x1a}, body)
		}
		segments = append(segments, join([]byte{0, 0x41}, sleb(i), []byte{0x0b, 1}, uleb(len(bodies))))
		add(body, kind)
	}
	return module(join([][]byte{types(":i", "i:i", "i:i"), section(3, vecBytes(kinds)...), section(4, join([]byte{1, 0x70, 0}, uleb(size))...), memory1,
		section(7, vec(append([][]byte{exportFunc("call", 0)}, extra...)...)...), section(9, vec(segments...)...), section(10, vec(bodies...)...)}...))
}

func vecBytes(b []byte) []byte { return sized(b...) }

func sleb(n int) (b []byte) {
	for {
		c := byte(n & 0x7f)
		if n >>= 7; n == 0 && c < 0x40 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

func TestTransform_FillsTablesWhenTheyAreCalled(t *testing.T) {
	for _, size := range []int{1, 63, 64, 65, 4095, 4097, 5000} {
		code := tableModule(size)
		h := newHost(t, allFeatures)
		h.options.LazyTables = 1
		guest, m, err := h.start(code, "")
		require.NoError(t, err)
		require.Equal(t, size, m.Stats.Lazy)
		require.True(t, m.Capturable())
		for range 2 { // filled, and found filled
			for _, i := range append(rand.Perm(size)[:min(size, 300)], 0, size-1, min(3, size-1)) {
				got, err := guest.ExportedFunction("call").Call(h.ctx, uint64(i))
				switch {
				case i == 3:
					require.ErrorContains(t, err, "indirect call type mismatch")
				case i%7 == 6:
					require.ErrorContains(t, err, "invalid table access", "entry %d is null", i)
				default:
					require.NoError(t, err)
					require.EqualValues(t, i, got[0])
				}
			}
		}
		for _, outside := range []uint64{uint64(size), 1 << 31, 0xffffffff} {
			_, err := guest.ExportedFunction("call").Call(h.ctx, outside)
			require.ErrorContains(t, err, "invalid table access")
		}
	}
}

func TestTransform_LeavesTablesThatOthersSeeAlone(t *testing.T) {
	lazy := func(code []byte) int {
		m, err := wasmbin.Transform(code, wasmbin.Options{LazyTables: 4})
		require.NoError(t, err)
		return m.Stats.Lazy
	}
	require.Equal(t, 200, lazy(tableModule(200)))
	require.Zero(t, lazy(tableModule(3)), "small ones")
	exported := tableModule(200, join(name("table"), []byte{1, 0}))
	require.Zero(t, lazy(exported), "exported ones")
	m, err := wasmbin.Transform(exported, wasmbin.Options{LazyTables: 4, Alone: true})
	require.NoError(t, err)
	require.Equal(t, 200, m.Stats.Lazy, "unless there is nobody to import them")

	// One function, a table of 4, one segment, and a body.
	of := func(segment []byte, body ...byte) []byte {
		return module(types(":"), funcs(0), section(4, 1, 0x70, 0, 4), section(9, vec(segment)...), codes(body))
	}
	fits := []byte{0, 0x41, 1, 0x0b, 1, 0}
	require.Equal(t, 4, lazy(of(fits, 0x41, 1, 0x11, 0, 0)))
	require.Zero(t, lazy(of(fits, 0x41, 1, 0x25, 0, 0x1a)), "read by table.get")
	require.Zero(t, lazy(of(fits, 0x41, 1, 0xd0, 0x70, 0x26, 0)), "written by table.set")
	require.Zero(t, lazy(of([]byte{0, 0x41, 4, 0x0b, 1, 0})), "filled past its end, which traps at the start")
	require.Zero(t, lazy(of([]byte{4, 0x41, 0, 0x0b, 1, 0xd2, 0, 0x0b})), "filled by expressions")
	m, err = wasmbin.Transform(tableModule(200), wasmbin.Options{LazyTables: -1})
	require.NoError(t, err)
	require.Zero(t, m.Stats.Lazy, "switched off")
}
