package cstack_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// calculated is a module with a function f from an i64 to an i64, which has one more local, an i32.
func calculated(code string) []byte {
	section := func(id byte, content string) string { return string([]byte{id, byte(len(content))}) + content }
	body := "\x01\x01\x7f" + code + "\x0b"
	return []byte("\x00asm\x01\x00\x00\x00" + section(1, "\x01\x60\x01\x7e\x01\x7e") + section(3, "\x01\x00") + section(5, "\x01\x00\x01") +
		section(6, "\x01\x7f\x01\x41\x80\x08\x0b") + section(7, "\x01\x01f\x00\x00") + section(10, "\x01"+string([]byte{byte(len(body))})+body))
}

const (
	enter = "\x23\x00\x41\x10\x6b\x22\x01" // the stack pointer less 16, into local 1, and on the stack
	moved = "\x24\x00"                     // into the stack pointer
	leave = "\x20\x01\x41\x10\x6a\x24\x00"
)

func requireSame(t *testing.T, code string, msg string) (locals, accesses int) {
	t.Helper()
	module := calculated(code)
	out, stats := rewritten(t, module, 0)
	theirs, ours := started(t, module).ExportedFunction("f"), started(t, out).ExportedFunction("f")
	for _, x := range []int64{0, 1, -1, 127, 128, -129, 32767, 32768, 0x12345678, math.MaxInt32, 1 << 31, 0x1122334455667788, math.MinInt64} {
		want, err := theirs.Call(t.Context(), uint64(x))
		require.NoError(t, err)
		got, err := ours.Call(t.Context(), uint64(x))
		require.NoError(t, err)
		require.Equal(t, want, got, "%s of %#x", msg, x)
	}
	return stats.Local, stats.Accesses
}

func TestRewrite_KeepsWhatEachStoreAndLoadDoes(t *testing.T) {
	type instruction struct{ name, code, between string } // between an i64 and its type
	stores := []instruction{
		{"i32.store", "\x36", "\xa7"}, {"i64.store", "\x37", ""}, {"f32.store", "\x38", "\xa7\xbe"}, {"f64.store", "\x39", "\xbf"}, {"i32.store8", "\x3a", "\xa7"},
		{"i32.store16", "\x3b", "\xa7"}, {"i64.store8", "\x3c", ""}, {"i64.store16", "\x3d", ""}, {"i64.store32", "\x3e", ""},
	}
	loads := []instruction{
		{"i32.load", "\x28", "\xad"}, {"i64.load", "\x29", ""}, {"f32.load", "\x2a", "\xbc\xad"}, {"f64.load", "\x2b", "\xbd"}, {"i32.load8_s", "\x2c", "\xad"}, {"i32.load8_u", "\x2d", "\xad"},
		{"i32.load16_s", "\x2e", "\xad"}, {"i32.load16_u", "\x2f", "\xad"}, {"i64.load8_s", "\x30", ""}, {"i64.load8_u", "\x31", ""}, {"i64.load16_s", "\x32", ""},
		{"i64.load16_u", "\x33", ""}, {"i64.load32_s", "\x34", ""}, {"i64.load32_u", "\x35", ""},
	}
	together := 0
	for _, s := range stores {
		for _, l := range loads {
			locals, accesses := requireSame(t, enter+moved+"\x20\x01\x20\x00"+s.between+s.code+"\x00\x08"+"\x20\x01"+l.code+"\x00\x08"+l.between+leave, s.name+", "+l.name)
			require.Equal(t, 2, accesses)
			if locals > 0 {
				require.Equal(t, 2, locals)
				together++
			}
		}
	}
	require.Equal(t, 6+8+8+1+1+1, together, "pairs of one size and type: integers of 4, 2 and 1 bytes, i64, f32, f64")
}

func TestRewrite_KeepsTheFrameThatIsStillNeeded(t *testing.T) {
	const value, at0, at8 = "\x20\x00", "\x00\x00", "\x00\x08"
	five := "\x20\x01\x41\x05\x36" + at8        // of 4 bytes, which are read as 8
	elsewhere := "\x41\x08\x41\x09\x36\x00\x00" // where that were if there was no frame
	locals, _ := requireSame(t, enter+value+"\x37"+at0+five+elsewhere+"\x20\x01\x29"+at8+"\x20\x01\x29"+at0+"\x7c", "a variable that is a local beside one that is none")
	require.Equal(t, 2, locals)
	locals, _ = requireSame(t, enter+value+"\x37"+at0+"\x20\x01\x29"+at0, "an only variable")
	require.Equal(t, 2, locals)
	locals, _ = requireSame(t, enter+moved+"\x20\x01"+value+"\x37"+at0+leave+"\x41\xc0\x00\x21\x01\x20\x01\x29"+at0, "the frame's local, used for something else")
	require.Zero(t, locals)
	locals, _ = requireSame(t, enter+moved+"\x20\x01"+value+"\x37"+at0+"\x20\x01\x41\x07\x6a\x31\x00\x00"+leave, "a byte of a variable")
	require.Zero(t, locals)
	locals, _ = requireSame(t, enter+moved+"\x20\x01"+value+"\x37\x00\x10\x20\x01\x29\x00\x10"+leave, "what lies outside of the frame")
	require.Zero(t, locals)
}

// What wasm-opt makes of functions that it has put into others, and of 64, is no reason to keep a frame; other uses of the stack pointer are.
func TestRewrite_KnowsWhereTheStackPointerLeads(t *testing.T) {
	const (
		store, load = "\x20\x00\x37\x00\x08", "\x29\x00\x08"     // the argument, at 8
		beside      = "\x23\x00\x41\x10\x6b\x42\x07\x37\x00\x08" // a 7 at 8 of another frame, below the stack pointer
		enter64     = "\x23\x00\x41\x40\x6a\x22\x01"             // the stack pointer and -64
		leave64     = "\x20\x01\x41\x40\x6b\x24\x00"
	)
	for name, c := range map[string]struct {
		code   string
		locals int
	}{
		"a frame of 64 bytes":                      {enter64 + moved + "\x20\x01" + store + "\x20\x01" + load + leave64, 2},
		"another's frame below":                    {enter + moved + "\x20\x01" + store + beside + "\x20\x01" + load + leave, 2},
		"another's frame over one that is not set": {"\x23\x00\x41\x10\x6b\x21\x01\x20\x01" + store + beside + "\x20\x01" + load, 0},
		"a load at the stack pointer":              {enter + moved + "\x20\x01" + store + "\x23\x00" + load + leave, 0},
		"a store at the stack pointer":             {enter + moved + "\x23\x00" + store + "\x20\x01" + load + leave, 0},
		"an address above the stack pointer":       {enter + moved + "\x20\x01" + store + "\x23\x00\x41\x08\x6a\x29\x00\x00" + leave, 0},
		"another pointer for it":                   {enter + moved + "\x23\x00\x41\x00\x6a\x24\x00" + "\x20\x01" + store + "\x20\x01" + load + leave, 0},
	} {
		locals, _ := requireSame(t, c.code, name)
		require.Equal(t, c.locals, locals, name)
	}
}
