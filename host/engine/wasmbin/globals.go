package wasmbin

import "fmt"

// Global is a mutable global that the module defines.
type Global struct {
	Index  uint32 // in the module as it was given
	Type   ValueType
	Export string // the private name it can be read and set by; empty for v128 and references
}

// globalSection copies the globals and adds the fuel at
// the end. No instruction of the module can name it: scan refuses indices
// past the module's own globals.
func (t *transform) globalSection(r *reader, w *writer) {
	n := r.count("globals", 4, t.limits.Globals)
	w.u32(uint32(n) + t.shift)
	w.from = r.p
	for i := 0; i < n && r.err == nil; i++ {
		at := r.p
		v := r.valueType(len(t.types.list))
		if r.mutable() {
			t.mutableGlobal(at, v)
		}
		t.constExpr(r, w, v)
		t.globals++
	}
	if t.globals > t.limits.Globals {
		r.fail(OverLimit, r.p, "%d globals, %d are allowed", t.globals, t.limits.Globals)
	}
	r.done()
	w.upTo(r.p)
	if t.shift > 0 {
		w.bytes([]byte{byte(I32), 1, opI32Const, 0, opEnd})
	}
}

func (t *transform) mutableGlobal(at int, v ValueType) {
	g := Global{Index: uint32(t.globals), Type: v}
	switch v {
	case I32, I64, F32, F64:
		g.Export = fmt.Sprintf("%sg%d", Prefix, g.Index)
	case V128:
		t.obstacle(WideGlobal, at, "has a mutable v128 global, which the engine cannot read whole")
	default:
		t.obstacle(RefGlobal, at, "has a mutable global that holds a reference")
	}
	t.m.Globals = append(t.m.Globals, g)
}
