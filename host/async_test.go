package host_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/async"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
)

func pending(t *testing.T, h *host.Host, key fn.Key) []async.Status {
	t.Helper()
	list, err := h.AsyncInvocations(t.Context(), key, 1000)
	require.NoError(t, err)
	return list
}

func TestInvokeAsync_RunsEachOnceOverTwoHosts(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	a, b := hosttest.New(t, host.Config{Store: s}), hosttest.New(t, host.Config{Store: s})
	key := fn.Key{Service: fn.DefaultService, Name: "f"}
	hosttest.Deploy(t, a, hosttest.Function("f"))
	require.Eventually(t, func() bool { return b.Has(key) }, 5*time.Second, time.Millisecond)
	const n = 200
	for i := range n {
		h := a
		if i%2 == 1 {
			h = b
		}
		require.NoError(t, h.InvokeAsync(t.Context(), key, &fn.Request{Body: []byte("s")}))
	}
	require.Eventually(t, func() bool { return len(pending(t, a, key)) == 0 }, 30*time.Second, 10*time.Millisecond)
	usageA, err := a.Usage(key)
	require.NoError(t, err)
	usageB, err := b.Usage(key)
	require.NoError(t, err)
	require.EqualValues(t, n, usageA.Requests+usageB.Requests)
	require.NotZero(t, usageA.Requests)
	require.NotZero(t, usageB.Requests)
}

func TestInvokeAsync_FollowsTheSettingsOfItsQualifier(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t, host.Config{AsyncBackoff: time.Millisecond})
	key, other := fn.Key{Service: fn.DefaultService, Name: "f"}, fn.Key{Service: fn.DefaultService, Name: "told"}
	hosttest.Deploy(t, h, hosttest.Function("f"), hosttest.Function("told"))
	retries := 1
	_, err := h.SetAsync(key, "", async.Settings{MaxRetries: &retries, OnFailure: "default/told"})
	require.NoError(t, err)
	require.NoError(t, h.InvokeAsync(t.Context(), key, &fn.Request{Body: []byte("f")}))
	require.Eventually(t, func() bool {
		list := pending(t, h, key)
		return len(list) == 1 && list[0].State == async.Dead && list[0].Attempts == 2
	}, 30*time.Second, time.Millisecond)
	require.Eventually(t, func() bool { u, err := h.Usage(other); return err == nil && u.Requests == 1 }, 30*time.Second, time.Millisecond)

	_, err = h.SetAsync(key, "", async.Settings{OnSuccess: "default/f"})
	require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err))
	require.NoError(t, h.DeleteAsync(key, ""))
	require.Equal(t, fn.CodeAsyncConfigNotExists, fn.CodeOf(h.DeleteAsync(key, "")))
	require.Equal(t, fn.CodeFunctionNotFound, fn.CodeOf(h.InvokeAsync(t.Context(), fn.Key{Service: fn.DefaultService, Name: "nobody"}, &fn.Request{})))
}

func TestClose_LetsAsynchronousInvocationsEndAndLeavesTheRestToTheNextHost(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	key := fn.Key{Service: fn.DefaultService, Name: "f"}
	first := hosttest.Open(t, host.Config{Store: s})
	f := hosttest.Function("f")
	f.Limits.MaxInstances = 1
	hosttest.Deploy(t, first, f)
	const n = 8
	for range n {
		require.NoError(t, first.InvokeAsync(t.Context(), key, &fn.Request{Body: []byte("s")}))
	}
	require.Eventually(t, func() bool { u, err := first.Usage(key); return err == nil && u.Requests > 0 }, 5*time.Second, time.Millisecond)
	require.NoError(t, first.Close(t.Context()))
	ran, err := first.Usage(key)
	require.NoError(t, err)
	require.Less(t, ran.Requests, uint64(n))
	require.Equal(t, fn.CodeHostClosed, fn.CodeOf(first.InvokeAsync(t.Context(), key, &fn.Request{})))

	again := hosttest.New(t, host.Config{Store: s})
	require.Eventually(t, func() bool { return len(pending(t, again, key)) == 0 }, 30*time.Second, 10*time.Millisecond)
	rest, err := again.Usage(key)
	require.NoError(t, err)
	require.EqualValues(t, n, ran.Requests+rest.Requests)
}
