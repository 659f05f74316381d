package wasmbin

import (
	"fmt"
	"unicode/utf8"
)

// reader walks over one section. Offsets are those of the whole module.
//
// After the first failure it stands at its end and reads zeros, so a loop that
// asks for err in its condition stops, and no caller looks after every read.
type reader struct {
	b       []byte // the module, cut off behind the section
	p       int
	section string
	err     *Error
}

func (r *reader) fail(kind Kind, at int, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{Kind: kind, Offset: at, Section: r.section, Reason: fmt.Sprintf(format, args...)}
	}
	r.p = len(r.b)
}

func (r *reader) byte() byte {
	if r.p >= len(r.b) {
		r.fail(Malformed, r.p, "unexpected end")
		return 0
	}
	r.p++
	return r.b[r.p-1]
}

func (r *reader) bytes(n uint32) []byte {
	if uint64(n) > uint64(len(r.b)-r.p) {
		r.fail(Malformed, r.p, "unexpected end: %d bytes wanted, %d left", n, len(r.b)-r.p)
		return nil
	}
	r.p += int(n)
	return r.b[r.p-int(n) : r.p]
}

func (r *reader) u32() uint32 {
	if r.p < len(r.b) && r.b[r.p] < 0x80 {
		r.p++
		return uint32(r.b[r.p-1])
	}
	return uint32(r.leb(32, false))
}

func (r *reader) s32() int32 { return int32(r.leb(32, true)) }
func (r *reader) s33() int64 { return r.leb(33, true) }
func (r *reader) s64() int64 { return r.leb(64, true) }

// leb reads a LEB128 integer of the given width. As the specification wants,
// it may be longer than needed but has no bits beyond its width.
func (r *reader) leb(bits uint, signed bool) int64 {
	at, v, shift := r.p, int64(0), uint(0)
	for {
		c := r.byte()
		if r.err != nil {
			return 0
		}
		v |= int64(c&0x7f) << shift
		left := bits - shift // bits that this byte may still carry
		if left < 7 {
			rest := int8(c<<1) >> left // what lies above them, sign extended
			if (!signed && c>>left != 0) || (signed && rest != 0 && rest != -1) || c&0x80 != 0 {
				r.fail(Malformed, at, "integer does not fit in %d bits", bits)
				return 0
			}
		}
		shift += 7
		if c&0x80 == 0 {
			if signed && shift < 64 && c&0x40 != 0 {
				v |= -1 << shift
			}
			return v
		}
	}
}

// count reads the length of a vector whose items take at least size bytes
// each, so that what is allocated for it is bounded by the module's own size.
func (r *reader) count(what string, size, limit int) int {
	at := r.p
	n := int64(r.u32())
	if left := int64(len(r.b)-r.p) / int64(size); n > left {
		r.fail(Malformed, at, "%d %s in a section with room for %d", n, what, left)
		return 0
	}
	if n > int64(limit) {
		r.fail(OverLimit, at, "%d %s, %d are allowed", n, what, limit)
		return 0
	}
	return int(n)
}

func (r *reader) name() string {
	at := r.p
	b := r.bytes(r.u32())
	if !utf8.Valid(b) {
		r.fail(Malformed, at, "name is not UTF-8")
	}
	return string(b)
}

// index reads an index into a space of n things.
func (r *reader) index(what string, n int) uint32 {
	at := r.p
	i := r.u32()
	if r.err == nil && uint64(i) >= uint64(n) {
		r.fail(Malformed, at, "%s %d, there are %d", what, i, n)
		return 0
	}
	return i
}

// done ends a section: nothing may be left in it.
func (r *reader) done() {
	if r.p != len(r.b) {
		r.fail(Malformed, r.p, "%d bytes too many", len(r.b)-r.p)
	}
}
