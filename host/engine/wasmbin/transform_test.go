package wasmbin_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/host/engine/wasmbin"
)

func transform(t testing.TB, code []byte) *wasmbin.Module {
	t.Helper()
	m, err := wasmbin.Transform(code, wasmbin.Options{})
	require.NoError(t, err)
	return m
}

func call(t testing.TB, h *host, guest api.Module, export string, args ...uint64) []uint64 {
	t.Helper()
	got, err := guest.ExportedFunction(export).Call(h.ctx, args...)
	require.NoError(t, err)
	return got
}

func TestTransform_TakesActiveDataOut(t *testing.T) {
	readByte := codes([]byte{0x20, 0, 0x2d, 0, 0}) // (i32) -> (i32)
	read := section(7, vec(exportFunc("read", 0))...)

	t.Run("and leaves no data section", func(t *testing.T) {
		code := module(types("i:i"), funcs(0), memory1, read, section(12, 2), readByte,
			section(11, vec(data(3, "abc"), data(4, "XY"))...))
		m := transform(t, code)
		require.Equal(t, []uint32{3, 4}, []uint32{m.Data[0].Offset, m.Data[1].Offset})
		require.NotContains(t, string(m.Code), "abc")

		mem := make([]byte, wasmbin.PageSize)
		require.NoError(t, m.LayData(mem))
		require.Equal(t, "aXY\x00", string(mem[3:7]), "a later segment goes over an earlier one")
		h := newHost(t, allFeatures)
		guest, _, err := h.start(code, "")
		require.NoError(t, err)
		require.EqualValues(t, 'X', call(t, h, guest, "read", 4)[0])
	})

	t.Run("and keeps the indices of passive segments", func(t *testing.T) {
		// memory.init of passive segment 1 to address 8, then of dropped segment 0.
		code := module(types("i:i", ":"), funcs(0, 1, 1), memory1,
			section(7, vec(exportFunc("read", 0), exportFunc("init", 1), exportFunc("again", 2))...), section(12, 2),
			codes([]byte{0x20, 0, 0x2d, 0, 0},
				[]byte{0x41, 8, 0x41, 0, 0x41, 3, 0xfc, 8, 1, 0},
				[]byte{0x41, 8, 0x41, 0, 0x41, 1, 0xfc, 8, 0, 0}),
			section(11, vec(data(3, "abc"), join([]byte{1}, name("def")))...))
		h := newHost(t, allFeatures)
		guest, m, err := h.start(code, "")
		require.NoError(t, err)
		require.Len(t, m.Data, 1)
		require.True(t, m.Capturable())
		call(t, h, guest, "init")
		require.EqualValues(t, 'e', call(t, h, guest, "read", 9)[0])
		_, err = guest.ExportedFunction("again").Call(h.ctx)
		require.ErrorContains(t, err, "out of bounds", "an active segment is dropped once it is laid")
	})

	t.Run("with offsets that are computed", func(t *testing.T) {
		offset := []byte{0, 0x41, 7, 0x41, 2, 0x6b, 0x41, 3, 0x6c, 0x0b} // (7 - 2) * 3
		m := transform(t, module(memory1, section(11, vec(join(offset, name("x")))...)))
		require.EqualValues(t, 15, m.Data[0].Offset)
	})

	t.Run("unless an offset is the host's to give", func(t *testing.T) {
		base := section(2, vec(join(name("env"), name("base"), []byte{3, 0x7f, 0}))...)
		segments := vec(data(1, "abc"), join([]byte{0, 0x23, 0, 0x0b}, name("def")))
		m := transform(t, module(base, memory1, section(11, segments...)))
		require.Nil(t, m.Data)
		require.Contains(t, string(m.Code), "abc")
		require.Equal(t, wasmbin.DataOffset, m.Obstacles[0].Kind)
	})

	t.Run("and reports what does not fit when it is laid", func(t *testing.T) {
		m := transform(t, module(memory1, section(11, vec(data(0, "ok"), data(63, "no"))...)))
		mem := make([]byte, 64)
		err := m.LayData(mem)
		var e *wasmbin.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, wasmbin.OutOfBounds, e.Kind)
		require.Equal(t, "ok", string(mem[:2]))
	})
}

func TestTransform_TakesTheStartFunctionOut(t *testing.T) {
	code := module(types(":", ":i"), funcs(0, 1), section(6, 1, 0x7f, 1, 0x41, 5, 0x0b),
		section(7, vec(exportFunc("get", 1))...), section(8, 0),
		codes([]byte{0x41, 7, 0x24, 0}, []byte{0x23, 0}))
	m := transform(t, code)
	require.Equal(t, wasmbin.StartExport, m.Start)

	h := newHost(t, allFeatures)
	guest, err := h.Instantiate(h.ctx, m.Code)
	require.NoError(t, err)
	require.EqualValues(t, 5, call(t, h, guest, "get")[0], "it has not run")
	call(t, h, guest, m.Start)
	require.EqualValues(t, 7, call(t, h, guest, "get")[0])
}

func TestTransform_ExportsMutableGlobals(t *testing.T) {
	v128 := join([]byte{0x7b, 1, 0xfd, 12}, make([]byte, 16), []byte{0x0b})
	code := module(section(6, vec(
		[]byte{0x7f, 0, 0x41, 1, 0x0b}, // immutable
		[]byte{0x7e, 1, 0x42, 2, 0x0b},
		v128,
		[]byte{0x70, 1, 0xd0, 0x70, 0x0b},
		join([]byte{0x7c, 1, 0x44}, make([]byte, 8), []byte{0x0b}),
	)...))
	m := transform(t, code)
	require.Equal(t, []wasmbin.Global{
		{Index: 1, Type: wasmbin.I64, Export: "__lull_g1"},
		{Index: 2, Type: wasmbin.V128},
		{Index: 3, Type: wasmbin.FuncRef},
		{Index: 4, Type: wasmbin.F64, Export: "__lull_g4"},
	}, m.Globals)
	require.ElementsMatch(t, []wasmbin.ObstacleKind{wasmbin.WideGlobal, wasmbin.RefGlobal}, obstacles(m))

	h := newHost(t, allFeatures)
	guest, err := h.Instantiate(h.ctx, m.Code)
	require.NoError(t, err)
	require.EqualValues(t, 2, guest.ExportedGlobal("__lull_g1").Get())
}

func TestTransform_DescribesTheModule(t *testing.T) {
	code := module(types("iI:f", ":"),
		section(2, vec(
			join(name("env"), name("f"), []byte{0, 0}),
			join(name("env"), name("t"), []byte{1, 0x70, 1, 1, 9}),
			join(name("env"), name("m"), []byte{2, 1, 1, 2}),
			join(name("env"), name("g"), []byte{3, 0x7e, 1}),
			join(name("env"), name("x"), []byte{4, 0, 1}))...),
		section(7, vec(exportFunc("f", 0), join(name("m"), []byte{2, 0}))...))
	m := transform(t, code)
	require.Equal(t, []wasmbin.Import{
		{Module: "env", Name: "f", Kind: wasmbin.Func, Type: "(i32, i64) -> (f32)"},
		{Module: "env", Name: "t", Kind: wasmbin.Table, Type: "funcref 1..9"},
		{Module: "env", Name: "m", Kind: wasmbin.Mem, Type: "1..2"},
		{Module: "env", Name: "g", Kind: wasmbin.GlobalVar, Type: "mut i64"},
		{Module: "env", Name: "x", Kind: wasmbin.Tag, Type: "()"},
	}, m.Imports)
	require.Equal(t, []wasmbin.Export{
		{Name: "f", Kind: wasmbin.Func, Type: "(i32, i64) -> (f32)"},
		{Name: "m", Kind: wasmbin.Mem},
	}, m.Exports)
	require.Equal(t, &wasmbin.Memory{Min: 1, Max: 2, HasMax: true, Imported: true}, m.Memory)
	require.ElementsMatch(t, []wasmbin.ObstacleKind{wasmbin.ImportedMemory, wasmbin.ImportedGlobal}, obstacles(m))
}

func obstacles(m *wasmbin.Module) (kinds []wasmbin.ObstacleKind) {
	for _, o := range m.Obstacles {
		kinds = append(kinds, o.Kind)
	}
	return kinds
}

func TestTransform_ReportsWhatAnImageMisses(t *testing.T) {
	three := []byte{0x41, 0, 0x41, 0, 0x41, 0}
	for text, test := range map[string]struct {
		body []byte
		want []wasmbin.ObstacleKind
	}{
		"table.set":   {[]byte{0x41, 0, 0xd0, 0x70, 0x26, 0}, []wasmbin.ObstacleKind{wasmbin.TableChange}},
		"table.grow":  {[]byte{0xd0, 0x70, 0x41, 1, 0xfc, 15, 0, 0x1a}, []wasmbin.ObstacleKind{wasmbin.TableChange}},
		"table.fill":  {[]byte{0x41, 0, 0xd0, 0x70, 0x41, 0, 0xfc, 17, 0}, []wasmbin.ObstacleKind{wasmbin.TableChange}},
		"table.copy":  {join(three, []byte{0xfc, 14, 0, 0}), []wasmbin.ObstacleKind{wasmbin.TableChange}},
		"table.init":  {join(three, []byte{0xfc, 12, 0, 0}), []wasmbin.ObstacleKind{wasmbin.TableChange}},
		"elem.drop":   {[]byte{0xfc, 13, 0}, []wasmbin.ObstacleKind{wasmbin.SegmentDrop}},
		"data.drop":   {[]byte{0xfc, 9, 0}, []wasmbin.ObstacleKind{wasmbin.SegmentDrop}},
		"memory.init": {join(three, []byte{0xfc, 8, 0, 0}), nil},
		"table.get":   {[]byte{0x41, 0, 0x25, 0, 0x1a}, nil},
		"table.size":  {[]byte{0xfc, 16, 0, 0x1a}, nil},
		"memory.copy": {join(three, []byte{0xfc, 10, 0, 0}), nil},
	} {
		t.Run(text, func(t *testing.T) {
			code := module(types(":"), funcs(0), section(4, 1, 0x70, 0, 1), memory1,
				section(7, vec(exportFunc("run", 0))...), section(9, vec([]byte{1, 0, 1, 0})...),
				section(12, 1), codes(test.body), section(11, vec([]byte{1, 0})...))
			h := newHost(t, allFeatures)
			guest, m, err := h.start(code, "")
			require.NoError(t, err)
			require.Equal(t, test.want, obstacles(m))
			require.Equal(t, test.want == nil, m.Capturable())
			call(t, h, guest, "run")
		})
	}

	t.Run("shared memory", func(t *testing.T) {
		m := transform(t, module(section(5, 1, 3, 1, 2)))
		require.Equal(t, []wasmbin.ObstacleKind{wasmbin.SharedMemory}, obstacles(m))
	})
}

func TestTransform_BoundsTables(t *testing.T) {
	grow := []byte{0xd0, 0x70, 0x20, 0, 0xfc, 15, 0} // (n) grows table 0 by n
	h := newHost(t, allFeatures)
	guest, _, err := h.start(module(types("i:i"), funcs(0), section(4, 2, 0x70, 0, 1, 0x6f, 0, 1),
		section(7, vec(exportFunc("grow", 0))...), codes(grow)), "")
	require.NoError(t, err)
	const each = 1 << 19 // two tables share the default
	refused := uint64(uint32(0xffffffff))
	require.Equal(t, refused, call(t, h, guest, "grow", each)[0])
	require.EqualValues(t, 1, call(t, h, guest, "grow", each-1)[0])
	require.Equal(t, refused, call(t, h, guest, "grow", 1)[0])
}

func TestTransform_TakesLimitsFromItsCaller(t *testing.T) {
	code := module(types(":"), funcs(0, 0), codes(nil, nil))
	_, err := wasmbin.Transform(code, wasmbin.Options{Limits: wasmbin.Limits{Functions: 2}})
	require.NoError(t, err)
	_, err = wasmbin.Transform(code, wasmbin.Options{Limits: wasmbin.Limits{Functions: 1}})
	require.ErrorContains(t, err, "2 functions, 1 are allowed")
}

func TestTransform_MovesFunctionIndices(t *testing.T) {
	// Each function returns its own number; everything that names a function
	// outside of bodies names them by index.
	number := func(n byte) []byte { return []byte{0x41, n} }
	indirect := func(i byte) []byte { return []byte{0x41, i, 0x11, 0, 0} }
	code := module(types(":i", "i:i"), funcs(0, 0, 0, 0, 1, 0, 0, 0),
		section(4, 1, 0x70, 0, 10),
		section(6, vec([]byte{0x70, 0, 0xd2, 3, 0x0b})...),
		section(7, vec(exportFunc("at", 4), exportFunc("direct", 5), exportFunc("ref", 6), exportFunc("global", 7))...),
		section(9, vec(
			[]byte{0, 0x41, 0, 0x0b, 2, 0, 1},                                     // 0, 1: active
			[]byte{2, 0, 0x41, 2, 0x0b, 0, 1, 2},                                  // 2: active, with a table
			[]byte{4, 0x41, 3, 0x0b, 1, 0xd2, 3, 0x0b},                            // 3: active, expressions
			[]byte{6, 0, 0x41, 4, 0x0b, 0x70, 2, 0xd2, 0, 0x0b, 0xd0, 0x70, 0x0b}, // 4, 5: with a type
			[]byte{1, 0, 1, 1},                                                    // passive
			[]byte{5, 0x70, 1, 0xd2, 1, 0x0b},                                     // passive, expressions
			[]byte{3, 0, 1, 2},                                                    // declarative
			[]byte{7, 0x70, 1, 0xd2, 2, 0x0b},                                     // declarative, expressions
		)...),
		codes(number(10), number(11), number(12), number(13),
			join([]byte{0x20, 0}, indirect(0)[2:]),
			[]byte{0x10, 2},
			join([]byte{0x41, 9, 0xd2, 1, 0x26, 0}, indirect(9)),
			join([]byte{0x41, 8, 0x23, 0, 0x26, 0}, indirect(8))))
	h := newHost(t, allFeatures)
	guest, _, err := h.start(code, "")
	require.NoError(t, err)
	for i, want := range []uint64{10, 11, 12, 13, 10} {
		require.Equal(t, want, call(t, h, guest, "at", uint64(i))[0], "table entry %d", i)
	}
	require.EqualValues(t, 12, call(t, h, guest, "direct")[0])
	require.EqualValues(t, 11, call(t, h, guest, "ref")[0])
	require.EqualValues(t, 13, call(t, h, guest, "global")[0])
}

func TestTransform_KeepsFunctionNames(t *testing.T) {
	custom := func(parts ...[]byte) []byte { return section(0, join(name("name"), join(parts...))...) }
	functions := section(1, vec(join(uleb(0), name("first")), join(uleb(1), name("second")))...)
	code := func(names []byte) []byte {
		return module(types(":"), funcs(0, 0), section(7, vec(exportFunc("run", 1))...),
			section(0, join(name("producers"), []byte("junk"))...), codes(nil, []byte{0x00}), names)
	}
	h := newHost(t, allFeatures)

	guest, m, err := h.start(code(custom(section(0, name("mod")...), functions, section(2, 0))), "")
	require.NoError(t, err)
	require.NotContains(t, string(m.Code), "producers")
	_, err = guest.ExportedFunction("run").Call(h.ctx)
	require.ErrorContains(t, err, "mod.second()")

	for text, names := range map[string][]byte{
		"cut off":      custom(functions[:len(functions)-1]),
		"out of order": custom(section(1, vec(join(uleb(1), name("b")), join(uleb(0), name("a")))...)),
		"out of range": custom(section(1, vec(join(uleb(9), name("x")))...)),
		"not UTF-8":    custom(section(1, vec(join(uleb(0), name("\xff")))...)),
	} {
		t.Run("but leaves names out that are "+text, func(t *testing.T) {
			_, m, err := h.start(code(names), "")
			require.NoError(t, err)
			require.NotContains(t, string(m.Code), "name")
		})
	}
}

func TestTransform_WithoutFuelLeavesTheCodeAlone(t *testing.T) {
	code := module(types(":"), funcs(0), section(7, vec(exportFunc("run", 0))...), codes([]byte{0x03, 0x40, 0x0b}))
	m, err := wasmbin.Transform(code, wasmbin.Options{NoFuel: true})
	require.NoError(t, err)
	require.Empty(t, m.Fuel)
	require.NotContains(t, string(m.Code), wasmbin.ImportYield)
	h := newHost(t, allFeatures)
	guest, err := h.Instantiate(h.ctx, m.Code)
	require.NoError(t, err)
	call(t, h, guest, "run")
	require.Zero(t, h.yields)
}
