package pool_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/instance/instancetest"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/meter"
	"github.com/lull-dev/lull/host/pool"
)

// rig is a pool of guests without WebAssembly, in virtual time.
type rig struct {
	t       testing.TB
	program *instancetest.Program
	ledger  *meter.Ledger
	logs    *logs.Ring
	pool    *pool.Pool
	// hookTakes is how long the runs of a hook sleep, the last for all further ones; a request sleeps for as long as its event says.
	// A test that changes it while hooks run holds mu.
	mu        sync.Mutex
	hookTakes map[abi.Phase][]time.Duration
	hookFault map[abi.Phase]*fn.Fault
}

func newRig(t testing.TB, f fn.Function, overlap bool, listener fn.Listener) *rig {
	t.Helper()
	return newRigIn(t, nil, f, overlap, listener)
}

// newRigIn is a rig whose pool shares a room.
func newRigIn(t testing.TB, room *pool.Room, f fn.Function, overlap bool, listener fn.Listener) *rig {
	t.Helper()
	f.Name = "f"
	f = f.WithDefaults()
	r := &rig{t: t, hookTakes: map[abi.Phase][]time.Duration{}, hookFault: map[abi.Phase]*fn.Fault{}}
	r.program = &instancetest.Program{Overlap: overlap, OnCall: r.call}
	r.ledger = meter.NewLedger(f.Key())
	r.logs = logs.NewRing(f.Key(), 64<<20)
	r.pool = pool.New(&instance.Config{Function: &f, Program: r.program, Ledger: r.ledger, Logs: r.logs, Listener: listener}, room)
	return r
}

func (r *rig) call(g *instancetest.Guest, c *instance.Call) *fn.Fault {
	if c.Phase != abi.PhaseHandler {
		r.mu.Lock()
		takes := r.hookTakes[c.Phase]
		r.mu.Unlock()
		if len(takes) > 0 {
			if fault := g.Sleep(c, takes[min(g.Count(c.Phase), len(takes))-1]); fault != nil {
				return fault
			}
		}
		return r.hookFault[c.Phase]
	}
	d, err := time.ParseDuration(string(c.Request.Body))
	if err != nil {
		if string(c.Request.Body) == "trap" {
			return fn.Died(fn.TypeTrap, "unreachable", 0, 0)
		}
		return &fn.Fault{Kind: fn.Handled, Type: "Error", Message: string(c.Request.Body)}
	}
	return g.Sleep(c, d)
}

// close stops all and checks that no rule was broken.
func (r *rig) close() {
	r.pool.Close(context.Background())
	r.program.Check(r.t)
}

func (r *rig) invoke(event string) *fn.Response {
	r.t.Helper()
	resp := new(fn.Response)
	require.NoError(r.t, r.pool.Invoke(context.Background(), &fn.Request{ID: fn.NewRequestID(), Body: []byte(event)}, resp))
	return resp
}

// The worked examples of fc-api section 5.2. Times are in ms from the first request's start.
func TestBilling_WorkedExamples(t *testing.T) {
	type request struct {
		at, takes float64
		duration  float64 // reported; 0: the same as takes
	}
	type example struct {
		name        string
		memory      int
		concurrency int
		overlap     bool
		preFreeze   float64 // how long it takes; 0: no hook
		preStop     float64
		hookTimeout time.Duration
		stopAt      float64 // an idle stop, 0: none
		requests    []request
		segments    []uint64 // billed ms of each busy interval
		cu          float64
	}
	const never = 1e9
	for _, e := range []example{
		{name: "E1 one request and no hooks", requests: []request{{0, 80.16, 0}}, segments: []uint64{81}, cu: 0.081},
		{name: "E2 preFreeze is billed and not in the duration", preFreeze: 200, requests: []request{{0, 80.16, 80.16}}, segments: []uint64{281}, cu: 0.281},
		{name: "E3 overlapping requests are billed as their union", concurrency: 3, overlap: true,
			requests: []request{{0, 10000, 0}, {0, 10000, 0}, {0, 10000, 0}}, segments: []uint64{10000}, cu: 10},
		{name: "E4 union of two requests and a preFreeze", concurrency: 2, overlap: true, preFreeze: 100,
			requests: []request{{0, 400, 0}, {300, 400, 0}}, segments: []uint64{800}, cu: 0.8},
		{name: "E5 frozen time is free", preFreeze: 100, requests: []request{{0, 400, 0}, {5000, 300, 0}}, segments: []uint64{500, 400}, cu: 0.9},
		{name: "E6 and E7 a request beside a running preFreeze", concurrency: 2, overlap: true, preFreeze: 400, // the second one too
			requests: []request{{0, 2000, 0}, {2300, 700, 0}}, segments: []uint64{3400}, cu: 3.4},
		{name: "E8 a request that waits for a running preFreeze", preFreeze: 400,
			requests: []request{{0, 2000, 0}, {2300, 700, 700}}, segments: []uint64{3500}, cu: 3.5},
		{name: "E9 preStop is an interval of its own", memory: 512, preStop: 120.2, stopAt: 180_000,
			requests: []request{{0, 100, 0}}, segments: []uint64{100, 121}, cu: 0.05 + 0.0605},
		{name: "E10 a preFreeze that never returns is billed for its timeout", preFreeze: never, hookTimeout: 3 * time.Second,
			requests: []request{{0, 100, 100}}, segments: []uint64{3100}, cu: 3.1},
		{name: "E11 an idle stop without preStop is free", stopAt: 180_000, requests: []request{{0, 100, 0}}, segments: []uint64{100}, cu: 0.1},
	} {
		t.Run(e.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ms := func(f float64) time.Duration { return time.Duration(f * float64(time.Millisecond)) }
				f := fn.Function{Limits: fn.Limits{MemoryMiB: 1024, Concurrency: e.concurrency, MaxInstances: 1, Timeout: time.Minute}}
				if e.memory > 0 {
					f.Limits.MemoryMiB = e.memory
				}
				if e.preFreeze > 0 {
					f.PreFreeze = fn.Hook{Handler: "preFreeze", Timeout: e.hookTimeout}
				}
				if e.preStop > 0 {
					f.PreStop = fn.Hook{Handler: "preStop"}
				}
				r := newRig(t, f, e.overlap, nil)
				r.hookTakes[abi.PhasePreFreeze] = []time.Duration{ms(e.preFreeze)}
				r.hookTakes[abi.PhasePreStop] = []time.Duration{ms(e.preStop)}
				done := make(chan struct{})
				for _, req := range e.requests {
					go func() {
						defer func() { done <- struct{}{} }()
						time.Sleep(ms(req.at))
						resp := r.invoke(ms(req.takes).String())
						want := req.duration
						if want == 0 {
							want = req.takes
						}
						require.Equal(t, ms(want), resp.Duration)
					}()
				}
				for range e.requests {
					<-done
				}
				if e.stopAt > 0 {
					time.Sleep(ms(e.stopAt) + time.Second)
				}
				time.Sleep(10 * time.Second) // hooks end
				u := r.ledger.Usage()
				var segments []uint64
				for _, b := range u.Recent {
					segments = append(segments, b.BilledMs())
				}
				require.Equal(t, e.segments, segments)
				require.InDelta(t, e.cu, u.CU, 1e-9)
				require.EqualValues(t, len(e.requests), u.Requests)
				r.close()
			})
		})
	}
}

// E7 as the table has it: the second preFreeze takes 100 ms.
func TestBilling_E7BesideWithAShorterSecondPreFreeze(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fn.Function{PreFreeze: fn.Hook{Handler: "p"}, Limits: fn.Limits{MemoryMiB: 1024, Concurrency: 2}}, true, nil)
		r.hookTakes[abi.PhasePreFreeze] = []time.Duration{400 * time.Millisecond, 100 * time.Millisecond}
		r.invoke("2s")
		time.Sleep(300 * time.Millisecond) // 2300: the hook runs
		require.Equal(t, "pre-freezing", r.pool.Instances()[0].State)
		resp := r.invoke("700ms")
		require.Equal(t, 700*time.Millisecond, resp.Duration)
		time.Sleep(time.Second)
		u := r.ledger.Usage()
		require.EqualValues(t, 1, u.BusyIntervals)
		require.EqualValues(t, 3100, u.BilledMs)
		require.EqualValues(t, 2, u.Requests)
		require.Equal(t, 2, r.program.Count(abi.PhasePreFreeze))
		r.close()
	})
}

// E8 as the table has it.
func TestBilling_E8BehindWithAShorterSecondPreFreeze(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fn.Function{PreFreeze: fn.Hook{Handler: "p"}, Limits: fn.Limits{MemoryMiB: 1024, MaxInstances: 1}}, false, nil)
		r.hookTakes[abi.PhasePreFreeze] = []time.Duration{400 * time.Millisecond, 100 * time.Millisecond}
		r.invoke("2s")
		time.Sleep(300 * time.Millisecond)
		began := time.Now()
		resp := r.invoke("700ms")
		require.Equal(t, 700*time.Millisecond, resp.Duration)
		require.Equal(t, 800*time.Millisecond, time.Since(began), "100 ms behind the hook")
		time.Sleep(time.Second)
		u := r.ledger.Usage()
		require.EqualValues(t, 1, u.BusyIntervals)
		require.EqualValues(t, 3200, u.BilledMs)
		r.close()
	})
}

// E12: what is refused before it runs is free.
func TestBilling_E12ARefusedRequestIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fn.Function{Limits: fn.Limits{MaxInstances: 1, QueueLimit: -1}}, false, nil)
		go r.invoke("1s")
		synctest.Wait()
		err := r.pool.Invoke(t.Context(), &fn.Request{Body: []byte("1s")}, new(fn.Response))
		require.Equal(t, fn.CodeResourceExhausted, fn.CodeOf(err))
		time.Sleep(2 * time.Second)
		u := r.ledger.Usage()
		require.EqualValues(t, 1, u.Requests)
		require.EqualValues(t, 1000, u.BilledMs)
		r.close()
	})
}

func TestBilling_TheInitializerIsBilledInOneIntervalWithItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fn.Function{Initializer: fn.Hook{Handler: "i"}}, false, nil)
		r.hookTakes[abi.PhaseInitializer] = []time.Duration{250 * time.Millisecond}
		resp := r.invoke("100ms")
		require.True(t, resp.Cold)
		require.Equal(t, 100*time.Millisecond, resp.Duration)
		u := r.ledger.Usage()
		require.EqualValues(t, 350, u.BilledMs)
		require.EqualValues(t, 1, u.BusyIntervals)
		r.close()
	})
}
