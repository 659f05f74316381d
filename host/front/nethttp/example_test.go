package nethttp_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front/nethttp"
	"github.com/lull-dev/lull/host/internal/webguest"
)

// A function at a path of a net/http server.
func ExampleHandler() {
	ctx := context.Background()
	h, err := host.New(host.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer h.Close(ctx) // runs preStop everywhere
	if _, err := h.Deploy(ctx, fn.Function{Name: "echo", Code: webguest.Wasm}); err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/echo/", http.StripPrefix("/echo", nethttp.Handler(h, "echo")))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("POST", "/echo/", strings.NewReader("hello")))
	fmt.Println(w.Code, w.Body)
	// Output: 200 hello
}
