// Package overhttp measures a URL: one connection, many in a closed loop, and an open loop. The server is another process.
package overhttp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/latency"
	"github.com/lull-dev/lull/bench/load"
)

// Names of the rows.
const (
	Cold       = "HTTP, first answer of a new instance"
	One        = "HTTP, one connection"
	Throughput = "HTTP, closed loop, throughput"
	Closed     = "HTTP, closed loop, latency"
	Open       = "HTTP, open loop, latency"
	Lag        = "HTTP, open loop, lag of the generator"
)

// Target is a URL under measurement.
type Target struct {
	URL   string
	Body  []byte     // nil: GET
	Check load.Check // nil: status 200
	// Cool makes the next request find no instance; nil if the server cannot do that.
	Cool func(context.Context) error
}

// Effort of a round.
type Effort struct {
	Connections int
	Time        time.Duration // of each loop
	Colds       int
	// PerSecond is the rate of the open loop. Zero: half of the closed loop's throughput in the first round, which is then set here.
	PerSecond float64
	// OpenConnections bounds the calls under way in the open loop. Zero: eight times Connections, at least 64.
	OpenConnections int
}

// ErrFails is wrapped when no call got an answer.
var ErrFails = errors.New("every call fails")

// Round measures everything once and adds it to the rows of a group. What was measured stays when it fails, or when ctx ends.
func Round(ctx context.Context, r *figures.Report, group string, t Target, effort *Effort) error {
	if err := cold(ctx, r, group, t, effort.Colds); err != nil {
		return err
	}
	one, err := run(t, 1, func(call load.Call) *load.Result { return load.Closed(ctx, 1, effort.Time, call) })
	if err != nil {
		return err
	}
	add(r.Row(group, One, figures.Nanoseconds), one)
	closed, err := run(t, effort.Connections, func(call load.Call) *load.Result {
		return load.Closed(ctx, effort.Connections, effort.Time, call)
	})
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	throughput := r.Row(group, Throughput, figures.PerSecond)
	throughput.Add(closed.PerSecond())
	throughput.Timeline, throughput.Tick = append(throughput.Timeline, closed.Timeline...), closed.Tick
	throughput.Note = fmt.Sprintf("%d connections, each sends the next request when it has its answer", effort.Connections)
	add(r.Row(group, Closed, figures.Nanoseconds), closed)

	if effort.PerSecond == 0 {
		effort.PerSecond = max(1, closed.PerSecond()/2)
	}
	workers := effort.OpenConnections
	if workers == 0 {
		workers = max(64, 8*effort.Connections)
	}
	open, err := run(t, workers, func(call load.Call) *load.Result {
		return load.Open(ctx, load.Rate{PerSecond: effort.PerSecond, Workers: workers}, effort.Time, call)
	})
	if err != nil {
		return err
	}
	row := r.Row(group, Open, figures.Nanoseconds)
	add(row, open)
	at := fmt.Sprintf("%.0f requests per second, counted from when they were due", effort.PerSecond)
	if open.Unsent > 0 {
		at += fmt.Sprintf("; %d of them could not be sent in time", open.Unsent)
	}
	row.Note = strings.TrimPrefix(row.Note+"; "+at, "; ")
	r.Row(group, Lag, figures.Nanoseconds).AddLatency(open.Lag)
	return ctx.Err()
}

func run(t Target, workers int, loop func(load.Call) *load.Result) (*load.Result, error) {
	calls, err := load.NewHTTP(t.URL, workers, t.Body, t.Check)
	if err != nil {
		return nil, err
	}
	defer calls.Close()
	got := loop(calls.Call)
	if got.Answered == 0 && got.FirstError != nil {
		return nil, fmt.Errorf("%w: %w", ErrFails, got.FirstError)
	}
	return got, nil
}

// add adds the latencies of a run, and what failed.
func add(row *figures.Row, got *load.Result) {
	row.AddLatency(got.Latency)
	row.Note = ""
	if got.Failed > 0 {
		row.Note = fmt.Sprintf("%d of %d calls FAILED: %v", got.Failed, got.Failed+got.Answered, got.FirstError)
	}
}

// cold measures the answer to the first request after Cool, on a connection that is open already.
func cold(ctx context.Context, r *figures.Report, group string, t Target, n int) error {
	calls, err := load.NewHTTP(t.URL, 1, t.Body, t.Check)
	if err != nil {
		return err
	}
	defer calls.Close()
	if err := calls.Call(0); err != nil {
		return fmt.Errorf("%w: %w", ErrFails, err)
	}
	if t.Cool == nil {
		r.Skip(group, Cold, "the server has no way to stop its instances")
		return ctx.Err()
	}
	h := latency.New()
	for range n {
		if err := t.Cool(ctx); err != nil {
			return err
		}
		began := time.Now()
		if err := calls.Call(0); err != nil {
			return fmt.Errorf("a new instance does not answer: %w", err)
		}
		h.Record(time.Since(began))
	}
	r.Row(group, Cold, figures.Nanoseconds).AddLatency(h)
	return ctx.Err()
}
