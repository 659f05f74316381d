package wasmbin

// elementSection copies the element segments, in all eight forms that the
// binary format has for them, and moves the function indices.
func (t *transform) elementSection(r *reader, w *writer) {
	n := r.count("element segments", 2, t.limits.Segments)
	w.u32(uint32(n))
	w.from = r.p
	for i := 0; i < n && r.err == nil; i++ {
		t.element(r, w)
	}
	r.done()
	w.upTo(r.p)
}

func (t *transform) element(r *reader, w *writer) {
	const (
		passive  = 1 // or declarative
		explicit = 2 // names its table; with passive: declarative
		exprs    = 4 // items are expressions, not function indices
	)
	at := r.p
	flags := r.u32()
	if flags > 7 {
		r.fail(Malformed, at, "element segment flags %d", flags)
	}
	if flags&passive == 0 {
		if flags&explicit != 0 {
			r.u32()
		}
		t.constExpr(r, w, I32)
	}
	typ := FuncRef
	if flags&(passive|explicit) != 0 {
		if flags&exprs != 0 {
			typ = r.valueType(len(t.types.list))
		} else {
			r.zero("element kind")
		}
	}
	n := r.count("elements", 1, len(r.b))
	for i := 0; i < n && r.err == nil; i++ {
		if flags&exprs != 0 {
			t.constExpr(r, w, typ)
		} else {
			t.funcIndex(r, w)
		}
	}
}
