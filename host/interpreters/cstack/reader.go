package cstack

// reader walks over bytes that are known to be sound; it panics at their end.
type reader struct {
	b []byte
	p int
}

func (r *reader) byte() byte {
	r.p++
	return r.b[r.p-1]
}

func (r *reader) bytes(n int) []byte {
	r.p += n
	return r.b[r.p-n : r.p : r.p]
}

func (r *reader) u32() uint32 {
	var v uint32
	for shift := 0; ; shift += 7 {
		c := r.byte()
		v |= uint32(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
}

func (r *reader) s64() int64 {
	var v int64
	for shift := 0; ; {
		c := r.byte()
		v |= int64(c&0x7f) << shift
		shift += 7
		if c < 0x80 {
			if shift < 64 && c&0x40 != 0 {
				v |= -1 << shift
			}
			return v
		}
	}
}

func appendU32(b []byte, v uint32) []byte {
	for ; v >= 0x80; v >>= 7 {
		b = append(b, byte(v)|0x80)
	}
	return append(b, byte(v))
}

func appendS32(b []byte, v int32) []byte {
	for ; v < -64 || v > 63; v >>= 7 {
		b = append(b, byte(v)|0x80)
	}
	return append(b, byte(v)&0x7f)
}

func appendBytes(b, content []byte) []byte {
	return append(appendU32(b, uint32(len(content))), content...)
}
