// Scale measures how latency and memory grow on one machine: with paused instances, with functions, with the size of the payload and with connections, and what deploys do to
// running requests.
//
//	go run ./bench/scale -out DIR     DIR gets scale.json, the plots and report.html
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/lull-dev/lull/bench/chart"
	"github.com/lull-dev/lull/bench/figures"
)

// Variables of a child's environment.
const (
	roleVariable  = "LULL_SCALE_ROLE" // hold
	orderVariable = "LULL_SCALE_ORDER"
)

func main() {
	var err error
	if os.Getenv(roleVariable) == "hold" {
		err = hold(os.Getenv(orderVariable))
	} else {
		err = measure()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func measure() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := &scale{report: figures.New("scale on one machine", append([]string{"bench/scale"}, os.Args[1:]...))}
	flag.DurationVar(&s.time, "time", time.Second, "of each loop of calls")
	most := flag.Int("instances", 10_000, "the largest number of paused instances")
	functions := flag.Int("functions", 1000, "the largest number of functions")
	out := flag.String("out", "", "folder for scale.json, plots and report.html")
	flag.Parse()
	s.instances, s.functions = upTo(*most), upTo(*functions)
	failed := s.run(ctx)
	s.report.Done()
	if len(s.report.Rows) == 0 {
		return failed
	}
	if err := chart.Publish(*out, "scale", s.report); err != nil {
		return err
	}
	return failed
}

// upTo gives 10, 100, 1000 ... up to a number, which is the last.
func upTo(most int) (numbers []int) {
	for n := 10; n < most; n *= 10 {
		numbers = append(numbers, n)
	}
	return append(numbers, most)
}
