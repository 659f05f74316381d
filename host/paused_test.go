package host_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
)

func TestPaused_InstancesKeepNoGoroutine(t *testing.T) {
	h := hosttest.New(t, host.Config{})
	hosttest.Deploy(t, h, hosttest.Function("f"))
	before := runtime.NumGoroutine()
	const instances = 60
	var all sync.WaitGroup
	for range instances {
		all.Go(func() { hosttest.Invoke(t, h, "f", "s") }) // sleeps, so that they overlap
	}
	all.Wait()
	allPaused := func() bool {
		infos := h.Instances(fn.Key{})
		for _, i := range infos {
			if i.State != "paused" {
				return false
			}
		}
		return len(infos) > instances/2
	}
	// Other tests of this package do not run beside this one. What runs hooks ends by itself a moment after the last.
	deadline := time.Now().Add(20 * time.Second)
	for !allPaused() || runtime.NumGoroutine() > before {
		require.True(t, time.Now().Before(deadline), "%d goroutines, %d before", runtime.NumGoroutine(), before)
		time.Sleep(10 * time.Millisecond)
	}
}

func TestMaxInstances_OfAllFunctionsTogether(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t, host.Config{MaxInstances: 2})
	hosttest.Deploy(t, h, hosttest.Function("a"), hosttest.Function("b"), hosttest.Function("c"))
	// An answer is sent before its instance is paused, and room is made by the one that was paused first.
	paused := func() bool {
		for _, i := range h.Instances(fn.Key{}) {
			if i.State != "paused" {
				return false
			}
		}
		return true
	}
	first := hosttest.Invoke(t, h, "a", "c")
	require.Eventually(t, paused, time.Minute, time.Millisecond)
	hosttest.Invoke(t, h, "b", "c")
	require.Eventually(t, paused, time.Minute, time.Millisecond)
	hosttest.Invoke(t, h, "c", "c")
	kept := map[string]bool{}
	for _, i := range h.Instances(fn.Key{}) {
		kept[i.Function] = true
	}
	require.Equal(t, map[string]bool{"b": true, "c": true}, kept)
	again := hosttest.Invoke(t, h, "a", "c")
	require.Equal(t, first.Body, again.Body, "it counts from the start again: the first instance has made room")
	require.NotEqual(t, first.InstanceID, again.InstanceID)
	require.LessOrEqual(t, len(h.Instances(fn.Key{})), 2)
}
