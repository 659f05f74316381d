// Package host is lull's embeddable runtime: it deploys WebAssembly functions, keeps their instances warm, and pauses an instance
// between requests instead of freezing a process.
//
// A function is a module with limits and hooks. A request to it runs in an instance: one guest with its own memory. When the last
// request of an instance has ended, its preFreeze hook runs, off the path of the answer, and the instance is paused: memory, and nothing
// else. Before it is released its preStop hook runs. A pool has all instances of one version of a function; an engine compiles
// modules and runs guests.
//
//	h, err := host.New(host.Config{})
//	defer h.Close(ctx) // runs preStop everywhere
//	_, err = h.Deploy(ctx, fn.Function{Name: "hello", Code: wasm, PreFreeze: fn.Hook{Handler: "preFreeze"}})
//	resp, err := h.Invoke(ctx, "hello", fn.Request{Body: event})
//	http.Handle("/hello", nethttp.Handler(h, "hello"))
//
// What a guest does wrong never becomes an error of the host: it is Response.Fault. Errors are *fn.Error with a code.
//
// # Caveats
//
//   - State is in memory unless Config.Store keeps it: functions, logs and usage are gone then when the host closes.
//   - A guest that spins is stopped at its deadline; until then it uses one core.
//   - Nothing of a guest runs between its calls. A guest's own timers and goroutines go on with its next call.
//
// This package wires; the work is done in its sub-packages. It imports no server, no store on disk and no command line.
package host
