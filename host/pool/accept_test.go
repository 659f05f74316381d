package pool_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

// Lines of the compatibility checklist (SPECIFICATION.md, section 12) that are the pool's.

func TestA8_OverlappingRequestsOnOneInstanceEndInOnePreFreezeAfterBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fn.Function{PreFreeze: fn.Hook{Handler: "p"}, Limits: fn.Limits{Concurrency: 2, MaxInstances: 1}}, true, nil)
		var both sync.WaitGroup
		both.Go(func() { r.invoke("2s") })
		time.Sleep(time.Second)
		both.Go(func() { r.invoke("3s") }) // runs beside the first from 1 s to 4 s
		time.Sleep(500 * time.Millisecond)
		require.Equal(t, 2, r.pool.Instances()[0].Active)
		time.Sleep(time.Second) // 2.5 s: the first has ended
		require.Equal(t, 1, r.pool.Instances()[0].Active)
		require.Zero(t, r.program.Count(abi.PhasePreFreeze), "not while one runs")
		both.Wait()
		synctest.Wait()
		require.Equal(t, 1, r.program.Count(abi.PhasePreFreeze))
		require.Equal(t, "paused", r.states())
		r.close()
	})
}

func TestA9_ARequestDuringPreFreezeIsInOneBusyIntervalWithIt(t *testing.T) {
	t.Run("E7, beside the hook", TestBilling_E7BesideWithAShorterSecondPreFreeze)
	t.Run("E8, behind it", TestBilling_E8BehindWithAShorterSecondPreFreeze)
}

func TestA10_TheReportedDurationIsWithoutPreFreezeAndTheAnswerDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fn.Function{PreFreeze: fn.Hook{Handler: "p"}}, false, nil)
		r.hookTakes[abi.PhasePreFreeze] = []time.Duration{2 * time.Second}
		began := time.Now()
		resp := r.invoke("80ms")
		require.Equal(t, 80*time.Millisecond, resp.Duration)
		require.Equal(t, 80*time.Millisecond, time.Since(began))
		time.Sleep(3 * time.Second)
		require.EqualValues(t, 2080, r.ledger.Usage().BilledMs, "the hook is billed")
		r.close()
	})
}

func TestA17_BillingExamples(t *testing.T) {
	t.Run("E1 to E11", TestBilling_WorkedExamples)
	t.Run("E7", TestBilling_E7BesideWithAShorterSecondPreFreeze)
	t.Run("E8", TestBilling_E8BehindWithAShorterSecondPreFreeze)
	t.Run("E12", TestBilling_E12ARefusedRequestIsFree)
}
