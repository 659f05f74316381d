package wasmbin

// rare reads the immediates of an instruction that no pass looks at.
func (d *decoder) rare(at int, op byte) {
	switch op {
	case 0x3f:
		d.zero("memory index")
	case opRefNull:
		d.heapType(d.types)
	case opSelectTyped:
		if n := d.byte(); n != 1 {
			d.fail(Malformed, at, "select with %d types", n)
		}
		d.valueType(d.types)
	case opVector:
		d.vector(at)
	case opAtomic:
		d.atomic(at)
	}
}

// vector reads a SIMD instruction. The engine takes the byte behind the prefix
// for the opcode and the rest of a longer integer for instructions, so only
// the shortest form passes: one byte, or two of which the second, 1, is then a
// nop to the engine.
func (d *decoder) vector(at int) {
	op := int(d.byte())
	if op >= 0x80 {
		if next := d.byte(); next != 1 {
			d.fail(Unsupported, at, "vector instruction %#x %#x", op, next)
			return
		}
	}
	switch {
	case op <= 11, op == 92, op == 93: // load, store
		d.memory()
	case op == 12, op == 13: // v128.const, i8x16.shuffle
		d.bytes(16)
	case op >= 21 && op <= 34: // lanes
		d.byte()
	case op >= 84 && op <= 91: // load and store a lane
		d.memory()
		d.byte()
	}
}

// atomic reads an instruction of the threads proposal.
func (d *decoder) atomic(at int) {
	switch op := d.byte(); {
	case op == 3: // fence
		d.zero("fence")
	case op <= 2, op >= 0x10 && op <= 0x4e:
		d.memory()
	default:
		d.fail(Unsupported, at, "atomic instruction %#x", op)
	}
}

func (d *decoder) memory() {
	d.u32() // alignment
	d.u32() // offset
}

// unknown refuses an opcode and says which feature it belongs to.
func (d *decoder) unknown(at int, op byte) {
	switch op {
	case opGC, 0xd3:
		d.fail(Unsupported, at, "instruction %#02x of the garbage collection proposal", op)
	case 0x06, 0x07, 0x09, 0x18, 0x19:
		d.fail(Unsupported, at, "instruction %#02x of the legacy exceptions: "+
			"compile for exnref, or use wasm-opt --translate-to-exnref", op)
	default:
		d.fail(Unsupported, at, "unknown instruction %#02x", op)
	}
}
