package wasmbin_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/lull-dev/lull/host/engine/wasmbin"
)

// checker reads a transformed module with its own eyes: it shares no code with
// the package, and knows just the instructions that the generated programs and
// the checks consist of.
type checker struct {
	b       []byte
	imports int
	types   []uint64 // of each function, imports first
	taken   map[uint64]bool
	bodies  [][]byte
	fuel    uint64
}

func (c *checker) u() uint64 {
	v, n := binary.Uvarint(c.b)
	c.b = c.b[n:]
	return v
}

func (c *checker) skip(n uint64) []byte {
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

// newChecker reads the sections of a module with types that are all different.
func newChecker(code []byte) *checker {
	c := &checker{taken: map[uint64]bool{}}
	for rest := code[8:]; len(rest) > 0; {
		id := rest[0]
		c.b = rest[1:]
		body := c.skip(c.u())
		rest, c.b = c.b, body
		n := uint64(0)
		if id != 0 {
			n = c.u()
		}
		for range n {
			switch id {
			case 2:
				c.skip(c.u())
				c.skip(c.u())
				c.skip(1)
				c.types = append(c.types, c.u())
				c.imports++
			case 3:
				c.types = append(c.types, c.u())
			case 7:
				name, kind, i := string(c.skip(c.u())), c.skip(1)[0], c.u()
				if kind == 0 {
					c.taken[i] = true
				}
				if name == wasmbin.FuelExport {
					c.fuel = i
				}
			case 9:
				c.skip(uint64(bytes.IndexByte(c.b, 0x0b)) + 1)
				for range c.u() {
					c.taken[c.u()] = true
				}
			case 10:
				c.bodies = append(c.bodies, c.skip(c.u()))
			}
		}
	}
	return c
}

// step is one instruction of a body.
type step struct {
	op      byte
	check   bool     // a check begins here
	labels  []int    // steps that a branch here leads to
	catches []int    // where an exception here can land
	calls   []uint64 // functions it can call
	other   int      // of an if: what follows when the condition is 0
}

// checkAt says whether b begins with a check that ends in the bytes then.
func (c *checker) checkAt(b []byte, then ...byte) bool {
	get, set := join([]byte{0x23}, uleb(int(c.fuel))), join([]byte{0x24}, uleb(int(c.fuel)))
	return bytes.HasPrefix(b, join(get, []byte{0x41, 1, 0x6b}, set, get, []byte{0x41, 0, 0x4e, 0x04, 0x40, 0x05, 0x10, 0}, then))
}

// steps reads one body. Labels are found when their blocks end.
func (c *checker) steps(body []byte) (steps []step, err error) {
	type frame struct {
		at      int
		loop    bool
		catches []int    // labels, as numbers of frames
		wait    []*[]int // what branches to the end
	}
	frames := []*frame{{}}
	c.b = body
	for range c.u() { // locals
		c.skip(2)
	}
	var all []*step
	target := func(s *[]int, label uint64) {
		f := frames[len(frames)-1-int(label)]
		if f.loop {
			*s = append(*s, f.at)
		} else {
			f.wait = append(f.wait, s)
		}
	}
	for len(c.b) > 0 {
		s := &step{check: c.checkAt(c.b, 0x0b) || c.checkAt(c.b, 0x0c, 1, 0x0b), op: c.skip(1)[0]}
		all = append(all, s)
		at := len(all) - 1
		for i, f := range frames {
			for _, label := range f.catches {
				outer := frames[i-1-label]
				if outer.loop {
					s.catches = append(s.catches, outer.at)
				} else {
					outer.wait = append(outer.wait, &s.catches)
				}
			}
		}
		switch s.op {
		case 0x02, 0x04, 0x1f: // block, if, try_table
			c.u()
			f := &frame{at: at}
			if s.op == 0x1f {
				for range c.u() {
					c.skip(1) // catch_all
					f.catches = append(f.catches, int(c.u()))
				}
			}
			frames = append(frames, f)
		case 0x03:
			withParams := c.u() != 0x40
			if withParams && !c.checkAt(c.b, 0x0b) || !withParams && !c.checkAt(c.b, 0x0c, 1, 0x0b) {
				return nil, errors.New("loop without a check")
			}
			frames = append(frames, &frame{at: at, loop: true})
		case 0x05:
			f := frames[len(frames)-1]
			all[f.at].other = at + 1
			f.wait = append(f.wait, &s.labels)
		case 0x0b:
			f := frames[len(frames)-1]
			frames = frames[:len(frames)-1]
			for _, w := range f.wait {
				*w = append(*w, at)
			}
			if all[f.at].op == 0x04 && all[f.at].other == 0 {
				all[f.at].other = at
			}
		case 0x0c, 0x0d:
			target(&s.labels, c.u())
		case 0x0e:
			for range c.u() + 1 {
				target(&s.labels, c.u())
			}
		case 0x10, 0x12: // call, return_call
			s.calls = append(s.calls, c.u())
		case 0x11, 0x13: // through the table
			typ := c.u()
			c.u()
			for f := range c.taken {
				if c.types[f] == typ {
					s.calls = append(s.calls, f)
				}
			}
		case 0x08, 0x20, 0x23, 0x24, 0x41:
			c.u() // small constants only
		case 0x00, 0x01, 0x0f, 0x1a, 0x4e, 0x6b:
		default:
			return nil, fmt.Errorf("instruction %#x is not the checker's", s.op)
		}
	}
	for _, s := range all {
		steps = append(steps, *s)
	}
	return steps, nil
}

// next returns the steps that can follow step i.
func next(steps []step, i int) []int {
	s := steps[i]
	switch s.op {
	case 0x05, 0x0c, 0x0e, 0x0f, 0x00, 0x08, 0x12, 0x13: // else, br, br_table, return ...
		return append(s.labels, s.catches...)
	case 0x04:
		return append([]int{i + 1, s.other}, s.catches...)
	}
	out := append(s.labels, s.catches...)
	if i+1 < len(steps) {
		out = append(out, i+1)
	}
	return out
}

// longest returns the most calls of the import coin, which is function coin,
// on any path without a check. It fails if there is a way round without one.
func (c *checker) longest(coin uint64) (int, error) {
	functions := make([][]step, len(c.bodies))
	for i, body := range c.bodies {
		var err error
		if functions[i], err = c.steps(body); err != nil {
			return 0, fmt.Errorf("function %d: %w", c.imports+i, err)
		}
	}
	type place struct {
		f uint64
		i int
	}
	const open = -1
	known := map[place]int{}
	var from func(p place) (int, error) // the most on a path that starts at p, and does not look at a check there
	through := func(p place) (int, error) {
		if functions[p.f][p.i].check {
			return 0, nil
		}
		return from(p)
	}
	from = func(p place) (int, error) {
		if n, ok := known[p]; ok {
			if n == open {
				return 0, fmt.Errorf("function %d, step %d: a way round without a check", p.f, p.i)
			}
			return n, nil
		}
		known[p] = open
		here, most := 0, 0
		for _, callee := range functions[p.f][p.i].calls {
			n := 0
			if callee == coin {
				n = 1
			} else if callee >= uint64(c.imports) {
				var err error
				if n, err = through(place{callee - uint64(c.imports), 0}); err != nil {
					return 0, err
				}
			}
			here = max(here, n)
		}
		for _, i := range next(functions[p.f], p.i) {
			n, err := through(place{p.f, i})
			if err != nil {
				return 0, err
			}
			most = max(most, n)
		}
		known[p] = here + most
		return here + most, nil
	}
	most := 0
	for f, steps := range functions {
		for i := range steps {
			if i == 0 || steps[i].check {
				n, err := from(place{uint64(f), i})
				if err != nil {
					return 0, err
				}
				most = max(most, n)
			}
		}
	}
	return most, nil
}
