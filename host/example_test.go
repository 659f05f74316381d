package host_test

import (
	"context"
	"fmt"
	"log"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/internal/webguest"
)

// A host in a program of one's own. The function answers what it is sent; its preFreeze hook runs after the answer, its
// preStop hook before Close returns.
func Example() {
	ctx := context.Background()
	wasm := webguest.Wasm // the module

	h, err := host.New(host.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer h.Close(ctx) // runs preStop everywhere
	_, err = h.Deploy(ctx, fn.Function{
		Name: "hello", Code: wasm,
		PreFreeze: fn.Hook{Handler: "preFreeze"}, PreStop: fn.Hook{Handler: "preStop"},
	})
	if err != nil {
		log.Fatal(err)
	}
	resp, err := h.Invoke(ctx, "hello", fn.Request{Body: []byte("good morning")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", resp.Body)
	// Output: good morning
}

// What a guest does wrong is no error of the host: it is the answer's fault, and the next request gets a sound instance.
func ExampleHost_Invoke_fault() {
	ctx := context.Background()
	h, err := host.New(host.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer h.Close(ctx)
	if _, err := h.Deploy(ctx, fn.Function{Name: "refuse", Handler: "refuse", Code: webguest.Wasm}); err != nil {
		log.Fatal(err)
	}
	resp, err := h.Invoke(ctx, "refuse", fn.Request{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.Fault.Kind)
	fmt.Println(resp.Fault)
	_, err = h.Invoke(ctx, "nobody", fn.Request{})
	fmt.Println(err)
	// Output:
	// HandledInvocationError
	// ValueError: no name
	// FunctionNotFound: function 'nobody' does not exist in service 'default'
}
