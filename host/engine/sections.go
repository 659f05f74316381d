package engine

import "encoding/binary"

// Ids of the sections of a module that this package reads by itself; the rest it leaves to wazero.
const (
	importSection = 2
	tableSection  = 4
)

// reader reads a module's bytes. After the first thing that it cannot read bad is set, and all that follows reads as nothing.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) bytes(n uint32) []byte {
	if r.bad || uint64(n) > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	head := r.b[:n]
	r.b = r.b[n:]
	return head
}

func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// u32 reads an unsigned LEB128 number.
func (r *reader) u32() uint32 {
	v, n := binary.Uvarint(r.b)
	if r.bad || n <= 0 || v > 1<<32-1 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return uint32(v)
}

func (r *reader) name() string { return string(r.bytes(r.u32())) }

// limits reads the size of a table or memory; most is nil if it may grow without end.
func (r *reader) limits() (least uint32, most *uint32) {
	flags := r.byte()
	least = r.u32()
	if flags&1 != 0 {
		v := r.u32()
		most = &v
	}
	r.bad = r.bad || flags > 1 // shared, 64-bit: not enabled
	return least, most
}

// refType reads the type of a table's elements.
func (r *reader) refType() byte {
	t := r.byte()
	r.bad = r.bad || t != 0x70 && t != 0x6f // funcref, externref
	return t
}

// section gives the content of a section, and where in code the section begins and ends; ok is false if there is none.
func section(code []byte, id byte) (body []byte, begin, end int, ok bool) {
	r := &reader{b: code}
	r.bytes(8) // magic and version
	for len(r.b) > 0 && !r.bad {
		begin = len(code) - len(r.b)
		have := r.byte()
		if body = r.bytes(r.u32()); have == id && !r.bad {
			return body, begin, len(code) - len(r.b), true
		}
	}
	return nil, 0, 0, false
}

// otherImports lists the imported tables and globals, of which wazero does not tell. code is valid.
func otherImports(code []byte) (names []string) {
	body, _, _, ok := section(code, importSection)
	if !ok {
		return nil
	}
	r := &reader{b: body}
	for n := r.u32(); n > 0 && !r.bad; n-- {
		name := r.name() + "." + r.name()
		switch kind := r.byte(); kind {
		case 0: // function
			r.u32()
		case 1:
			r.refType()
			r.limits()
			names = append(names, name+" (table)")
		case 2: // memory
			r.limits()
		case 3:
			r.bytes(2)
			names = append(names, name+" (global)")
		default:
			r.bad = true
		}
	}
	return names
}
