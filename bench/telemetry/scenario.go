package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/latency"
	"github.com/lull-dev/lull/bench/load"
	"github.com/lull-dev/lull/bench/lullserver"
)

// modes in the order in which they take turns; what the guest does in each is said there.
var modes = []struct {
	name, function, mode string
	flags                []string
}{
	{name: "no telemetry", function: "none", mode: "none"},
	{name: "flush in every request", function: "request", mode: "request"},
	{name: "background sending, no hook", function: "background", mode: "background"},
	{name: "flush in preFreeze", function: "hook", mode: "preFreeze", flags: []string{"--pre-freeze", "preFreeze"}},
	// A request that finds the hook running gets another instance, if there may be one. With one instance requests wait for their turn, and
	// the hook runs when none is waiting.
	{name: "flush in preFreeze, one instance", function: "hook-one", mode: "preFreeze", flags: []string{"--pre-freeze", "preFreeze", "--max-instances", "1"}},
}

// Groups of rows.
const (
	requestGroup = "latency of requests"
	addedP50     = "added latency, p50"
	addedP99     = "added latency, p99"
	lostGroup    = "points lost"
	delayGroup   = "delay until a point arrives"
	pushGroup    = "requests to the collector"
	billedGroup  = "billed time"
	startedGroup = "instances started"
)

// scenario is bursts of requests with gaps, and an end by scale-down.
type scenario struct {
	rounds, bursts, requests, connections int
	gap                                   time.Duration

	report *figures.Report
	cache  string // of compiled code; empty: all is compiled anew
}

// answer is one request that was answered.
type answer struct {
	instance string
	count    int
	at       time.Time
}

func (s *scenario) run(ctx context.Context, module []byte) (err error) {
	s.report.Set("load", fmt.Sprintf("%d rounds; in each, for every mode: %d bursts of %d requests on %d connections, %s without a request between them; then all instances are stopped",
		s.rounds, s.bursts, s.requests, s.connections, s.gap))
	s.report.Set("collector", "Prometheus Pushgateway behind a proxy that notes what arrives; lost is what the Pushgateway itself does not have in the end")
	defer s.report.Done()
	dir, err := os.MkdirTemp("", "lull-telemetry-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary, err := lullserver.Build(ctx, dir)
	if err != nil {
		return err
	}
	c, err := startCollector(ctx, dir)
	if err != nil {
		return err
	}
	defer c.stop()
	server, err := lullserver.Start(ctx, lullserver.Config{Binary: binary, Cache: s.cache})
	if err != nil {
		return err
	}
	defer server.Stop()
	file := dir + "/telemetry.wasm"
	if err := os.WriteFile(file, module, 0o600); err != nil {
		return err
	}
	for _, m := range modes {
		flags := []string{"--allow-host", strings.TrimPrefix(c.proxy.URL, "http://"), "--env", "MODE=" + m.mode, "--env", "COLLECTOR=" + c.proxy.URL}
		if err := server.Deploy(ctx, binary, m.function, file, append(flags, m.flags...)...); err != nil {
			return err
		}
	}
	for round := range s.rounds + 1 {
		into := s.report
		if round == 0 {
			into = figures.New("", nil) // warms up
		}
		for _, m := range modes {
			err := s.mode(ctx, into, m.name, m.function, server, c)
			if ctx.Err() != nil {
				s.report.Partial = fmt.Sprintf("stopped in round %d of %d", round, s.rounds)
				return ctx.Err()
			}
			if err != nil {
				s.report.Partial = fmt.Sprintf("%s failed in round %d of %d", m.name, round, s.rounds)
				return fmt.Errorf("%s: %w", m.name, err)
			}
		}
		fmt.Fprintf(os.Stderr, "telemetry: round %d of %d done\n", round, s.rounds)
	}
	s.added()
	return nil
}

// mode runs the scenario once.
func (s *scenario) mode(ctx context.Context, r *figures.Report, name, function string, server *lullserver.Server, c *collector) error {
	if err := c.reset(); err != nil {
		return err
	}
	api := server.Client()
	before, err := api.Usage(ctx, "", function)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var answers []answer
	instances := map[string]bool{}
	calls, err := load.NewHTTP(server.HTTP+"/"+function+"/", s.connections, []byte("x"), func(status int, body []byte) error {
		at := time.Now()
		if err := load.StatusOK(status, body); err != nil {
			return err
		}
		instance, count, ok := strings.Cut(string(body), " ")
		n, err := strconv.Atoi(count)
		if !ok || err != nil {
			return fmt.Errorf("wrong answer %.100q", body)
		}
		mu.Lock()
		defer mu.Unlock()
		answers = append(answers, answer{instance, n, at})
		instances[instance] = true
		return nil
	})
	if err != nil {
		return err
	}
	defer calls.Close()
	h := latency.New()
	for range s.bursts {
		if err := s.burst(calls, h); err != nil {
			return err
		}
		select {
		case <-time.After(s.gap):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if _, err := api.Stop(ctx, "", function, ""); err != nil { // scale-down
		return err
	}
	r.Row(requestGroup, name, figures.Nanoseconds).AddLatency(h)
	after, err := api.Usage(ctx, "", function)
	if err != nil {
		return err
	}
	r.Row(billedGroup, name, figures.Nanoseconds).Add(float64(after.BilledMs-before.BilledMs) * 1e6)
	r.Row(startedGroup, name, figures.Count).Add(float64(len(instances)))
	if function == "none" {
		return nil
	}
	r.Row(pushGroup, name, figures.Count).Add(float64(c.count()))
	has, err := c.total()
	if err != nil {
		return err
	}
	row := r.Row(lostGroup, name, figures.Count)
	row.Add(float64(len(answers) - has))
	row.Note = fmt.Sprintf("of %d in a round", len(answers))
	delays := latency.New()
	for _, a := range answers {
		if at, ok := c.arrived(a.instance, a.count); ok {
			delays.Record(at.Sub(a.at)) // what came before the answer counts as 1 ns
		}
	}
	row = r.Row(delayGroup, name, figures.Nanoseconds)
	row.AddLatency(delays)
	row.Note = "from the answer, of those that arrived; 1 ns: before it"
	return nil
}

// burst sends its requests as fast as they are answered.
func (s *scenario) burst(calls *load.HTTP, h *latency.Histogram) error {
	var all sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for worker := range s.connections {
		all.Go(func() {
			own := latency.New()
			for range s.requests / s.connections {
				began := time.Now()
				err := calls.Call(worker)
				own.Record(time.Since(began))
				if err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			h.Merge(own)
		})
	}
	all.Wait()
	return failed
}

// added compares the percentiles of each mode with those without telemetry.
func (s *scenario) added() {
	base := s.report.Find(requestGroup, modes[0].name)
	for _, m := range modes[1:] {
		row := s.report.Find(requestGroup, m.name)
		for group, p := range map[string]float64{addedP50: 50, addedP99: 99} {
			s.report.Row(group, m.name, figures.Nanoseconds).Add(float64(row.Latency.Percentile(p) - base.Latency.Percentile(p)))
		}
	}
}
