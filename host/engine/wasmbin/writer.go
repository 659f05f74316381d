package wasmbin

import "encoding/binary"

// writer builds the new module. What does not change is copied in spans.
type writer struct {
	in   []byte
	from int // in before this offset is copied or left out
	out  []byte
}

// upTo copies from where the last span ended to p.
func (w *writer) upTo(p int) {
	w.out = append(w.out, w.in[w.from:p]...)
	w.from = p
}

func (w *writer) byte(b byte)             { w.out = append(w.out, b) }
func (w *writer) u32(v uint32)            { w.out = binary.AppendUvarint(w.out, uint64(v)) }
func (w *writer) name(s string)           { w.u32(uint32(len(s))); w.out = append(w.out, s...) }
func (w *writer) local(op byte, i uint32) { w.byte(op); w.u32(i) }
func (w *writer) bytes(b []byte)          { w.out = append(w.out, b...) }

// open leaves room for a size in bytes that only close knows. It is written in
// five bytes, which saves moving what follows.
func (w *writer) open() (mark int) {
	w.long(0)
	return len(w.out)
}

func (w *writer) close(mark int) { w.setLong(mark-longSize, len(w.out)-mark) }

// longSize is the size of an integer that long writes.
const longSize = 5

// long writes an integer below 2^35 that setLong can change.
func (w *writer) long(n int) {
	w.out = append(w.out, 0x80, 0x80, 0x80, 0x80, 0)
	w.setLong(len(w.out)-longSize, n)
}

func (w *writer) setLong(at, n int) {
	for i := range longSize {
		w.out[at+i] = w.out[at+i]&0x80 | byte(n&0x7f)
		n >>= 7
	}
}
