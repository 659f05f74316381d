package wasmbin

import "unicode/utf8"

const nameSection = "name"

// custom looks at a custom section: it must begin with a name.
func (t *transform) custom(r *reader) {
	if r.name() == nameSection && r.err == nil && t.names == nil {
		t.names = r
	}
}

// writeNames copies the names of the module and of its functions, which stack
// traces show. All other names go: the engine searches the names of locals
// once per function, which takes a time that grows with the square of both.
//
// A name section that is not well formed is left out, since the specification
// says that it must not make a module invalid.
func (t *transform) writeNames(w *writer) {
	before := len(w.out)
	w.byte(0)
	mark := w.open()
	w.name(nameSection)
	for r := t.names; r.p < len(r.b); {
		id, size := r.byte(), r.u32()
		sub := &reader{p: r.p}
		r.bytes(size)
		sub.b = r.b[:r.p]
		if id > 1 && r.err == nil {
			continue
		}
		w.byte(id)
		inner := w.open()
		w.from = sub.p
		if id == 0 {
			sub.name()
		} else {
			t.functionNames(sub, w)
		}
		sub.done()
		w.upTo(sub.p)
		w.close(inner)
		if r.err != nil || sub.err != nil {
			w.out = w.out[:before]
			return
		}
	}
	w.close(mark)
}

func (t *transform) functionNames(r *reader, w *writer) {
	n := r.count("names", 2, len(t.funcs))
	w.upTo(r.p)
	for i, last := 0, -1; i < n && r.err == nil; i++ {
		at := r.p
		f := r.index("function", len(t.funcs))
		if int(f) <= last {
			r.fail(Malformed, at, "names are not in order")
		}
		last = int(f)
		w.u32(f + t.shift)
		w.from = r.p
		if b := r.bytes(r.u32()); !utf8.Valid(b) {
			r.fail(Malformed, at, "name is not UTF-8")
		}
		w.upTo(r.p)
	}
}
