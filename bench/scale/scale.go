package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/guests"
	"github.com/lull-dev/lull/bench/load"
	"github.com/lull-dev/lull/bench/lullserver"
	"github.com/lull-dev/lull/bench/process"
	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/fn"
)

// scale is one run.
type scale struct {
	time                 time.Duration
	instances, functions []int

	report *figures.Report
	dir    string
	code   []byte // the C guest
	binary string
}

const workers = 8

func (s *scale) run(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "lull-scale-"); err != nil {
		return err
	}
	defer os.RemoveAll(s.dir)
	s.report.Set("HTTP", "keep-alive, no pipelining; load generator and server are two processes; every answer checked")
	if s.code, err = guests.Build(ctx, "c"); err != nil {
		return err
	}
	if s.binary, err = lullserver.Build(ctx, s.dir); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"paused instances", s.paused}, {"functions", s.manyFunctions}, {"deploys", s.deploys}, {"payloads", s.payloads}, {"connections", s.connections},
	} {
		if err := part.do(ctx); err != nil {
			if ctx.Err() != nil {
				s.report.Partial = "stopped while measuring " + part.name
			}
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Fprintln(os.Stderr, "scale:", part.name, "done")
	}
	return nil
}

// serve starts a server for one part.
func (s *scale) serve(ctx context.Context, flags ...string) (*lullserver.Server, error) {
	return lullserver.Start(ctx, lullserver.Config{Binary: s.binary, Args: flags})
}

// input is the C guest as a function.
func (s *scale) input() client.FunctionInput {
	return client.FunctionInput{Runtime: new(fn.DefaultRuntime), Handler: new("handler"), Code: &client.Code{Bytes: s.code}, MaxInstances: new(workers)}
}

func check(status int, body []byte) error {
	if err := load.StatusOK(status, body); err != nil {
		return err
	}
	return guests.Answer(event, body, false)
}

// manyFunctions calls functions with Zipf-distributed popularity. The server may have an instance for every tenth of the largest number of functions, so that
// those of rare functions make room for each other again and again.
func (s *scale) manyFunctions(ctx context.Context) error {
	limit := max(2, s.functions[len(s.functions)-1]/10)
	server, err := s.serve(ctx, "--max-instances-total", strconv.Itoa(limit))
	if err != nil {
		return err
	}
	defer server.Stop()
	api := server.Client()
	group := fmt.Sprintf("functions called with Zipf's distribution (s = 1.1), %d instances at most", limit)
	latency := s.report.Curve("latency over functions", "functions", "microseconds")
	latency.LogX, latency.LogY = true, true
	memory := s.report.Curve("memory over functions", "functions", "MiB of the server (PSS)")
	memory.LogX = true
	deployed := 0
	for _, n := range s.functions {
		began := time.Now()
		fresh := n - deployed
		for ; deployed < n; deployed++ {
			if _, err := api.CreateFunction(ctx, "", "f"+strconv.Itoa(deployed), s.input()); err != nil {
				return err
			}
		}
		deploy := time.Since(began) / time.Duration(fresh)
		calls, err := load.NewHTTP(server.HTTP+"/f0/", workers, event, check)
		if err != nil {
			return err
		}
		zipf := make([]*rand.Zipf, workers)
		for i := range zipf {
			zipf[i] = rand.NewZipf(rand.New(rand.NewPCG(uint64(i), uint64(n))), 1.1, 1, uint64(n-1))
		}
		before, err := totals(server.API)
		if err != nil {
			return err
		}
		got := load.Closed(ctx, workers, 3*s.time, func(worker int) error {
			return calls.CallPath(worker, "/f"+strconv.FormatUint(zipf[worker].Uint64(), 10)+"/")
		})
		calls.Close()
		if got.FirstError != nil {
			return got.FirstError
		}
		after, err := totals(server.API)
		if err != nil {
			return err
		}
		m, err := process.MemoryOf(server.PID())
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%d functions", n)
		s.report.Row(group, name+", latency", figures.Nanoseconds).AddLatency(got.Latency)
		s.report.Row(group, name+", throughput", figures.PerSecond).Add(got.PerSecond())
		s.report.Row(group, name+", cold starts of 100 requests", figures.Percent).Add(100 * (after.cold - before.cold) / max(1, after.requests-before.requests))
		s.report.Row(group, name+", instances afterwards", figures.Count).Add(after.instances)
		s.report.Row(group, name+", memory of the server", figures.Bytes).Add(float64(m.PSS))
		s.report.Row(group, name+", a deploy", figures.Nanoseconds).Add(float64(deploy))
		for _, p := range []float64{50, 99} {
			latency.Add(fmt.Sprintf("p%v", p), float64(n), float64(got.Latency.Percentile(p))/float64(time.Microsecond))
		}
		memory.Add("server", float64(n), float64(m.PSS)/(1<<20))
	}
	return nil
}

// total is what a server has counted.
type total struct{ cold, requests, instances float64 }

// totals reads a server's metrics.
func totals(api string) (t total, err error) {
	resp, err := http.Get(api + "/metrics")
	if err != nil {
		return t, err
	}
	defer resp.Body.Close()
	sums := map[string]*float64{"lull_cold_starts_total": &t.cold, "lull_requests_total": &t.requests, "lull_instances": &t.instances}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, _, _ := strings.Cut(lines.Text(), "{")
		sum := sums[name]
		if sum == nil {
			continue
		}
		v, err := strconv.ParseFloat(lines.Text()[strings.LastIndexByte(lines.Text(), ' ')+1:], 64)
		if err != nil {
			return t, err
		}
		*sum += v
	}
	return t, lines.Err()
}

// deploys measures requests while new versions of their function are put in place.
func (s *scale) deploys(ctx context.Context) error {
	server, err := s.serve(ctx)
	if err != nil {
		return err
	}
	defer server.Stop()
	api := server.Client()
	if _, err := api.CreateFunction(ctx, "", "f", s.input()); err != nil {
		return err
	}
	calls, err := load.NewHTTP(server.HTTP+"/f/", workers, event, check)
	if err != nil {
		return err
	}
	defer calls.Close()
	const group = "requests while their function is deployed again"
	for _, deploying := range []bool{false, true} {
		name, done, deployed := "without deploys", make(chan error, 1), 0
		stop, cancel := context.WithCancel(ctx)
		if deploying {
			name = "a deploy every 200 ms"
			go func() {
				for tick := time.NewTicker(200 * time.Millisecond); ; {
					select {
					case <-stop.Done():
						tick.Stop()
						done <- nil
						return
					case <-tick.C:
						if _, _, err := api.Deploy(ctx, "", "f", s.input()); err != nil {
							done <- err
							return
						}
						deployed++
					}
				}
			}()
		} else {
			done <- nil
		}
		got := load.Closed(ctx, workers, 3*s.time, calls.Call)
		cancel()
		if err := errors.Join(<-done, got.FirstError); err != nil {
			return err
		}
		row := s.report.Row(group, name, figures.Nanoseconds)
		row.AddLatency(got.Latency)
		row.Note = fmt.Sprintf("%d deploys, %d requests, %d of them failed", deployed, got.Answered+got.Failed, got.Failed)
	}
	return nil
}

// payloads measures events of growing size on one connection.
func (s *scale) payloads(ctx context.Context) error {
	server, err := s.serve(ctx)
	if err != nil {
		return err
	}
	defer server.Stop()
	if _, err := server.Client().CreateFunction(ctx, "", "f", s.input()); err != nil {
		return err
	}
	const group = "events of growing size, one connection"
	curve := s.report.Curve("latency over the size of the event", "bytes", "microseconds")
	curve.LogX, curve.LogY = true, true
	for _, size := range []int{1, 100, 1 << 10, 10 << 10, 100 << 10, 1 << 20, 6 << 20} {
		payload := []byte(strings.Repeat("x", size))
		want := guests.Sum(payload)
		calls, err := load.NewHTTP(server.HTTP+"/f/", 1, payload, func(status int, body []byte) error {
			if err := load.StatusOK(status, body); err != nil {
				return err
			}
			if !strings.HasSuffix(string(body), " "+want) {
				return fmt.Errorf("wrong answer %.100q", body)
			}
			return nil
		})
		if err != nil {
			return err
		}
		got := load.Closed(ctx, 1, s.time/2, calls.Call)
		calls.Close()
		if got.FirstError != nil {
			return fmt.Errorf("%d bytes: %w", size, got.FirstError)
		}
		s.report.Row(group, figures.Bytes.Format(float64(size)), figures.Nanoseconds).AddLatency(got.Latency)
		curve.Add("p50", float64(size), float64(got.Latency.Percentile(50))/float64(time.Microsecond))
		curve.Add("p99", float64(size), float64(got.Latency.Percentile(99))/float64(time.Microsecond))
	}
	return nil
}

// connections measures throughput and latency as connections grow.
func (s *scale) connections(ctx context.Context) error {
	server, err := s.serve(ctx)
	if err != nil {
		return err
	}
	defer server.Stop()
	in := s.input()
	in.MaxInstances = new(1000)
	if _, err := server.Client().CreateFunction(ctx, "", "f", in); err != nil {
		return err
	}
	const group = "connections, closed loop"
	throughput := s.report.Curve("throughput over connections", "connections", "requests per second")
	throughput.LogX = true
	latency := s.report.Curve("latency over connections", "connections", "microseconds")
	latency.LogX, latency.LogY = true, true
	for _, n := range []int{1, 2, 4, 8, 16, 32, 64, 128} {
		calls, err := load.NewHTTP(server.HTTP+"/f/", n, event, check)
		if err != nil {
			return err
		}
		got := load.Closed(ctx, n, s.time/2, calls.Call)
		calls.Close()
		if got.FirstError != nil {
			return fmt.Errorf("%d connections: %w", n, got.FirstError)
		}
		s.report.Row(group, fmt.Sprintf("%d connections, throughput", n), figures.PerSecond).Add(got.PerSecond())
		s.report.Row(group, fmt.Sprintf("%d connections, latency", n), figures.Nanoseconds).AddLatency(got.Latency)
		throughput.Add("throughput", float64(n), got.PerSecond())
		latency.Add("p50", float64(n), float64(got.Latency.Percentile(50))/float64(time.Microsecond))
		latency.Add("p99", float64(n), float64(got.Latency.Percentile(99))/float64(time.Microsecond))
	}
	return nil
}
