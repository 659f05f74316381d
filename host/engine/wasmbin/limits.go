package wasmbin

// Options changes how [Transform] works. The zero value is what a host wants.
type Options struct {
	// NoFuel leaves the checks and the yield import out: nothing can stop
	// such a guest. It is there to measure what the checks cost.
	NoFuel bool

	// LazyTables is from how many entries on a table of functions is filled when
	// they are called, not when an instance starts; 0 takes 128, a negative
	// number means never. Such a table must be the module's own affair: see
	// lazytable.go.
	LazyTables int

	// Alone says that no other module imports what this one exports, so that a
	// table may be filled lazily although it is exported.
	Alone bool

	Limits Limits
}

// Limits bound what a module may ask of the engine that compiles it. A field
// that is 0 takes the default given with it.
//
// Most of them guard the compiler and not this package: it allocates from the
// module's counts, its time grows with the square of one function's branches
// (some 20 s at the default), and with the product of functions and globals.
// It can be stopped between two functions, not inside of one.
type Limits struct {
	Size      int // bytes of the module; 256 MiB
	Types     int // function types; 1,000,000
	Imports   int // 1,000
	Functions int // imported and defined; 1,000,000
	Globals   int // imported and defined; 10,000
	Segments  int // data segments, also element segments; 1,000,000
	Params    int // parameters, also results, of one type; 1,000
	Locals    int // parameters and locals of one function; 50,000
	Body      int // bytes of one function; 7,654,321
	Branches  int // blocks and branch targets in one function, loops and bulk instructions count 8; 30,000

	// TableEntries bounds all tables of an instance together: their minimum
	// sizes must fit, and their maximum sizes are lowered until they do;
	// table.grow answers -1 past that. 1,048,576 (8 bytes each).
	TableEntries int
}

// Bounds that no module of a compiler comes near, so they are not options.
const (
	maxLocals = 1 << 23 // parameters and locals of all functions together
	maxValues = 1 << 20 // results of all calls, and block parameters, in one function
)

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		field *int
		value int
	}{
		{&l.Size, 256 << 20},
		{&l.Types, 1_000_000},
		{&l.Imports, 1_000},
		{&l.Functions, 1_000_000},
		{&l.Globals, 10_000},
		{&l.Segments, 1_000_000},
		{&l.Params, 1_000},
		{&l.Locals, 50_000},
		{&l.Body, 7_654_321},
		{&l.Branches, 30_000},
		{&l.TableEntries, 1 << 20},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	return l
}
