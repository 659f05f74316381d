//go:build linux

// Freezing compares two ways of keeping a server idle between requests: an ordinary process that is frozen from outside, with SIGSTOP or with the freezer of cgroup v2,
// and an instance of lull, which is paused. All do the same work.
//
//	go run ./bench/freezing -out DIR     DIR gets freezing.json, the plots and report.html
//
// It needs Linux. A program that is not installed, and a freezer that is not writable, are named in the table.
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
)

// Variables of a child's environment.
const (
	roleVariable  = "LULL_FREEZING_ROLE" // server or hold
	orderVariable = "LULL_FREEZING_ORDER"
)

func main() {
	var err error
	switch os.Getenv(roleVariable) {
	case "server":
		err = serve()
	case "hold":
		err = hold(os.Getenv(orderVariable))
	default:
		err = compare()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "freezing:", err)
		os.Exit(1)
	}
}

func compare() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := &comparison{}
	flag.IntVar(&c.rounds, "rounds", 3, "rounds; all subjects take turns")
	flag.IntVar(&c.cycles, "cycles", 20, "times that each is frozen and asked in a round")
	out := flag.String("out", "", "folder for freezing.json, plots and report.html")
	many := flag.Int("many", 1000, "the larger number of idle ones; the smaller is 100")
	flag.DurationVar(&c.patience, "patience", time.Minute, "for starting many processes of a sort; what takes longer is not measured")
	flag.StringVar(&c.cache, "cache", "", "folder for compiled code, which is kept; without it all is compiled anew")
	flag.Parse()
	c.many = []int{100, *many}
	failed := c.run(ctx)
	if err := chart.Publish(*out, "freezing", c.report); err != nil {
		return err
	}
	return failed
}
