// Telemetry measures the problem that preFreeze exists for: a function that counts its requests and sends the count to a Prometheus Pushgateway, in every request, from a
// goroutine in the background, and in the hook.
//
//	go run ./bench/telemetry -out DIR     DIR gets telemetry.json, the plots and report.html
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
	"github.com/lull-dev/lull/bench/guests"
)

func main() {
	if err := measure(); err != nil {
		fmt.Fprintln(os.Stderr, "telemetry:", err)
		os.Exit(1)
	}
}

func measure() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := &scenario{report: figures.New("telemetry of a paused function", append([]string{"bench/telemetry"}, os.Args[1:]...))}
	flag.IntVar(&s.rounds, "rounds", 3, "rounds; all modes take turns")
	flag.IntVar(&s.bursts, "bursts", 6, "bursts of requests in a round")
	flag.IntVar(&s.requests, "requests", 40, "requests of a burst")
	flag.IntVar(&s.connections, "connections", 2, "connections of a burst")
	flag.DurationVar(&s.gap, "gap", 300*time.Millisecond, "between bursts")
	out := flag.String("out", "", "folder for telemetry.json, plots and report.html")
	flag.StringVar(&s.cache, "cache", "", "folder for compiled code, which is kept; without it all is compiled anew")
	flag.Parse()
	if _, err := gateway(); err != nil {
		return err
	}
	module, err := guests.Build(ctx, "telemetry")
	if err != nil {
		return err
	}
	failed := s.run(ctx, module)
	if len(s.report.Rows) == 0 {
		return failed
	}
	if err := chart.Publish(*out, "telemetry", s.report); err != nil {
		return err
	}
	return failed
}
