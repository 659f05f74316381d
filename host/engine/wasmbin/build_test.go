package wasmbin_test

import "encoding/binary"

// The functions here spell modules out in bytes, for what no compiler emits.

func uleb(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// sized puts the length before b: a name, a body, a section's contents.
func sized(b ...byte) []byte { return join(uleb(len(b)), b) }

func name(s string) []byte { return sized([]byte(s)...) }

// vec is a vector: the number of items, and the items.
func vec(items ...[]byte) []byte { return join(uleb(len(items)), join(items...)) }

func section(id byte, contents ...byte) []byte { return join([]byte{id}, sized(contents...)) }

func module(sections ...[]byte) []byte {
	return join([]byte("\x00asm\x01\x00\x00\x00"), join(sections...))
}

// types is a type section with signatures such as "i:ii", where i is i32.
func types(signatures ...string) []byte {
	var items [][]byte
	for _, s := range signatures {
		item, count := []byte{0x60, 0}, 1
		for _, c := range s {
			if c == ':' {
				count, item = len(item), append(item, 0)
				continue
			}
			item[count]++
			item = append(item, map[rune]byte{'i': 0x7f, 'I': 0x7e, 'f': 0x7d, 'F': 0x7c, 'v': 0x7b}[c])
		}
		items = append(items, item)
	}
	return section(1, vec(items...)...)
}

// funcs is a function section.
func funcs(types ...byte) []byte { return section(3, sized(types...)...) }

func exportFunc(export string, index int) []byte { return join(name(export), []byte{0}, uleb(index)) }

// codes is a code section of bodies without locals; it adds their ends.
func codes(bodies ...[]byte) []byte {
	var items [][]byte
	for _, b := range bodies {
		items = append(items, sized(join([]byte{0}, b, []byte{0x0b})...))
	}
	return section(10, vec(items...)...)
}

// repeat is b, n times.
func repeat(n int, b ...byte) []byte {
	all := make([]byte, 0, n*len(b))
	for range n {
		all = append(all, b...)
	}
	return all
}

// memory1 is a memory section: one page.
var memory1 = section(5, 1, 0, 1)

// data is an active segment at a constant offset below 64.
func data(offset byte, b string) []byte { return join([]byte{0, 0x41, offset, 0x0b}, name(b)) }
