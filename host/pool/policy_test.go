package pool_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/pool"
)

// Scripts of what a pool does over time. A line is a command, and behind => what it answers:
//
//	go 1s           starts a request that takes 1 s and does not wait for it
//	invoke 1s       runs a request; answers how long the caller waited, and its fault or error
//	invoke trap     a request that traps
//	sleep 3m        lets time pass
//	state           the states of all instances, sorted
//	hooks           how often the hooks ran: initializer, preFreeze, preStop
//	stop            stops all instances; answers how many
//	hook preStop 2s makes a hook take 2 s from now on
//	scale 2 5       keeps 2 instances warm, and allows 5 on demand
//
// The function has all hooks, the preFreeze timeout is 3 s.
func TestPolicy_Scripts(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits fn.Limits
		script string
	}{
		{"an idle instance is stopped after the idle timeout, with preStop", fn.Limits{}, `
			invoke 1s  => 1s
			state      => paused
			sleep 179s
			state      => paused
			sleep 2s
			state      => -
			hooks      => 1 1 1`},
		{"a request sets the idle timeout back", fn.Limits{}, `
			invoke 1s
			sleep 179s
			invoke 1s  => 1s
			sleep 179s
			state      => paused
			sleep 2s
			state      => -
			hooks      => 1 2 1`},
		{"a negative idle timeout keeps instances for ever", fn.Limits{IdleTimeout: -1}, `
			invoke 1s
			sleep 10000h
			state      => paused
			hooks      => 1 1 0`},
		{"the minimum is kept, the rest goes", fn.Limits{MinInstances: 2, IdleTimeout: time.Minute}, `
			go 1s
			go 1s
			go 1s
			sleep 2s
			state      => paused paused paused
			sleep 2m
			state      => paused paused
			hooks      => 3 3 1
			sleep 100h
			state      => paused paused`},
		{"the instance used last is used first, so that the others get old", fn.Limits{IdleTimeout: time.Minute}, `
			go 1s
			go 1s
			sleep 30s
			invoke 1s
			sleep 32s
			state      => paused
			hooks      => 2 3 1`},
		{"a request during preFreeze gets a new instance if there is room", fn.Limits{MaxInstances: 2}, `
			hook preFreeze 2s
			invoke 1s  => 1s
			state      => pre-freezing
			invoke 1s  => 1s
			hooks      => 2 2 0
			state      => pre-freezing pre-freezing
			sleep 1s
			state      => paused pre-freezing`},
		{"a request during preFreeze waits for it if there is no room", fn.Limits{MaxInstances: 1}, `
			hook preFreeze 2s
			invoke 1s  => 1s
			state      => pre-freezing
			invoke 1s  => 3s
			state      => pre-freezing
			sleep 2s
			state      => paused
			hooks      => 1 2 0`},
		{"requests in line take over an instance without a preFreeze between", fn.Limits{MaxInstances: 1}, `
			go 1s
			go 1s
			go 1s
			sleep 2500ms
			state      => running
			hooks      => 1 0 0
			sleep 1s
			state      => paused
			hooks      => 1 1 0`},
		{"a preFreeze that takes too long loses its instance", fn.Limits{}, `
			hook preFreeze 1h
			invoke 1s  => 1s
			state      => pre-freezing
			sleep 4s
			state      => -
			hooks      => 1 1 0
			hook preFreeze 0s
			invoke 1s  => 1s
			hooks      => 2 2 0`},
		{"a trap discards the instance without preStop", fn.Limits{}, `
			invoke trap => 0s UnhandledInvocationError Trap
			state       => -
			hooks       => 1 0 0
			invoke 1s   => 1s
			hooks       => 2 1 0`},
		{"an error of the guest keeps the instance", fn.Limits{}, `
			invoke oops => 0s HandledInvocationError Error
			invoke 1s   => 1s
			hooks       => 1 2 0`},
		{"a request past its timeout discards the instance", fn.Limits{Timeout: 2 * time.Second}, `
			invoke 1m => 2s UnhandledInvocationError Timeout
			state     => -`},
		{"a request waits in line no longer than the queue timeout", fn.Limits{MaxInstances: 1, QueueTimeout: time.Second, Timeout: time.Minute}, `
			go 30s
			invoke 1s => 1s ResourceExhausted
			sleep 30s
			invoke 1s => 1s`},
		{"a full queue refuses at once", fn.Limits{MaxInstances: 1, QueueLimit: 1, Timeout: time.Minute}, `
			go 10s
			go 10s
			invoke 1s => 0s ResourceExhausted`},
		{"requests above 1 queue on an instance of a serial guest and end in one preFreeze", fn.Limits{Concurrency: 3, MaxInstances: 1}, `
			go 1s
			sleep 1ms
			go 1s
			go 1s
			sleep 2s
			state     => running
			hooks     => 1 0 0
			sleep 2s
			state     => paused
			hooks     => 1 1 0`},
		{"requests queued on an instance that breaks run on another", fn.Limits{Concurrency: 2}, `
			go 1s
			sleep 1ms
			invoke trap => 999ms UnhandledInvocationError Trap
			invoke 1s   => 1s
			hooks       => 2 1 0`},
		{"stop runs preStop in paused instances and lets running ones end", fn.Limits{Timeout: time.Minute}, `
			hook preStop 2s
			go 1s
			go 5s
			sleep 2s
			state     => paused running
			stop      => 2
			state     => -
			hooks     => 2 2 2
			invoke 1s => 1s`},
		{"a stop during preFreeze waits for the hook", fn.Limits{}, `
			hook preFreeze 2s
			invoke 1s
			state     => pre-freezing
			stop      => 1
			hooks     => 1 1 1`},
		{"warm instances start ahead of requests, pass an idle period, and stay", fn.Limits{}, `
			scale 2 -1
			state     => paused paused
			hooks     => 2 2 0
			invoke 1s => 1s
			hooks     => 2 3 0
			sleep 100h
			state     => paused paused`},
		{"beside the warm ones others start on demand and go when idle", fn.Limits{}, `
			scale 1 1
			go 1s
			go 1s
			go 1s
			state     => running running
			sleep 4s
			state     => paused paused
			sleep 4m
			state     => paused
			hooks     => 2 3 1`},
		{"a lost warm instance is started again", fn.Limits{}, `
			scale 1 -1
			invoke trap => 0s UnhandledInvocationError Trap
			state       => paused
			hooks       => 2 2 0
			stop        => 1
			state       => paused
			hooks       => 3 3 1`},
		{"fewer warm ones: those that rest stop at once, those that run when they have ended", fn.Limits{}, `
			scale 3 -1
			go 1s
			scale 1 -1
			state     => running
			hooks     => 3 3 2
			scale 0 -1
			state     => running
			sleep 2s
			state     => -
			hooks     => 3 4 3`},
		{"a lower limit on demand stops what is above it", fn.Limits{}, `
			go 1s
			go 1s
			go 1s
			sleep 2s
			state     => paused paused paused
			scale 0 1
			state     => paused
			go 5s
			sleep 1s
			scale 0 0
			state     => running
			invoke 1s => 0s ResourceExhausted
			sleep 5s
			state     => -
			scale 0 -1
			invoke 1s => 1s`},
		{"a warm instance that cannot start is tried again after a while", fn.Limits{}, `
			hook initializer 1h
			scale 1 -1
			sleep 4s
			state     => -
			hooks     => 1 0 0
			hook initializer 0s
			sleep 3s
			state     => -
			sleep 1s
			state     => paused
			hooks     => 2 1 0`},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { play(t, c.limits, c.script) })
		})
	}
}

func play(t *testing.T, limits fn.Limits, script string) {
	hook := func(name string) fn.Hook { return fn.Hook{Handler: name} }
	r := newRig(t, fn.Function{
		Initializer: hook("initializer"), PreFreeze: hook("preFreeze"), PreStop: hook("preStop"), Limits: limits,
	}, false, nil)
	defer r.close()
	phases := map[string]abi.Phase{"initializer": abi.PhaseInitializer, "preFreeze": abi.PhasePreFreeze, "preStop": abi.PhasePreStop}
	for line := range strings.Lines(strings.TrimSpace(script)) {
		command, want, expects := strings.Cut(strings.TrimSpace(line), "=>")
		words := strings.Fields(command)
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
		case "state":
			got = r.states()
		case "hooks":
			got = fmt.Sprint(r.program.Count(abi.PhaseInitializer), r.program.Count(abi.PhasePreFreeze), r.program.Count(abi.PhasePreStop))
		case "stop":
			got = fmt.Sprint(r.pool.Stop(t.Context(), ""))
		case "hook":
			d, err := time.ParseDuration(words[2])
			require.NoError(t, err)
			r.mu.Lock()
			r.hookTakes[phases[words[1]]] = []time.Duration{d}
			r.mu.Unlock()
		case "scale":
			var s pool.Scale
			_, err := fmt.Sscan(words[1]+" "+words[2], &s.Warm, &s.OnDemand)
			require.NoError(t, err)
			r.pool.Scale(s)
		default:
			t.Fatalf("no such command: %s", line)
		}
		synctest.Wait()
		if expects {
			require.Equal(t, strings.Join(strings.Fields(want), " "), got, "%s", line)
		}
	}
}

// tryInvoke runs a request and tells how long its caller waited, and its fault or error.
func (r *rig) tryInvoke(event string) string {
	began, resp := time.Now(), new(fn.Response)
	err := r.pool.Invoke(r.t.Context(), &fn.Request{Body: []byte(event)}, resp)
	got := time.Since(began).String()
	if err != nil {
		got += " " + string(fn.CodeOf(err))
	} else if resp.Fault != nil {
		got += " " + string(resp.Fault.Kind) + " " + resp.Fault.Type
	}
	return got
}

// states lists the states of all instances.
func (r *rig) states() string {
	var states []string
	for _, i := range r.pool.Instances() {
		states = append(states, i.State)
	}
	slices.Sort(states)
	if len(states) == 0 {
		return "-"
	}
	return strings.Join(states, " ")
}
