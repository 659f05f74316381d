// The work of the comparison as a guest of lull.
package main

import (
	"github.com/lull-dev/lull/bench/guests/task"
	lull "github.com/lull-dev/lull/guests/go/sdk"
)

func main() {}

func init() {
	lull.Handle(func(_ *lull.Context, event []byte) ([]byte, error) { return task.Do(nil, event) })
}
