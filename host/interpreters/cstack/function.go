package cstack

import (
	"errors"
	"fmt"
	"slices"
)

// span is a stretch of a body's bytes.
type span struct{ from, to int }

// value is what is known of a value on the operand stack.
type value struct {
	kind  kind
	first bool   // the frame has just got its local, by the last of the spans
	c     int64  // of frame: its distance from the frame; of constant: itself; of below: the size
	spans []span // of frame, below and constant: the instructions that made it and do nothing else
}

type kind uint8

const (
	other    kind = iota
	constant      // an i32.const
	pointer       // the stack pointer
	below         // the stack pointer less a constant: what becomes the frame
	frame         // an address in the frame
)

// access is a load or a store in the frame.
type access struct {
	op    byte
	at    int64  // from the frame
	get   []span // the instructions that make the address
	self  span
	first bool // the last of them makes the frame, too
}

// function is a body as it is read.
type function struct {
	module *rewriting
	params int
	code   reader

	groups   span // its declarations of locals
	locals   int  // without parameters
	frame    int  // the local that has the frame's address, -1 before there is one
	size     int64
	accesses []access
	entry    []span // what makes the frame
	exits    []span // what takes it down
	moves    int    // where the stack pointer has just become the frame, 0 if it does not
	given    bool   // an address in the frame is given away, or its local is assigned twice
	keep     bool   // the stack pointer is set in another way, too

	stack  []value
	blocks []block
}

// block is an open one: where its operands begin, and how many results it has.
type block struct{ base, results int }

func (f *function) push(v value) { f.stack = append(f.stack, v) }

// pop takes the top value. Behind a branch there may be none, and there it does not matter.
func (f *function) pop() value {
	if len(f.stack) <= f.blocks[len(f.blocks)-1].base {
		return value{}
	}
	v := f.stack[len(f.stack)-1]
	f.stack = f.stack[:len(f.stack)-1]
	return v
}

// give notes that a value goes where it is not followed.
func (f *function) give(v value) {
	switch v.kind {
	case frame, pointer, below: // the stack pointer leads into the frame, too
		f.given = true
	}
}

// take pops n values which are not followed further.
func (f *function) take(n int) {
	for range n {
		f.give(f.pop())
	}
}

// clear takes all of the innermost block: it ends, or nothing behind runs.
func (f *function) clear() {
	base := f.blocks[len(f.blocks)-1].base
	f.take(len(f.stack) - base)
}

// results pushes n values of which nothing is known.
func (f *function) results(n int) {
	for range n {
		f.push(value{})
	}
}

func (f *function) read() error {
	r := &f.code
	f.frame = -1
	f.blocks = []block{{}}
	count := r.u32()
	f.groups.from = r.p
	for range count {
		f.locals += int(r.u32())
		r.byte()
	}
	f.groups.to = r.p
	for r.p < len(r.b) {
		at := r.p
		op := r.byte()
		if err := f.instruction(at, op); err != nil {
			return fmt.Errorf("at its byte %d: %w", at, err)
		}
	}
	return nil
}

func (f *function) instruction(at int, op byte) error {
	r := &f.code
	self := func() span { return span{at, r.p} }
	switch {
	case op == 0x01: // nop
	case op == 0x00: // unreachable
		f.clear()
	case op >= 0x02 && op <= 0x04: // block, loop, if
		if op == 0x04 {
			f.take(1)
		}
		b := block{results: 1}
		switch t := r.s64(); {
		case t == -64:
			b.results = 0
		case t >= 0:
			return errors.New("a block has the type of a function")
		}
		b.base = len(f.stack)
		f.blocks = append(f.blocks, b)
	case op == 0x05: // else
		f.clear()
	case op == 0x0b: // end
		f.clear()
		b := f.blocks[len(f.blocks)-1]
		if f.blocks = f.blocks[:len(f.blocks)-1]; len(f.blocks) > 0 {
			f.results(b.results)
		}
	case op == 0x0c: // br
		r.u32()
		f.clear()
	case op == 0x0d: // br_if: the value below the condition may go with it
		r.u32()
		f.take(1)
		if n := len(f.stack); n > 0 {
			f.give(f.stack[n-1])
		}
	case op == 0x0e: // br_table
		for range r.u32() + 1 {
			r.u32()
		}
		f.clear()
	case op == 0x0f: // return
		f.clear()
	case op == 0x10, op == 0x11: // call, call_indirect
		var s signature
		if op == 0x10 {
			s = f.module.types[f.module.funcs[r.u32()]]
		} else {
			s = f.module.types[r.u32()]
			r.u32()
			f.take(1)
		}
		f.take(s.params)
		f.results(s.results)
	case op == 0x1a: // drop
		f.pop()
	case op == 0x1b: // select
		f.take(3)
		f.results(1)
	case op >= 0x20 && op <= 0x22:
		l := int(r.u32())
		f.local(op, l, self())
	case op == 0x23: // global.get
		v := value{}
		if r.u32() == 0 {
			v = value{kind: pointer, spans: []span{self()}}
		}
		f.push(v)
	case op == 0x24: // global.set
		g, v := r.u32(), f.pop()
		switch {
		case g != 0:
			f.give(v)
		case v.first:
			f.entry, f.moves = append(v.spans, self()), r.p
		case v.kind == frame && v.c == f.size:
			f.exits = append(append(f.exits, v.spans...), self())
		default:
			f.give(v)
			f.keep = true
		}
	case op >= 0x28 && op <= 0x3e: // loads and stores
		r.u32()
		offset := int64(r.u32())
		if op >= 0x36 {
			f.take(1)
		}
		v := f.pop()
		if v.kind == frame {
			f.accesses = append(f.accesses, access{op, v.c + offset, v.spans, self(), v.first})
		} else {
			f.give(v)
		}
		if op < 0x36 {
			f.results(1)
		}
	case op == 0x3f: // memory.size
		r.u32()
		f.results(1)
	case op == 0x40: // memory.grow
		r.u32()
		f.take(1)
		f.results(1)
	case op == 0x41: // i32.const
		c := r.s64()
		f.push(value{kind: constant, c: c, spans: []span{self()}})
	case op == 0x42: // i64.const
		r.s64()
		f.results(1)
	case op == 0x43: // f32.const
		r.bytes(4)
		f.results(1)
	case op == 0x44: // f64.const
		r.bytes(8)
		f.results(1)
	case op == 0x6a || op == 0x6b: // i32.add, i32.sub
		b, a := f.pop(), f.pop()
		spans := append(slices.Concat(a.spans, b.spans), self())
		distance := b.c // wasm-opt writes x + 64 as x - -64, which is shorter
		if op == 0x6b {
			distance = -distance
		}
		switch {
		case b.kind == constant && distance > 0 && a.kind == frame && !a.first:
			f.push(value{kind: frame, c: a.c + distance, spans: spans})
		case b.kind == constant && distance < 0 && a.kind == pointer && f.frame < 0 && len(f.blocks) == 1:
			f.push(value{kind: below, c: -distance, spans: spans})
		case b.kind == constant && distance < 0 && a.kind == pointer && f.moves > 0: // the frame of a function that was inlined: it lies below this one's
			f.results(1)
		default:
			f.give(a)
			f.give(b)
			f.results(1)
		}
	case op == 0x45, op == 0x50, op >= 0x67 && op <= 0x69, op >= 0x79 && op <= 0x7b, op >= 0x8b && op <= 0x91, op >= 0x99 && op <= 0x9f, op >= 0xa7 && op <= 0xc4:
		f.take(1)
		f.results(1)
	case op >= 0x46 && op <= 0xa6:
		f.take(2)
		f.results(1)
	case op == 0xfc:
		return f.prefixed(r.u32())
	default:
		return fmt.Errorf("instruction %#x", op)
	}
	return nil
}

func (f *function) local(op byte, l int, self span) {
	if op == 0x20 { // local.get
		if l == f.frame {
			f.push(value{kind: frame, spans: []span{self}})
		} else {
			f.results(1)
		}
		return
	}
	v := f.pop()
	switch {
	case v.kind == below && f.frame < 0:
		f.frame, f.size = l, v.c
		made := append(v.spans, self)
		if op == 0x21 { // a function that calls none leaves the stack pointer alone
			f.entry = made
		} else {
			f.push(value{kind: frame, first: true, spans: made})
		}
		return
	case l == f.frame:
		f.given = true
	}
	f.give(v)
	if op == 0x22 {
		f.results(1)
	}
}

func (f *function) prefixed(op uint32) error {
	r := &f.code
	switch op {
	case 0, 1, 2, 3, 4, 5, 6, 7: // saturating conversions
		f.take(1)
		f.results(1)
	case 10, 11: // memory.copy, memory.fill
		r.bytes(int(12 - op))
		f.take(3)
	default:
		return fmt.Errorf("instruction 0xfc %#x", op)
	}
	return nil
}
