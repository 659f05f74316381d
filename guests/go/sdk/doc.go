// Package lull is the guest side of the lull_v1 contract for Go: it turns ordinary Go functions
// into a WebAssembly module that a lull host runs.
//
//	package main
//
//	import "hello/lull"
//
//	func main() {} // never called; the compiler wants it
//
//	func init() {
//		lull.Handle(func(ctx *lull.Context, event []byte) ([]byte, error) {
//			return append([]byte("hello "), event...), nil
//		})
//		lull.PreFreeze(func(ctx *lull.Context) error { return flush() })
//	}
//
// Build it with Go 1.24 or newer:
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags='-s -w' -o hello.wasm .
//
// # Lifetime
//
// Package variables live as long as the instance: from its start, through any number of requests
// and pauses, until preStop. Between two calls the instance does not run at all. A goroutine that is
// left over goes on in the next call, whatever that is; what it does with the [Context], [Request] or
// [Response] of a call that has ended is refused with [ErrEnded].
//
// # Failing
//
// An error returned by a handler or a hook is a handled error. A panic in it is caught and becomes
// an unhandled one, with the stack. Neither harms the instance. os.Exit, a panic in another goroutine,
// running out of memory and missing the deadline end it; the next request gets a new one.
//
// # Output
//
// Standard output and standard error become log records, one a line, of the levels info and error. For
// other levels use [Context.Log], or make it the default of the program:
//
//	slog.SetDefault(slog.New(lull.LogHandler()))
//
// # Sending requests
//
// [Fetch] sends an HTTP request to a host that the function was deployed for. Package lullhttp makes a transport for net/http of it.
//
// # Tests without a host
//
// In a build for any other platform, [Simulate] calls the registered functions in process, so that
// a function's tests are plain go test.
package lull
