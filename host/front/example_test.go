package front_test

import (
	"context"
	"fmt"
	"log"

	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front"
	"github.com/lull-dev/lull/host/internal/webguest"
)

// Functions in a fasthttp server of one's own, beside other handlers.
func ExampleServer_Handler() {
	ctx := context.Background()
	h, err := host.New(host.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer h.Close(ctx) // runs preStop everywhere
	if _, err := h.Deploy(ctx, fn.Function{Name: "echo", Code: webguest.Wasm}); err != nil {
		log.Fatal(err)
	}
	functions := front.New(h, front.Config{})
	handler := func(ctx *fasthttp.RequestCtx) {
		if string(ctx.Path()) == "/about" {
			ctx.SetBodyString("mine")
			return
		}
		functions.Handler(ctx)
	}
	// fasthttp.ListenAndServe(":8080", handler) would serve it.
	for _, path := range []string{"/about", "/echo/"} {
		var req fasthttp.RequestCtx
		req.Request.SetRequestURI(path)
		req.Request.SetBodyString("hello")
		handler(&req)
		fmt.Printf("%s: %s\n", path, req.Response.Body())
	}
	// Output:
	// /about: mine
	// /echo/: hello
}
