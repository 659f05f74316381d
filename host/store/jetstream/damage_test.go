package jetstream_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/store"
	"github.com/lull-dev/lull/host/store/jetstream"
)

func openQueue(t *testing.T, s *jetstream.Store) store.Queue {
	t.Helper()
	q, err := s.Queue(t.Context(), store.QueueConfig{Name: "q", Lanes: 1})
	require.NoError(t, err)
	return q
}

func takeNext(t *testing.T, q store.Queue) store.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	d, err := q.Take(ctx, 0)
	require.NoError(t, err)
	return d
}

func TestQueue_ADamagedJobDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "store")
	open := func() *jetstream.Store {
		s, err := jetstream.Open(t.Context(), dir, func(m string) { t.Log(m) })
		require.NoError(t, err)
		t.Cleanup(func() { s.Close() })
		return s
	}
	s := open()
	q := openQueue(t, s)
	for i := range 5 {
		require.NoError(t, q.Push(t.Context(), store.Job{ID: fmt.Sprint("job-", i), Subject: "s.f", Data: fmt.Appendf(nil, "payload-%d", i)}))
	}
	require.NoError(t, s.Close())
	damaged := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".blk" {
			return err
		}
		block, err := os.ReadFile(path)
		if i := bytes.Index(block, []byte("payload-2")); err == nil && i >= 0 {
			damaged++
			block[i] ^= 0xff
			return os.WriteFile(path, block, 0o600)
		}
		return err
	}))
	require.Equal(t, 1, damaged)

	q = openQueue(t, open())
	pending, err := q.Pending(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, pending, 4)
	for _, want := range []string{"job-0", "job-1", "job-3", "job-4"} {
		d := takeNext(t, q)
		require.Equal(t, want, d.Job().ID)
		require.NoError(t, d.Done(t.Context()))
	}
	require.NoError(t, q.Push(t.Context(), store.Job{ID: "new", Subject: "s.f"}))
	require.Equal(t, "new", takeNext(t, q).Job().ID)
}

func TestQueue_WhatSomebodyElsePutThereCanBeSettled(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	q := openQueue(t, connect(t, jetstream.Options{URL: "nats://" + server.Address}))
	conn, err := nats.Connect("nats://" + server.Address)
	require.NoError(t, err)
	defer conn.Close()
	for _, id := range []string{"", "a b", "a.b", "*"} {
		m := &nats.Msg{Subject: "lull.queue.q.0.s.f", Data: []byte("x"), Header: nats.Header{}}
		if id != "" {
			m.Header.Set(nats.MsgIdHdr, id)
		}
		_, err := conn.RequestMsg(m, 10*time.Second)
		require.NoError(t, err)
	}
	require.NoError(t, q.Push(t.Context(), store.Job{ID: "sound", Subject: "s.f"}))
	pending, err := q.Pending(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, pending, 5)
	var taken []store.Delivery
	for range 5 {
		taken = append(taken, takeNext(t, q))
	}
	require.Equal(t, "sound", taken[4].Job().ID)
	for _, d := range taken[:4] {
		require.NoError(t, d.Retry(t.Context(), 0, []byte("tried")))
		d = takeNext(t, q)
		require.Equal(t, "tried", string(d.Job().Note))
		require.NoError(t, d.Bury(t.Context(), []byte("why")))
	}
	dead, err := q.Dead(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, dead, 4)
}
