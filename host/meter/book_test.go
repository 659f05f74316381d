package meter_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/meter"
	"github.com/lull-dev/lull/host/store"
	"github.com/lull-dev/lull/host/store/memory"
)

// moody is a store whose streams fail when they are told to, before or after they have written.
type moody struct {
	*memory.Store
	before, after atomic.Bool
}

type moodyStream struct {
	store.Stream
	s *moody
}

var errMood = errors.New("not now")

func (s *moody) Stream(ctx context.Context, cfg store.StreamConfig) (store.Stream, error) {
	st, err := s.Store.Stream(ctx, cfg)
	return moodyStream{st, s}, err
}

func (t moodyStream) Append(ctx context.Context, entries ...store.Entry) error {
	if t.s.before.Load() {
		return errMood
	}
	if err := t.Stream.Append(ctx, entries...); err != nil {
		return err
	}
	if t.s.after.Load() {
		return errMood
	}
	return nil
}

// run is one run of a host: it is killed, not closed.
type run struct {
	*meter.Book
	ledgers []*meter.Ledger
	mu      sync.Mutex
	open    map[fn.Key]fn.BusyInterval
}

func start(t require.TestingT, s store.Store, keys []fn.Key) *run {
	r := &run{open: map[fn.Key]fn.BusyInterval{}}
	for _, key := range keys {
		r.ledgers = append(r.ledgers, meter.NewLedger(key))
	}
	b, err := meter.NewBook(context.Background(), meter.BookConfig{
		Store:   s,
		Ledgers: func() []*meter.Ledger { return r.ledgers },
		Open: func(yield func(fn.Key, fn.BusyInterval)) {
			r.mu.Lock()
			defer r.mu.Unlock()
			for key, i := range r.open {
				i.End = time.Now()
				yield(key, i)
			}
		},
		Trouble: func(error) {},
	})
	require.NoError(t, err)
	r.Book = b
	return r
}

var keys = []fn.Key{{Service: "s", Name: "f"}, {Service: "s", Name: "g"}, {Service: "t", Name: "f"}}

// TestBook_TheSumIsTheUnionOfTheClosedIntervals plays random histories of hosts that close intervals, write, fail to write, and are killed and started again. What was
// closed before the last write that came to the store is counted exactly once.
func TestBook_TheSumIsTheUnionOfTheClosedIntervals(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &moody{Store: memory.New()}
			r := start(rt, s, keys)
			type cost struct{ requests, intervals, ms, mibMs uint64 }
			kept, pending := map[fn.Key]cost{}, map[fn.Key]cost{} // pending: closed since the last write that came through
			for range rapid.IntRange(1, 60).Draw(rt, "steps") {
				s.before.Store(false)
				s.after.Store(false)
				switch rapid.SampledFrom([]string{"close", "close", "close", "write", "fails", "fails late", "kill", "time"}).Draw(rt, "step") {
				case "close":
					i := rapid.IntRange(0, len(keys)-1).Draw(rt, "function")
					took := time.Duration(rapid.IntRange(1, 5_000_000).Draw(rt, "us")) * time.Microsecond
					mib := rapid.SampledFrom([]int{1, 128, 3072}).Draw(rt, "MiB")
					now := time.Now()
					r.ledgers[i].Request()
					r.ledgers[i].Close(fn.BusyInterval{Start: now, End: now.Add(took), MemoryMiB: mib})
					ms := uint64((took + time.Millisecond - 1) / time.Millisecond)
					c := pending[keys[i]]
					pending[keys[i]] = cost{c.requests + 1, c.intervals + 1, c.ms + ms, c.mibMs + ms*uint64(mib)}
				case "fails":
					s.before.Store(true)
					require.ErrorIs(rt, r.Write(t.Context()), errMood)
				case "write", "fails late":
					if rapid.Bool().Draw(rt, "late") {
						s.after.Store(true)
					}
					err := r.Write(t.Context())
					require.Equal(rt, s.after.Load(), err != nil)
					for key, c := range pending {
						k := kept[key]
						kept[key] = cost{k.requests + c.requests, k.intervals + c.intervals, k.ms + c.ms, k.mibMs + c.mibMs}
					}
					clear(pending)
				case "kill":
					s.before.Store(true) // its last words do not come through
					_ = r.Close(t.Context())
					s.before.Store(false)
					clear(pending)
					r = start(rt, s, keys)
				case "time":
					s.before.Store(true) // what it writes by itself would be kept, too
					time.Sleep(time.Duration(rapid.IntRange(1, 5000).Draw(rt, "s")) * time.Second)
					synctest.Wait()
				}
			}
			got := map[fn.Key]cost{}
			hours, err := r.Read(t.Context(), fn.Key{}, time.Time{}, time.Time{})
			require.NoError(rt, err)
			for _, h := range hours {
				c := got[h.Key]
				got[h.Key] = cost{c.requests + h.Requests, c.intervals + h.Intervals, c.ms + h.BilledMs, c.mibMs + h.MiBMs}
			}
			require.Equal(rt, kept, got)
			s.before.Store(true)
			_ = r.Close(t.Context())
		})
	})
}

func TestBook_IsAtMostASecondBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		r := start(t, s, keys)
		now := time.Now()
		r.ledgers[0].Close(fn.BusyInterval{Start: now, End: now.Add(80160 * time.Microsecond), MemoryMiB: 1024})
		time.Sleep(time.Second)
		synctest.Wait()
		hours, err := r.Read(t.Context(), keys[0], time.Time{}, time.Time{})
		require.NoError(t, err)
		require.Len(t, hours, 1)
		require.EqualValues(t, 81, hours[0].BilledMs)
		require.InDelta(t, 0.081, hours[0].CU(), 1e-12)
		require.NoError(t, r.Close(t.Context()))
	})
}

func TestBook_CountsAnIntervalThatIsOpenAndLosesLittleOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		r := start(t, s, keys)
		billed := func() (ms, intervals uint64) {
			hours, err := r.Read(t.Context(), keys[0], time.Time{}, time.Time{})
			require.NoError(t, err)
			for _, h := range hours {
				ms, intervals = ms+h.BilledMs, intervals+h.Intervals
			}
			return ms, intervals
		}
		began := time.Now()
		r.mu.Lock()
		r.open[keys[0]] = fn.BusyInterval{Start: began, MemoryMiB: 128}
		r.mu.Unlock()
		time.Sleep(61*time.Minute + 100*time.Millisecond)
		synctest.Wait()
		ms, intervals := billed()
		require.InDelta(t, 61*60*1000, ms, 600)
		require.Zero(t, intervals)
		// Another host reads the same; after a kill that is what there is.
		other := start(t, s, nil)
		hours, err := other.Read(t.Context(), keys[0], time.Time{}, time.Time{})
		require.NoError(t, err)
		sum := uint64(0)
		for _, h := range hours {
			sum += h.BilledMs
		}
		require.Equal(t, ms, sum)
		require.NoError(t, other.Close(t.Context()))

		r.mu.Lock()
		delete(r.open, keys[0])
		r.mu.Unlock()
		r.ledgers[0].Close(fn.BusyInterval{Start: began, End: time.Now(), MemoryMiB: 128})
		require.NoError(t, r.Close(t.Context()))
		ms, intervals = billed()
		require.EqualValues(t, 61*60*1000+100, ms, "it counts once, and whole")
		require.EqualValues(t, 1, intervals)
	})
}

func TestBook_ReadsByFunctionServiceAndHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, memory.New(), keys)
		first := time.Now().Truncate(time.Hour)
		for _, l := range r.ledgers {
			l.Request()
			l.Close(fn.BusyInterval{Start: time.Now(), End: time.Now().Add(time.Second), MemoryMiB: 1024})
		}
		time.Sleep(time.Hour)
		r.ledgers[0].Close(fn.BusyInterval{Start: time.Now(), End: time.Now().Add(2 * time.Second), MemoryMiB: 1024})
		require.NoError(t, r.Write(t.Context()))
		read := func(key fn.Key, from, to time.Time) (ms []uint64) {
			hours, err := r.Read(t.Context(), key, from, to)
			require.NoError(t, err)
			for _, h := range hours {
				ms = append(ms, h.BilledMs)
			}
			return ms
		}
		require.Equal(t, []uint64{1000, 2000}, read(keys[0], time.Time{}, time.Time{}))
		require.Equal(t, []uint64{1000, 2000, 1000}, read(fn.Key{Service: "s"}, time.Time{}, time.Time{}))
		require.Equal(t, []uint64{1000, 2000, 1000, 1000}, read(fn.Key{}, time.Time{}, time.Time{}))
		require.Equal(t, []uint64{2000}, read(keys[0], first.Add(time.Hour), time.Time{}))
		require.Equal(t, []uint64{1000}, read(keys[0], first, first.Add(time.Hour)))
		require.NoError(t, r.Close(t.Context()))
	})
}
