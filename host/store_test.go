package host_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/registry"
	"github.com/lull-dev/lull/host/store"
	"github.com/lull-dev/lull/host/store/memory"
)

func newStore(t *testing.T) *memory.Store {
	s := memory.New()
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore_BringsBackWhatWasDeployed(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	first := hosttest.Open(t, host.Config{Store: s})
	f := hosttest.Function("f")
	f.Service, f.Description, f.Env = "shop", "what it is for", map[string]string{"K": "v"}
	f.Limits.Timeout = 7 * time.Second
	_, err := first.CreateService("shop", "a shop", nil)
	require.NoError(t, err)
	hosttest.Deploy(t, first, f, hosttest.Function("gone"), hosttest.Function("stays"))
	require.NoError(t, first.Delete(t.Context(), fn.Key{Service: fn.DefaultService, Name: "gone"}, ""))
	want, err := first.Function(fn.Key{Service: "shop", Name: "f"})
	require.NoError(t, err)
	services := first.Services()
	require.NoError(t, first.Close(t.Context()))

	again := hosttest.New(t, host.Config{Store: s})
	require.Len(t, again.Functions(""), 2)
	got, err := again.Function(fn.Key{Service: "shop", Name: "f"})
	require.NoError(t, err)
	require.Equal(t, want.Function, got.Function)
	require.Equal(t, want.ETag, got.ETag)
	require.Equal(t, want.FunctionID, got.FunctionID)
	require.Equal(t, want.Kind, got.Kind)
	require.Equal(t, want.StartsBy, got.StartsBy)
	require.Equal(t, want.CodeChecksum, got.CodeChecksum)
	require.Equal(t, want.CodeSize, got.CodeSize)
	require.True(t, want.Created.Equal(got.Created))
	require.True(t, want.Modified.Equal(got.Modified))
	code, err := again.Code(t.Context(), got)
	require.NoError(t, err)
	require.Equal(t, hosttest.Probe, code)
	for i, s := range again.Services() {
		require.Equal(t, services[i].ID, s.ID)
		require.Equal(t, services[i].Description, s.Description)
		require.Equal(t, services[i].ETag, s.ETag)
	}
	require.Equal(t, 2, hosttest.Number(t, hosttest.Invoke(t, again, "shop/f", "c")))

	_, err = again.Update(t.Context(), got.Function.Key(), got.ETag, func(f *fn.Function) error {
		require.Equal(t, hosttest.Probe, f.Code, "an update begins with the code that is there")
		f.Description = "changed"
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 2, hosttest.Number(t, hosttest.Invoke(t, again, "shop/f", "c")), "a new version has new instances")
}

func TestStore_HostsThatShareItFollowEachOther(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	a, b := hosttest.New(t, host.Config{Store: s}), hosttest.New(t, host.Config{Store: s})
	soon := func(what string, f func() bool) {
		t.Helper()
		require.Eventually(t, f, time.Second, time.Millisecond, what)
	}
	key := fn.Key{Service: "shop", Name: "f"}
	f := hosttest.Function("f")
	f.Service = "shop"
	hosttest.Deploy(t, a, f)
	soon("a deploy", func() bool { return b.Has(key) })
	require.Equal(t, 2, hosttest.Number(t, hosttest.Invoke(t, b, "shop/f", "c")))

	v, err := b.Update(t.Context(), key, "", func(f *fn.Function) error { f.Description = "changed on b"; return nil })
	require.NoError(t, err)
	soon("an update", func() bool { got, err := a.Function(key); return err == nil && got.ETag == v.ETag })
	_, err = a.Update(t.Context(), key, v.ETag, func(f *fn.Function) error { f.Description = "changed on a"; return nil })
	require.NoError(t, err, "a goes on from what b wrote")
	soon("an update of an update", func() bool {
		got, err := b.Function(key)
		return err == nil && got.Function.Description == "changed on a"
	})

	require.NoError(t, a.Delete(t.Context(), key, ""))
	require.False(t, a.Has(key))
	soon("a delete", func() bool { return !b.Has(key) })
	_, err = b.Invoke(t.Context(), "shop/f", fn.Request{})
	require.Equal(t, fn.CodeFunctionNotFound, fn.CodeOf(err))

	description := "new"
	_, err = a.UpdateService("shop", "", &description, nil)
	require.NoError(t, err)
	soon("a change of a service", func() bool { s, err := b.Service("shop"); return err == nil && s.Description == "new" })
	require.NoError(t, b.DeleteService("shop", ""))
	soon("a delete of a service", func() bool { _, err := a.Service("shop"); return err != nil })
}

func TestStore_OneOfTwoHostsThatChangeAFunctionAtOnceIsRefused(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	a, b := hosttest.New(t, host.Config{Store: s}), hosttest.New(t, host.Config{Store: s})
	key := fn.Key{Service: fn.DefaultService, Name: "f"}
	hosttest.Deploy(t, a, hosttest.Function("f"))
	for range 20 {
		va, err := a.Function(key)
		require.NoError(t, err)
		require.Eventually(t, func() bool { vb, err := b.Function(key); return err == nil && vb.ETag == va.ETag }, 5*time.Second, time.Millisecond)
		var both sync.WaitGroup
		var errs [2]error
		for i, h := range []*host.Host{a, b} {
			both.Go(func() {
				_, errs[i] = h.Update(t.Context(), key, va.ETag, func(f *fn.Function) error { f.Limits.MaxInstances = 1 + i; return nil })
			})
		}
		both.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				require.Contains(t, []fn.Code{fn.CodeConcurrentUpdate, fn.CodePreconditionFailed}, fn.CodeOf(err))
			}
		}
		require.Equal(t, 1, won)
		require.Eventually(t, func() bool {
			va, _ := a.Function(key)
			vb, _ := b.Function(key)
			return va.ETag == vb.ETag
		}, 5*time.Second, time.Millisecond, "both come to the same")
	}
}

// broken is a store whose documents cannot be written while it is broken.
type broken struct {
	store.Store
	is bool
}

type brokenBucket struct {
	store.Bucket
	s *broken
}

func (s *broken) Bucket(ctx context.Context, name string) (store.Bucket, error) {
	b, err := s.Store.Bucket(ctx, name)
	return &brokenBucket{b, s}, err
}

var errDisk = errors.New("no space left on device")

func (b *brokenBucket) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if b.s.is {
		return 0, errDisk
	}
	return b.Bucket.Put(ctx, key, value, revision)
}

func (b *brokenBucket) Delete(ctx context.Context, key string, revision uint64) error {
	if b.s.is {
		return errDisk
	}
	return b.Bucket.Delete(ctx, key, revision)
}

func TestStore_WhatCannotBeKeptIsRefusedAndNothingChanges(t *testing.T) {
	t.Parallel()
	s := &broken{Store: newStore(t)}
	h := hosttest.New(t, host.Config{Store: s})
	key := fn.Key{Service: fn.DefaultService, Name: "f"}
	hosttest.Deploy(t, h, hosttest.Function("f"))
	before, err := h.Function(key)
	require.NoError(t, err)
	s.is = true
	refused := func(err error) {
		t.Helper()
		require.ErrorIs(t, err, errDisk)
		require.Equal(t, fn.CodeInternal, fn.CodeOf(err))
	}
	_, err = h.Deploy(t.Context(), hosttest.Function("f"))
	refused(err)
	_, err = h.Deploy(t.Context(), hosttest.Function("g"))
	refused(err)
	refused(h.Delete(t.Context(), key, ""))
	_, err = h.CreateService("shop", "", nil)
	refused(err)
	after, err := h.Function(key)
	require.NoError(t, err)
	require.Same(t, before, after)
	require.Len(t, h.Functions(""), 1)
	require.Len(t, h.Services(), 1)
	require.Equal(t, 2, hosttest.Number(t, hosttest.Invoke(t, h, "f", "c")), "what is there goes on")
	s.is = false
	hosttest.Deploy(t, h, hosttest.Function("g"))
}

func TestStore_ADocumentThatCannotBeReadKeepsTheHostFromStarting(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]string{"not JSON": `{`, "of another function": `{"Function":{"Service":"default","Name":"g"}}`} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			b, err := s.Bucket(t.Context(), "functions")
			require.NoError(t, err)
			_, err = b.Put(t.Context(), "default.f", []byte(d), 0)
			require.NoError(t, err)
			_, err = host.New(host.Config{Store: s})
			require.ErrorContains(t, err, "function 'default.f' in the store")
		})
	}
}

func TestStore_BringsBackPublishedVersionsAndAliases(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	first := hosttest.Open(t, host.Config{Store: s})
	other := hosttest.New(t, host.Config{Store: s})
	f := hosttest.Function("f")
	f.Service = "shop"
	hosttest.Deploy(t, first, f)
	for range 2 {
		_, err := first.PublishVersion("shop", "")
		require.NoError(t, err)
		_, err = first.Update(t.Context(), f.Key(), "", func(f *fn.Function) error { f.Description += "+"; return nil })
		require.NoError(t, err)
	}
	_, err := first.CreateAlias("shop", registry.Alias{Name: "prod", VersionID: "2"})
	require.NoError(t, err)
	require.NoError(t, first.DeleteVersion("shop", "1"))
	answers := func(h *host.Host) bool {
		resp, err := h.Invoke(t.Context(), "shop/f", fn.Request{Qualifier: "prod", Body: []byte("c")})
		return err == nil && resp.Version == "2"
	}
	refuses := func(h *host.Host) bool {
		_, err := h.Invoke(t.Context(), "shop/f", fn.Request{Qualifier: "1"})
		return fn.CodeOf(err) == fn.CodeVersionNotFound
	}
	require.Eventually(t, func() bool { return answers(other) && refuses(other) }, time.Second, time.Millisecond, "another host follows")
	require.NoError(t, first.Close(t.Context()))

	again := hosttest.New(t, host.Config{Store: s})
	require.True(t, answers(again))
	require.True(t, refuses(again))
	p, err := again.PublishVersion("shop", "")
	require.NoError(t, err)
	require.Equal(t, "3", p.ID, "an id is never given out twice")
}

func TestStore_BringsBackWhatBelongsToFunctions(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	first := hosttest.Open(t, host.Config{Store: s})
	other := hosttest.New(t, host.Config{Store: s})
	key := fn.Key{Service: fn.DefaultService, Name: "f"}
	hosttest.Deploy(t, first, hosttest.Function("f"), hosttest.Function("g"))
	want, err := first.CreateTrigger(key, registry.Trigger{Name: "web", Type: "http", Config: []byte(`{"authType":"anonymous"}`)})
	require.NoError(t, err)
	_, err = first.SetWarm(key, "", 1)
	require.NoError(t, err)
	_, err = first.SetWarm(fn.Key{Service: fn.DefaultService, Name: "g"}, "", 1)
	require.NoError(t, err)
	_, err = first.SetWarm(fn.Key{Service: fn.DefaultService, Name: "g"}, "", 0)
	require.NoError(t, err)
	there := func(h *host.Host) bool {
		k, ok, err := h.Warm(key, "")
		return err == nil && ok && k.Current == 1 && len(h.Triggers(key)) == 1
	}
	require.Eventually(t, func() bool { return there(other) }, 5*time.Second, time.Millisecond, "another host follows")
	require.NoError(t, first.Close(t.Context()))

	again := hosttest.New(t, host.Config{Store: s})
	require.Eventually(t, func() bool { return there(again) }, 5*time.Second, time.Millisecond)
	got, err := again.Trigger(key, "web")
	require.NoError(t, err)
	require.Equal(t, want.ID, got.ID)
	require.Equal(t, want.ETag, got.ETag)
	require.True(t, got.Anonymous)
	require.NoError(t, again.DeleteTrigger(key, "web", got.ETag))
	require.Eventually(t, func() bool { return len(other.Triggers(key)) == 0 }, 5*time.Second, time.Millisecond)
}
