package wasmbin

import "slices"

// lazyEntries is from how many entries on a table is filled lazily. Below, the
// engine fills it in a microsecond or two.
const lazyEntries = 128

// lazyTable is a table of functions that starts empty and is filled entry by
// entry, when an entry is called.
//
// The engine makes an object for every entry of every instance, which is most
// of what a start costs: a Go program has 7,000 and calls some 100 of them
// before its first answer. So the elements of such a table become declarations,
// and each indirect call through it is preceded by
//
//	if table[i] == null { fill(i) }
//
// where fill is a tree of functions, with a br_table each, that ends in
// table[i] = ref.func f. What a call finds is the same as ever, and its traps
// too: an index outside traps in the check, and what the module left null stays
// so. It does not matter for an image either which entries are filled.
//
// None but calls may see the table: it is not imported, nor exported to another
// module (Options.Alone), no instruction reads or changes it, and its elements are functions at constant
// offsets that fit.
type lazyTable struct {
	index   uint32
	entries []uint32 // functions, as in the module given, plus 1; 0 for null
	any     bool
	bad     bool   // a segment does not fit
	fill    uint32 // the function to call for an entry that is null
}

func (t *transform) mayBeLazy(table, size uint32) {
	if t.lazy == nil {
		t.lazy = map[uint32]*lazyTable{}
	}
	t.lazy[table] = &lazyTable{index: table, entries: make([]uint32, size)}
}

// seen says that something else than calls uses the table.
func (t *transform) seen(table uint32) { delete(t.lazy, table) }

// fits reports whether a segment of n entries does; if not, instances must trap
// when they start.
func (l *lazyTable) fits(offset int64, n int) bool {
	ok := int64(uint32(offset))+int64(n) <= int64(len(l.entries))
	l.bad = l.bad || !ok
	return ok
}

func (l *lazyTable) set(i, function uint32) { l.entries[i], l.any = function+1, true }

// planFillers decides which tables are lazy and writes the functions that fill
// them. All indices are known by then, and nothing but the code is unwritten.
func (t *transform) planFillers() {
	for table := range t.tables {
		l := t.lazy[table]
		if l == nil {
			continue
		}
		if !l.any || l.bad || t.functionsAt == 0 {
			t.seen(table)
			continue
		}
		t.m.Stats.Lazy += len(l.entries)
		l.fill = t.fillTree(l)
	}
}

// check writes what stands before an indirect call. As in newChecks the call stands in the else arm, out of the way of the registers.
func (l *lazyTable) check(w *writer, scratch uint32) {
	w.local(opLocalTee, scratch)
	w.byte(opTableGet)
	w.u32(l.index)
	w.bytes([]byte{opRefIsNull, opI32Eqz, opIf, emptyBlock, opElse})
	w.local(opLocalGet, scratch)
	w.byte(opCall)
	w.u32(l.fill)
	w.byte(opEnd)
	w.local(opLocalGet, scratch)
}

// fanOut is how many branches one function of a tree has: the engine's time
// grows with the square of them.
const (
	fanBits = 6
	fanOut  = 1 << fanBits
)

// fillTree adds the functions that fill a table, and returns the index of the
// one to call.
func (t *transform) fillTree(l *lazyTable) uint32 {
	setEntry := func(w *writer, f uint32) {
		w.byte(opRefFunc)
		w.u32(f - 1 + t.shift)
		w.byte(opTableSet)
		w.u32(l.index)
	}
	callNext := func(w *writer, f uint32) { w.byte(opCall); w.u32(f - 1) }
	level, act := l.entries, setEntry
	for shift := uint32(0); ; shift += fanBits {
		var above []uint32
		for from := 0; from < len(level); from += fanOut {
			above = append(above, t.filler(level[from:min(from+fanOut, len(level))], shift, act))
		}
		if len(above) == 1 {
			return above[0] - 1
		}
		level, act = above, callNext
	}
}

// filler adds a function (i32) -> () that acts on one of the targets: the one
// that the bits of its parameter from shift on choose. It returns the function's
// index plus 1, or 0 when no target is left.
func (t *transform) filler(targets []uint32, shift uint32, act func(*writer, uint32)) uint32 {
	var live []uint32
	for _, f := range targets {
		if f != 0 {
			live = append(live, f)
		}
	}
	if len(live) == 0 {
		return 0
	}
	w := writer{}
	size := w.open()
	w.byte(0) // locals
	for range live {
		w.bytes([]byte{opBlock, emptyBlock})
	}
	w.bytes([]byte{opLocalGet, 0, opI32Const})
	w.u32(shift) // below 64, so the same as a signed one
	w.bytes([]byte{opI32ShrU, opI32Const, fanOut - 1, opI32And, opBrTable})
	w.u32(uint32(len(targets)))
	label := uint32(0)
	for _, f := range targets {
		if f == 0 {
			w.u32(uint32(len(live)))
			continue
		}
		w.u32(label)
		label++
	}
	w.u32(uint32(len(live)))
	for _, f := range live {
		w.bytes([]byte{opEnd, opLocalGet, 0})
		act(&w, f)
		w.byte(opReturn)
	}
	w.byte(opEnd)
	w.close(size)
	t.fillers = append(t.fillers, w.out)
	return uint32(len(t.funcs)+len(t.fillers)) + t.shift
}

// addFillers puts the fillers into the function section, which was written
// before the elements and the code said that there are any.
func (t *transform) addFillers(w *writer) {
	if len(t.fillers) == 0 {
		return
	}
	types := writer{}
	for range t.fillers {
		types.u32(uint32(len(t.types.list)) + 1)
	}
	w.setLong(t.functionsAt, len(t.funcs)-t.importedFuncs+len(t.fillers))
	w.setLong(t.functionsAt-longSize, t.functionsEnd-t.functionsAt+len(types.out))
	w.out = slices.Insert(w.out, t.functionsEnd, types.out...)
}
