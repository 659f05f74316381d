package pool_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/pool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestPool_Hammer runs requests, stops and a close against each other on real threads. The guest checks that calls never overlap; at
// the end nothing is left, and every request has had one answer.
func TestPool_Hammer(t *testing.T) {
	const workers, rounds = 8, 400
	for _, limits := range []fn.Limits{
		{MaxInstances: 1},
		{MaxInstances: 3, IdleTimeout: 1}, // a nanosecond: the sweeper runs all the time
		{MaxInstances: 2, Concurrency: 3},
		{MaxInstances: 8},
	} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(workers / 2))
		hook := fn.Hook{Handler: "h"}
		r := newRig(t, fn.Function{Initializer: hook, PreFreeze: hook, PreStop: hook, Limits: limits}, false, nil)
		var answers, retired atomic.Int64
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				resp := new(fn.Response)
				for i := range rounds {
					event := "0s"
					switch {
					case w == 0 && i%40 == 7:
						event = "trap"
					case w == 1 && i%50 == 3:
						r.pool.Stop(context.Background(), "")
					case w == 2 && i == rounds*9/10:
						go r.pool.Close(context.Background())
					}
					*resp = fn.Response{}
					id := fn.NewRequestID()
					switch err := r.pool.Invoke(context.Background(), &fn.Request{ID: id, Body: []byte(event)}, resp); err {
					case nil:
						answers.Add(1)
						if resp.RequestID != id {
							t.Error("somebody else's answer")
						}
					case pool.ErrRetired:
						retired.Add(1)
					default:
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		r.close()
		require.EqualValues(t, workers*rounds, answers.Load()+retired.Load())
		require.EqualValues(t, r.program.Count(abi.PhaseHandler), answers.Load())
		require.EqualValues(t, r.ledger.Usage().Requests, answers.Load())
		require.Empty(t, r.pool.Instances())
	}
}
