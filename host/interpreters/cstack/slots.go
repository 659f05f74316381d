package cstack

import (
	"cmp"
	"slices"
)

// Value types.
const (
	i32 = 0x7f
	i64 = 0x7e
	f32 = 0x7d
	f64 = 0x7c
)

// shape is the size in bytes and the type of what loads and stores move. What is smaller than its type is an i32 in its slot.
type shape struct {
	size int64
	typ  byte
}

// shapes is indexed by the opcode, from i32.load on.
var shapes = [...]shape{
	{4, i32}, {8, i64}, {4, f32}, {8, f64},
	{1, i32}, {1, i32}, {2, i32}, {2, i32}, // i32.load8_s and so on
	{1, i32}, {1, i32}, {2, i32}, {2, i32}, {4, i32}, {4, i32}, // i64.load8_s and so on
	{4, i32}, {8, i64}, {4, f32}, {8, f64},
	{1, i32}, {2, i32}, // i32.store8, i32.store16
	{1, i32}, {2, i32}, {4, i32}, // i64.store8 and so on
}

func (a access) shape() shape { return shapes[a.op-0x28] }

// slot is a variable in the frame.
type slot struct {
	at int64
	shape
	local uint32
	mixed bool // it is not always the same bytes, or not of the same type
}

// slots are the variables that become locals, by their address.
func (f *function) slots() map[int64]*slot {
	all := map[int64]*slot{}
	for _, a := range f.accesses {
		s := all[a.at]
		if s == nil {
			s = &slot{at: a.at, shape: a.shape()}
			all[a.at] = s
		} else if s.shape != a.shape() {
			s.mixed = true
			s.size = max(s.size, a.shape().size)
		}
	}
	sorted := make([]*slot, 0, len(all))
	for _, s := range all {
		sorted = append(sorted, s)
	}
	slices.SortFunc(sorted, func(a, b *slot) int { return cmp.Compare(a.at, b.at) })
	var furthest *slot // that of those before which ends last
	for _, s := range sorted {
		if furthest != nil && furthest.at+furthest.size > s.at {
			furthest.mixed, s.mixed = true, true
		}
		if furthest == nil || s.at+s.size > furthest.at+furthest.size {
			furthest = s
		}
	}
	next := uint32(f.params + f.locals)
	for _, s := range sorted {
		if s.mixed || s.at < 0 || s.at+s.size > f.size {
			delete(all, s.at)
			continue
		}
		s.local = next
		next++
	}
	return all
}

// Opcodes that stand for a load or a store.
const (
	opGet, opSet                       = 0x20, 0x21
	opConst, i32And                    = 0x41, 0x71
	i32Extend8, i32Extend16            = 0xc0, 0xc1
	i32Wrap, i64ExtendS, i64ExtendU    = 0xa7, 0xac, 0xad
	firstLoad, firstStore, firstNarrow = 0x28, 0x36, 0x2c
	opGlobalGet, i32LtU                = 0x23, 0x49
	opIf, emptyBlock                   = 0x04, 0x40
	opUnreachable, opEnd               = 0x00, 0x0b
)

// of are the instructions for an access of a slot.
func (s *slot) of(op byte) []byte {
	if op >= firstStore {
		var code []byte
		if op >= 0x3c && op <= 0x3e { // i64.store8, 16, 32
			code = append(code, i32Wrap)
		}
		return appendU32(append(code, opSet), s.local)
	}
	code := appendU32([]byte{opGet}, s.local)
	if op < firstNarrow {
		return code
	}
	signed := op%2 == 0
	switch {
	case s.size == 1 && signed:
		code = append(code, i32Extend8)
	case s.size == 1:
		code = append(code, opConst, 0xff, 0x01, i32And)
	case s.size == 2 && signed:
		code = append(code, i32Extend16)
	case s.size == 2:
		code = append(code, opConst, 0xff, 0xff, 0x03, i32And)
	}
	switch {
	case op < 0x30: // an i32
	case signed:
		code = append(code, i64ExtendS)
	default:
		code = append(code, i64ExtendU)
	}
	return code
}

// edit puts bytes in the place of a span.
type edit struct {
	span
	with []byte
}

// rewrite returns the body.
func (f *function) rewrite() []byte {
	if f.frame < 0 {
		return f.code.b
	}
	stats := &f.module.stats
	stats.Functions++
	stats.Accesses += len(f.accesses)
	var slots map[int64]*slot
	if !f.given {
		slots = f.slots()
	}
	var edits []edit
	drop := func(spans []span) {
		for _, s := range spans {
			edits = append(edits, edit{span: s})
		}
	}
	frameless := !f.given && !f.keep
	for _, a := range f.accesses {
		frameless = frameless && slots[a.at] != nil
	}
	switch {
	case frameless:
		stats.Frameless++
		drop(f.entry)
		drop(f.exits)
	case f.moves > 0 && f.module.pages > 0:
		edits = append(edits, edit{span{f.moves, f.moves}, f.module.check()})
	}
	for _, a := range f.accesses {
		s := slots[a.at]
		if s == nil {
			continue
		}
		stats.Local++
		edits = append(edits, edit{a.self, s.of(a.op)})
		if last := len(a.get) - 1; a.first && !frameless {
			edits = append(edits, edit{a.get[last], appendU32([]byte{opSet}, uint32(f.frame))})
		} else {
			drop(a.get)
		}
	}
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })

	// The new locals come last, in the order of their numbers.
	added := make([]*slot, 0, len(slots))
	for _, s := range slots {
		added = append(added, s)
	}
	slices.SortFunc(added, func(a, b *slot) int { return cmp.Compare(a.local, b.local) })
	body := f.code.b
	count := (&reader{b: body}).u32()
	out := appendU32(nil, count+uint32(len(added)))
	out = append(out, body[f.groups.from:f.groups.to]...)
	for _, s := range added {
		out = append(out, 1, s.typ)
	}
	at := f.groups.to
	for _, e := range edits {
		out = append(append(out, body[at:e.from]...), e.with...)
		at = e.to
	}
	return append(out, body[at:]...)
}

// check traps where the stack pointer is in the stack's last page or behind it. The page is for functions that call no other one: they use what lies below the
// stack pointer without moving it.
func (m *rewriting) check() []byte {
	code := appendS32([]byte{opGlobalGet, 0, opConst}, int32(m.bottom+PageBytes))
	return append(code, i32LtU, opIf, emptyBlock, opUnreachable, opEnd)
}
