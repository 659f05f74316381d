package wasmbin

import "cmp"

// Names that the transformed module uses. A module that exports something
// with Prefix, or imports the yield function itself, is refused.
const (
	ImportModule = "lull"
	ImportYield  = "yield" // () -> (); see the package's text

	Prefix      = "__lull_"
	StartExport = Prefix + "start"
	FuelExport  = Prefix + "fuel"
)

// Module is a transformed module and what its engine must know about it.
type Module struct {
	Code []byte // the transformed module; valid if the one that was given is

	Start     string  // the export to call once, after LayData; empty when there is none
	Fuel      string  // the exported i32 global that holds the fuel; empty with Options.NoFuel
	FuelIndex uint32  // of that global
	Memory    *Memory // nil when the module has none
	Globals   []Global
	Data      []Segment // what LayData writes; nil when the segments stay in Code
	Imports   []Import  // without the yield function
	Exports   []Export  // without the private ones
	Obstacles []Obstacle
	Stats     Stats
}

// Stats counts what the transform saw and inserted.
type Stats struct {
	Functions int // defined in the module
	Checked   int // those that can recurse or run for long, and so have checks outside of loops
	Loops     int // loops, each with a check
	Straight  int // checks outside of loops: before calls, and in long paths
	Bulk      int // bulk instructions, which pay for their length
	Tries     int // try_tables, each with a yield before it
	Lazy      int // table entries that are made when they are first called
}

// transform is the state of one call of Transform.
type transform struct {
	m      *Module
	limits Limits
	code   []byte
	shift  uint32 // how far function indices move: 1, or 0 without fuel

	types         signatures
	funcs         []uint32 // types of the functions, imported ones first
	importedFuncs int
	globals       int // read so far, imported ones first
	tables        uint32
	mutable       bits // imported globals
	declared      bits // functions that are exported or named by an initializer
	start         uint32

	dataMode     dataMode
	usesSegments bool
	hasDataCount bool
	dataCount    uint32

	lazyFrom     int
	alone        bool
	lazy         map[uint32]*lazyTable
	fillers      [][]byte // the bodies of functions that fill tables, sizes in front
	functionsAt  int      // where the function section begins in the new module
	functionsEnd int

	graph     graph
	allLocals uint64
	names     *reader // the name section's contents
	stack     []value // constExpr's
}

// Transform rewrites a module so that an engine can stop it, and can start
// instances from an image: see the package's text. It reads code and keeps
// parts of it in the result (Module.Data), so code must not change afterwards.
//
// The error is an [*Error]. No input makes it panic, and time and memory grow
// with the size of code only. Instructions are not type checked: the caller
// must compile the result with an engine that does. A module that is refused
// there was invalid before, and none becomes valid by the transform.
func Transform(code []byte, opt Options) (*Module, error) {
	t := &transform{m: &Module{}, limits: opt.Limits.withDefaults(), alone: opt.Alone, code: code}
	if !opt.NoFuel {
		t.shift = 1
		t.lazyFrom = cmp.Or(opt.LazyTables, lazyEntries)
		t.m.Fuel = FuelExport
	}
	s, err := t.split()
	if err == nil {
		err = t.rewrite(s)
	}
	if err != nil {
		return nil, err
	}
	return t.m, nil
}

// rewrite goes through the sections in their order, and reads and writes them
// side by side. Four are read before their turn: the start function's name stands among
// the exports, the elements say what can be called, and the code says what
// becomes of the data and of the elements.
func (t *transform) rewrite(s *sections) *Error {
	w := &writer{in: t.code, out: make([]byte, 0, s.estimate())}
	w.bytes(t.code[:headerSize])

	steps := []struct {
		id    byte
		write func(*reader, *writer) // nil: read only
		read  func(*reader)
		add   bool // written even when the module does not have it
	}{
		{id: secType, write: t.typeSection, add: t.shift > 0},
		{id: secImport, write: t.importSection, add: t.shift > 0},
		{id: secFunction, write: t.functionSection},
		{id: secTable, write: t.tableSection},
		{id: secMemory, write: t.memorySection},
		{id: secTag, write: t.tagSection},
		{id: secGlobal, write: t.globalSection, add: t.shift > 0},
		{id: secStart, read: t.startSection},
		{id: secExport, write: t.exportSection, add: true},
		{id: secElement, read: t.readElements},
		{id: secDataCount, read: t.dataCountSection},
		{id: secCode, read: t.scanSection, add: true},
		{id: secElement, write: t.elementSection},
		{id: secElement, read: func(*reader) { t.addFillers(w) }},
		{id: secData, read: t.readData, add: true},
		{id: secDataCount, write: t.copyDataCount},
		{id: secCode, write: t.codeSection},
		{id: secData, write: t.dataSection},
	}
	for _, step := range steps {
		r := s.reader(step.id)
		if r == nil && !step.add {
			continue
		}
		if r == nil {
			r = &reader{b: []byte{0}, section: sectionNames[step.id]}
		}
		if step.read != nil {
			step.read(r)
		} else if !t.drops(step.id) {
			w.byte(step.id)
			mark := w.open()
			step.write(r, w)
			w.close(mark)
		}
		if r.err != nil {
			return r.err
		}
	}
	if t.names != nil {
		t.writeNames(w)
	}
	t.m.Code = w.out
	t.m.Stats.Functions = len(t.funcs) - t.importedFuncs
	return nil
}
