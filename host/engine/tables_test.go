package engine

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
)

// moduleOf is a module of one section.
func moduleOf(id byte, body ...byte) []byte {
	m := append([]byte("\x00asm\x01\x00\x00\x00"), id)
	return append(binary.AppendUvarint(m, uint64(len(body))), body...)
}

func leb(v uint64) []byte { return binary.AppendUvarint(nil, v) }

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func TestLimitTables_GivesEveryTableAMaximum(t *testing.T) {
	const funcref, externref = 0x70, 0x6f
	for name, c := range map[string]struct{ in, want []byte }{
		"without a maximum": {join(leb(1), []byte{funcref, 0}, leb(10)), join(leb(1), []byte{funcref, 1}, leb(10), leb(maxTableElements))},
		"with a small one":  {join(leb(1), []byte{funcref, 1}, leb(10), leb(20)), join(leb(1), []byte{funcref, 1}, leb(10), leb(20))},
		"with a big one":    {join(leb(1), []byte{externref, 1}, leb(0), leb(1<<32-1)), join(leb(1), []byte{externref, 1}, leb(0), leb(maxTableElements))},
		"two":               {join(leb(2), []byte{funcref, 0, 2, externref, 0, 0}), join(leb(2), []byte{funcref, 1}, leb(2), leb(2+(maxTableElements-2)/2), []byte{externref, 1}, leb(0), leb((maxTableElements-2)/2))},
		"full":              {join(leb(1), []byte{funcref, 0}, leb(maxTableElements)), join(leb(1), []byte{funcref, 1}, leb(maxTableElements), leb(maxTableElements))},
		"none":              {leb(0), leb(0)},
	} {
		t.Run(name, func(t *testing.T) {
			code := append(moduleOf(tableSection, c.in...), 0, 3, 1, 'x', 'y') // and a custom section
			limited, sure, err := limitTables(code)
			require.NoError(t, err)
			require.True(t, sure)
			require.Equal(t, append(moduleOf(tableSection, c.want...), 0, 3, 1, 'x', 'y'), limited)
		})
	}
	plain := moduleOf(importSection, 0)
	limited, sure, err := limitTables(plain)
	require.NoError(t, err)
	require.True(t, sure)
	require.Equal(t, plain, limited, "a module without tables is left alone")
}

func TestLimitTables_RefusesWhatIsTooLargeFromTheStart(t *testing.T) {
	_, _, err := limitTables(moduleOf(tableSection, join(leb(2), []byte{0x70, 0}, leb(maxTableElements), []byte{0x70, 0}, leb(1))...))
	require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err))
	require.ErrorContains(t, err, "1048577 elements")
}

func TestCompile_RefusesTablesThatItCannotBound(t *testing.T) {
	e := newEngine(t, Config{})
	for name, body := range map[string][]byte{
		"cut off":                  {1, 0x70},
		"an unknown element":       {1, 0x7f, 0, 1},
		"a typed reference":        {1, 0x63, 0x70, 0, 1},
		"an initial value":         {1, 0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b},
		"a shared table":           {1, 0x70, 3, 1, 2},
		"something after the last": {1, 0x70, 0, 1, 0},
		"a number without an end":  {1, 0x70, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80},
	} {
		_, err := e.compile(t.Context(), moduleOf(tableSection, body...))
		require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err), name)
		require.NotContains(t, err.Error(), "memory", "%s: its tables were not looked at", name)
	}
}

func TestCompile_RefusesASecondTableSection(t *testing.T) {
	e := newEngine(t, Config{})
	section := moduleOf(tableSection, 1, 0x70, 0, 1)
	_, err := e.compile(t.Context(), append(section, section[8:]...))
	require.ErrorContains(t, err, "not valid", "only the first would be bounded")
}

func TestOtherImports_ListsTablesAndGlobals(t *testing.T) {
	require.Equal(t, []string{"env.table (table)", "env.stack (global)"}, otherImports(testModule(t, "refused/imports")))
	require.Empty(t, otherImports(testModule(t, "probe")))
	require.Empty(t, otherImports(testModule(t, "masked")), "no imports at all")
}
