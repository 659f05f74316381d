package wasmbin

import "fmt"

// PageSize is the unit of memory sizes in bytes.
const PageSize = 1 << 16

const maxPages = 1 << 16

// Memory is the module's linear memory.
type Memory struct {
	Min      uint32 // pages that an instance starts with
	Max      uint32 // pages it may grow to; 65,536 (4 GiB) when the module sets none
	HasMax   bool   // the module sets Max
	Shared   bool   // between threads
	Imported bool
}

// sizes are those of a memory in pages, or of a table in entries.
type sizes struct {
	min, max       uint32
	hasMax, shared bool
}

func (l sizes) String() string {
	s := fmt.Sprint(l.min)
	if l.hasMax {
		s += fmt.Sprintf("..%d", l.max)
	}
	if l.shared {
		s += " shared"
	}
	return s
}

// sizes reads them; flags is the highest flag byte that the thing may have.
func (r *reader) sizes(flags byte) sizes {
	at := r.p
	f := r.byte()
	switch {
	case f >= 8:
		r.fail(Unsupported, at, "limits flag %#02x (custom page size?)", f)
	case f >= 4:
		r.fail(Unsupported, at, "limits flag %#02x (64-bit memory or table)", f)
	case f > flags:
		r.fail(Malformed, at, "limits flag %#02x", f)
	}
	l := sizes{shared: f&2 != 0, hasMax: f&1 != 0}
	l.min = r.u32()
	if l.hasMax {
		l.max = r.u32()
		if l.max < l.min {
			r.fail(Malformed, at, "minimum %d is above maximum %d", l.min, l.max)
		}
	}
	return l
}

func (t *transform) memory(r *reader, imported bool) sizes {
	at := r.p
	l := r.sizes(3)
	if max(l.min, l.max) > maxPages {
		r.fail(Malformed, at, "memory of %s pages, 4 GiB are %d", l, maxPages)
	}
	if t.m.Memory != nil {
		r.fail(Unsupported, at, "a second memory")
	}
	t.m.Memory = &Memory{Min: l.min, Max: l.max, HasMax: l.hasMax, Shared: l.shared, Imported: imported}
	if !l.hasMax {
		t.m.Memory.Max = maxPages
	}
	if imported {
		t.obstacle(ImportedMemory, at, "imports its memory")
	}
	if l.shared {
		t.obstacle(SharedMemory, at, "shares its memory between threads")
	}
	return l
}

func (t *transform) memorySection(r *reader, w *writer) {
	w.from = r.p
	for range r.count("memories", 2, 1<<20) {
		t.memory(r, false)
	}
	r.done()
	w.upTo(r.p)
}

// tableSection lowers the tables' maximum sizes, because the engine holds
// their entries outside of linear memory, where no limit of its own applies.
func (t *transform) tableSection(r *reader, w *writer) {
	n := r.count("tables", 3, t.limits.TableEntries)
	w.u32(uint32(n))
	total, each := uint64(0), uint32(t.limits.TableEntries/max(n, 1))
	for i := 0; i < n && r.err == nil; i++ {
		at := r.p
		w.from = at
		init := r.p < len(r.b) && r.b[r.p] == 0x40 // a table with an initial value
		if init {
			r.p++
			r.zero("table flag")
		}
		v := r.valueType(len(t.types.list))
		w.upTo(r.p)
		l := r.sizes(1)
		if total += uint64(l.min); total > uint64(t.limits.TableEntries) {
			r.fail(OverLimit, at, "tables start with %d entries, %d are allowed", total, t.limits.TableEntries)
		}
		if most := max(l.min, each); !l.hasMax || l.max > most {
			l.max = most
		}
		w.byte(1)
		w.u32(l.min)
		w.u32(l.max)
		w.from = r.p
		if init {
			t.constExpr(r, w, v)
			w.upTo(r.p)
		} else if v == FuncRef && t.lazyFrom > 0 && l.min >= uint32(t.lazyFrom) {
			t.mayBeLazy(t.tables, l.min)
		}
		t.tables++
	}
	r.done()
}
