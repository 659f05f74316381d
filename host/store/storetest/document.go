package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/store"
)

func bucket(t *testing.T, s store.Store) store.Bucket {
	t.Helper()
	return must(s.Bucket(testContext(t), "things"))(t)
}

func documentRoundTrip(t *testing.T, s Subject) {
	ctx, b := testContext(t), bucket(t, s.Open(t))
	_, err := b.Get(ctx, "a.b")
	require.ErrorIs(t, err, store.ErrNotFound)
	value := []byte("value")
	rev := must(b.Put(ctx, "a.b", value, 0))(t)
	require.NotZero(t, rev)
	value[0] = 'V' // the store has its own copy
	d := must(b.Get(ctx, "a.b"))(t)
	require.Equal(t, store.Document{Key: "a.b", Value: []byte("value"), Revision: rev}, d)
	empty := must(b.Put(ctx, "empty", nil, 0))(t)
	require.Greater(t, empty, rev)
	require.Empty(t, must(b.Get(ctx, "empty"))(t).Value)
}

func documentConflicts(t *testing.T, s Subject) {
	ctx, b := testContext(t), bucket(t, s.Open(t))
	first := must(b.Put(ctx, "a", []byte("1"), 0))(t)
	_, err := b.Put(ctx, "a", []byte("2"), 0)
	require.ErrorIs(t, err, store.ErrConflict, "it is there")
	second := must(b.Put(ctx, "a", []byte("2"), first))(t)
	require.Greater(t, second, first)
	_, err = b.Put(ctx, "a", []byte("3"), first)
	require.ErrorIs(t, err, store.ErrConflict, "it is at another revision")
	require.ErrorIs(t, b.Delete(ctx, "a", first), store.ErrConflict)
	_, err = b.Put(ctx, "missing", []byte("1"), second)
	require.ErrorIs(t, err, store.ErrConflict, "it is not there")
	must(b.Put(ctx, "a", []byte("any"), store.Any))(t)
	require.Equal(t, "any", string(must(b.Get(ctx, "a"))(t).Value))
}

func documentOneWins(t *testing.T, s Subject) {
	ctx, b := testContext(t), bucket(t, s.Open(t))
	rev := must(b.Put(ctx, "a", []byte("0"), 0))(t)
	var won atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			switch _, err := b.Put(ctx, "a", fmt.Append(nil, i), rev); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, store.ErrConflict):
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, won.Load())
}

func documentComesBack(t *testing.T, s Subject) {
	ctx, b := testContext(t), bucket(t, s.Open(t))
	rev := must(b.Put(ctx, "a", []byte("1"), 0))(t)
	require.NoError(t, b.Delete(ctx, "a", rev))
	_, err := b.Get(ctx, "a")
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorIs(t, b.Delete(ctx, "a", store.Any), store.ErrNotFound)
	require.Empty(t, must(b.List(ctx, ""))(t))
	_, err = b.Put(ctx, "a", []byte("2"), rev)
	require.ErrorIs(t, err, store.ErrConflict, "it is not there")
	again := must(b.Put(ctx, "a", []byte("2"), 0))(t)
	require.Greater(t, again, rev)
	require.Equal(t, "2", string(must(b.Get(ctx, "a"))(t).Value))
}

func documentList(t *testing.T, s Subject) {
	ctx, b := testContext(t), bucket(t, s.Open(t))
	require.Equal(t, []store.Document{}, must(b.List(ctx, ""))(t))
	for _, key := range []string{"b.y", "a.x", "b", "b.x", "bb.x", "b.x.z"} {
		must(b.Put(ctx, key, []byte(key), 0))(t)
	}
	for prefix, want := range map[string]string{"": "a.x b b.x b.x.z b.y bb.x", "b": "b b.x b.x.z b.y", "b.x": "b.x b.x.z", "c": ""} {
		var keys []string
		for _, d := range must(b.List(ctx, prefix))(t) {
			require.Equal(t, d.Key, string(d.Value))
			keys = append(keys, d.Key)
		}
		require.Equal(t, want, strings.Join(keys, " "), "under %q", prefix)
	}
}

// watch runs a Watch until the test ends and returns what it tells.
func watch(t *testing.T, b store.Bucket, prefix string) <-chan store.Change {
	ctx, cancel := context.WithCancelCause(context.Background())
	changes, done, over := make(chan store.Change, 1000), make(chan error, 1), errors.New("over")
	go func() { done <- b.Watch(ctx, prefix, func(c store.Change) { changes <- c }) }()
	t.Cleanup(func() {
		cancel(over)
		if err := next(t, done); !errors.Is(err, store.ErrClosed) {
			require.ErrorIs(t, err, over)
		}
	})
	return changes
}

func watchTellsAll(t *testing.T, s Subject) {
	ctx, b := testContext(t), bucket(t, s.Open(t))
	must(b.Put(ctx, "a", []byte("1"), 0))(t)
	rev := must(b.Put(ctx, "b", []byte("1"), 0))(t)
	must(b.Put(ctx, "gone", []byte("1"), 0))(t)
	require.NoError(t, b.Delete(ctx, "gone", store.Any))

	changes := watch(t, b, "")
	there := map[string]string{}
	for range 2 {
		c := next(t, changes)
		require.False(t, c.Deleted || c.Caught)
		there[c.Key] = string(c.Value)
	}
	require.Equal(t, map[string]string{"a": "1", "b": "1"}, there)
	require.Equal(t, store.Change{Caught: true}, next(t, changes))

	updated := must(b.Put(ctx, "b", []byte("2"), rev))(t)
	c := next(t, changes)
	require.Equal(t, store.Change{Document: store.Document{Key: "b", Value: []byte("2"), Revision: updated}}, c)
	require.NoError(t, b.Delete(ctx, "b", updated))
	c = next(t, changes)
	require.True(t, c.Deleted)
	require.Equal(t, "b", c.Key)
	require.Greater(t, c.Revision, updated)
	again := must(b.Put(ctx, "b", []byte("3"), 0))(t)
	require.Equal(t, again, next(t, changes).Revision)
}

func watchPrefix(t *testing.T, s Subject) {
	ctx, b := testContext(t), bucket(t, s.Open(t))
	must(b.Put(ctx, "a.x", nil, 0))(t)
	changes := watch(t, b, "b")
	require.True(t, next(t, changes).Caught)
	must(b.Put(ctx, "a.y", nil, 0))(t)
	must(b.Put(ctx, "bb", nil, 0))(t)
	must(b.Put(ctx, "b", nil, 0))(t)
	must(b.Put(ctx, "b.x", nil, 0))(t)
	require.Equal(t, "b", next(t, changes).Key)
	require.Equal(t, "b.x", next(t, changes).Key)
}

func watchOther(t *testing.T, s Subject) {
	if !s.Shared {
		return // nobody else can have it open
	}
	ctx, changes := testContext(t), watch(t, bucket(t, s.Open(t)), "")
	require.True(t, next(t, changes).Caught)
	must(bucket(t, s.Open(t)).Put(ctx, "a", []byte("1"), 0))(t)
	require.Equal(t, "a", next(t, changes).Key)
}

func invalidNames(t *testing.T, s Subject) {
	ctx, st := testContext(t), s.Open(t)
	b := bucket(t, st)
	for _, key := range []string{"", ".", "a.", ".a", "a..b", "a b", "a*", ">", "a/b", "ä", "a\x00", "a\nb", "$KV"} {
		_, err := b.Put(ctx, key, nil, 0)
		require.ErrorIs(t, err, store.ErrInvalid, "%q", key)
	}
	for _, name := range []string{"", "A", "a.b", "a b", "*", "a/b", "_"} {
		_, err := st.Bucket(ctx, name)
		require.ErrorIs(t, err, store.ErrInvalid, "%q", name)
		_, err = st.Stream(ctx, store.StreamConfig{Name: name})
		require.ErrorIs(t, err, store.ErrInvalid, "%q", name)
	}
}
