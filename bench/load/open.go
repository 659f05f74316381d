package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Rate of an open loop.
type Rate struct {
	// PerSecond is how many calls are due each second, evenly spaced.
	PerSecond float64
	// Workers is how many calls can be under way. A call that is due while all are busy is sent late, and its latency counts from when it was due.
	Workers int
	// GiveUp is how long after its end a run waits for what is due and not yet sent. Zero: the run's own length.
	GiveUp time.Duration
}

// Open runs an open loop for a time. It ends when all calls that were due have an answer, when the run is given up, or with ctx;
// calls under way then are waited for.
func Open(ctx context.Context, rate Rate, d time.Duration, call Call) *Result {
	giveUp := rate.GiveUp
	if giveUp == 0 {
		giveUp = d
	}
	total := int64(rate.PerSecond * d.Seconds())
	interval := float64(time.Second) / rate.PerSecond
	r := newRun(d)
	caller := ctx
	ctx, cancel := context.WithDeadline(caller, r.began.Add(d+giveUp))
	defer cancel()
	// The end of the caller's context reaches this one a moment later, in which a call may return because of it.
	over := func() bool { return caller.Err() != nil || ctx.Err() != nil }

	var next, unsent atomic.Int64
	var all sync.WaitGroup
	for n := range rate.Workers {
		all.Go(func() {
			w := r.worker()
			defer w.done()
			timer := time.NewTimer(time.Hour)
			defer timer.Stop()
			for {
				i := next.Add(1) - 1
				if i >= total || r.hopeless() {
					return
				}
				due := r.began.Add(time.Duration(float64(i) * interval))
				if wait := time.Until(due); wait > 0 {
					timer.Reset(wait)
					select {
					case <-timer.C:
						w.lag.Record(time.Since(due))
					case <-ctx.Done():
					}
				}
				if over() {
					if due.Before(time.Now()) {
						unsent.Add(1)
						w.latency.Record(time.Since(due))
					}
					continue // the rest was due too, or was not
				}
				w.record(due, call(n))
			}
		})
	}
	all.Wait()
	result := r.result()
	result.Unsent = int(unsent.Load())
	return result
}
