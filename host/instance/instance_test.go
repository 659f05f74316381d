package instance_test

import (
	"strings"
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
	"github.com/lull-dev/lull/host/meter"
)

// hookTime is how long every call of the guest takes.
const hookTime = time.Second

type fixture struct {
	*instance.Instance
	program *instancetest.Program
	period  uint64
	states  []string
}

func newFixture(t *testing.T, overlap bool) *fixture {
	fx := &fixture{program: &instancetest.Program{Overlap: overlap}}
	fx.program.OnCall = func(g *instancetest.Guest, c *instance.Call) *fn.Fault { return g.Sleep(c, hookTime) }
	hook := fn.Hook{Handler: "h"}
	f := fn.Function{
		Name: "f", Initializer: hook, PreFreeze: hook, PreStop: hook, Limits: fn.Limits{Concurrency: 2, Timeout: time.Minute},
	}.WithDefaults()
	fx.Instance = instance.New(&instance.Config{
		Function: &f, Program: fx.program, Ledger: meter.NewLedger(f.Key()), Logs: logs.NewRing(f.Key(), 0),
		Listener: func(e *fn.Event) {
			if e.Kind == fn.EventStateChange {
				fx.states = append(fx.states, e.To)
			}
		},
	})
	return fx
}

// to brings a new instance into a state, the way the pool does, with whatever runs in that state running in the background.
func (fx *fixture) to(t *testing.T, s lifecycle.State) {
	t.Helper()
	steps := []struct {
		reaches lifecycle.State
		step    func()
	}{
		{lifecycle.Cold, func() {}},
		{lifecycle.Starting, func() { go fx.Start(); synctest.Wait() }},
		{lifecycle.Running, func() { time.Sleep(2 * hookTime) }},
		{lifecycle.PreFreezing, func() {
			left, period := fx.Leave()
			require.Equal(t, instance.LeftIdle, left)
			fx.period = period
			go fx.Freeze(period)
			synctest.Wait()
		}},
		{lifecycle.Paused, func() {
			time.Sleep(2 * hookTime)
			require.Equal(t, instance.SettledAsAsked, fx.Settle(fx.period, instance.NextPause))
		}},
		{lifecycle.PreStopping, func() { require.True(t, fx.Instance.Stop()) }},
		{lifecycle.Stopped, func() { fx.Release() }},
	}
	for _, st := range steps {
		st.step()
		got := fx.State()
		require.Equal(t, st.reaches, got)
		if st.reaches == s {
			return
		}
	}
}

// finish ends what runs, so that no goroutine is left.
func (fx *fixture) finish() {
	time.Sleep(time.Hour)
	synctest.Wait()
}

// verbs has a row for each state and a column for each verb: what the verb answers, or "panics" when it is out of turn.
const verbs = `
             start  join  stop  release settle-pause
cold         ok     no    no    panics  panics
starting     panics no    no    panics  panics
running      panics yes   no    panics  panics
pre-freezing panics no    no    panics  asked
paused       panics yes   yes   panics  panics
pre-stopping panics no    no    ok      panics
stopped      panics no    no    panics  panics
`

func TestInstance_AnswersEveryCellOfStateAndVerb(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(verbs), "\n")
	names := strings.Fields(lines[0])
	for i, line := range lines[1:] {
		cells := strings.Fields(line)
		state := lifecycle.States[i]
		require.Equal(t, state.String(), cells[0])
		for j, verb := range names {
			t.Run(cells[0]+"/"+verb, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fx := newFixture(t, false)
					fx.to(t, state)
					require.Equal(t, cells[j+1], fx.do(verb))
					fx.finish()
				})
			})
		}
	}
}

func (fx *fixture) do(verb string) (answer string) {
	defer func() {
		if recover() != nil {
			answer = "panics"
		}
	}()
	yes := map[bool]string{true: "yes", false: "no"}
	switch verb {
	case "start":
		if fx.Start() == nil {
			return "ok"
		}
	case "join":
		return yes[fx.Join()]
	case "stop":
		return yes[fx.Instance.Stop()]
	case "release":
		fx.Release()
		return "ok"
	case "settle-pause":
		if fx.Settle(fx.period, instance.NextPause) == instance.SettledAsAsked {
			return "asked"
		}
		return "other"
	}
	return "failed"
}

func TestInstance_OverlappingGuestsTakeRequestsBesidePreFreeze(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := newFixture(t, true)
		fx.to(t, lifecycle.PreFreezing)
		require.True(t, fx.Join())
		state := fx.State()
		require.Equal(t, lifecycle.Running, state)
		fx.finish() // the hook ends
		require.Equal(t, instance.SettledByOther, fx.Settle(fx.period, instance.NextPause))
		left, period := fx.Leave()
		require.Equal(t, instance.LeftIdle, left, "the request beside the hook begins a new idle period")
		require.NotEqual(t, fx.period, period)
		fx.Freeze(period)
		require.Equal(t, instance.SettledAsAsked, fx.Settle(period, instance.NextPause))
		require.Equal(t, 2, fx.program.Count(abi.PhasePreFreeze))
	})
}

func TestInstance_AFullInstanceTakesNoFurtherRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := newFixture(t, false)
		fx.to(t, lifecycle.Running)
		require.True(t, fx.Join(), "the second of two places")
		require.False(t, fx.Join())
		left, _ := fx.Leave()
		require.Equal(t, instance.LeftOthers, left)
		require.True(t, fx.Join())
	})
}

func TestInstance_KillEndsARunningHookAndKeepsFurtherOnesFromRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := newFixture(t, false)
		fx.to(t, lifecycle.PreFreezing)
		began := time.Now()
		fx.Kill()
		synctest.Wait()
		require.Zero(t, time.Since(began))
		require.Equal(t, instance.SettledGone, fx.Settle(fx.period, instance.NextPause))
		require.Zero(t, fx.program.Count(abi.PhasePreStop))
		fx.program.Check(t)
	})
}

func TestInstance_KillDuringStartStopsTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := newFixture(t, false)
		done := make(chan *fn.Fault)
		go func() { done <- fx.Start() }()
		synctest.Wait()
		fx.Kill()
		fault := <-done
		require.Equal(t, fn.Initialization, fault.Kind)
		state := fx.State()
		require.Equal(t, lifecycle.Stopped, state)
		fx.program.Check(t)
	})
}

func TestInstance_StatesComeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := newFixture(t, false)
		fx.to(t, lifecycle.Stopped)
		require.Equal(t, []string{"starting", "running", "pre-freezing", "paused", "pre-stopping", "stopped"}, fx.states)
		fx.program.Check(t)
	})
}

func TestInstance_HasAnIdInFunctionComputesForm(t *testing.T) {
	require.Regexp(t, `^c-[0-9a-f]{8}-[0-9a-f]{20}$`, newFixture(t, false).ID())
}
