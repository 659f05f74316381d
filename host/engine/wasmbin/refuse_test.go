package wasmbin_test

import (
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/engine/wasmbin"
)

func TestTransform_RefusesWithAPlaceAndAReason(t *testing.T) {
	body := func(b ...byte) []byte { return module(types(":"), funcs(0), memory1, codes(b)) }
	for text, test := range map[string]struct {
		code    []byte
		kind    wasmbin.Kind
		section string
		offset  int
		reason  string
	}{
		"no module":                            {[]byte("#!/bin/sh"), wasmbin.Malformed, "header", 0, "no module"},
		"a component":                          {[]byte("\x00asm\x0d\x00\x01\x00"), wasmbin.Malformed, "header", 0, "component"},
		"a section cut off":                    {module(types(":"))[:11], wasmbin.Malformed, "type", 10, "unexpected end"},
		"a section twice":                      {module(types(":"), types(":")), wasmbin.Malformed, "type", 14, "wrong place"},
		"an unknown section":                   {module(section(14)), wasmbin.Unsupported, "header", 8, "section 14"},
		"a count that lies":                    {module(section(3, 0xff, 0xff, 0xff, 0x7f)), wasmbin.Malformed, "function", 10, "room for 0"},
		"a number too long":                    {module(section(3, 0x80, 0x80, 0x80, 0x80, 0x80, 0)), wasmbin.Malformed, "function", 10, "32 bits"},
		"a name not UTF-8":                     {module(section(7, 1, 1, 0xff, 0, 0)), wasmbin.Malformed, "export", 11, "UTF-8"},
		"two memories":                         {module(section(5, 2, 0, 1, 0, 1)), wasmbin.Unsupported, "memory", 13, "second memory"},
		"a 64-bit memory":                      {module(section(5, 1, 4, 1)), wasmbin.Unsupported, "memory", 11, "64-bit"},
		"a type of garbage collection":         {module(section(1, 1, 0x5f, 0)), wasmbin.Unsupported, "type", 11, "0x5f"},
		"an instruction of garbage collection": {body(0xfb, 0), wasmbin.Unsupported, "code", 28, "garbage collection"},
		"a legacy exception":                   {body(0x06, 0x40, 0x0b), wasmbin.Unsupported, "code", 28, "exnref"},
		"an unknown instruction":               {body(0x27), wasmbin.Unsupported, "code", 28, "0x27"},
		"relaxed SIMD":                         {body(0xfd, 0x80, 2), wasmbin.Unsupported, "code", 28, "vector"},
		"a body without an end":                {module(types(":"), funcs(0), section(10, 1, 1, 0)), wasmbin.Malformed, "code", 23, "inside 1 block"},
		"an end too many":                      {body(0x0b), wasmbin.Malformed, "code", 29, "behind the end"},
		"a label too far":                      {body(0x0c, 1), wasmbin.Malformed, "code", 28, "label 1"},
		"bodies missing":                       {module(types(":"), funcs(0)), wasmbin.Malformed, "code", 1, "0 bodies for 1"},
		"data counted wrong":                   {module(memory1, section(12, 2), section(11, 0)), wasmbin.Malformed, "data", 19, "says 2"},
		"data without a memory":                {module(section(11, vec(data(0, "x"))...)), wasmbin.Malformed, "data", 11, "without a memory"},
		"a start function with a parameter": {module(types("i:"), funcs(0), section(8, 0), codes(nil)),
			wasmbin.Malformed, "start", 21, "(i32)"},
		"a reference to a function that is not declared": {body(0xd2, 0, 0x1a), wasmbin.Malformed, "code", 29, "not declared"},
		"the yield function imported": {module(types(":"), section(2, vec(join(name("lull"), name("yield"), []byte{0, 0}))...)),
			wasmbin.Reserved, "import", 17, "lull.yield"},
		"the fuel exported": {module(types(":"), funcs(0), section(7, vec(exportFunc("__lull_fuel", 0))...), codes(nil)),
			wasmbin.Reserved, "export", 21, "__lull_"},
		"a huge table": {module(section(4, join([]byte{1, 0x70, 0}, uleb(1<<20+1))...)), wasmbin.OverLimit, "table", 11, "1048577"},
		"many locals":  {module(types(":"), funcs(0), section(10, vec(sized(1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b))...)), wasmbin.OverLimit, "code", 22, "locals"},
	} {
		t.Run(text, func(t *testing.T) {
			_, err := wasmbin.Transform(test.code, wasmbin.Options{})
			var e *wasmbin.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, test.kind, e.Kind, err)
			require.Equal(t, test.section, e.Section, err)
			require.Equal(t, test.offset, e.Offset, err)
			require.Contains(t, e.Reason, test.reason)
		})
	}
}

// The engine reads one byte where these have a longer integer; what follows
// would be an immediate here, and instructions there.
func TestTransform_RefusesBytesThatTheEngineReadsOtherwise(t *testing.T) {
	hidden := join([]byte{0x03, 0x40, 0x0c, 0, 0x0b}, repeat(11, 0x01))
	for text, body := range map[string][]byte{
		"a long v128.const":   join([]byte{0xfd, 0x8c, 0}, hidden),
		"a long shuffle":      join([]byte{0xfd, 0x8d, 0}, hidden),
		"a long atomic":       join([]byte{0xfe, 0x90, 0}, []byte{2, 0}),
		"a long block type":   {0x02, 0xc0, 0x7f, 0x0b},
		"a long heap type":    {0xd0, 0xf0, 0x7f, 0x1a},
		"a long memory index": {0x3f, 0x80, 0, 0x1a},
	} {
		t.Run(text, func(t *testing.T) {
			_, err := wasmbin.Transform(module(types(":"), funcs(0), memory1, codes(body)), wasmbin.Options{})
			require.Error(t, err)
		})
	}
}

func TestTransform_BearsModulesMadeToHurt(t *testing.T) {
	const million = 1_000_000
	one := func(b []byte) []byte { return module(types(":"), funcs(0), codes(b)) }
	for text, test := range map[string]struct {
		code    []byte
		refused bool
	}{
		"a million functions": {module(types(":"), section(3, vec(repeatItems(million, 0)...)...),
			section(10, vec(repeatItems(million, 2, 0, 0x0b)...)...)), false},
		"a million functions and one": {module(types(":"), section(3, vec(repeatItems(million+1, 0)...)...),
			section(10, vec(repeatItems(million+1, 2, 0, 0x0b)...)...)), true},
		"a chain of 100,000 functions":       {doubling(100_000, func(next int) []byte { return join([]byte{0x10}, uleb(next)) }), false},
		"a million segments over each other": {module(memory1, section(11, vec(repeatItems(million, data(0, "x")...)...)...)), false},
		"a million exports":                  {module(memory1, section(7, vec(numbered(million)...)...)), false},
		"a million globals":                  {module(section(6, vec(repeatItems(million, 0x7f, 1, 0x41, 0, 0x0b)...)...)), true},
		"a million blocks in each other":     {one(join(repeat(million, 0x02, 0x40), repeat(million, 0x0b))), true},
		"a br_table of a million":            {one(join([]byte{0x41, 0, 0x0e}, uleb(million), repeat(million+1, 0))), true},
		"a body of 8 MB":                     {one(repeat(8<<20, 0x01)), true},
		"a constant expression without end":  {module(section(6, join([]byte{1, 0x7f, 1}, repeat(million, 0x41, 0))...)), true},
		"4 GiB of memory":                    {module(section(5, 1, 0, 0x80, 0x80, 4)), false},
		"more than 4 GiB of memory":          {module(section(5, 1, 0, 0x81, 0x80, 4)), true},
		"calls that give a million values": {module(types(":", ":"+string(repeat(1000, 'i'))), funcs(0, 1),
			codes(append(repeat(1100, 0x10, 1), 0x00), []byte{0x00})), true},
		"locals in a thousand functions": {module(types(":"), section(3, vec(repeatItems(1000, 0)...)...),
			section(10, vec(repeatItems(1000, sized(1, 0xd0, 0x86, 3, 0x7f, 0x0b)...)...)...)), true},
	} {
		t.Run(text, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := wasmbin.Transform(test.code, wasmbin.Options{})
			runtime.ReadMemStats(&after)
			if test.refused {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
			}
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20+100*len(test.code)),
				"memory grows with the module's size only")
		})
	}
}

func repeatItems(n int, item ...byte) [][]byte {
	items := make([][]byte, n)
	for i := range items {
		items[i] = item
	}
	return items
}

// numbered is n exports of memory 0 with different names.
func numbered(n int) [][]byte {
	items := make([][]byte, n)
	for i := range items {
		items[i] = join(name(strconv.Itoa(i)), []byte{2, 0})
	}
	return items
}
