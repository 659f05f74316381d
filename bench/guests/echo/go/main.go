// Echo answers the event: the least that a call with an event and an answer can do.
package main

import lull "github.com/lull-dev/lull/guests/go/sdk"

func main() {}

func init() {
	lull.Handle(func(_ *lull.Context, event []byte) ([]byte, error) { return event, nil })
}
