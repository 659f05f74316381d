package host_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/async"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/registry"
)

func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestClose_RefusesAllThatComesAfter(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, hosttest.Function(f.Name))
	id := s.event("c").InstanceID
	require.NoError(t, s.Close(t.Context()))
	require.NoError(t, s.Close(ended()), "again is the same")

	_, err := s.Invoke(t.Context(), f.Name, fn.Request{})
	requireCode(t, err, fn.CodeHostClosed)
	_, err = s.Invoke(t.Context(), "nope/nope", fn.Request{})
	requireCode(t, err, fn.CodeHostClosed)
	_, err = s.Deploy(t.Context(), hosttest.Function("g"))
	requireCode(t, err, fn.CodeHostClosed)
	_, err = s.Create(t.Context(), hosttest.Function("g"))
	requireCode(t, err, fn.CodeHostClosed)
	_, err = s.Inspect(t.Context(), fn.Function{Code: hosttest.Probe})
	requireCode(t, err, fn.CodeHostClosed)
	require.Empty(t, s.Functions(""))
	require.Empty(t, s.Instances(fn.Key{}))

	require.Equal(t, 1, s.runs("PreStop", id), "what has been is still told")
	u, err := s.Usage(f)
	require.NoError(t, err)
	require.EqualValues(t, 1, u.Requests)
}

func TestClose_LeavesASharedStoreAsItIsWhateverComesAfter(t *testing.T) {
	t.Parallel()
	kept := newStore(t)
	s := newScene(t, host.Config{Store: kept}, hosttest.Function(f.Name))
	_, err := s.CreateService("full", "", nil)
	require.NoError(t, err)
	_, err = s.Deploy(t.Context(), fn.Function{Service: "full", Name: "g", Code: hosttest.Probe})
	require.NoError(t, err)
	_, err = s.PublishVersion(f.Service, "")
	require.NoError(t, err)
	require.NoError(t, s.Close(t.Context()))

	text := "changed"
	for what, change := range map[string]func() error{
		"CreateService": func() error { _, err := s.CreateService("new", "", nil); return err },
		"UpdateService": func() error { _, err := s.UpdateService("full", "", &text, nil); return err },
		"DeleteService": func() error { return s.DeleteService("full", "") },
		"CreateAlias": func() error {
			_, err := s.CreateAlias(f.Service, registry.Alias{Name: "prod", VersionID: "1"})
			return err
		},
		"CreateTrigger": func() error {
			_, err := s.CreateTrigger(f, registry.Trigger{Name: "t", Type: "timer", Config: []byte("{}")})
			return err
		},
		"SetAsync": func() error { _, err := s.SetAsync(f, "", async.Settings{}); return err },
		"Update": func() error {
			_, err := s.Update(t.Context(), f, "", func(*fn.Function) error { return nil })
			return err
		},
	} {
		t.Run(what, func(t *testing.T) { requireCode(t, change(), fn.CodeHostClosed) })
	}

	again := hosttest.New(t, host.Config{Store: kept})
	require.Len(t, again.Services(), 2)
	full, err := again.Service("full")
	require.NoError(t, err, "it has a function")
	require.Empty(t, full.Description)
	_, err = again.Alias(f.Service, "prod")
	requireCode(t, err, fn.CodeAliasNotFound)
}

func TestClose_LetsRequestsEndAndRunsPreStopEverywhere(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, hosttest.Function(f.Name))
	gates := []*gate{s.gate(), s.gate()}
	gates[0].open()
	s.inState("paused")
	closed := make(chan error)
	go func() { closed <- s.Close(context.Background()) }()
	until(t, "the host takes nothing any more", func() bool {
		_, err := s.Invoke(t.Context(), f.Name, fn.Request{})
		return fn.CodeOf(err) == fn.CodeHostClosed
	})
	gates[1].open()
	require.NoError(t, <-closed)
	require.Equal(t, s.runs("Initialize", ""), s.runs("PreStop", ""))
	require.GreaterOrEqual(t, s.runs("PreStop", ""), 2)
}

func TestClose_RefusesRequestsThatWait(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, single())
	g := s.gate()
	refused := make(chan error)
	go func() {
		_, err := s.Invoke(context.Background(), f.Name, fn.Request{})
		refused <- err
	}()
	closed := make(chan error)
	time.AfterFunc(10*time.Millisecond, func() { closed <- s.Close(context.Background()) }) // likely it is in line by now; either way it is refused
	requireCode(t, <-refused, fn.CodeHostClosed)
	g.open()
	require.NoError(t, <-closed)
}

func TestClose_InterruptsWhatStillRunsWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, event string
		change      func(*fn.Function)
		phase       string
	}{
		{name: "a handler", event: "l", phase: "Invoke"},
		{name: "a handler that sleeps", event: "z", phase: "Invoke"},
		{name: "an initializer", event: "", phase: "Initialize", change: func(f *fn.Function) {
			f.Initializer = fn.Hook{Handler: "initLoops", Timeout: 300 * time.Second}
		}},
		{name: "a preFreeze", event: "Ml", phase: "PreFreeze"},
		{name: "a preStop", event: "Ml", phase: "PreStop", change: func(f *fn.Function) { f.PreFreeze = fn.Hook{} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			function := endless()
			if c.change != nil {
				c.change(&function)
			}
			s := set(t, hosttest.Open(t, host.Config{}), function)
			answer := make(chan *fn.Response, 1)
			go func() {
				resp, err := s.Invoke(context.Background(), f.Name, fn.Request{Body: []byte(c.event)})
				if err != nil {
					t.Error(err)
				}
				answer <- resp
			}()
			ctx, cancel := context.WithCancel(context.Background())
			closed := make(chan error)
			if c.phase == "PreStop" {
				require.Nil(t, (<-answer).Fault)
				s.rest(1)
				go func() { closed <- s.Close(ctx) }()
				until(t, "it runs", func() bool { return s.runs0(c.phase, "") == 1 })
				cancel()
			} else {
				until(t, "it runs", func() bool { return s.runs0(c.phase, "") == 1 })
				cancel()
				go func() { closed <- s.Close(ctx) }()
			}
			require.ErrorIs(t, <-closed, context.Canceled)
			require.ErrorIs(t, s.Close(context.Background()), context.Canceled, "again is the same")
			records := s.lines(logs.Filter{Hook: c.phase})
			require.Contains(t, records[len(records)-1].Message, "Error: Unhandled function error")
			require.Equal(t, 1, s.runs(c.phase, ""))
			if c.phase != "PreStop" {
				require.Zero(t, s.runs("PreStop", ""), "no further hook starts")
				resp := <-answer
				switch c.phase {
				case "Invoke":
					require.Equal(t, fn.TypeExit, resp.Fault.Type)
					require.Contains(t, resp.Fault.Message, "the host stopped it")
				case "Initialize":
					require.Equal(t, fn.Initialization, resp.Fault.Kind)
					require.Contains(t, resp.Fault.Message, "the host stopped it")
				default:
					require.Nil(t, resp.Fault)
				}
			}
		})
	}
}

func TestClose_BesideRequestsAndDeploysLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for range 5 {
		h := hosttest.New(t, host.Config{}) // its clean-up finds what is left
		var all sync.WaitGroup
		started := make(chan struct{}, 8)
		for i := range 4 {
			name := string(rune('a' + i%2))
			all.Go(func() {
				for n := 0; ; n++ {
					_, err := h.Deploy(t.Context(), hosttest.Function(name))
					switch fn.CodeOf(err) {
					case "", fn.CodeConcurrentUpdate:
					case fn.CodeHostClosed:
						return
					default:
						t.Error(err)
						return
					}
					if n == 0 {
						started <- struct{}{}
					}
				}
			})
			all.Go(func() {
				for {
					resp, err := h.Invoke(t.Context(), name, fn.Request{Body: []byte("c")})
					switch {
					case fn.CodeOf(err) == fn.CodeHostClosed:
						return
					case err != nil && fn.CodeOf(err) != fn.CodeFunctionNotFound:
						t.Error(err)
						return
					case err == nil && resp.Fault != nil:
						t.Error(resp.Fault)
					}
				}
			})
		}
		<-started
		require.NoError(t, h.Close(context.Background()))
		all.Wait()
		require.Empty(t, h.Functions(""))
	}
}
