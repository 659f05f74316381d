package wasmbin

import "strings"

// exportSection copies the exports and adds the private ones.
func (t *transform) exportSection(r *reader, w *writer) {
	n := r.count("exports", 3, len(r.b))
	own := 0
	for _, g := range t.m.Globals {
		if g.Export != "" {
			own++
		}
	}
	if t.m.Start != "" {
		own++
	}
	w.u32(uint32(n+own) + t.shift)
	w.from = r.p
	t.m.Exports = make([]Export, 0, n)
	for i := 0; i < n && r.err == nil; i++ {
		t.export(r, w)
	}
	r.done()
	w.upTo(r.p)

	for _, g := range t.m.Globals {
		if g.Export != "" {
			w.name(g.Export)
			w.byte(byte(GlobalVar))
			w.u32(g.Index)
		}
	}
	if t.m.Start != "" {
		w.name(t.m.Start)
		w.byte(byte(Func))
		w.u32(t.start + t.shift)
	}
	if t.m.Fuel != "" {
		w.name(t.m.Fuel)
		t.m.FuelIndex = uint32(t.globals)
		w.byte(byte(GlobalVar))
		w.u32(uint32(t.globals))
	}
}

func (t *transform) export(r *reader, w *writer) {
	at := r.p
	e := Export{Name: r.name(), Kind: ExternKind(r.byte())}
	if strings.HasPrefix(e.Name, Prefix) {
		r.fail(Reserved, at, "exports %q: names with %s belong to lull", e.Name, Prefix)
	}
	switch e.Kind {
	case Func:
		e.Index = t.funcIndex(r, w)
		if r.err == nil {
			e.Type = t.types.text(t.funcs[e.Index])
		}
	case GlobalVar:
		e.Index = r.index("global", t.globals)
	case Table:
		e.Index = r.u32()
		if !t.alone {
			t.seen(e.Index)
		}
	case Mem, Tag:
		e.Index = r.u32()
	default:
		r.fail(Malformed, at, "export kind %d", e.Kind)
	}
	t.m.Exports = append(t.m.Exports, e)
}

// startSection takes the start function out. It runs before the export
// section is written, which gives the function its private name.
func (t *transform) startSection(r *reader) {
	at := r.p
	t.start = r.index("function", len(t.funcs))
	r.done()
	if r.err != nil {
		return
	}
	f := t.types.list[t.funcs[t.start]]
	if f.from != f.to {
		r.fail(Malformed, at, "start function has the type %s", t.types.text(t.funcs[t.start]))
	}
	t.m.Start = StartExport
}
