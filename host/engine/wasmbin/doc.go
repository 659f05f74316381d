// Package wasmbin rewrites WebAssembly modules at deploy, so that an engine
// can stop a guest at any time and can start instances from an image of their
// memory. It works on the bytes: it knows no engine, and imports the standard
// library only. [Transform] is the way in.
//
// # What changes
//
//   - Active data segments go out of the module, into [Module.Data].
//     [Module.LayData] puts them into the first image.
//   - The start function loses its section and is exported as [StartExport].
//   - Each mutable global that can be read from outside gets an export, in
//     [Module.Globals].
//   - Checks go into the code (see below). They call an import that is put
//     before all others, so every function index grows by one.
//   - Tables get a maximum size. Custom sections go, but for the names of the
//     module and its functions.
//
// An engine brings an instance up in the order of the specification: it
// instantiates the module, lays the data into memory, and calls [Module.Start]
// if there is one. From then on memory and globals are all its state, unless
// [Module.Obstacles] says what else there is.
//
// # Checks
//
// Counting happens in the guest, because nothing outside can interrupt a
// goroutine that runs compiled code, not even the garbage collector. A check is
//
//	fuel = fuel - 1; if fuel < 0 { lull.yield() }
//
// with fuel an i32 that starts at 0 and is exported as [FuelExport]. The guest
// cannot name it. The engine provides yield, a function without parameters and
// results. It either does not return, which ends the guest, or it sets fuel to
// 1 or more first: a loop asks again at once. What was spent is what was given
// less what is left. An instruction that works on n bytes of memory, or on n
// entries of a table, costs n/256 more.
//
// Before a try_table there is a yield whatever the fuel: the engine keeps a copy
// of the stack for each that is open, and only the host can see that they get
// too many. It is the one that comes with fuel left, and need not give any.
//
// There is a check in every loop; in every cycle of calls, be they direct,
// through tables or references, or tail calls; and on every path of 2 KiB of
// code. So between two checks a guest runs for about a microsecond, or some 20
// if each instruction misses the cache. Three things take longer. A call of an
// import is the host's matter. One instruction can fill all of memory (some 0.1
// s for 1 GiB). And the returns from deep recursion pass no check: each frame
// may run 2 KiB more, some 0.3 s for all that fit on the engine's stack. A
// guest with shared memory can wait for another thread without end: do not run
// what has the obstacle [SharedMemory] without threads of that kind.
//
// # What is not checked
//
// Types. The caller must compile the result with an engine that validates it.
// What this package vouches for is that both read the same instructions: bytes
// that the engine could split in another way are refused.
//
// # Reading the source
//
// transform.go has the order of things, sections.go and the files named after
// sections read and write side by side (reader.go, writer.go). decoder.go walks
// over instructions, scan.go does so first and collects the graph that graph.go
// decides on, patch.go second and inserts the checks of checks.go.
//
// Functions of this package may run at the same time; a Module is not changed
// after Transform has returned it.
package wasmbin
