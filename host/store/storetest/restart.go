package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/store"
)

func restart(t *testing.T, s Subject) {
	if !s.Lasting {
		return
	}
	ctx, first := testContext(t), s.Open(t)
	rev := must(bucket(t, first).Put(ctx, "a", []byte("1"), 0))(t)
	name := must(blobs(t, first).Put(ctx, []byte("module")))(t)
	require.NoError(t, stream(t, first, store.StreamConfig{}).Append(ctx, entry("a", "1"), entry("b", "2")))
	push(t, queue(t, first, 1), job("a", "s.f"), job("b", "s.f"))
	require.NoError(t, take(t, queue(t, first, 1)).Bury(ctx, []byte("why")))
	require.NoError(t, first.Close())

	again := s.Open(t)
	require.Equal(t, store.Document{Key: "a", Value: []byte("1"), Revision: rev}, must(bucket(t, again).Get(ctx, "a"))(t))
	require.Equal(t, "module", string(must(blobs(t, again).Get(ctx, name))(t)))
	require.Equal(t, "1 2", read(t, stream(t, again, store.StreamConfig{}), store.Query{}))
	q := queue(t, again, 1)
	require.Len(t, must(q.Dead(ctx, "", 10))(t), 1)
	require.Equal(t, "b", take(t, q).Job().ID)
}

func restartQueue(t *testing.T, s Subject) {
	if !s.Lasting {
		return
	}
	ctx, first := testContext(t), s.Open(t)
	q := queue(t, first, 1)
	push(t, q, job("waits", "s.f"), job("taken", "s.f"))
	require.NoError(t, take(t, q).Retry(ctx, 3*time.Second, []byte("tried once")))
	due := time.Now().Add(3 * time.Second)
	require.Equal(t, "taken", take(t, q).Job().ID)
	require.NoError(t, first.Close())

	q = queue(t, s.Open(t), 1)
	for range 2 {
		d := take(t, q)
		if d.Job().ID == "waits" {
			require.False(t, time.Now().Before(due.Add(-100*time.Millisecond)), "its time has not come")
			require.Equal(t, "tried once", string(d.Job().Note))
		}
		require.NoError(t, d.Done(ctx))
	}
	require.Empty(t, must(q.Pending(ctx, "", 10))(t))
}

func closeEnds(t *testing.T, s Subject) {
	ctx, st := testContext(t), s.Open(t)
	b, r, q := bucket(t, st), stream(t, st, store.StreamConfig{}), queue(t, st, 1)
	require.NoError(t, st.Check(ctx))
	ended := make(chan error, 3)
	begun := make(chan struct{}, 1)
	go func() { ended <- b.Watch(context.Background(), "", func(store.Change) { begun <- struct{}{} }) }()
	go func() {
		ended <- r.Read(context.Background(), store.Query{Follow: true}, func(store.Message) bool { return true })
	}()
	go func() {
		_, err := q.Take(context.Background(), 0)
		ended <- err
	}()
	next(t, begun)
	require.NoError(t, st.Close())
	for range 3 {
		require.ErrorIs(t, next(t, ended), store.ErrClosed)
	}
	require.NoError(t, st.Close())
	require.ErrorIs(t, st.Check(ctx), store.ErrClosed)
	_, err := b.Get(ctx, "a")
	require.ErrorIs(t, err, store.ErrClosed)
	require.ErrorIs(t, r.Append(ctx, entry("a", "1")), store.ErrClosed)
	require.ErrorIs(t, q.Push(ctx, job("a", "b")), store.ErrClosed)
	_, err = st.Bucket(ctx, "other")
	require.ErrorIs(t, err, store.ErrClosed)
}
