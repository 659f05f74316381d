package host_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/logs"
)

func TestCounter_Answers258(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, hosttest.Function(f.Name))
	for _, want := range []int{2, 5, 8} {
		require.Equal(t, want, hosttest.Number(t, s.event("c")))
		s.rest(1)
	}
	var hooks []string
	for _, r := range s.lines(logs.Filter{}) {
		hooks = append(hooks, strings.TrimSuffix(strings.TrimSuffix(r.Message, r.RequestID), " RequestId: "))
	}
	require.Equal(t, []string{
		"FC Initialize Start", "FC Initialize End",
		"FC Invoke Start", "FC Invoke End", "FC PreFreeze Start", "FC PreFreeze End",
		"FC Invoke Start", "FC Invoke End", "FC PreFreeze Start", "FC PreFreeze End",
		"FC Invoke Start", "FC Invoke End", "FC PreFreeze Start", "FC PreFreeze End",
	}, hooks)
	u, err := s.Usage(f)
	require.NoError(t, err)
	require.EqualValues(t, 3, u.Requests)
	require.EqualValues(t, 3, u.BusyIntervals)
}

func TestPreFreeze_RunsOnceInEveryIdlePeriod(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ concurrency, requests int }{
		"one request at a time":               {1, 5},
		"requests that queue on the instance": {4, 4}, // a fifth could come after these have ended, and begin a period of its own
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			function := single()
			function.Limits.Concurrency = c.concurrency
			s := newScene(t, host.Config{}, function)
			for period := 1; period <= 3; period++ {
				// The first one holds the instance until all others are behind it.
				gates := []*gate{s.gate()}
				for range c.requests - 1 {
					gates = append(gates, s.send())
				}
				if c.concurrency > 1 {
					until(t, "the instance has all its requests", func() bool { return s.Instances(f)[0].Active == c.requests })
				}
				open := make(chan struct{})
				for _, g := range gates {
					go func() { close(g.opened); open <- struct{}{} }()
				}
				for _, g := range gates {
					<-open
					require.Equal(t, "GATE", string((<-g.resp).Body))
				}
				s.rest(1)
				if c.concurrency > 1 {
					require.Equal(t, period, s.runs("PreFreeze", ""), "after the last of the requests that overlapped")
				}
			}
			require.Equal(t, 3*c.requests, s.runs("Invoke", ""))
			require.Equal(t, 1, s.runs("Initialize", ""))
		})
	}
}

// changes counts the state changes of a function's instances.
type changes struct {
	sync.Mutex
	to map[string]int
}

func (c *changes) listen(e *fn.Event) {
	if e.Kind == fn.EventStateChange && e.Function == f {
		c.Lock()
		defer c.Unlock()
		if c.to == nil {
			c.to = map[string]int{}
		}
		c.to[e.To]++
	}
}

func TestPreFreeze_RunsAsOftenAsInstancesBecomeIdle(t *testing.T) {
	t.Parallel()
	var c changes
	function := hosttest.Function(f.Name)
	function.Limits.MaxInstances = 3
	s := newScene(t, host.Config{Listener: c.listen, LogBytes: 16 << 20}, function)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			for range 50 {
				if resp, err := s.Invoke(t.Context(), f.Name, fn.Request{Body: []byte("c")}); err != nil || resp.Fault != nil {
					t.Error(err, resp)
				}
			}
		})
	}
	all.Wait()
	until(t, "all rest", func() bool {
		for _, i := range s.Instances(f) {
			if i.State != "paused" {
				return false
			}
		}
		return true
	})
	_, err := s.StopInstances(t.Context(), f, "")
	require.NoError(t, err)
	require.Equal(t, 300, s.runs("Invoke", ""))
	c.Lock()
	defer c.Unlock()
	require.Equal(t, c.to["pre-freezing"], s.runs("PreFreeze", ""))
	require.Equal(t, c.to["pre-stopping"], s.runs("PreStop", ""))
	require.Equal(t, c.to["starting"], s.runs("PreStop", ""))
	require.Equal(t, c.to["starting"], s.runs("Initialize", ""))
	require.Equal(t, c.to["starting"], c.to["stopped"])
}

// endless is a function whose hooks never end by themselves once they are asked to loop.
func endless() fn.Function {
	f := hosttest.Function(f.Name)
	f.Limits.Timeout, f.PreFreeze.Timeout, f.PreStop.Timeout = 300*time.Second, 300*time.Second, 300*time.Second
	return f
}

// stop stops all instances of f and does not wait for what they run.
func (s *scene) stop() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	_, err := s.StopInstances(ctx, f, "")
	require.NoError(s.t, err)
	require.Empty(s.t, s.Instances(f))
}

func TestInvoke_AnswersWhilePreFreezeRuns(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, endless())
	first := s.event("Ml")
	require.Nil(t, first.Fault)
	require.Equal(t, first.InstanceID, s.inState("pre-freezing"))

	other := s.event("c")
	require.NotEqual(t, first.InstanceID, other.InstanceID, "there is room for a new instance, so nobody waits for the hook")
	until(t, "the hook runs", func() bool { return s.runs0("PreFreeze", first.InstanceID) == 1 })
	require.Equal(t, "pre-freezing", s.Instances(f)[0].State)
	s.stop()
	require.Equal(t, 1, s.runs("PreFreeze", first.InstanceID))
	require.Zero(t, s.runs("PreStop", first.InstanceID), "the instance was broken")
	s.undisturbed()
}

func TestInvoke_DurationIsTheHandlersAlone(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, single())
	s.event("Ms")
	s.rest(1)
	resp := s.event("s")
	s.rest(1)
	var begin, end time.Time
	for _, r := range s.lines(logs.Filter{RequestID: resp.RequestID.String()}) {
		if begin.IsZero() {
			begin = r.Time
		}
		end = r.Time
	}
	require.Equal(t, end.Sub(begin), resp.Duration)
	for _, r := range s.lines(logs.Filter{}) {
		if r.RequestID != resp.RequestID.String() {
			require.True(t, !r.Time.After(begin) || !r.Time.Before(end), "%s is within the request", r.Message)
		}
	}
}

func TestPreStop_RunsOnceHoweverAnInstanceEnds(t *testing.T) {
	t.Parallel()
	update := func(s *scene) {
		_, err := s.Update(s.t.Context(), f, "", func(f *fn.Function) error { f.Description = "new"; return nil })
		require.NoError(s.t, err)
	}
	stop := func(s *scene, id string) {
		n, err := s.StopInstances(context.Background(), f, id)
		require.NoError(s.t, err)
		require.Equal(s.t, 1, n)
	}
	for name, end := range map[string]func(s *scene, id string){
		"update":             func(s *scene, _ string) { update(s) },
		"update with deploy": func(s *scene, _ string) { hosttest.Deploy(s.t, s.Host, hosttest.Function(f.Name)) },
		"delete":             func(s *scene, _ string) { require.NoError(s.t, s.Delete(s.t.Context(), f, "")) },
		"stop":               func(s *scene, _ string) { stop(s, "") },
		"stop by its id":     stop,
		"close":              func(s *scene, _ string) { require.NoError(s.t, s.Close(context.Background())) },
	} {
		check := func(t *testing.T, s *scene, id string) {
			until(t, "preStop has run", func() bool { return len(s.lines(logs.Filter{Hook: "PreStop", InstanceID: id})) >= 2 })
			require.NoError(t, s.Close(context.Background()))
			require.Equal(t, 1, s.runs("PreStop", id))
			require.Equal(t, 1, s.runs("PreFreeze", id))
			records := s.lines(logs.Filter{InstanceID: id})
			require.Equal(t, "PreStop", records[len(records)-1].Hook, "nothing runs after it")
		}
		t.Run(name+" while it is paused", func(t *testing.T) {
			t.Parallel()
			s := newScene(t, host.Config{}, single())
			id := s.event("").InstanceID
			s.rest(1)
			end(s, id)
			check(t, s, id)
		})
		t.Run(name+" while it serves a request", func(t *testing.T) {
			t.Parallel()
			s := newScene(t, host.Config{}, single())
			g := s.gate()
			id := s.Instances(f)[0].InstanceID
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				end(s, id)
			}()
			if name != "stop" && name != "stop by its id" {
				until(t, "the instance is on its way out", func() bool { return len(s.Instances(f)) == 0 })
			}
			require.Zero(t, s.runs0("PreStop", id), "the request goes on")
			require.Equal(t, id, g.open().InstanceID)
			<-ended
			check(t, s, id)
		})
	}
	t.Run("idle timeout", func(t *testing.T) {
		t.Parallel()
		function := single()
		function.Limits.IdleTimeout = 10 * time.Millisecond
		s := newScene(t, host.Config{}, function)
		id := s.event("").InstanceID
		s.rest(0)
		require.Equal(t, 1, s.runs("PreStop", id))
		require.Equal(t, 1, s.runs("PreFreeze", id))
		require.NotEqual(t, id, s.event("").InstanceID)
	})
}

// runs0 counts starts, of which some may not have ended.
func (s *scene) runs0(hook, instance string) (started int) {
	for _, r := range s.lines(logs.Filter{Hook: hook, InstanceID: instance}) {
		if strings.HasPrefix(r.Message, "FC "+hook+" Start ") {
			started++
		}
	}
	return started
}

func TestPreStop_IsNotWaitedForByTheLastRequest(t *testing.T) {
	t.Parallel()
	function := endless()
	function.PreFreeze = fn.Hook{}
	s := newScene(t, host.Config{}, function)
	s.event("Ml")
	s.rest(1)
	g := s.gate()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stopped := make(chan int)
	go func() {
		n, err := s.StopInstances(ctx, f, "")
		require.NoError(t, err)
		stopped <- n
	}()
	// The stop must find the request running: after it, a new request gets a new instance.
	until(t, "the instance is to be stopped", func() bool { return s.event("").Cold })
	close(g.opened)
	select {
	case resp := <-g.resp:
		require.Nil(t, resp.Fault)
	case <-time.After(10 * time.Second):
		t.Error("the request has not ended while preStop runs")
	}
	cancel()
	require.Positive(t, <-stopped)
}

func TestStopInstances_LeavesTheFunctionDeployed(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, hosttest.Function(f.Name))
	n, err := s.StopInstances(t.Context(), f, "")
	require.NoError(t, err)
	require.Zero(t, n)
	first, second := s.gate(), s.gate()
	a, b := first.open(), second.open()
	require.NotEqual(t, a.InstanceID, b.InstanceID)
	s.rest(2)
	n, err = s.StopInstances(t.Context(), f, a.InstanceID)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, b.InstanceID, s.Instances(f)[0].InstanceID)
	_, err = s.StopInstances(t.Context(), f, a.InstanceID)
	requireCode(t, err, fn.CodeInstanceNotFound, a.InstanceID)
	require.Equal(t, b.InstanceID, s.event("").InstanceID)
	s.undisturbed()
}

func TestStopInstances_InterruptsWhatRunsWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, endless())
	spinning := make(chan *fn.Response)
	go func() { spinning <- hosttest.Invoke(t, s.Host, f.Name, "l") }()
	s.inState("running")
	until(t, "it spins", func() bool { return s.runs0("Invoke", "") == 1 })
	s.stop()
	resp := <-spinning
	require.Equal(t, fn.TypeExit, resp.Fault.Type)
	require.Contains(t, resp.Fault.Message, "the host stopped it")
	require.Zero(t, s.runs("PreFreeze", "")+s.runs("PreStop", ""))
	require.Equal(t, 2, hosttest.Number(t, s.event("c")))
	s.undisturbed()
}
