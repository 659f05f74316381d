// Package load calls something again and again and measures how long each call takes.
//
// Closed loop: each worker calls again when it has its answer, so a slow answer slows the load down. That finds the highest throughput.
//
// Open loop: calls are due at a fixed rate, whatever the answers do, and the latency of a call counts from the moment it was due. A
// target that stalls for a second shows in the latency of every call that was due in that second.
package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lull-dev/lull/bench/latency"
)

// Call does one call and checks its answer. worker is 0 to the number of workers less 1; a worker makes one call at a time.
type Call func(worker int) error

// Result of one run.
type Result struct {
	// Latency of the calls that were answered. In the open loop also of those that were due and got no answer before the run was
	// given up, with the time that they had waited until then.
	Latency  *latency.Histogram
	Answered int
	Failed   int // an error; not in Latency
	Unsent   int // open loop: due, and never sent
	// FirstError is the error of the first call that failed.
	FirstError error
	// Elapsed is from the first call to the last answer.
	Elapsed time.Duration
	// Timeline has the number of answers in each Tick since the start.
	Timeline []int
	Tick     time.Duration
	// Lag is how late the generator itself was with calls that had a free worker: its own part of Latency in the open loop.
	Lag *latency.Histogram
}

// PerSecond is the throughput.
func (r *Result) PerSecond() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Answered) / r.Elapsed.Seconds()
}

// hopeless is how many calls may fail before the first answer. Then the run ends: nothing would come of it but errors.
const hopeless = 50

// ticks is how many the planned time of a run has.
const ticks = 50

// run is what the workers of one run share.
type run struct {
	began    time.Time
	tick     time.Duration
	answered atomic.Int64
	failed   atomic.Int64

	mu struct {
		sync.Mutex
		result Result
	}
}

func newRun(planned time.Duration) *run {
	r := &run{began: time.Now(), tick: max(planned/ticks, time.Millisecond)}
	r.mu.result = Result{Latency: latency.New(), Lag: latency.New(), Tick: r.tick}
	return r
}

// worker measures for one goroutine.
type worker struct {
	run          *run
	latency, lag *latency.Histogram
	timeline     []int
	firstError   error
}

func (r *run) worker() *worker { return &worker{run: r, latency: latency.New(), lag: latency.New()} }

// record books the end of a call that was due at a time.
func (w *worker) record(due time.Time, err error) {
	now := time.Now()
	if err != nil {
		w.run.failed.Add(1)
		if w.firstError == nil {
			w.firstError = err
		}
		return
	}
	w.run.answered.Add(1)
	w.latency.Record(now.Sub(due))
	tick := int(now.Sub(w.run.began) / w.run.tick)
	for len(w.timeline) <= tick {
		w.timeline = append(w.timeline, 0)
	}
	w.timeline[tick]++
}

// hopeless reports that every call so far has failed, and that they were many.
func (r *run) hopeless() bool { return r.answered.Load() == 0 && r.failed.Load() >= hopeless }

// done adds a worker's part to the result.
func (w *worker) done() {
	m := &w.run.mu
	m.Lock()
	defer m.Unlock()
	m.result.Latency.Merge(w.latency)
	m.result.Lag.Merge(w.lag)
	if m.result.FirstError == nil {
		m.result.FirstError = w.firstError
	}
	for i, n := range w.timeline {
		if i == len(m.result.Timeline) {
			m.result.Timeline = append(m.result.Timeline, 0)
		}
		m.result.Timeline[i] += n
	}
}

// result is complete when all workers are done.
func (r *run) result() *Result {
	m := &r.mu.result
	m.Elapsed = time.Since(r.began)
	m.Answered, m.Failed = int(r.answered.Load()), int(r.failed.Load())
	return m
}

// Closed runs a closed loop with some workers for a time, or until ctx ends. Calls under way then are waited for.
func Closed(ctx context.Context, workers int, d time.Duration, call Call) *Result {
	r := newRun(d)
	var all sync.WaitGroup
	for n := range workers {
		all.Go(func() {
			w := r.worker()
			defer w.done()
			for began := time.Now(); began.Sub(r.began) < d && ctx.Err() == nil && !r.hopeless(); began = time.Now() {
				w.record(began, call(n))
			}
		})
	}
	all.Wait()
	return r.result()
}
