package pool_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/instance/instancetest"
	"github.com/lull-dev/lull/host/lifecycle"
	"github.com/lull-dev/lull/host/logs"
)

// TestHistory_RandomRequestsStopsAndFaults plays 100,000 random steps and checks from outside, by events, logs and guests, that
//
//  1. every instance goes through legal states, from cold to stopped;
//  2. preFreeze runs exactly once per idle period;
//  3. preStop runs exactly once in an instance that is stopped, and not in one that breaks;
//  4. the initializer runs exactly once per instance;
//  5. the ledger equals the union of the logged intervals;
//  6. no answer is lost: every request gets one, or an error that the API names.
func TestHistory_RandomRequestsStopsAndFaults(t *testing.T) {
	const rounds, clients, steps = 20, 10, 500 // 100,000 in all
	for round := range rounds {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("round %d seed %d", round, seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { history(t, rand.New(rand.NewPCG(seed, 0)), round%4 == 3, clients, steps) })
		})
	}
}

// journal collects events by instance.
type journal struct {
	mu     sync.Mutex
	states map[string][]string
	idle   map[string]int
	ended  map[string]bool // went through pre-stopping
}

func (j *journal) listen(e *fn.Event) {
	if e.Kind != fn.EventStateChange {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.states[e.InstanceID]) == 0 {
		j.states[e.InstanceID] = []string{lifecycle.Cold.String()}
	}
	j.states[e.InstanceID] = append(j.states[e.InstanceID], e.From, e.To)
	switch e.To {
	case lifecycle.PreFreezing.String():
		j.idle[e.InstanceID]++
	case lifecycle.PreStopping.String():
		j.ended[e.InstanceID] = true
	}
}

func history(t *testing.T, rnd *rand.Rand, overlap bool, clients, steps int) {
	j := &journal{states: map[string][]string{}, idle: map[string]int{}, ended: map[string]bool{}}
	hook := fn.Hook{Handler: "h", Timeout: time.Second}
	limits := fn.Limits{
		MemoryMiB: 1024, MaxInstances: 1 + rnd.IntN(6), Concurrency: 1 + rnd.IntN(3), IdleTimeout: 2 * time.Second,
		MinInstances: rnd.IntN(2), QueueLimit: 1 + rnd.IntN(8), QueueTimeout: time.Second, Timeout: time.Second,
	}
	r := newRig(t, fn.Function{Initializer: hook, PreFreeze: hook, PreStop: hook, Limits: limits}, overlap, j.listen)
	random := sync.Mutex{} // guards rnd
	dice := func(n int) int {
		random.Lock()
		defer random.Unlock()
		return rnd.IntN(n)
	}
	ms := func(n int) time.Duration { return time.Duration(dice(n)) * time.Millisecond }
	r.program.OnCall = func(g *instancetest.Guest, c *instance.Call) *fn.Fault {
		takes := ms(40)
		if dice(50) == 0 {
			takes = time.Hour // past any deadline
		}
		if fault := g.Sleep(c, takes); fault != nil {
			return fault
		}
		switch dice(40) {
		case 0:
			return fn.Died(fn.TypeTrap, "unreachable", 0, 0)
		case 1, 2:
			return &fn.Fault{Kind: fn.Handled, Type: "Error", Message: "no"}
		}
		return nil
	}

	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			resp := new(fn.Response)
			for range steps {
				switch d := dice(100); {
				case d == 0:
					r.pool.Stop(t.Context(), "")
				case d < 4:
					if all := r.pool.Instances(); len(all) > 0 {
						r.pool.Stop(t.Context(), all[dice(len(all))].InstanceID)
					}
				case d < 8:
					time.Sleep(5 * time.Second) // long enough for an idle stop, if all do so
				case d < 40:
					time.Sleep(ms(50))
				default:
					ctx, cancel := context.WithCancel(t.Context())
					if dice(20) == 0 {
						ctx, cancel = context.WithTimeout(t.Context(), ms(20))
					}
					*resp = fn.Response{}
					id := fn.NewRequestID()
					err := r.pool.Invoke(ctx, &fn.Request{ID: id, Body: []byte("x")}, resp)
					cancel()
					switch code := fn.CodeOf(err); code {
					case "":
						if resp.RequestID != id {
							t.Errorf("an answer with id %v to request %v", resp.RequestID, id)
						}
					case fn.CodeResourceExhausted, fn.CodeClientClosedRequest:
					default:
						t.Errorf("unexpected error %v", err)
					}
				}
			}
		})
	}
	wg.Wait()
	r.close()
	synctest.Wait()

	records := r.logs.Records(logs.Filter{})
	require.Zero(t, r.logs.Dropped(), "the log must hold everything for this test")
	runs := map[string]map[string]int{}
	for _, rec := range records {
		if strings.HasPrefix(rec.Message, "FC ") && strings.Contains(rec.Message, " Start ") {
			if runs[rec.InstanceID] == nil {
				runs[rec.InstanceID] = map[string]int{}
			}
			runs[rec.InstanceID][rec.Hook]++
		}
	}
	for _, g := range r.program.Guests() {
		states := j.states[g.ID]
		require.NotEmpty(t, states)
		for i := 1; i < len(states); i += 2 {
			require.Equal(t, states[i-1], states[i], "states of %s have a gap: %v", g.ID, states)
		}
		require.Equal(t, "stopped", states[len(states)-1])
		require.Equal(t, 1, g.Count(abi.PhaseInitializer))
		if overlap {
			// A request may join before the hook has begun: the period is over without one.
			require.LessOrEqual(t, g.Count(abi.PhasePreFreeze), j.idle[g.ID])
		} else {
			require.Equal(t, j.idle[g.ID], g.Count(abi.PhasePreFreeze), "%s: %v", g.ID, states)
		}
		want := 0
		if j.ended[g.ID] {
			want = 1
		}
		require.Equal(t, want, g.Count(abi.PhasePreStop), "%s: %v", g.ID, states)
		for hook, phase := range map[string]abi.Phase{
			"Initialize": abi.PhaseInitializer, "Invoke": abi.PhaseHandler, "PreFreeze": abi.PhasePreFreeze, "PreStop": abi.PhasePreStop,
		} {
			require.Equal(t, g.Count(phase), runs[g.ID][hook], "%s of %s in the log", hook, g.ID)
		}
	}
	require.EqualValues(t, union(records)/time.Millisecond, r.ledger.Usage().BilledMs)
}

// union adds up, for each instance, the time that is covered by logged runs. All times are whole milliseconds here, so that
// rounding does not show.
func union(records []logs.Record) (total time.Duration) {
	type edge struct {
		at    time.Time
		delta int
	}
	edges := map[string][]edge{}
	for _, rec := range records {
		switch {
		case !strings.HasPrefix(rec.Message, "FC "):
		case strings.Contains(rec.Message, " Start "):
			edges[rec.InstanceID] = append(edges[rec.InstanceID], edge{rec.Time, 1})
		default:
			edges[rec.InstanceID] = append(edges[rec.InstanceID], edge{rec.Time, -1})
		}
	}
	for _, es := range edges {
		slices.SortStableFunc(es, func(a, b edge) int { return a.at.Compare(b.at) })
		open, since := 0, time.Time{}
		for _, e := range es {
			if open == 0 {
				since = e.at
			}
			if open += e.delta; open == 0 {
				total += e.at.Sub(since)
			}
		}
	}
	return total
}
