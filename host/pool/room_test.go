package pool_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/instance/instancetest"
	"github.com/lull-dev/lull/host/lifecycle"
	"github.com/lull-dev/lull/host/pool"
)

// Scripts of what pools do that share a room, as in TestPolicy_Scripts, with the pool's name (a, b, c) first. New:
//
//	states          the states of the instances of a, b and c
//	stopped         the pools whose instances went through preStop since the last time, in that order
//	close a         closes the pool in the background
//
// All functions have all hooks.
func TestRoom_Scripts(t *testing.T) {
	for _, c := range []struct {
		name   string
		room   int
		limits fn.Limits
		script string
	}{
		{"the instance that has been paused for the longest time makes room, with preStop", 2, fn.Limits{}, `
			a invoke 1s => 1s
			b invoke 1s => 1s
			states      => paused | paused | -
			c invoke 1s => 1s
			states      => - | paused | paused
			stopped     => a
			a invoke 1s => 1s
			states      => paused | - | paused
			stopped     => b`},
		{"of one function's instances the one at the bottom goes, and use counts", 3, fn.Limits{}, `
			a go 1s
			a go 1s
			sleep 2s
			b invoke 1s
			a invoke 1s
			c invoke 1s
			states      => paused | paused | paused
			a invoke 1s
			b invoke 1s
			c go 1s
			c invoke 1s => 1s
			states      => - | paused | paused paused
			stopped     => a a`},
		{"preStop is waited for", 1, fn.Limits{}, `
			hook preStop 2s
			a invoke 1s => 1s
			b invoke 1s => 3s`},
		{"a function's own paused instance is no reason to stop another's", 2, fn.Limits{}, `
			a invoke 1s
			b invoke 1s
			a invoke 1s => 1s
			b invoke 1s => 1s
			stopped     =>`},
		{"while all run a request waits, and takes over from the first that rests", 2, fn.Limits{}, `
			a go 3s
			b go 900ms
			sleep 1ms
			c invoke 1s => 1.899s
			states      => running | - | paused
			stopped     => b`},
		{"places go round among those in line", 2, fn.Limits{Timeout: time.Minute}, `
			a go 500ms
			a go 500ms
			sleep 1ms
			b go 1s
			b go 1s
			c go 1s
			sleep 600ms
			states      => - | running | running`},
		{"nobody takes a place before those in line", 1, fn.Limits{Timeout: time.Second}, `
			a go 1h
			sleep 1ms
			b go 500ms
			sleep 1ms
			a invoke 100ms => 1.598s`},
		{"a request waits no longer than the queue timeout", 1, fn.Limits{QueueTimeout: 500 * time.Millisecond}, `
			a go 2s
			b invoke 1s => 500ms ResourceExhausted
			sleep 2s
			states      => paused | - | -
			stopped     =>
			b invoke 1s => 1s`},
		{"a full queue refuses at once", 1, fn.Limits{QueueLimit: 1}, `
			a go 2s
			b go 1s
			sleep 1ms
			b invoke 1s => 0s ResourceExhausted`},
		{"instances that are kept are not taken", 2, fn.Limits{MinInstances: 1, QueueTimeout: time.Second}, `
			a invoke 1s
			b invoke 1s
			c invoke 1s => 1s ResourceExhausted
			states      => paused | paused | -
			stopped     =>`},
		{"instances to be kept warm make room, and wait for it", 2, fn.Limits{}, `
			a invoke 1s
			b invoke 1s
			c scale 2 -1
			states      => - | - | paused paused
			stopped     => a b
			a go 1s
			sleep 1ms
			states      => - | - | paused paused
			c scale 1 -1
			sleep 3s
			states      => paused | - | paused`},
		{"a function that keeps the room has to give up an instance after a second", 2, fn.Limits{Timeout: time.Minute}, `
			a go 10s
			a go 10s
			a go 10s
			a go 10s
			sleep 1ms
			b invoke 1s => 10.999s
			sleep 1ms
			states      => running running | - | -`},
		{"and gets one back when others have had theirs", 1, fn.Limits{Timeout: time.Minute}, `
			a go 2400ms
			a go 2400ms
			a go 2400ms
			sleep 1ms
			b go 2400ms
			b go 2400ms
			sleep 1ms
			c invoke 2400ms => 9.598s
			sleep 10s
			states      => paused | - | -
			stopped     => a b a c b`},
		{"a trap makes room, too", 1, fn.Limits{}, `
			a go 500ms
			sleep 1ms
			b go 100ms
			a invoke trap => 499ms UnhandledInvocationError Trap
			sleep 1s
			states      => - | paused | -`},
		{"a start that fails makes room", 1, fn.Limits{}, `
			hook initializer 1h
			a go 1s
			sleep 1ms
			hook initializer 0s
			b invoke 1s => 3.999s
			states      => - | paused | -`},
		{"a closed pool leaves the line, and the others go on", 1, fn.Limits{}, `
			a go 1s
			sleep 1ms
			b go 1s
			sleep 1ms
			c go 1s
			close b
			sleep 3s
			states      => - | - | paused`},
		{"a closed pool's instances have their places until they are gone", 1, fn.Limits{}, `
			hook preStop 1s
			a go 900ms
			sleep 1ms
			close a
			b invoke 1s => 2.899s`},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { playIn(t, c.room, c.limits, c.script) })
		})
	}
}

func playIn(t *testing.T, n int, limits fn.Limits, script string) {
	hook := func(name string) fn.Hook { return fn.Hook{Handler: name} }
	var mu sync.Mutex
	var stopped []string
	room, rigs, names := pool.NewRoom(n), map[string]*rig{}, []string{"a", "b", "c"}
	for _, name := range names {
		listen := func(e *fn.Event) {
			if e.Kind == fn.EventStateChange && e.To == lifecycle.PreStopping.String() {
				mu.Lock()
				defer mu.Unlock()
				stopped = append(stopped, name)
			}
		}
		rigs[name] = newRigIn(t, room, fn.Function{
			Initializer: hook("initializer"), PreFreeze: hook("preFreeze"), PreStop: hook("preStop"), Limits: limits,
		}, false, listen)
		defer rigs[name].close()
	}
	phases := map[string]abi.Phase{"initializer": abi.PhaseInitializer, "preFreeze": abi.PhasePreFreeze, "preStop": abi.PhasePreStop}
	for line := range strings.Lines(strings.TrimSpace(script)) {
		command, want, expects := strings.Cut(strings.TrimSpace(line), "=>")
		words := strings.Fields(command)
		r := rigs[words[0]]
		if r != nil {
			words = words[1:]
		}
		var got string
		switch words[0] {
		case "go":
			go r.pool.Invoke(t.Context(), &fn.Request{Body: []byte(words[1])}, new(fn.Response))
		case "invoke":
			got = r.tryInvoke(words[1])
		case "sleep":
			d, err := time.ParseDuration(words[1])
			require.NoError(t, err)
			time.Sleep(d)
		case "states":
			got = rigs["a"].states() + " | " + rigs["b"].states() + " | " + rigs["c"].states()
		case "stopped":
			mu.Lock()
			got, stopped = strings.Join(stopped, " "), nil
			mu.Unlock()
		case "hook":
			d, err := time.ParseDuration(words[2])
			require.NoError(t, err)
			for _, r := range rigs {
				r.mu.Lock()
				r.hookTakes[phases[words[1]]] = []time.Duration{d}
				r.mu.Unlock()
			}
		case "scale":
			var s pool.Scale
			_, err := fmt.Sscan(words[1]+" "+words[2], &s.Warm, &s.OnDemand)
			require.NoError(t, err)
			r.pool.Scale(s)
		case "close":
			go rigs[words[1]].pool.Close(context.Background())
		default:
			t.Fatalf("no such command: %s", line)
		}
		synctest.Wait()
		if expects {
			require.Equal(t, strings.Join(strings.Fields(want), " "), got, "%s", line)
		}
	}
}

// TestRoom_RandomHistory plays random requests, stops, faults and a change of scale on pools that share a room, and checks that there are never
// more instances than the room has, that every request has its answer or an error that the API names, and that nothing is stuck: when all is
// quiet, every pool gets an instance.
func TestRoom_RandomHistory(t *testing.T) {
	const rounds, clients, steps = 20, 12, 150
	for range rounds {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { historyIn(t, rand.New(rand.NewPCG(seed, 0)), clients, steps) })
		})
	}
}

func historyIn(t *testing.T, rnd *rand.Rand, clients, steps int) {
	random := sync.Mutex{} // guards rnd
	dice := func(n int) int {
		random.Lock()
		defer random.Unlock()
		return rnd.IntN(n)
	}
	ms := func(n int) time.Duration { return time.Duration(dice(n)) * time.Millisecond }
	most := 1 + dice(6)
	room := pool.NewRoom(most)
	var live, highest atomic.Int64
	listen := func(e *fn.Event) {
		if e.Kind != fn.EventStateChange {
			return
		}
		if e.From == lifecycle.Cold.String() {
			n := live.Add(1)
			for old := highest.Load(); n > old && !highest.CompareAndSwap(old, n); old = highest.Load() {
			}
		}
		if e.To == lifecycle.Stopped.String() {
			live.Add(-1)
		}
	}
	hook := fn.Hook{Handler: "h", Timeout: time.Second}
	rigs := make([]*rig, 4)
	for i := range rigs {
		limits := fn.Limits{
			MaxInstances: 1 + dice(4), Concurrency: 1 + dice(2), IdleTimeout: 2 * time.Second, QueueLimit: 1 + dice(8), QueueTimeout: 5 * time.Second, Timeout: time.Second,
		}
		r := newRigIn(t, room, fn.Function{Initializer: hook, PreFreeze: hook, PreStop: hook, Limits: limits}, dice(3) == 0, listen)
		r.program.OnCall = func(g *instancetest.Guest, c *instance.Call) *fn.Fault {
			if fault := g.Sleep(c, ms(40)); fault != nil {
				return fault
			}
			if c.Phase == abi.PhaseHandler && dice(30) == 0 {
				return fn.Died(fn.TypeTrap, "unreachable", 0, 0)
			}
			return nil
		}
		rigs[i] = r
	}
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range steps {
				r := rigs[dice(len(rigs))]
				switch d := dice(100); {
				case d == 0:
					r.pool.Stop(t.Context(), "")
				case d == 1:
					r.pool.Scale(pool.Scale{Warm: dice(2), OnDemand: 1 + dice(3)})
				case d < 5:
					time.Sleep(3 * time.Second)
				case d < 30:
					time.Sleep(ms(50))
				default:
					ctx, cancel := context.WithCancel(t.Context())
					if dice(20) == 0 {
						ctx, cancel = context.WithTimeout(t.Context(), ms(20))
					}
					err := r.pool.Invoke(ctx, &fn.Request{ID: fn.NewRequestID(), Body: []byte("x")}, new(fn.Response))
					cancel()
					switch fn.CodeOf(err) {
					case "", fn.CodeResourceExhausted, fn.CodeClientClosedRequest:
					default:
						t.Errorf("unexpected error %v", err)
					}
				}
			}
		})
	}
	wg.Wait()
	for _, r := range rigs {
		r.pool.Scale(pool.Scale{OnDemand: -1})
	}
	time.Sleep(time.Minute)
	synctest.Wait()
	require.Zero(t, live.Load(), "all have been idle for long")
	for _, r := range rigs {
		require.NoError(t, r.pool.Invoke(t.Context(), &fn.Request{Body: []byte("x")}, new(fn.Response)))
	}
	for _, r := range rigs {
		r.close()
	}
	synctest.Wait()
	require.Zero(t, live.Load())
	require.LessOrEqual(t, highest.Load(), int64(most))
	require.Zero(t, room.Used())
}

// TestRoom_Hammer does the same on real threads, with pools that close in the middle.
func TestRoom_Hammer(t *testing.T) {
	const workers, rounds = 8, 300
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(workers / 2))
	for _, n := range []int{1, 2, 5} {
		room := pool.NewRoom(n)
		hook := fn.Hook{Handler: "h"}
		rigs := make([]*rig, 6)
		for i := range rigs {
			rigs[i] = newRigIn(t, room, fn.Function{PreFreeze: hook, PreStop: hook, Limits: fn.Limits{Concurrency: 1 + i%2}}, false, nil)
		}
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := range rounds {
					r, event := rigs[(w*7+i*5)%len(rigs)], "0s"
					switch {
					case w == 0 && i%40 == 7:
						event = "trap"
					case w == 1 && i%50 == 3:
						r.pool.Stop(context.Background(), "")
					case w == 2 && i == rounds*2/3:
						go rigs[0].pool.Close(context.Background())
					}
					if err := r.pool.Invoke(context.Background(), &fn.Request{ID: fn.NewRequestID(), Body: []byte(event)}, new(fn.Response)); err != nil && err != pool.ErrRetired {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for _, r := range rigs {
			r.close()
		}
		require.Zero(t, room.Used())
	}
}
