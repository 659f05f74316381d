package host_test

import (
	"context"
	"fmt"
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

func TestDeploy_SwapsVersionsWithoutFailingARequest(t *testing.T) {
	t.Parallel()
	const swaps, clients = 50, 4
	s := newScene(t, host.Config{LogBytes: 256 << 20}, hosttest.Function(f.Name))
	var all sync.WaitGroup
	done := make(chan struct{})
	var mu sync.Mutex
	instances := map[string]int{} // how many requests each has answered
	for range clients {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				event := fmt.Sprintf("echo %d", n)
				resp, err := s.Invoke(context.Background(), f.Name, fn.Request{Body: []byte(event)})
				switch {
				case err != nil:
					t.Error(err)
					return
				case resp.Fault != nil:
					t.Error(resp.Fault)
				case string(resp.Body) != event:
					t.Errorf("answer %q, want %q", resp.Body, event)
				}
				mu.Lock()
				instances[resp.InstanceID]++
				mu.Unlock()
			}
		})
	}
	v, err := s.Function(f)
	require.NoError(t, err)
	for swap := range swaps {
		next := hosttest.Function(f.Name)
		next.Description = fmt.Sprint("version ", swap)
		next.Env = map[string]string{"PADDING": fmt.Sprint(swap)}
		mu.Lock()
		before := len(instances)
		mu.Unlock()
		w, err := s.Deploy(t.Context(), next)
		require.NoError(t, err)
		require.NotEqual(t, v.ETag, w.ETag)
		require.Equal(t, v.FunctionID, w.FunctionID)
		v = w
		until(t, "the new version has answered", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(instances) > before
		})
	}
	close(done)
	all.Wait()
	require.NoError(t, s.Close(context.Background()))

	ran := map[string]map[string]int{} // by instance and hook
	last := map[string]string{}
	for _, r := range s.lines(logs.Filter{}) {
		if ran[r.InstanceID] == nil {
			ran[r.InstanceID] = map[string]int{}
		}
		if strings.HasPrefix(r.Message, "FC "+r.Hook+" End ") {
			ran[r.InstanceID][r.Hook]++
		}
		last[r.InstanceID] = r.Hook
	}
	requests := 0
	for id, hooks := range ran { // also of instances that were started and not used
		requests += hooks["Invoke"]
		require.Equal(t, instances[id], hooks["Invoke"], id)
		require.Equal(t, 1, hooks["Initialize"], id)
		require.Equal(t, 1, hooks["PreStop"], id)
		require.Equal(t, "PreStop", last[id], "nothing runs after it")
	}
	require.Greater(t, len(instances), swaps)
	u, err := s.Usage(f)
	require.NoError(t, err)
	require.EqualValues(t, requests, u.Requests, "over all versions")
}

func TestUpdate_LetsRequestsOfTheOldVersionEnd(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, hosttest.Function(f.Name))
	g := s.gate()
	_, err := s.Update(t.Context(), f, "", func(f *fn.Function) error { f.PreStop = fn.Hook{}; return nil })
	require.NoError(t, err)
	next := s.event("c")
	require.Equal(t, 2, hosttest.Number(t, next))
	old := g.open()
	require.NotEqual(t, old.InstanceID, next.InstanceID)
	until(t, "the old version's preStop has run", func() bool { return len(s.lines(logs.Filter{Hook: "PreStop"})) == 2 })
	require.Equal(t, 1, s.runs("PreStop", old.InstanceID))
	s.rest(1)
	require.Equal(t, next.InstanceID, s.Instances(f)[0].InstanceID)
}

func TestUpdate_WantsTheETagThatItIsGiven(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, hosttest.Function(f.Name))
	v, err := s.Function(f)
	require.NoError(t, err)
	describe := func(f *fn.Function) error { f.Description = "changed"; return nil }
	_, err = s.Update(t.Context(), f, "nope", describe)
	requireCode(t, err, fn.CodePreconditionFailed, v.ETag)
	requireCode(t, s.Delete(t.Context(), f, "nope"), fn.CodePreconditionFailed)
	w, err := s.Update(t.Context(), f, v.ETag, describe)
	require.NoError(t, err)
	require.Equal(t, "changed", w.Function.Description)
	require.Empty(t, v.Function.Description, "a version does not change")
	requireCode(t, s.Delete(t.Context(), f, v.ETag), fn.CodePreconditionFailed)
	require.NoError(t, s.Delete(t.Context(), f, `"`+w.ETag+`"`))
}

func TestUpdate_IsLostIfSomebodyElseWasFaster(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, hosttest.Function(f.Name))
	_, err := s.Update(t.Context(), f, "", func(mine *fn.Function) error {
		_, err := s.Update(t.Context(), f, "", func(theirs *fn.Function) error { theirs.Description = "theirs"; return nil })
		require.NoError(t, err)
		mine.Description = "mine"
		return nil
	})
	requireCode(t, err, fn.CodeConcurrentUpdate)
	v, err := s.Function(f)
	require.NoError(t, err)
	require.Equal(t, "theirs", v.Function.Description)

	_, err = s.Update(t.Context(), f, "", func(*fn.Function) error { return s.Delete(t.Context(), f, "") })
	requireCode(t, err, fn.CodeConcurrentUpdate)
	require.False(t, s.Has(f))
	s.undisturbed()
}

func TestUpdate_CannotRename(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, hosttest.Function(f.Name))
	v, err := s.Update(t.Context(), f, "", func(f *fn.Function) error { f.Name, f.Service = "bystander", "other"; return nil })
	require.NoError(t, err)
	require.Equal(t, f, v.Function.Key())
	s.undisturbed()
}

func TestDelete_LetsRequestsEndAndKeepsLogsAndUsage(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, hosttest.Function(f.Name))
	g := s.gate()
	require.NoError(t, s.Delete(t.Context(), f, ""))
	_, err := s.Invoke(t.Context(), f.Name, fn.Request{})
	requireCode(t, err, fn.CodeFunctionNotFound, "function 'f' does not exist in service 'default'")
	requireCode(t, s.Delete(t.Context(), f, ""), fn.CodeFunctionNotFound)
	require.Empty(t, s.Instances(f))
	old := g.open()
	until(t, "preStop has run", func() bool { return len(s.lines(logs.Filter{Hook: "PreStop"})) == 2 })

	u, err := s.Usage(f)
	require.NoError(t, err)
	require.EqualValues(t, 1, u.Requests)
	require.Equal(t, 1, s.runs("Invoke", old.InstanceID))
	hosttest.Deploy(t, s.Host, hosttest.Function(f.Name))
	require.Equal(t, 2, hosttest.Number(t, s.event("c")), "it comes back with nothing of the old state")
	require.Equal(t, 2, s.runs("Invoke", ""), "and with its log")
	s.undisturbed()
}

func TestDelete_ForgetsTheLogsOfFunctionsThatAreLongGone(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{})
	command := hosttest.Module(t, "command")
	const keep = 100
	for i := range keep + 5 {
		name := fmt.Sprint("f", i)
		hosttest.Deploy(t, s.Host, fn.Function{Name: name, Code: command})
		require.NoError(t, s.Delete(t.Context(), fn.Key{Service: fn.DefaultService, Name: name}, ""))
	}
	for i := range keep + 5 {
		_, err := s.Logs(fn.Key{Service: fn.DefaultService, Name: fmt.Sprint("f", i)}, logs.Filter{})
		if i < 5 {
			requireCode(t, err, fn.CodeFunctionNotFound)
		} else {
			require.NoError(t, err)
		}
	}
	_, err := s.Usage(fn.Key{Service: fn.DefaultService, Name: "bystander"})
	require.NoError(t, err)
}

func TestServices_HoldFunctionsAndAreRemovedWhenEmpty(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{})
	made, err := s.CreateService("blue", "the first", nil)
	require.NoError(t, err)
	_, err = s.CreateService("blue", "", nil)
	requireCode(t, err, fn.CodeServiceAlreadyExists)
	text := "changed"
	_, err = s.UpdateService("blue", "nope", &text, nil)
	requireCode(t, err, fn.CodePreconditionFailed)
	changed, err := s.UpdateService("blue", made.ETag, &text, nil)
	require.NoError(t, err)
	require.Equal(t, text, changed.Description)
	require.NotEqual(t, made.ETag, changed.ETag)
	require.Equal(t, made.ID, changed.ID)
	_, err = s.UpdateService("green", "", &text, nil)
	requireCode(t, err, fn.CodeServiceNotFound)

	function := hosttest.Function(f.Name)
	function.Service = "green"
	hosttest.Deploy(t, s.Host, function)
	var names []string
	for _, service := range s.Services() {
		names = append(names, service.Name)
	}
	require.Equal(t, []string{"blue", "default", "green"}, names, "a deploy makes the service that it names")
	require.Len(t, s.Functions("green"), 1)
	require.Len(t, s.Functions(""), 2)
	requireCode(t, s.DeleteService("green", ""), fn.CodeServiceNotEmpty, "1 functions")
	require.NoError(t, s.Delete(t.Context(), function.Key(), ""))
	require.NoError(t, s.DeleteService("green", ""))
	requireCode(t, s.DeleteService("green", ""), fn.CodeServiceNotFound)
	requireCode(t, s.DeleteService("blue", made.ETag), fn.CodePreconditionFailed)
	require.NoError(t, s.DeleteService("blue", changed.ETag))
	s.undisturbed()
}

func TestListener_IsToldWhatHappens(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told []string
	s := newScene(t, host.Config{Listener: func(e *fn.Event) {
		if e.Function != f {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		line := e.Kind.String()
		switch e.Kind {
		case fn.EventStateChange:
			line += " " + e.From + " to " + e.To
		case fn.EventHook:
			line += " " + e.Hook
		case fn.EventRequest:
			line += fmt.Sprintf(" cold=%t fault=%t", e.Cold, e.Fault != nil)
		case fn.EventRefused:
			line += " " + string(fn.CodeOf(e.Err))
		}
		told = append(told, line)
	}}, single())
	s.event("c")
	s.rest(1)
	s.event("f")
	s.rest(1)
	g := s.gate()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := s.Invoke(ctx, f.Name, fn.Request{})
	requireCode(t, err, fn.CodeClientClosedRequest)
	g.open()
	s.rest(1)
	_, err = s.StopInstances(t.Context(), f, "")
	require.NoError(t, err)
	require.NoError(t, s.Delete(t.Context(), f, ""))
	freeze := []string{"state running to pre-freezing", "hook PreFreeze", "state pre-freezing to paused", "billed"}
	want := []string{"deployed", "state cold to starting", "hook Initialize", "state starting to running", "request cold=true fault=false"}
	want = append(want, freeze...)
	want = append(want, "state paused to running", "request cold=false fault=true")
	want = append(want, freeze...)
	want = append(want, "state paused to running", "refused ClientClosedRequest", "request cold=false fault=false")
	want = append(want, freeze...)
	want = append(want, "state paused to pre-stopping", "hook PreStop", "billed", "state pre-stopping to stopped", "deleted")
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, want, told)
}
