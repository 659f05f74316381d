// Counter shows that an instance keeps its state, and when the hooks run. Every request adds 2 and
// answers the count; preFreeze, which runs after it and before the pause, adds 1 more. So three
// separate requests to one instance answer 2, 5 and 8.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags='-s -w' -o counter.wasm .
//	lull deploy counter counter.wasm
//	lull invoke counter
package main

import (
	"strconv"

	lull "github.com/lull-dev/lull/guests/go/sdk"
)

var count int

func main() {}

func init() {
	lull.Handle(func(ctx *lull.Context, event []byte) ([]byte, error) {
		count += 2
		return strconv.AppendInt(nil, int64(count), 10), nil
	})
	lull.PreFreeze(func(ctx *lull.Context) error {
		count++
		return nil
	})
	lull.PreStop(func(ctx *lull.Context) error {
		ctx.Log().Info("stopping", "count", count)
		return nil
	})
}
