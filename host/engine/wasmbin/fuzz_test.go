package wasmbin_test

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"github.com/lull-dev/lull/host/engine/wasmbin"
)

// FuzzTransform gives random bytes to Transform. It must not panic, and what
// it lets pass must be as valid, and do the same, as before.
func FuzzTransform(f *testing.F) {
	for _, code := range endless {
		f.Add(code)
	}
	f.Add(module(types("i:i"), funcs(0), memory1, section(7, vec(exportFunc("run", 0))...),
		codes([]byte{0x20, 0, 0x2d, 0, 0}), section(11, vec(data(3, "abc"))...)))
	f.Add(module(types(":", "i:i"), section(2, vec(join(name("env"), name("f"), []byte{0, 0}))...), funcs(0, 1),
		section(4, 1, 0x70, 0, 3), memory1, section(13, 1, 0, 0), section(6, 1, 0x7f, 1, 0x41, 5, 0x0b),
		section(8, 1), section(9, vec([]byte{0, 0x41, 0, 0x0b, 1, 1})...), section(12, 1),
		codes([]byte{0x41, 7, 0x24, 0}, []byte{0x20, 0, 0xfc, 8, 0, 0}), section(11, vec([]byte{1, 1, 'x'})...)))
	f.Fuzz(func(t *testing.T, code []byte) {
		if len(code) <= 4096 {
			requireSame(t, code)
		}
	})
}

// FuzzBody gives random instructions to it, in a module that has one of each.
func FuzzBody(f *testing.F) {
	for _, body := range [][]byte{
		{0x03, 0x40, 0x20, 0, 0x0d, 0, 0x0b},
		{0x41, 0, 0x02, 1, 0x03, 1, 0x0b, 0x0b, 0x1a},
		{0x41, 1, 0x04, 0x40, 0x10, 0, 0x05, 0x12, 1, 0x0b},
		{0x41, 0, 0x11, 0, 0, 0x41, 1, 0x13, 0, 0},
		{0xd2, 0, 0x14, 0, 0xd0, 0x70, 0xd1, 0x1a},
		{0x1f, 0x40, 1, 2, 0, 0x08, 0, 0x0b},
		{0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 8, 1, 0, 0x41, 0, 0x41, 1, 0x41, 2, 0xfc, 10, 0, 0},
		{0x41, 0, 0xfd, 0, 0, 0, 0xfd, 0x80, 1, 0x1a},
		{0x41, 0, 0x41, 1, 0xfe, 0x1e, 2, 0, 0x24, 0},
		{0x41, 1, 0x0e, 1, 0, 0},
		{0x20, 0, 0x41, 2, 0x1c, 1, 0x7f, 0x43, 0, 0, 0, 0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x42, 0x7f},
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 1024 {
			return
		}
		body = join([]byte{1, 2, 0x7f}, body, []byte{0x0b}) // two locals
		requireSame(t, module(types(":", "i:i", ":i", "iii:ii"), funcs(0, 0, 1), section(4, 1, 0x70, 0, 3),
			section(5, 1, 1, 1, 2), section(13, 1, 0, 0), section(6, 1, 0x7f, 1, 0x41, 5, 0x0b),
			section(7, vec(exportFunc("run", 0))...), section(9, vec([]byte{0, 0x41, 0, 0x0b, 2, 0, 1})...),
			section(12, 2), section(10, vec(sized(body...), sized(0, 0x0b), sized(0, 0x20, 0, 0x0b))...),
			section(11, vec(data(3, "abc"), []byte{1, 1, 'x'})...)))
	})
}

// requireSame transforms a module, and requires it to stay as valid as it was,
// and to do the same.
func requireSame(t *testing.T, code []byte) {
	m, err := wasmbin.Transform(code, wasmbin.Options{LazyTables: 1, Limits: wasmbin.Limits{Branches: 200, TableEntries: 1000}})
	if err != nil {
		var e *wasmbin.Error
		require.ErrorAs(t, err, &e)
		return
	}
	code = withoutCustom(code) // wazero takes counts in it for granted
	h := newHost(t, allFeatures)
	before, err := h.CompileModule(h.ctx, code)
	after, errAfter := h.CompileModule(h.ctx, m.Code)
	require.Equal(t, err == nil, errAfter == nil, "before: %v, after: %v", err, errAfter)
	if err == nil && len(m.Imports) == 0 && m.Capturable() { // no table.grow, whose limit is another now
		compare(t, h, before, after, m)
	}
}

// compare runs the functions without parameters in the module as it was and
// as it is, and compares what they return and what is in memory then.
func compare(t *testing.T, h *host, before, after wazero.CompiledModule, m *wasmbin.Module) {
	if m.Memory != nil && m.Memory.Min > 16 || m.Start != "" || len(m.Data) > 0 && hasSection(m.Code, 11) {
		return // the last: wazero lets memory.init read active segments, which are dropped by then
	}
	old, err := h.InstantiateModule(h.ctx, before, anonymous)
	now, errNow := h.InstantiateModule(h.ctx, after, anonymous)
	if errNow == nil {
		errNow = m.LayData(memory(now, m))
	}
	require.Equal(t, err == nil, errNow == nil, "before: %v, after: %v", err, errNow)
	if err != nil {
		return
	}
	h.stopAt = math.MaxInt
	for _, e := range m.Exports {
		if e.Kind != wasmbin.Func || len(now.ExportedFunction(e.Name).Definition().ParamTypes()) > 0 {
			continue
		}
		h.yields, h.stopAt = 0, 1000
		got, errNow := now.ExportedFunction(e.Name).Call(h.ctx)
		if errors.Is(errNow, errYieldedEnough) {
			return
		}
		want, err := old.ExportedFunction(e.Name).Call(h.ctx)
		require.Equal(t, err == nil, errNow == nil, "%s: before: %v, after: %v", e.Name, err, errNow)
		require.Equal(t, want, got, e.Name)
		if err != nil { // a stack overflow does not come at the same depth
			return
		}
		require.Equal(t, memory(old, m), memory(now, m))
	}
}

func hasSection(code []byte, want byte) bool {
	c := checker{b: code[8:]}
	for len(c.b) > 0 {
		if id := c.skip(1)[0]; id == want {
			return true
		}
		c.skip(c.u())
	}
	return false
}

// withoutCustom drops the custom sections of a module that Transform let pass.
func withoutCustom(code []byte) []byte {
	out := append([]byte(nil), code[:8]...)
	c := checker{b: code[8:]}
	for len(c.b) > 0 {
		id := c.skip(1)[0]
		if contents := c.skip(c.u()); id != 0 {
			out = append(out, section(id, contents...)...)
		}
	}
	return out
}
