// This function greets whoever calls it, counts its calls, and says so when it pauses.
//
//	lull build
//	lull deploy NAME NAME.wasm
//	lull invoke NAME -d Ada
package main

import (
	"fmt"

	lull "github.com/lull-dev/lull/guests/go/sdk"
)

// calls lives as long as the instance.
var calls int

func main() {} // never called; the compiler wants it

func init() {
	lull.HandleHTTP(greet)
	lull.PreFreeze(func(ctx *lull.Context) error {
		ctx.Log().Info("pausing", "calls", calls)
		return nil
	})
	lull.PreStop(func(ctx *lull.Context) error {
		ctx.Log().Info("stopping", "calls", calls)
		return nil
	})
}

func greet(w *lull.Response, r *lull.Request) error {
	calls++
	name, err := r.Body()
	if err != nil {
		return err
	}
	if len(name) == 0 {
		return fmt.Errorf("whom shall I greet? send a name")
	}
	w.AddHeader("Content-Type", "text/plain; charset=utf-8")
	_, err = fmt.Fprintf(w, "hello %s\n", name)
	return err
}
