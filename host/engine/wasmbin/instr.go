package wasmbin

// Opcodes that this package looks at. Those after a prefix byte have the
// prefix in the upper byte.
const (
	opUnreachable  = 0x00
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opElse         = 0x05
	opThrow        = 0x08
	opThrowRef     = 0x0a
	opEnd          = 0x0b
	opBr           = 0x0c
	opBrIf         = 0x0d
	opBrTable      = 0x0e
	opReturn       = 0x0f
	opCall         = 0x10
	opCallIndirect = 0x11
	opTailCall     = 0x12
	opTailIndirect = 0x13
	opCallRef      = 0x14
	opTailRef      = 0x15
	opSelectTyped  = 0x1c
	opTryTable     = 0x1f
	opLocalGet     = 0x20
	opLocalSet     = 0x21
	opLocalTee     = 0x22
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opTableGet     = 0x25
	opTableSet     = 0x26
	opMemoryGrow   = 0x40
	opI32Const     = 0x41
	opI64Const     = 0x42
	opF32Const     = 0x43
	opF64Const     = 0x44
	opI32Eqz       = 0x45
	opI32GeS       = 0x4e
	opI32Add       = 0x6a
	opI32And       = 0x71
	opI32Sub       = 0x6b
	opI32ShrU      = 0x76
	opI64Add       = 0x7c
	opRefNull      = 0xd0
	opRefIsNull    = 0xd1
	opRefFunc      = 0xd2
	opBrOnNull     = 0xd5
	opBrOnNonNull  = 0xd6
	opGC           = 0xfb
	opMisc         = 0xfc
	opVector       = 0xfd
	opAtomic       = 0xfe
	opMemoryInit   = 0xfc08
	opDataDrop     = 0xfc09
	opMemoryCopy   = 0xfc0a
	opMemoryFill   = 0xfc0b
	opTableInit    = 0xfc0c
	opElemDrop     = 0xfc0d
	opTableCopy    = 0xfc0e
	opTableGrow    = 0xfc0f
	opTableSize    = 0xfc10
	opTableFill    = 0xfc11
	emptyBlock     = 0x40
	noBlockType    = ^uint32(0) // idx of a block without a function type
)

// class says what follows an opcode, and whether decoder.next stops at it.
type class uint8

const (
	unknown class = iota
	plain         // nothing follows
	local         // a local's index
	global        // a global's index
	memory        // alignment and offset
	const32       // i32
	const64       // i64
	four          // 4 bytes
	eight         // 8 bytes
	rare          // anything else: decoder.rare knows
	stop          // as rare; next returns it
)

var classes = func() (c [256]class) {
	set := func(k class, from, to int) {
		for i := from; i <= to; i++ {
			c[i] = k
		}
	}
	set(plain, 0x01, 0x01) // nop
	set(plain, 0x1a, 0x1b) // drop, select
	set(local, opLocalGet, opLocalTee)
	set(global, opGlobalGet, opGlobalSet)
	set(memory, 0x28, 0x3e)
	set(rare, 0x3f, 0x3f) // memory.size
	set(const32, opI32Const, opI32Const)
	set(const64, opI64Const, opI64Const)
	set(four, opF32Const, opF32Const)
	set(eight, opF64Const, opF64Const)
	set(plain, 0x45, 0xc4) // numeric
	set(rare, opRefNull, opRefNull)
	set(plain, 0xd1, 0xd1) // ref.is_null
	set(plain, 0xd4, 0xd4) // ref.as_non_null
	set(rare, opSelectTyped, opSelectTyped)
	set(rare, opVector, opAtomic)
	set(stop, opMisc, opMisc)
	set(stop, opUnreachable, opUnreachable)
	set(stop, opBlock, opElse)
	set(stop, opThrow, opThrow)
	set(stop, opThrowRef, opTailRef)
	set(stop, opTryTable, opTryTable)
	set(stop, opTableGet, opTableSet)
	set(stop, opMemoryGrow, opMemoryGrow)
	set(stop, opRefFunc, opRefFunc)
	set(stop, opBrOnNull, opBrOnNonNull)
	return c
}()
