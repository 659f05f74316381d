package wasmbin

// elementSection copies the element segments and moves the function indices.
func (t *transform) elementSection(r *reader, w *writer) {
	n := r.count("element segments", 2, t.limits.Segments)
	w.u32(uint32(n))
	w.from = r.p
	for i := 0; i < n && r.err == nil; i++ {
		t.element(r, w)
	}
	w.upTo(r.p)
}

// readElements reads them for what they say about functions and tables.
func (t *transform) readElements(r *reader) {
	for i, n := 0, r.count("element segments", 2, t.limits.Segments); i < n && r.err == nil; i++ {
		t.element(r, nil)
	}
	r.done()
}

// element reads a segment, in one of the eight forms that the binary format has
// for them, and copies it unless w is nil.
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
	var lazy *lazyTable
	var offset value
	if flags&passive == 0 {
		table := uint32(0)
		if flags&explicit != 0 {
			table = r.u32()
		}
		if lazy = t.lazy[table]; lazy != nil && w != nil {
			w.upTo(at)
			w.bytes([]byte{passive | explicit, 0}) // declares its functions, and no more
			t.constExpr(r, nil, I32)
		} else {
			offset = t.constExpr(r, w, I32)
		}
		if w == nil && (flags&exprs != 0 || !offset.known || offset.typ != I32) {
			t.seen(table)
			lazy = nil
		}
	}
	typ := FuncRef
	if flags&(passive|explicit) != 0 {
		if flags&exprs != 0 {
			typ = r.valueType(len(t.types.list))
		} else {
			r.zero("element kind")
		}
	}
	if lazy != nil && w != nil {
		w.from = r.p
	}
	n := r.count("elements", 1, len(r.b))
	if lazy != nil && w == nil && !lazy.fits(offset.bits, n) {
		lazy = nil
	}
	for i := 0; i < n && r.err == nil; i++ {
		if flags&exprs != 0 {
			t.constExpr(r, w, typ)
		} else if f := t.funcIndex(r, w); lazy != nil && w == nil && r.err == nil {
			lazy.set(uint32(offset.bits)+uint32(i), f)
		}
	}
}
