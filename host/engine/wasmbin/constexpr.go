package wasmbin

// value is what a constant expression evaluates to.
type value struct {
	known bool // false when it needs an imported global, or is no number
	typ   ValueType
	bits  int64
}

const maxConstStack = 1 << 10

// constExpr reads an initializer up to and with its end, and moves the
// function indices in it unless w is nil. Its type is want; the engine checks
// that, but with a function 0 around, as it is after the transform, wazero takes
// a null for a reference to that function.
func (t *transform) constExpr(r *reader, w *writer, want ValueType) value {
	stack := t.stack[:0]
	defer func() { t.stack = stack[:0] }()
	for r.err == nil {
		at := r.p
		switch op := r.byte(); op {
		case opEnd:
			if len(stack) != 1 {
				return value{}
			}
			if want == Ref && stack[0].typ == FuncRef {
				r.fail(Malformed, at, "initializer is null, a typed reference is wanted")
			}
			return stack[0]
		case opI32Const:
			stack = append(stack, value{true, I32, int64(r.s32())})
		case opI64Const:
			stack = append(stack, value{true, I64, r.s64()})
		case opF32Const:
			r.bytes(4)
			stack = append(stack, value{})
		case opF64Const:
			r.bytes(8)
			stack = append(stack, value{})
		case opI32Add, opI32Add + 1, opI32Add + 2:
			stack = arith(stack, I32, op-opI32Add)
		case opI64Add, opI64Add + 1, opI64Add + 2:
			stack = arith(stack, I64, op-opI64Add)
		case opGlobalGet:
			if g := r.index("global", t.globals); r.err == nil && t.mutable.has(g) {
				r.fail(Malformed, at, "initializer reads global %d, which is mutable", g)
			}
			stack = append(stack, value{})
		case opRefNull:
			stack = append(stack, value{typ: r.heapType(len(t.types.list))})
		case opRefFunc:
			t.funcIndex(r, w)
			stack = append(stack, value{})
		case opVector:
			if sub := r.byte(); sub != 12 {
				r.fail(Unsupported, at, "vector instruction %#x in a constant expression", sub)
			}
			r.bytes(16)
			stack = append(stack, value{})
		default:
			r.fail(Unsupported, at, "instruction %#02x in a constant expression", op)
		}
		if len(stack) > maxConstStack {
			r.fail(OverLimit, at, "constant expression holds more than %d values", maxConstStack)
		}
	}
	return value{}
}

// arith applies add (0), sub (1) or mul (2) to the two values on top.
func arith(stack []value, typ ValueType, op byte) []value {
	n := len(stack) - 2
	if n < 0 {
		return append(stack, value{}, value{}) // invalid: never one value at the end
	}
	a, b := stack[n], stack[n+1]
	v := value{known: a.known && b.known && a.typ == typ && b.typ == typ, typ: typ}
	switch op {
	case 0:
		v.bits = a.bits + b.bits
	case 1:
		v.bits = a.bits - b.bits
	case 2:
		v.bits = a.bits * b.bits
	}
	if typ == I32 {
		v.bits = int64(int32(v.bits))
	}
	return append(stack[:n], v)
}

// funcIndex copies a function index that stands outside of a function's body.
// Such a function can be called through a reference.
func (t *transform) funcIndex(r *reader, w *writer) uint32 {
	if w != nil {
		w.upTo(r.p)
	}
	f := r.index("function", len(t.funcs))
	if r.err != nil {
		return 0
	}
	t.declared.add(f)
	if w != nil {
		w.u32(f + t.shift)
		w.from = r.p
	}
	return f
}
