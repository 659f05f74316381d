package host_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/store/memory"
)

func TestSearch_FindsWhatHostsBeforeHaveWritten(t *testing.T) {
	t.Parallel()
	kept := memory.New()
	defer kept.Close()
	ids := []string{}
	for round := range 3 {
		h, err := host.New(host.Config{Store: kept})
		require.NoError(t, err)
		hosttest.Deploy(t, h, hosttest.Function(f.Name))
		resp := hosttest.Invoke(t, h, f.Name, "c")
		ids = append(ids, resp.RequestID.String())
		requests, err := h.SearchRequests(t.Context(), f, logs.RequestFilter{})
		require.NoError(t, err)
		require.Len(t, requests, round+1)
		for i, r := range requests {
			require.Equal(t, ids[i], r.RequestID)
		}
		hooks, err := h.SearchLogs(t.Context(), fn.Key{}, logs.Filter{Hook: "prestop"})
		require.NoError(t, err)
		require.Len(t, hooks, 2*round, "those that the hosts before had at their ends")
		_, err = h.SearchLogs(t.Context(), fn.Key{Service: "default", Name: "nobody"}, logs.Filter{})
		require.Equal(t, fn.CodeFunctionNotFound, fn.CodeOf(err))
		require.NoError(t, h.Close(context.Background()))
	}
}

func TestSearch_SaysThatTheStoreCannotBeRead(t *testing.T) {
	t.Parallel()
	kept := memory.New()
	h, err := host.New(host.Config{Store: kept})
	require.NoError(t, err)
	hosttest.Deploy(t, h, hosttest.Function(f.Name))
	require.NoError(t, kept.Close())
	_, err = h.SearchLogs(t.Context(), f, logs.Filter{})
	require.Equal(t, fn.CodeInternal, fn.CodeOf(err))
	require.ErrorContains(t, err, "the store cannot be read")
	_, err = h.Logs(f, logs.Filter{})
	require.NoError(t, err)
	h.Close(context.Background())
}
