package wasmbin

import "fmt"

// ExternKind is what an import or an export is.
type ExternKind byte

const (
	Func ExternKind = iota
	Table
	Mem
	GlobalVar
	Tag
)

// String returns the kind as the text format calls it.
func (k ExternKind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

var kindNames = [...]string{"func", "table", "memory", "global", "tag"}

// Import is something that the module wants from its host.
type Import struct {
	Module, Name string
	Kind         ExternKind
	Type         string // for people: "(i32) -> (i64)", "1..2 shared", "mut i32"
}

// Export is something that the module offers.
type Export struct {
	Name  string
	Kind  ExternKind
	Index uint32 // in the module as it was given
	Type  string // for functions, as in Import; empty for the rest
}

// importSection puts the yield function before all others: every function
// index grows by one, so an index that was wrong stays wrong.
func (t *transform) importSection(r *reader, w *writer) {
	n := r.count("imports", 4, t.limits.Imports)
	w.u32(uint32(n) + t.shift)
	w.from = r.p
	if t.shift > 0 {
		w.name(ImportModule)
		w.name(ImportYield)
		w.byte(byte(Func))
		w.u32(uint32(len(t.types.list)))
	}
	for i := 0; i < n && r.err == nil; i++ {
		at := r.p
		m := Import{Module: r.name(), Name: r.name(), Kind: ExternKind(r.byte())}
		if m.Module == ImportModule && m.Name == ImportYield {
			r.fail(Reserved, at, "imports %s.%s, which lull adds itself", m.Module, m.Name)
		}
		m.Type = t.importType(r, m.Kind)
		t.m.Imports = append(t.m.Imports, m)
	}
	r.done()
	w.upTo(r.p)
	t.importedFuncs = len(t.funcs)
}

func (t *transform) importType(r *reader, kind ExternKind) string {
	at := r.p
	switch kind {
	case Func:
		f := r.index("type", len(t.types.list))
		if r.err != nil {
			return ""
		}
		t.funcs = append(t.funcs, f)
		return t.types.text(f)
	case Table:
		v := r.valueType(len(t.types.list))
		l := r.sizes(1)
		t.tables++
		return fmt.Sprintf("%s %s", v, l)
	case Mem:
		return t.memory(r, true).String()
	case GlobalVar:
		v := r.valueType(len(t.types.list))
		t.globals++
		if r.mutable() {
			t.mutable.add(uint32(t.globals - 1))
			t.obstacle(ImportedGlobal, at, "imports a mutable global")
			return "mut " + v.String()
		}
		return v.String()
	case Tag:
		r.zero("tag attribute")
		f := r.index("type", len(t.types.list))
		if r.err != nil {
			return ""
		}
		return t.types.text(f)
	}
	r.fail(Malformed, at-1, "import kind %d", kind)
	return ""
}

func (r *reader) mutable() bool {
	at := r.p
	c := r.byte()
	if c > 1 {
		r.fail(Malformed, at, "mutability %d", c)
	}
	return c == 1
}

func (r *reader) zero(what string) {
	at := r.p
	if c := r.byte(); c != 0 {
		r.fail(Malformed, at, "%s %d, must be 0", what, c)
	}
}
