package wasmbin

// decoder walks over the instructions of one body. It runs through those that
// do nothing but compute, and returns the others one by one.
//
// It must split the bytes exactly as the engine does. Where the engine reads
// one byte and the specification allows a longer integer, the longer form is
// refused: it could hide a loop in what looks like an immediate.
type decoder struct {
	reader
	types, globals int
	locals         int // parameters and locals of the body

	op     int    // the instruction, or opLimit
	at     int    // its offset
	imm    int    // offset of its first immediate; of a try_table's clauses
	idx    uint32 // its first index: function, type or label
	table  uint32 // an indirect call's
	labels int    // how many labels a br_table or a try_table has
}

// opLimit stands for no instruction: next stopped at its limit.
const opLimit = 0x01

// next goes to the next instruction that is not plain, or stops before the
// first one that starts at limit or later. It returns false at the body's end.
func (d *decoder) next(limit int) bool {
	b, p := d.b, d.p
	for p < len(b) {
		if p >= limit {
			d.p, d.at, d.op = p, p, opLimit
			return true
		}
		at := p
		p++
		switch classes[b[at]] {
		case plain:
			continue
		case memory:
			if p+1 < len(b) && b[p]|b[p+1] < 0x80 {
				p += 2
				continue
			}
			if p = skip(b, p, 5); p > 0 {
				p = skip(b, p, 5)
			}
		case local:
			if p < len(b) && b[p] < 0x80 && int(b[p]) < d.locals {
				p++
				continue
			}
			d.p = p
			d.index("local", d.locals)
			p = d.p
		case const32:
			if p < len(b) && b[p] < 0x80 {
				p++
				continue
			}
			p = skip(b, p, 5)
		case const64:
			p = skip(b, p, 10)
		case global:
			d.p = p
			d.index("global", d.globals)
			p = d.p
		case four:
			p += 4
		case eight:
			p += 8
		case stop:
			d.p, d.at, d.op, d.imm, d.labels = p, at, int(b[at]), p, 0
			d.stop()
			return d.err == nil
		case rare:
			d.p = p
			d.rare(at, b[at])
			p = d.p
		default:
			d.unknown(at, b[at])
			return false
		}
		if p < 0 || p > len(b) {
			d.fail(Malformed, at, "instruction %#02x has a wrong immediate", b[at])
			return false
		}
	}
	d.p = p
	return false
}

// skip returns the offset behind an integer of at most size bytes, or -1.
func skip(b []byte, p, size int) int {
	for end := min(p+size, len(b)); p < end; p++ {
		if b[p] < 0x80 {
			return p + 1
		}
	}
	return -1
}

// stop reads the immediates of an instruction that next returns.
func (d *decoder) stop() {
	switch d.op {
	case opBlock, opLoop, opIf:
		d.blockType()
	case opBr, opBrIf, opThrow, opCall, opTailCall, opTableGet, opTableSet, opRefFunc, opBrOnNull, opBrOnNonNull:
		d.idx = d.u32()
	case opCallRef, opTailRef:
		d.idx = d.index("type", d.types)
	case opCallIndirect, opTailIndirect:
		d.idx = d.index("type", d.types)
		d.table = d.u32()
	case opBrTable:
		d.targets(func(uint32) { d.labels++ })
	case opTryTable:
		d.blockType()
		d.imm = d.p
		d.catches(func(uint32) { d.labels++ })
	case opMemoryGrow:
		d.zero("memory index")
	case opMisc:
		d.misc()
	}
}

// targets calls label for each target of a br_table that starts at d.p.
func (d *decoder) targets(label func(uint32)) {
	for i, n := 0, d.count("labels", 1, len(d.b)); i <= n && d.err == nil; i++ {
		label(d.u32())
	}
}

// catches calls label for each of a try_table's clauses, which start at d.p.
func (d *decoder) catches(label func(uint32)) {
	for i, n := 0, d.count("catch clauses", 2, len(d.b)); i < n && d.err == nil; i++ {
		at := d.p
		switch kind := d.byte(); kind {
		case 0, 1:
			d.u32() // tag
		case 2, 3:
		default:
			d.fail(Malformed, at, "catch clause %d", kind)
		}
		label(d.u32())
	}
}

func (d *decoder) blockType() {
	d.idx = noBlockType
	at := d.p
	switch c := d.byte(); {
	case c == emptyBlock:
	case c > emptyBlock && c < 0x80:
		d.p = at
		d.valueType(d.types)
	default:
		d.p = at
		i := d.s33()
		if i < 0 || i >= int64(d.types) {
			d.fail(Malformed, at, "block type %d, there are %d", i, d.types)
		}
		d.idx = uint32(i)
	}
}

func (d *decoder) misc() {
	sub := d.u32()
	d.imm = d.p
	if sub > opTableFill&0xff {
		d.fail(Unsupported, d.at, "instruction 0xfc %#x", sub)
		return
	}
	d.op = opMisc<<8 | int(sub)
	switch d.op {
	case opMemoryInit:
		d.idx = d.u32()
		d.zero("memory index")
	case opMemoryCopy:
		d.zero("memory index")
		d.zero("memory index")
	case opMemoryFill:
		d.zero("memory index")
	case opTableInit, opTableCopy:
		d.u32()
		d.u32()
	case opDataDrop, opElemDrop, opTableGrow, opTableSize, opTableFill:
		d.u32()
	}
}
