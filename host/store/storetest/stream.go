package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/store"
)

func stream(t *testing.T, s store.Store, cfg store.StreamConfig) store.Stream {
	t.Helper()
	cfg.Name = "records"
	return must(s.Stream(testContext(t), cfg))(t)
}

func entry(subject, data string) store.Entry {
	return store.Entry{Subject: subject, Data: []byte(data)}
}

// read joins the data of the messages that q selects.
func read(t *testing.T, st store.Stream, q store.Query) string {
	t.Helper()
	var words []string
	last := q.After
	require.NoError(t, st.Read(testContext(t), q, func(m store.Message) bool {
		require.Greater(t, m.Seq, last)
		last = m.Seq
		words = append(words, string(m.Data))
		return true
	}))
	return strings.Join(words, " ")
}

func streamRead(t *testing.T, s Subject) {
	ctx, st := testContext(t), stream(t, s.Open(t), store.StreamConfig{})
	require.Empty(t, read(t, st, store.Query{}))
	require.NoError(t, st.Append(ctx))
	require.NoError(t, st.Append(ctx, entry("s.f", "1"), entry("s.g", "2"), entry("s.f.i", "3")))
	require.NoError(t, st.Append(ctx, entry("t.f", "4"), entry("s.ff", "5")))
	require.Equal(t, "1 2 3 4 5", read(t, st, store.Query{}))
	require.Equal(t, "1 3", read(t, st, store.Query{Subject: "s.f"}))
	require.Equal(t, "1 2 3 5", read(t, st, store.Query{Subject: "s"}))
	require.Empty(t, read(t, st, store.Query{Subject: "x"}))

	var messages []store.Message
	require.NoError(t, st.Read(ctx, store.Query{}, func(m store.Message) bool { messages = append(messages, m); return true }))
	require.Equal(t, "s.f.i", messages[2].Subject)
	require.WithinDuration(t, time.Now(), messages[2].Time, time.Minute)
	require.Equal(t, "4 5", read(t, st, store.Query{After: messages[2].Seq}))
	require.Equal(t, "5", read(t, st, store.Query{After: messages[2].Seq, Subject: "s"}))
	require.Empty(t, read(t, st, store.Query{After: messages[4].Seq}))
	require.Empty(t, read(t, st, store.Query{After: messages[4].Seq + 100}))

	time.Sleep(20 * time.Millisecond)
	between := time.Now()
	time.Sleep(20 * time.Millisecond)
	require.NoError(t, st.Append(ctx, entry("s.f", "6")))
	require.Equal(t, "6", read(t, st, store.Query{Since: between}))
	require.Equal(t, "1 2 3 4 5 6", read(t, st, store.Query{Since: between.Add(-time.Hour)}))
	require.Empty(t, read(t, st, store.Query{Since: time.Now().Add(time.Hour)}))
	require.Equal(t, "6", read(t, st, store.Query{Since: between, After: messages[0].Seq}))
	require.Positive(t, must(st.Bytes(ctx))(t))
}

func streamStops(t *testing.T, s Subject) {
	ctx, st := testContext(t), stream(t, s.Open(t), store.StreamConfig{})
	var entries []store.Entry
	for i := range 2000 {
		entries = append(entries, entry("a", fmt.Sprint(i)))
	}
	require.NoError(t, st.Append(ctx, entries...))
	n, last := 0, uint64(0)
	require.NoError(t, st.Read(ctx, store.Query{}, func(m store.Message) bool { n++; last = m.Seq; return n < 10 }))
	require.Equal(t, 10, n)
	require.NoError(t, st.Read(ctx, store.Query{After: last}, func(m store.Message) bool {
		require.Equal(t, fmt.Sprint(n), string(m.Data))
		n++
		return true
	}))
	require.Equal(t, 2000, n)
}

func streamFollow(t *testing.T, s Subject) {
	st := stream(t, s.Open(t), store.StreamConfig{})
	ctx, cancel := context.WithCancelCause(testContext(t))
	require.NoError(t, st.Append(ctx, entry("a", "1"), entry("b", "2")))
	told, done, over := make(chan string, 10), make(chan error, 1), errors.New("over")
	go func() {
		done <- st.Read(ctx, store.Query{Subject: "a", Follow: true}, func(m store.Message) bool { told <- string(m.Data); return true })
	}()
	require.Equal(t, "1", next(t, told))
	require.NoError(t, st.Append(ctx, entry("b", "3"), entry("a", "4")))
	require.Equal(t, "4", next(t, told))
	cancel(over)
	require.ErrorIs(t, next(t, done), over)
	require.Empty(t, told)
}

func streamOnce(t *testing.T, s Subject) {
	ctx, st := testContext(t), stream(t, s.Open(t), store.StreamConfig{})
	e := store.Entry{Subject: "a", ID: "one", Data: []byte("1")}
	require.NoError(t, st.Append(ctx, e))
	require.NoError(t, st.Append(ctx, e, store.Entry{Subject: "a", ID: "two", Data: []byte("2")}))
	require.Equal(t, "1 2", read(t, st, store.Query{}))
}

func streamLastValue(t *testing.T, s Subject) {
	ctx, st := testContext(t), stream(t, s.Open(t), store.StreamConfig{MaxPerSubject: 1})
	require.NoError(t, st.Append(ctx, entry("a", "1"), entry("b", "2"), entry("a", "3")))
	require.NoError(t, st.Append(ctx, entry("a", "4")))
	require.Equal(t, "2 4", read(t, st, store.Query{}))
}

func streamSize(t *testing.T, s Subject) {
	ctx, st := testContext(t), stream(t, s.Open(t), store.StreamConfig{MaxBytes: 100 << 10})
	for i := range 40 {
		require.NoError(t, st.Append(ctx, store.Entry{Subject: "a", Data: append(fmt.Appendf(nil, "%02d", i), make([]byte, 10<<10)...)}))
	}
	var kept []string
	require.NoError(t, st.Read(ctx, store.Query{}, func(m store.Message) bool { kept = append(kept, string(m.Data[:2])); return true }))
	require.NotEmpty(t, kept)
	require.Less(t, len(kept), 11)
	require.Equal(t, "39", kept[len(kept)-1])
	require.LessOrEqual(t, must(st.Bytes(ctx))(t), int64(100<<10))
}

func streamAge(t *testing.T, s Subject) {
	ctx, st := testContext(t), stream(t, s.Open(t), store.StreamConfig{MaxAge: time.Second})
	require.NoError(t, st.Append(ctx, entry("a", "old")))
	require.Eventually(t, func() bool { return read(t, st, store.Query{}) == "" }, within, 100*time.Millisecond)
	require.NoError(t, st.Append(ctx, entry("a", "new")))
	require.Equal(t, "new", read(t, st, store.Query{}))
}

// More than a reader is sent ahead.
func streamPurgedMeanwhile(t *testing.T, s Subject) {
	ctx, st := testContext(t), stream(t, s.Open(t), store.StreamConfig{})
	for range 20 {
		require.NoError(t, st.Append(ctx, store.Entry{Subject: "a", Data: make([]byte, store.MaxEntryBytes)}))
	}
	n := 0
	require.NoError(t, st.Read(ctx, store.Query{}, func(store.Message) bool {
		if n++; n == 1 {
			require.NoError(t, st.Purge(ctx, ""))
		}
		return true
	}))
	require.GreaterOrEqual(t, n, 1)
}

func streamPurge(t *testing.T, s Subject) {
	ctx, st := testContext(t), stream(t, s.Open(t), store.StreamConfig{})
	require.NoError(t, st.Append(ctx, entry("a", "1"), entry("a.b", "2"), entry("ab", "3"), entry("c", "4")))
	require.NoError(t, st.Purge(ctx, "a"))
	require.Equal(t, "3 4", read(t, st, store.Query{}))
	require.NoError(t, st.Purge(ctx, ""))
	require.Empty(t, read(t, st, store.Query{}))
}

func streamEntryLimit(t *testing.T, s Subject) {
	ctx, st := testContext(t), stream(t, s.Open(t), store.StreamConfig{})
	most := store.Entry{Subject: "a", Data: bytes.Repeat([]byte("x"), store.MaxEntryBytes)}
	require.NoError(t, st.Append(ctx, most))
	most.Data = append(most.Data, 'x')
	require.ErrorContains(t, st.Append(ctx, entry("a", "first"), most), "1032193 bytes")
	require.ErrorIs(t, st.Append(ctx, entry("a b", "")), store.ErrInvalid)
	n := 0
	require.NoError(t, st.Read(ctx, store.Query{}, func(store.Message) bool { n++; return true }))
	require.Equal(t, 1, n, "a refused append leaves nothing")
}
