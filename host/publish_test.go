package host_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/registry"
)

// TestAlias_NoRequestIsLostWhileVersionsComeAndGo publishes, moves an alias and deletes what it left, while requests go through the alias, to LATEST and
// to instances that are kept warm. Every one of them is answered, by a version that was there.
func TestAlias_NoRequestIsLostWhileVersionsComeAndGo(t *testing.T) {
	h := hosttest.New(t, host.Config{})
	f := hosttest.Function("f")
	f.Service = "s"
	hosttest.Deploy(t, h, f)
	publish := func() string {
		_, err := h.UpdateService("s", "", new("new"), nil)
		require.NoError(t, err)
		p, err := h.PublishVersion("s", "")
		require.NoError(t, err)
		return p.ID
	}
	key := fn.Key{Service: "s", Name: "f"}
	first := publish()
	_, err := h.CreateAlias("s", registry.Alias{Name: "prod", VersionID: first})
	require.NoError(t, err)
	_, err = h.SetWarm(key, "prod", 2)
	require.NoError(t, err)

	var over atomic.Bool
	var callers sync.WaitGroup
	var answered atomic.Int64
	for _, qualifier := range []string{"prod", "prod", "prod", ""} {
		callers.Go(func() {
			for !over.Load() {
				var resp fn.Response
				err := h.Serve(t.Context(), key, &fn.Request{Qualifier: qualifier, Body: []byte("e")}, &resp)
				if err != nil || resp.Fault != nil || string(resp.Body) != "e" || (resp.Version == "") != (qualifier == "") {
					t.Errorf("at '%s': %v %v %q by version '%s'", qualifier, err, resp.Fault, resp.Body, resp.Version)
					return
				}
				answered.Add(1)
			}
		})
	}
	last := first
	for range 25 {
		next := publish()
		_, err := h.UpdateAlias("s", "prod", "", func(a *registry.Alias) { a.VersionID = next })
		require.NoError(t, err)
		require.NoError(t, h.DeleteVersion("s", last))
		last = next
		_, err = h.Update(t.Context(), key, "", func(f *fn.Function) error { f.Description = next; return nil })
		require.NoError(t, err)
	}
	over.Store(true)
	callers.Wait()
	require.Positive(t, answered.Load())
	require.Equal(t, strconv.Itoa(26), last)
	s, err := h.Service("s")
	require.NoError(t, err)
	require.Len(t, s.Versions, 1)
}
