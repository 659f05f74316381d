package wasmbin

// scan reads all bodies once, refuses what is not well formed or too big, and
// collects the call graph.
func (t *transform) scan(r *reader) {
	n := r.count("bodies", 2, t.limits.Functions)
	if n != len(t.funcs)-t.importedFuncs {
		r.fail(Malformed, r.p, "%d bodies for %d functions", n, len(t.funcs)-t.importedFuncs)
		return
	}
	t.graph.start = make([]uint32, 0, n+1)
	t.graph.own = make([]uint32, 0, n)
	d := decoder{types: len(t.types.list), globals: t.globals}
	for i := 0; i < n && r.err == nil; i++ {
		size := r.u32()
		at := r.p
		r.bytes(size)
		if int(size) > t.limits.Body {
			r.fail(OverLimit, at, "body of %d bytes, %d are allowed", size, t.limits.Body)
		}
		if r.err != nil {
			return
		}
		d.reader = reader{b: r.b[:r.p], p: at, section: r.section}
		t.graph.start = append(t.graph.start, uint32(len(t.graph.edges)))
		t.graph.own = append(t.graph.own, size)
		d.locals = t.locals(&d.reader, i)
		t.scanBody(&d)
		r.err = d.err
	}
	t.graph.start = append(t.graph.start, uint32(len(t.graph.edges)))
	r.done()
}

// locals reads the declarations at the start of a body, and returns how many parameters and locals there are.
func (t *transform) locals(r *reader, f int) int {
	at := r.p
	total := uint64(len(t.types.params(t.funcs[t.importedFuncs+f])))
	for i, n := 0, r.count("local groups", 2, len(r.b)); i < n && r.err == nil; i++ {
		total += uint64(r.u32())
		r.valueType(len(t.types.list))
	}
	if total > uint64(t.limits.Locals) {
		r.fail(OverLimit, at, "function with %d locals, %d are allowed", total, t.limits.Locals)
	}
	if t.allLocals += total; t.allLocals > maxLocals {
		r.fail(OverLimit, at, "functions with more than %d locals together", maxLocals)
	}
	return int(total)
}

// bulkBranches is how many branches the engine sees in a bulk instruction and
// the check beside it.
const bulkBranches = 8

// blockBranches is the same for a block. Loops take the engine longest.
func blockBranches(op int) int {
	switch op {
	case opLoop:
		return 8
	case opIf, opTryTable:
		return 2
	}
	return 1
}

func (t *transform) scanBody(d *decoder) {
	depth, branches, values := 1, 0, 0
	g := &t.graph
	for d.next(len(d.b)) {
		switch d.op {
		case opBlock, opLoop, opIf, opTryTable:
			depth++
			branches += blockBranches(d.op) + d.labels
			if d.idx != noBlockType {
				values += len(t.types.params(d.idx))
			}
		case opEnd:
			if depth--; depth == 0 && d.p != len(d.b) {
				d.fail(Malformed, d.p, "instructions behind the end of a body")
			}
		case opBr, opBrIf, opBrOnNull, opBrOnNonNull:
			branches++
		case opBrTable:
			branches += d.labels
		case opCall, opTailCall:
			if uint64(d.idx) >= uint64(len(t.funcs)) {
				d.fail(Malformed, d.imm, "function %d, there are %d", d.idx, len(t.funcs))
				return
			}
			values += len(t.types.results(t.funcs[d.idx]))
			if callee := int(d.idx) - t.importedFuncs; callee >= 0 {
				g.edges = append(g.edges, uint32(callee))
			} else {
				g.own[len(g.own)-1] += hostCost
			}
		case opCallIndirect, opTailIndirect, opCallRef, opTailRef:
			branches++
			values += len(t.types.results(d.idx))
			g.edges = append(g.edges, t.typeNode(d.idx))
		case opRefFunc:
			if uint64(d.idx) >= uint64(len(t.funcs)) || !t.declared.has(d.idx) {
				d.fail(Malformed, d.imm, "ref.func of function %d, which is not declared", d.idx)
			}
		case opMemoryGrow:
			g.own[len(g.own)-1] += hostCost
		case opMemoryCopy, opMemoryFill:
			branches += bulkBranches
		case opMemoryInit:
			branches += bulkBranches
			t.usesSegments = true
		case opDataDrop:
			t.usesSegments = true
			t.obstacle(SegmentDrop, d.at, "drops segments")
		case opTableGet:
			t.seen(d.idx)
		case opElemDrop:
			t.obstacle(SegmentDrop, d.at, "drops segments")
		case opTableSet, opTableGrow, opTableFill, opTableCopy, opTableInit:
			branches += bulkBranches
			t.obstacle(TableChange, d.at, "changes a table while it runs")
			t.lazy = nil
		}
		if branches > t.limits.Branches {
			d.fail(OverLimit, d.at, "function with more than %d branches", t.limits.Branches)
		}
		if values > maxValues {
			d.fail(OverLimit, d.at, "function whose calls give more than %d values", maxValues)
		}
	}
	if d.err == nil && depth != 0 {
		d.fail(Malformed, d.p, "body ends inside %d blocks", depth)
	}
}

// typeNode returns the node of the graph that stands for all functions that an
// indirect call with this type can reach.
func (t *transform) typeNode(typ uint32) uint32 {
	return uint32(len(t.funcs)-t.importedFuncs) + t.types.list[typ].same
}
