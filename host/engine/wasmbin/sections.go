package wasmbin

const (
	headerSize = 8
	header     = "\x00asm\x01\x00\x00\x00"
)

const (
	secCustom = iota
	secType
	secImport
	secFunction
	secTable
	secMemory
	secGlobal
	secExport
	secStart
	secElement
	secCode
	secData
	secDataCount
	secTag
	secCount
)

var sectionNames = [secCount]string{"custom", "type", "import", "function", "table", "memory", "global",
	"export", "start", "element", "code", "data", "data count", "tag"}

// sectionOrder says where a section stands; custom sections stand anywhere.
var sectionOrder = [secCount]int{secType: 1, secImport: 2, secFunction: 3, secTable: 4, secMemory: 5, secTag: 6,
	secGlobal: 7, secExport: 8, secStart: 9, secElement: 10, secDataCount: 11, secCode: 12, secData: 13}

// sections are the contents of a module's sections by their id.
type sections struct {
	code     []byte
	from, to [secCount]int // from is 0 for one that is not there
}

// split finds the sections. It drops all custom ones but the names.
func (t *transform) split() (*sections, *Error) {
	r := &reader{b: t.code, section: "header"}
	if len(t.code) > t.limits.Size {
		r.fail(OverLimit, 0, "%d bytes, %d are allowed", len(t.code), t.limits.Size)
	} else if len(t.code) < headerSize || string(t.code[:headerSize]) != header {
		r.fail(Malformed, 0, "no module: it must begin with %q (a component, or text?)", header)
	}
	r.p = headerSize
	s := &sections{code: t.code}
	for last := 0; r.err == nil && r.p < len(r.b); {
		at := r.p
		id := r.byte()
		if id >= secCount {
			r.fail(Unsupported, at, "section %d", id)
			break
		}
		r.section = sectionNames[id]
		n := len(r.bytes(r.u32()))
		if r.err != nil {
			break
		}
		if id == secCustom {
			c := &reader{b: r.b[:r.p], p: r.p - n, section: r.section}
			t.custom(c)
			r.err = c.err
			continue
		}
		if sectionOrder[id] <= last {
			r.fail(Malformed, at, "section stands twice or in the wrong place")
			break
		}
		last = sectionOrder[id]
		s.from[id], s.to[id] = r.p-n, r.p
	}
	return s, r.err
}

// reader returns a reader of the section, or nil when it is not there.
func (s *sections) reader(id byte) *reader {
	if s.from[id] == 0 {
		return nil
	}
	return &reader{b: s.code[:s.to[id]], p: s.from[id], section: sectionNames[id]}
}

// estimate is about how many bytes the new module will have.
func (s *sections) estimate() int {
	n := 1024 + (s.to[secCode]-s.from[secCode])/4
	for id := range s.from {
		if id != secData {
			n += s.to[id] - s.from[id]
		}
	}
	return n
}

func (t *transform) functionSection(r *reader, w *writer) {
	t.functionsAt = len(w.out)
	n := r.count("functions", 1, t.limits.Functions)
	w.long(n)
	w.from = r.p
	for i := 0; i < n && r.err == nil; i++ {
		if f := r.index("type", len(t.types.list)); r.err == nil {
			t.funcs = append(t.funcs, f)
		}
	}
	r.done()
	w.upTo(r.p)
	t.functionsEnd = len(w.out)
}

func (t *transform) tagSection(r *reader, w *writer) {
	w.from = r.p
	n := r.count("tags", 2, t.limits.Types)
	for i := 0; i < n && r.err == nil; i++ {
		r.zero("tag attribute")
		r.index("type", len(t.types.list))
	}
	r.done()
	w.upTo(r.p)
}

// drops says that nothing of a section is left.
func (t *transform) drops(id byte) bool {
	return (id == secData || id == secDataCount) && t.dataMode == dataDropped
}

func (t *transform) copyDataCount(r *reader, w *writer) {
	w.from = r.p
	w.upTo(len(r.b))
}

func (t *transform) scanSection(r *reader) {
	t.scan(r)
	if r.err == nil && t.shift > 0 {
		t.graph.link(t)
		t.graph.place()
		t.planFillers()
	}
}
