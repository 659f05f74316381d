package logs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/store"
	"github.com/lull-dev/lull/host/store/jetstream"
	"github.com/lull-dev/lull/host/store/memory"
)

var keyF = fn.Key{Service: "s", Name: "f"}

// open opens an archive that is closed in clean-up.
func open(t testing.TB, cfg ArchiveConfig) *Archive {
	t.Helper()
	a, err := NewArchive(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close(context.Background())) })
	return a
}

func memoryStore(t testing.TB) store.Store {
	s := memory.New()
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func texts(t testing.TB, a *Archive, key fn.Key, f Filter, rings ...*Ring) []string {
	t.Helper()
	got, err := a.Records(t.Context(), key, rings, f)
	require.NoError(t, err)
	return append([]string{}, messages(got)...)
}

// Whenever one looks, with rings far smaller than what is written and whatever the archive does meanwhile.
func TestArchive_FindsEveryRecordOnceAtAnyTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, ArchiveConfig{Store: memoryStore(t)})
		rings := []*Ring{a.Ring(keyF, 4<<10), a.Ring(fn.Key{Service: "s", Name: "g"}, 4<<10), a.Ring(fn.Key{Service: "t", Name: "f"}, 4<<10)}
		written := make([][]string, len(rings))
		random := rand.New(rand.NewPCG(1, 2))
		for n := range 2000 {
			i := random.IntN(len(rings))
			text := fmt.Sprintf("%d of %d", n, i)
			rings[i].Add(Entry{Time: time.Now(), InstanceID: "c-1", Text: text})
			written[i] = append(written[i], text)
			switch random.IntN(20) {
			case 0:
				time.Sleep(time.Duration(random.Int64N(int64(2 * collectFor))))
			case 1:
				synctest.Wait()
			case 2:
				require.Equal(t, written[i], texts(t, a, rings[i].key, Filter{}, rings[i]))
			case 3:
				all := len(written[0]) + len(written[1])
				require.Len(t, texts(t, a, fn.Key{Service: "s"}, Filter{}, rings[:2]...), all)
				require.Len(t, texts(t, a, fn.Key{}, Filter{}, rings...), n+1)
			case 4:
				limit := 1 + random.IntN(50)
				newest := written[i][max(0, len(written[i])-limit):]
				require.Equal(t, newest, texts(t, a, rings[i].key, Filter{Span: Span{Limit: limit}}, rings[i]))
			}
		}
		records, err := a.Records(t.Context(), rings[0].key, rings[:1], Filter{})
		require.NoError(t, err)
		half := len(records) / 2
		require.Equal(t, written[0][half+1:], texts(t, a, rings[0].key, Filter{Span: Span{After: records[half].Seq}}, rings[0]))
		first := slices.IndexFunc(records, func(r Record) bool { return !r.Time.Before(records[half].Time) })
		require.Equal(t, written[0][:first], texts(t, a, rings[0].key, Filter{Span: Span{To: records[half].Time}}, rings[0]))
		require.Equal(t, []string{"0 of"}, cutLast(texts(t, a, fn.Key{}, Filter{Query: parse(t, `"0 of"`)}, rings...)))
		require.Greater(t, rings[0].Dropped(), uint64(0), "the rings must be too small for this test")
		require.Less(t, rings[0].mu.bytes, patience*rings[0].max)
	})
}

func cutLast(lines []string) (out []string) {
	for _, l := range lines {
		out = append(out, l[:strings.LastIndexByte(l, ' ')])
	}
	return out
}

func TestArchive_KeepsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, ArchiveConfig{Store: memoryStore(t)})
		list := a.Requests(keyF, 1<<10)
		var want []string
		for i := range 100 {
			resp := answer(i)
			resp.Start = time.Now()
			list.Add(resp)
			want = append(want, resp.RequestID.String())
			time.Sleep(10 * time.Millisecond)
		}
		got, err := a.List(t.Context(), keyF, []*Requests{list}, RequestFilter{})
		require.NoError(t, err)
		var ids []string
		for _, r := range got {
			ids = append(ids, r.RequestID)
		}
		require.Equal(t, want, ids)
		require.InDelta(t, 80.16, got[0].DurationMs, 1e-9)
		one, err := a.List(t.Context(), keyF, nil, RequestFilter{RequestID: want[7]})
		require.NoError(t, err)
		require.Equal(t, got[7:8], one)
	})
}

func TestArchive_WritesWithoutAllocation(t *testing.T) {
	a := open(t, ArchiveConfig{Store: memoryStore(t)})
	r := a.Ring(keyF, 0)
	r.mu.queued = true // as between two takes: the archive's own goroutine would be counted too
	e := Entry{Time: epoch, InstanceID: "c-1", RequestID: fn.NewRequestID(), Mark: Start}
	for range patience * DefaultBytes / 100 {
		r.Add(e)
	}
	require.Zero(t, testing.AllocsPerRun(1000, func() { r.Add(e) }))
	r.mu.queued = false
}

// faulty is a store whose streams fail when they are told to, before they store or after.
type faulty struct {
	store.Store
	sync.Mutex
	before, after error
}

func (s *faulty) fail(before, after error) {
	s.Lock()
	defer s.Unlock()
	s.before, s.after = before, after
}

func (s *faulty) Stream(ctx context.Context, cfg store.StreamConfig) (store.Stream, error) {
	stream, err := s.Store.Stream(ctx, cfg)
	return &faultyStream{stream, s}, err
}

type faultyStream struct {
	store.Stream
	of *faulty
}

func (s *faultyStream) Append(ctx context.Context, entries ...store.Entry) error {
	s.of.Lock()
	defer s.of.Unlock()
	if s.of.before != nil {
		return s.of.before
	}
	if err := s.Stream.Append(ctx, entries...); err != nil {
		return err
	}
	return s.of.after
}

func TestArchive_WhoseStoreRefuses(t *testing.T) {
	away := errors.New("the disk is away")
	for name, after := range map[string]bool{"before it stores": false, "after it has stored": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &faulty{Store: memoryStore(t)}
				var troubles []error
				a := open(t, ArchiveConfig{Store: s, Trouble: func(err error) { troubles = append(troubles, err) }})
				r := a.Ring(keyF, 4<<10)
				add := func(n int) (lines []string) {
					for i := range n {
						lines = append(lines, fmt.Sprint("line ", i))
						r.Add(Entry{Time: time.Now(), Text: lines[i]})
					}
					return lines
				}
				if after {
					s.fail(nil, away)
				} else {
					s.fail(away, nil)
				}
				first := add(5)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				require.Equal(t, []error{away}, troubles, "told once")
				require.Equal(t, first, texts(t, a, keyF, Filter{}, r), "they are in the ring")
				add(1000)
				synctest.Wait()
				require.LessOrEqual(t, r.mu.bytes, r.max, "the ring does not grow while nothing is taken")
				s.fail(nil, nil)
				time.Sleep(10 * time.Second)
				synctest.Wait()

				got := texts(t, a, keyF, Filter{}, r)
				require.Equal(t, first, got[:5], "the first ones were taken, and are stored once")
				lost := 1000 - (len(got) - 6)
				require.Positive(t, lost)
				require.Contains(t, got[5:], fmt.Sprintf("%d records are missing before this time: the store did not take them soon enough", lost))
				require.Contains(t, got[len(got)-2:], "line 999")
				last := add(3)
				time.Sleep(time.Second)
				synctest.Wait()
				require.Equal(t, last, texts(t, a, keyF, Filter{Span: Span{Limit: 3}}, r))
				require.Len(t, troubles, 1)
			})
		})
	}
}

func TestArchive_ClosesWithoutAStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &faulty{Store: memoryStore(t)}
		s.fail(errors.New("the disk is away"), nil)
		a, err := NewArchive(t.Context(), ArchiveConfig{Store: s})
		require.NoError(t, err)
		a.Ring(keyF, 0).Add(Entry{Time: time.Now()})
		began := time.Now()
		require.ErrorContains(t, a.Close(t.Context()), "not stored")
		require.Equal(t, giveUp, time.Since(began))

		a, err = NewArchive(t.Context(), ArchiveConfig{Store: s})
		require.NoError(t, err)
		a.Ring(keyF, 0).Add(Entry{Time: time.Now()})
		ended, end := context.WithCancel(t.Context())
		end()
		require.ErrorIs(t, a.Close(ended), context.Canceled)
	})
}

func TestArchive_TellsOfABlockThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, ArchiveConfig{Store: memoryStore(t)})
		r := a.Ring(keyF, 0)
		r.Add(Entry{Time: time.Now(), Text: "before"})
		time.Sleep(time.Second)
		require.NoError(t, a.records.stream.Append(t.Context(), store.Entry{Subject: "s.f", Data: []byte("rubbish")}))
		time.Sleep(time.Second)
		r.Add(Entry{Time: time.Now(), Text: "after"})
		got, err := a.Records(t.Context(), keyF, []*Ring{r}, Filter{})
		require.NoError(t, err)
		require.Equal(t, []string{"before", "after"}, []string{got[0].Message, got[2].Message})
		require.Contains(t, got[1].Message, "cannot be read")
		require.Equal(t, Platform, got[1].Source)
	})
}

func TestArchive_DropsWhatIsTooOldOrTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, ArchiveConfig{Store: memoryStore(t), MaxAge: time.Hour, MaxBytes: 64 << 10})
		r := a.Ring(keyF, 1<<10)
		add := func(text string) {
			r.Add(Entry{Time: time.Now(), Text: text})
			time.Sleep(time.Second)
		}
		add("old")
		time.Sleep(30 * time.Minute)
		add("young")
		require.Equal(t, []string{"old", "young"}, texts(t, a, keyF, Filter{}, r))
		time.Sleep(40 * time.Minute)
		require.Equal(t, []string{"young"}, texts(t, a, keyF, Filter{}, r))

		for i := range 100 {
			add(fmt.Sprint(i, strings.Repeat(" x", 500)))
		}
		got := texts(t, a, keyF, Filter{}, r)
		require.Less(t, len(got), 70)
		require.Greater(t, len(got), 40)
		require.True(t, strings.HasPrefix(got[len(got)-1], "99 "))
	})
}

func TestArchive_ReturnsTheNewestOfTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, ArchiveConfig{Store: memoryStore(t)})
		r := a.Ring(keyF, 0)
		for i := range MaxResults + 100 {
			r.Add(Entry{Time: time.Now(), Text: fmt.Sprint(i)})
			if i%100 == 0 {
				time.Sleep(time.Second)
			}
		}
		got := texts(t, a, keyF, Filter{}, r)
		require.Len(t, got, MaxResults)
		require.Equal(t, "100", got[0])
		for range 1000 {
			r.Add(Entry{Time: time.Now(), Text: strings.Repeat("x", 64<<10)})
			time.Sleep(time.Millisecond)
		}
		require.InDelta(t, resultBytes/(64<<10), len(texts(t, a, keyF, Filter{}, r)), 10)
	})
}

func TestArchive_IsThereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	var before []Record
	for round := range 3 {
		s, err := jetstream.Open(t.Context(), dir, nil)
		require.NoError(t, err)
		a, err := NewArchive(t.Context(), ArchiveConfig{Store: s})
		require.NoError(t, err)
		r := a.Ring(keyF, 0)
		got, err := a.Records(t.Context(), keyF, []*Ring{r}, Filter{})
		require.NoError(t, err)
		require.Equal(t, messages(before), messages(got))
		for i := range 50 {
			r.Add(Entry{Time: time.Now(), InstanceID: fmt.Sprint("c-", round), Text: fmt.Sprint(round, " ", i)})
		}
		before, err = a.Records(t.Context(), keyF, []*Ring{r}, Filter{})
		require.NoError(t, err)
		require.Len(t, before, 50*(round+1))
		for i := range before[1:] {
			require.Less(t, before[i].Seq, before[i+1].Seq)
		}
		require.NoError(t, a.Close(t.Context()))
		require.NoError(t, s.Close())
	}
}
