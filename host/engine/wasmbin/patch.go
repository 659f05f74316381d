package wasmbin

// block is a block that the patcher is in.
type block struct {
	op    int
	entry int // bytes since the last check where it began
	most  int // the same, at most, over all branches to its end
}

// patcher writes bodies with checks. It follows the longest path since the
// last check: forward through blocks, with the maximum where paths join. A
// check goes into every loop, and wherever the path gets longer than maxPath.
type patcher struct {
	*transform
	checks
	w       *writer
	d       decoder
	scratch uint32 // a local that the transform has added
	blocks  []block
	path    int // bytes since the last check, up to mark
	mark    int
}

func (t *transform) codeSection(r *reader, w *writer) {
	if t.shift == 0 {
		w.from = r.p
		w.upTo(len(r.b))
		return
	}
	p := patcher{transform: t, checks: newChecks(uint32(t.globals)), w: w}
	n := int(r.u32())
	w.u32(uint32(n + len(t.fillers)))
	for i := range n {
		size := r.u32()
		mark := w.open()
		p.d = decoder{types: len(t.types.list), globals: t.globals}
		p.d.reader = reader{b: r.b[:r.p+int(size)], p: r.p, section: r.section}
		p.body(uint32(i))
		r.p += int(size)
		w.close(mark)
		if p.d.err != nil {
			r.err = p.d.err
			return
		}
	}
	for _, f := range t.fillers {
		w.bytes(f)
	}
}

func (p *patcher) body(f uint32) {
	d := &p.d
	p.declare(f)
	p.blocks = append(p.blocks[:0], block{})
	p.path, p.mark = 0, d.p
	if p.graph.checked.has(f) {
		p.path = maxPath - maxPrefix
		p.m.Stats.Checked++
	}
	for d.next(p.mark + maxPath - p.path) {
		p.path += d.at - p.mark
		p.mark = d.at
		if p.path >= maxPath || p.path >= maxPath-maxPrefix && p.calls() {
			p.insert(d.at, p.plain)
			p.m.Stats.Straight++
		}
		if d.op != opLimit {
			p.instruction()
			p.path += d.p - p.mark
			p.mark = d.p
		}
	}
	p.w.upTo(d.p)
}

// declare copies the declarations of a body's locals, and adds the scratch variable behind them.
func (p *patcher) declare(f uint32) {
	d := &p.d
	groups := d.u32()
	p.w.u32(groups + 1)
	p.w.from = d.p
	d.locals = len(p.types.params(p.funcs[p.importedFuncs+int(f)]))
	for range groups {
		d.locals += int(d.u32())
		d.valueType(d.types)
	}
	p.w.upTo(d.p)
	p.w.bytes([]byte{1, byte(I32)})
	p.scratch = uint32(d.locals)
}

// calls says whether the current instruction calls a function of the module.
func (p *patcher) calls() bool {
	switch p.d.op {
	case opCall, opTailCall:
		return int(p.d.idx) >= p.importedFuncs
	case opCallIndirect, opTailIndirect, opCallRef, opTailRef:
		return true
	}
	return false
}

// insert puts a check before offset at.
func (p *patcher) insert(at int, check []byte) {
	p.w.upTo(at)
	p.w.bytes(check)
	p.path, p.mark = 0, at
}

func (p *patcher) instruction() {
	d := &p.d
	switch d.op {
	case opBlock, opIf:
		p.blocks = append(p.blocks, block{op: d.op, entry: p.path})
	case opTryTable:
		d.p = d.imm // once more
		d.catches(func(label uint32) { p.branch(label, maxPath) })
		p.w.upTo(d.at)
		p.w.bytes(callYield)
		p.path += hostCost
		p.m.Stats.Tries++
		p.blocks = append(p.blocks, block{op: d.op})
	case opLoop:
		p.blocks = append(p.blocks, block{op: d.op})
		check := p.plain
		if d.idx == noBlockType || len(p.types.params(d.idx)) == 0 {
			check = p.loop
		}
		p.insert(d.p, check)
		p.m.Stats.Loops++
	case opElse:
		b := &p.blocks[len(p.blocks)-1]
		b.most, b.op = max(b.most, p.path), opElse
		p.path = b.entry
	case opEnd:
		b := p.blocks[len(p.blocks)-1]
		if b.op == opIf {
			b.most = max(b.most, b.entry)
		}
		p.path = max(b.most, p.path)
		p.blocks = p.blocks[:len(p.blocks)-1]
	case opBr:
		p.branch(d.idx, p.path)
		p.path = 0
	case opBrIf, opBrOnNull, opBrOnNonNull:
		p.branch(d.idx, p.path)
	case opBrTable:
		d.p = d.imm // once more
		d.targets(func(label uint32) { p.branch(label, p.path) })
		p.path = 0
	case opReturn, opUnreachable, opThrow, opThrowRef:
		p.path = 0
	case opCall, opTailCall:
		p.moveIndex()
		if int(d.idx) < p.importedFuncs {
			p.path += hostCost
		} else {
			p.path += int(p.graph.cost[int(d.idx)-p.importedFuncs])
		}
	case opCallIndirect, opTailIndirect, opCallRef, opTailRef:
		p.path += int(p.graph.cost[p.typeNode(d.idx)])
		if lazy := p.lazy[d.table]; lazy != nil && (d.op == opCallIndirect || d.op == opTailIndirect) {
			p.w.upTo(d.at)
			lazy.check(p.w, p.scratch)
		}
	case opRefFunc:
		p.moveIndex()
	case opMemoryGrow:
		p.path += hostCost
	case opMemoryInit, opMemoryCopy, opMemoryFill, opTableInit, opTableCopy, opTableGrow, opTableFill:
		p.insert(d.at, nil)
		p.bulk(p.w, p.scratch)
		p.m.Stats.Bulk++
	}
}

// branch notes a path of n bytes to a label. A branch back to a loop is none:
// the loop begins with a check.
func (p *patcher) branch(label uint32, n int) {
	i := len(p.blocks) - 1 - int(label)
	if i < 0 {
		p.d.fail(Malformed, p.d.at, "label %d in %d blocks", label, len(p.blocks))
		return
	}
	if b := &p.blocks[i]; b.op != opLoop {
		b.most = max(b.most, n)
	}
}

// moveIndex writes an instruction with a new function index.
func (p *patcher) moveIndex() {
	p.w.upTo(p.d.imm)
	p.w.u32(p.d.idx + p.shift)
	p.w.from = p.d.p
}
