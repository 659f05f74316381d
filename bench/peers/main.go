// Peers measures lull beside what a user would pick instead: wazero, wasmtime and Extism with the same guests, and HTTP handlers without a
// guest. Each contender runs in a process of its own, and they take turns round by round.
//
//	go run . -out DIR           everything; DIR gets peers.json, the plots and report.html
//	go run . -rounds 2 -only "lull,wazero"
//	go run . -url NAME=http://127.0.0.1:8000/   also an HTTP server of yours; status 200 is all that is checked
//	go run . -component FILE    also wasmtime serve, if it is on the PATH, with a component of wasi:http
//
// The exit code is 1 if a contender that should run did not.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// Variables of a child's environment.
const (
	roleVariable  = "LULL_PEERS_ROLE" // measure or serve
	orderVariable = "LULL_PEERS_ORDER"
)

// order is what a child is told.
type order struct {
	Contender string
	Guest     string
	Dir       string // of the guests' files and the caches
	Fresh     bool
	Effort    effort
}

func main() {
	if role := os.Getenv(roleVariable); role != "" {
		if err := child(role); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code := 1
			if errors.Is(err, errCannot) {
				code = cannotCode
			}
			os.Exit(code)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r := &run{}
	flag.IntVar(&r.rounds, "rounds", 3, "rounds of every row, after one of HTTP that warms up")
	flag.DurationVar(&r.time, "time", 300*time.Millisecond, "of each loop of calls in a round")
	flag.IntVar(&r.starts, "starts", 60, "cold starts in a round")
	flag.IntVar(&r.idle, "idle", 1000, "idle instances for the memory row, in one round; 0: none")
	flag.IntVar(&r.connections, "connections", 16, "of the closed loop over HTTP")
	flag.StringVar(&r.out, "out", "", "folder for peers.json, plots and report.html")
	only := flag.String("only", "", "contenders, separated by commas (default: all)")
	flag.StringVar(&r.component, "component", "", "a WebAssembly component for wasmtime serve")
	flag.Var(&r.urls, "url", "NAME=URL of an HTTP server to measure, too; may be repeated")
	flag.Parse()
	if *only != "" {
		r.only = strings.Split(*only, ",")
	}
	if err := r.all(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		if ctx.Err() != nil {
			os.Exit(130)
		}
		os.Exit(1)
	}
}

// cannotCode is the exit code of a child whose contender cannot do what was asked at all.
const cannotCode = 4

// child does its part and prints a report, or serves.
func child(role string) error {
	var o order
	if err := json.Unmarshal([]byte(os.Getenv(orderVariable)), &o); err != nil {
		return err
	}
	s, err := sortOf(o.Contender)
	if err != nil {
		return err
	}
	g, err := readGuest(o.Dir, o.Guest)
	if err != nil {
		return err
	}
	if role == "serve" {
		return serve(s, g, o.Dir, o.Fresh)
	}
	r, err := measure(s, g, o.Dir, o.Effort)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}
