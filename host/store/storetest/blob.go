package storetest

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/store"
)

func blobs(t *testing.T, s store.Store) store.Blobs {
	t.Helper()
	return must(s.Blobs(testContext(t), "code"))(t)
}

func blobRoundTrip(t *testing.T, s Subject) {
	ctx, b := testContext(t), blobs(t, s.Open(t))
	require.Equal(t, []store.BlobInfo{}, must(b.List(ctx))(t))
	_, err := b.Get(ctx, store.Hash([]byte("x")))
	require.ErrorIs(t, err, store.ErrNotFound)
	data := []byte("module")
	name := must(b.Put(ctx, data))(t)
	require.Equal(t, store.Hash(data), name)
	require.Equal(t, name, must(b.Put(ctx, data))(t))
	require.Equal(t, data, must(b.Get(ctx, name))(t))
	empty := must(b.Put(ctx, nil))(t)
	require.Empty(t, must(b.Get(ctx, empty))(t))

	list := must(b.List(ctx))(t)
	require.Len(t, list, 2)
	for _, info := range list {
		require.Contains(t, []string{name, empty}, info.Name)
		require.False(t, info.Put.IsZero())
	}
	put := time.Time{}
	for _, info := range list {
		if info.Name == name {
			put = info.Put
		}
	}
	require.ErrorIs(t, b.Delete(ctx, name, put.Add(-1)), store.ErrConflict, "it was put after that")
	require.Equal(t, data, must(b.Get(ctx, name))(t))
	require.NoError(t, b.Delete(ctx, name, put))
	_, err = b.Get(ctx, name)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorIs(t, b.Delete(ctx, name, put), store.ErrNotFound)
	require.ErrorIs(t, b.Delete(ctx, store.Hash([]byte("never there")), put), store.ErrNotFound)
	require.Len(t, must(b.List(ctx))(t), 1)
	require.Equal(t, name, must(b.Put(ctx, data))(t))
	require.Equal(t, data, must(b.Get(ctx, name))(t), "a blob comes back after a delete")
}

func blobLarge(t *testing.T, s Subject) {
	ctx, b := testContext(t), blobs(t, s.Open(t))
	data := bytes.Repeat([]byte("0123456789abcdef"), 5<<20/16)
	name := must(b.Put(ctx, data))(t)
	require.True(t, bytes.Equal(data, must(b.Get(ctx, name))(t)))
	list := must(b.List(ctx))(t)
	require.Len(t, list, 1)
	require.EqualValues(t, len(data), list[0].Size)
}
