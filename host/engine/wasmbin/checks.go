package wasmbin

// How long a guest can run between two checks, in bytes of code. An
// instruction is two to three bytes, and takes a fraction of a nanosecond.
const (
	maxPath      = 2048 // on any path through one function
	maxUnchecked = 512  // in a function without a check, with all that it calls
	maxPrefix    = 128  // in a checked function before its check, if it calls nothing
	hostCost     = 64   // what a call of an import counts for, also memory.grow
)

// bulkShift makes an instruction on n bytes of memory, or n entries of a table,
// cost n>>bulkShift units of fuel.
const bulkShift = 8

// checks are the instructions that patch inserts.
type checks struct {
	loop  []byte // takes one unit; after a yield it goes round the loop once more
	plain []byte // the same anywhere else

	get, set, test []byte // of the fuel: parts of bulk
}

// callYield goes before a try_table: the engine copies the stack there, and the host has to see how often.
var callYield = []byte{opCall, 0}

// newChecks spells the instructions out. Measured with wazero's compiler on
// amd64: the yield stands in the else arm, which keeps its call out of the way
// of the registers; in a loop it goes on at the loop's start instead of behind
// the check, which leaves one way into the loop's body. Together that is 15 to
// 25 % of a small loop. A 64-bit variable costs the same or more.
func newChecks(fuel uint32) checks {
	get := func(g uint32) []byte { w := writer{}; w.byte(opGlobalGet); w.u32(g); return w.out }
	set := func(g uint32) []byte { w := writer{}; w.byte(opGlobalSet); w.u32(g); return w.out }
	join := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	spend := join(get(fuel), []byte{opI32Const, 1, opI32Sub}, set(fuel))
	test := join(get(fuel), []byte{opI32Const, 0, opI32GeS, opIf, emptyBlock, opElse})
	return checks{
		loop:  join(spend, test, []byte{opCall, 0, opBr, 1, opEnd}),
		plain: join(spend, test, []byte{opCall, 0, opEnd}),
		set:   set(fuel),
		get:   get(fuel),
		test:  test,
	}
}

// bulk writes the check before a bulk instruction, whose length is on the stack.
func (c *checks) bulk(w *writer, scratch uint32) {
	w.local(opLocalSet, scratch)
	w.bytes(c.get)
	w.local(opLocalGet, scratch)
	w.bytes([]byte{opI32Const, bulkShift, opI32ShrU, opI32Sub})
	w.bytes(c.set)
	w.bytes(c.test)
	w.bytes([]byte{opCall, 0, opEnd})
	w.local(opLocalGet, scratch)
}
