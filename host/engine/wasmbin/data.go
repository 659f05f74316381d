package wasmbin

import "fmt"

// Segment is an active data segment that was taken out of the module.
type Segment struct {
	Offset uint32 // bytes from the start of memory
	at     uint32 // bytes from the start of the module
	Bytes  []byte // part of the module's bytes: not a copy
}

// LayData writes the segments into mem, in their order, as instantiation would
// have done. mem is the instance's whole memory at its initial size.
//
// A segment that does not fit gives an [*Error] of the kind [OutOfBounds];
// those before it have been written, as the specification wants.
func (m *Module) LayData(mem []byte) error {
	for i, s := range m.Data {
		if end := uint64(s.Offset) + uint64(len(s.Bytes)); end > uint64(len(mem)) {
			return &Error{OutOfBounds, int(s.at), "data", fmt.Sprintf(
				"out of bounds memory access: segment %d ends at byte %d of %d", i, end, len(mem))}
		}
		copy(mem[s.Offset:], s.Bytes)
	}
	return nil
}

// dataMode is what happens to the data section.
type dataMode uint8

const (
	dataDropped dataMode = iota // no instruction names a segment: the section goes
	dataEmptied                 // indices stay: active segments become empty passive ones
	dataKept                    // an offset is unknown: nothing changes
)

// readData takes the active segments out. If the offset of one is not a plain
// constant then all stay, since their order counts, and the engine judges them.
func (t *transform) readData(r *reader) {
	n := r.count("data segments", 2, t.limits.Segments)
	if t.hasDataCount && int64(t.dataCount) != int64(n) {
		r.fail(Malformed, r.p, "%d data segments, the data count section says %d", n, t.dataCount)
	}
	if t.usesSegments {
		t.dataMode = dataEmptied
	}
	if n > 0 {
		t.m.Data = make([]Segment, 0, n)
	}
	for i := 0; i < n && r.err == nil; i++ {
		at := r.p
		offset, active := t.segmentHead(r)
		s := Segment{Offset: uint32(offset.bits), at: uint32(at), Bytes: r.bytes(r.u32())}
		if !active {
			continue
		}
		t.m.Data = append(t.m.Data, s)
		if !offset.known || offset.typ != I32 {
			t.dataMode = dataKept
			t.obstacle(DataOffset, at, "places data at an offset that depends on an import")
		}
	}
	r.done()
	if t.dataMode == dataKept || len(t.m.Data) == 0 {
		t.m.Data = nil
	}
}

func (t *transform) segmentHead(r *reader) (offset value, active bool) {
	at := r.p
	flags := r.u32()
	switch flags {
	case 1:
		return value{}, false
	case 2:
		r.index("memory", 1)
	case 0:
	default:
		r.fail(Malformed, at, "data segment flags %d", flags)
	}
	if t.m.Memory == nil {
		r.fail(Malformed, at, "data segment without a memory")
	}
	return t.constExpr(r, nil, I32), true
}

// dataSection writes what readData left over.
func (t *transform) dataSection(r *reader, w *writer) {
	w.from = r.p
	if t.dataMode == dataEmptied {
		n := r.count("data segments", 2, t.limits.Segments)
		w.upTo(r.p)
		for range n {
			if _, active := t.segmentHead(r); active {
				r.bytes(r.u32())
				w.bytes([]byte{1, 0})
				w.from = r.p
			} else {
				r.bytes(r.u32())
				w.upTo(r.p)
			}
		}
		return
	}
	w.upTo(len(r.b))
}

func (t *transform) dataCountSection(r *reader) {
	t.hasDataCount = true
	t.dataCount = r.u32()
	r.done()
}
