// Hello answers HTTP requests: it greets the name in the body, in the query or in the path,
// and shows the caller's headers.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags='-s -w' -o hello.wasm .
//	lull deploy hello hello.wasm
//	curl http://127.0.0.1:8080/hello/Ada
//	curl http://127.0.0.1:8080/hello/?name=Ada
//	curl http://127.0.0.1:8080/hello/ -d Ada
package main

import (
	"cmp"
	"fmt"
	"strings"

	lull "github.com/lull-dev/lull/guests/go/sdk"
)

func main() {}

func init() {
	lull.HandleHTTP(func(w *lull.Response, r *lull.Request) error {
		body, err := r.Body()
		if err != nil {
			return err
		}
		name := cmp.Or(string(body), r.Query().Get("name"), strings.Trim(r.Path(), "/"), "world")
		r.Context().Log().Debug("greeting", "name", name)
		w.AddHeader("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "hello %s\n", name)
		for name, value := range r.Headers() {
			fmt.Fprintf(w, "%s: %s\n", name, value)
		}
		return nil
	})
}
