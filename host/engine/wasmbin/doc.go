// Package wasmbin rewrites the bytes of a WebAssembly module so that an engine can stop its guests, and can start them from an image. It
// is a leaf: it knows nothing of engines, and reads and writes bytes only.
//
// # What changes
//
//   - Fuel. A private mutable i32 global counts down: by one in every loop, at the entry of every function that can recurse, and on every path
//     longer than about 2 KiB of code; by the length / 256 at bulk instructions. Below zero the guest calls the import lull.yield. Which
//     functions can recurse is read off the call graph: those in a strongly connected part of it, where an indirect call reaches every function of its
//     type that is in a table or has its reference taken. So every cycle of execution passes a check. A call of an import counts as reaching nothing:
//     the host must not call back into the guest without a deadline of its own.
//   - Data. Active data segments are taken out, unless the module uses segments by index; Module.LayData writes them.
//   - Start. The start section becomes an export under a private name, which the engine calls once, after LayData.
//   - Globals. Every mutable global that is a number is exported under a private name, so that the engine can save and restore it.
//   - Function indices move up by one, for the import: in calls, references, elements, exports and names. Custom sections but the names are dropped.
//
// # What does not
//
// Bodies are not type checked. The caller must compile the result with an engine that does; a module that it refuses was invalid before.
//
// # The engine's part
//
// Provide lull.yield, set the fuel before each call, call Start once. Fuel and the rest of the private names begin with Prefix; a
// module that uses them is refused.
package wasmbin
