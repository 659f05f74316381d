// The telemetry scenario's function: it counts requests and sends the count to a Prometheus Pushgateway, in the way that MODE says:
//
//	none        not at all, to compare with
//	request     in every request, before the answer
//	background  from a goroutine, every 50 ms, as metrics clients do in an ordinary process; it does not run while the instance is paused
//	preFreeze   in the hook of that name
//
// The answer is "INSTANCE COUNT".
package main

import (
	"fmt"
	"os"
	"runtime"
	"time"

	lull "github.com/lull-dev/lull/guests/go/sdk"
)

const interval = 50 * time.Millisecond

var (
	count, sent int
	instance    string
	collector   = os.Getenv("COLLECTOR") // base URL
)

func main() {}

func init() {
	mode := os.Getenv("MODE")
	lull.Handle(func(ctx *lull.Context, _ []byte) ([]byte, error) {
		if instance == "" {
			instance = ctx.InstanceID()
			if mode == "background" {
				go background()
			}
		}
		count++
		var err error
		if mode == "request" {
			err = flush()
		}
		runtime.Gosched() // what a handler that waits for something would do: others get to run
		return fmt.Appendf(nil, "%s %d", instance, count), err
	})
	if mode == "preFreeze" {
		lull.PreFreeze(func(*lull.Context) error { return flush() })
	}
}

func background() {
	for range time.Tick(interval) {
		flush()
	}
}

// flush sends the count if it has changed.
func flush() error {
	if count == sent {
		return nil
	}
	now := count
	resp, err := lull.Fetch(&lull.FetchRequest{
		Method: "PUT", URL: collector + "/metrics/job/lull/instance/" + instance, Timeout: time.Second,
		Body: fmt.Appendf(nil, "# TYPE requests_total counter\nrequests_total %d\n", now),
	})
	if err != nil {
		return err
	}
	if resp.Status != 200 && resp.Status != 202 {
		return fmt.Errorf("the collector answers %d", resp.Status)
	}
	sent = now
	return nil
}
