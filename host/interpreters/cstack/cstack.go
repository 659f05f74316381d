// Package cstack takes the variables of C functions out of memory.
//
// A C compiler that does not optimize keeps each variable and each intermediate value in the function's frame, on a stack in the module's memory: every use is
// a load, every assignment a store, and neither wasm-opt nor an engine may take them for what they are. In LLVM's code, when wasm-opt has been over it, a frame is easy to see:
//
//	frame = stack pointer - size; stack pointer = frame     at the beginning
//	... loads and stores at frame + constant ...
//	stack pointer = frame + size                            before a return
//
// Nobody but the function knows where its frame is, unless it gives an address in it away: as an argument, in a store, in arithmetic. If it gives none away, a variable that is
// always read and written with one size and type can be a WebAssembly local; and if all of them are, the frame goes. Where an address is given away, all stays as it is: it tells nothing of how far
// the object at it reaches.
package cstack

import (
	"errors"
	"fmt"
)

// PageBytes is the size of a page of WebAssembly.
const PageBytes = 64 << 10

// Stats tells what Rewrite has found.
type Stats struct {
	Functions int // with a frame
	Frameless int // of them, those that lost it
	Accesses  int // loads and stores in frames
	Local     int // of them, those that became accesses of locals
}

// Rewrite returns a module with variables made into locals. If pages is not 0, the stack moves to that many pages behind what was the memory at the start, and a function that would leave them traps: so
// the module's heap must begin behind its memory at the start, or have room kept in that.
//
// The module must be sound, have its stack pointer in global 0, and have no other instructions than those of WebAssembly 1.0, sign extension, saturating conversions,
// memory.copy and memory.fill. No function changes its index. What is no such module is an error.
func Rewrite(module []byte, pages uint32) (out []byte, stats Stats, err error) {
	defer func() {
		if p := recover(); p != nil { // the bound of a slice: the module ends inside of something
			out, err = nil, fmt.Errorf("not a sound module: %v", p)
		}
	}()
	const header = 8
	if len(module) < header {
		return nil, stats, errors.New("not a module")
	}
	m := rewriting{pages: pages}
	out = append(out, module[:header]...)
	for r := (reader{b: module[:len(module):len(module)], p: header}); r.p < len(r.b); {
		id := r.byte()
		body := r.bytes(int(r.u32()))
		switch id {
		case 1:
			m.readTypes(body)
		case 2:
			err = m.readImports(body)
		case 3:
			m.readFunctions(body)
		case 5:
			body, err = m.moveMemory(body)
		case 6:
			body, err = m.movePointer(body)
		case 10:
			body, err = m.bodies(body)
		}
		if err != nil {
			return nil, stats, err
		}
		out = appendBytes(append(out, id), body)
	}
	return out, m.stats, nil
}

// rewriting is what is known of a module as it is read.
type rewriting struct {
	types    []signature
	funcs    []uint32 // their types, imported ones first
	imported int

	pages       uint32
	bottom, top uint32 // addresses of the stack, if it moves
	stats       Stats
}

type signature struct{ params, results int }

func (m *rewriting) readTypes(section []byte) {
	r := reader{b: section}
	for range r.u32() {
		r.byte()
		params := r.bytes(int(r.u32()))
		results := r.bytes(int(r.u32()))
		m.types = append(m.types, signature{len(params), len(results)})
	}
}

func (m *rewriting) readImports(section []byte) error {
	r := reader{b: section}
	for range r.u32() {
		r.bytes(int(r.u32()))
		r.bytes(int(r.u32()))
		if r.byte() != 0 {
			return errors.New("the module imports something else than functions")
		}
		m.funcs = append(m.funcs, r.u32())
		m.imported++
	}
	return nil
}

func (m *rewriting) readFunctions(section []byte) {
	r := reader{b: section}
	for range r.u32() {
		m.funcs = append(m.funcs, r.u32())
	}
}

// moveMemory makes room for the stack.
func (m *rewriting) moveMemory(section []byte) ([]byte, error) {
	r := reader{b: section}
	count, limits, least := r.u32(), r.byte(), r.u32()
	switch {
	case m.pages == 0:
		return section, nil
	case count != 1 || limits != 0 || least+m.pages > 1<<16:
		return nil, errors.New("the module's memory has a bound, which leaves no room for its stack")
	}
	m.bottom, m.top = least*PageBytes, (least+m.pages)*PageBytes
	return appendU32([]byte{1, 0}, least+m.pages), nil
}

// movePointer lets the stack begin at its end.
func (m *rewriting) movePointer(section []byte) ([]byte, error) {
	r := reader{b: section}
	count := r.u32()
	if count == 0 || r.byte() != i32 || r.byte() != 1 || r.byte() != opConst {
		return nil, errors.New("global 0 is not the stack pointer")
	}
	r.s64()
	if m.pages == 0 {
		return section, nil
	}
	out := append(appendU32(nil, count), i32, 1, opConst)
	return append(appendS32(out, int32(m.top)), section[r.p:]...), nil
}

func (m *rewriting) bodies(section []byte) ([]byte, error) {
	r := reader{b: section}
	n := r.u32()
	out := appendU32(nil, n)
	for i := range int(n) {
		f := function{module: m, params: m.types[m.funcs[m.imported+i]].params, code: reader{b: r.bytes(int(r.u32()))}}
		if err := f.read(); err != nil {
			return nil, fmt.Errorf("function %d: %w", m.imported+i, err)
		}
		out = appendBytes(out, f.rewrite())
	}
	return out, nil
}
