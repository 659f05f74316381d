package meter_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/meter"
	"github.com/lull-dev/lull/host/store"
	"github.com/lull-dev/lull/host/store/memory"
)

// machine is one of the hosts that share a store: instances that work, ledgers, and a book.
type machine struct {
	ledgers   map[fn.Key]*meter.Ledger
	mu        sync.Mutex // guards what the instances do from the book, which looks at it when it likes
	instances []*worker
	book      *meter.Book
}

// worker is one instance of a function.
type worker struct {
	key    fn.Key
	id     string
	memory int
	busy   meter.Busy
	begun  []time.Time // of the pieces of work that are under way
	opened time.Time   // of the first of those that have overlapped
}

// piece is work that was done. All of them are what the bill is checked against.
type piece struct {
	key        fn.Key
	instance   string
	memory     int
	begin, end time.Time
	under      bool // it goes on
}

func (m *machine) start(t require.TestingT, s store.Store) {
	m.ledgers = map[fn.Key]*meter.Ledger{}
	for _, w := range m.instances {
		if m.ledgers[w.key] == nil {
			m.ledgers[w.key] = meter.NewLedger(w.key)
		}
	}
	var err error
	m.book, err = meter.NewBook(context.Background(), meter.BookConfig{
		Store: s, Trouble: func(error) {},
		Ledgers: func() (all []*meter.Ledger) {
			for _, l := range m.ledgers {
				all = append(all, l)
			}
			return all
		},
		Open: func(yield func(fn.Key, fn.BusyInterval)) {
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, w := range m.instances {
				if len(w.begun) > 0 {
					yield(w.key, fn.BusyInterval{InstanceID: w.id, Start: w.opened, End: time.Now(), MemoryMiB: w.memory})
				}
			}
		},
	})
	require.NoError(t, err)
}

func (w *worker) begin() {
	now := time.Now()
	if len(w.begun) == 0 {
		w.opened = now
	}
	w.busy.Begin(now)
	w.begun = append(w.begun, now)
}

// end ends the oldest piece of work, as an instance does, and returns it.
func (w *worker) end(l *meter.Ledger) piece {
	now := time.Now()
	p := piece{w.key, w.id, w.memory, w.begun[0], now, false}
	w.begun = w.begun[1:]
	if start, closed := w.busy.End(now); closed {
		l.Close(fn.BusyInterval{InstanceID: w.id, Start: start, End: now, MemoryMiB: w.memory})
	}
	return p
}

// hourOf is a row of the bill.
type hourOf struct {
	key   fn.Key
	begin time.Time
}

type cost struct{ billedMs, mibMs, intervals uint64 }

// bill computes the cost of pieces from nothing but when they were: the union for each instance, each stretch of it rounded up.
func bill(all []piece) map[hourOf]cost {
	byInstance := map[string][]piece{}
	for _, p := range all {
		byInstance[p.instance] = append(byInstance[p.instance], p)
	}
	rows := map[hourOf]cost{}
	for _, pieces := range byInstance {
		slices.SortFunc(pieces, func(a, b piece) int { return a.begin.Compare(b.begin) })
		for len(pieces) > 0 {
			first, end, under := pieces[0], pieces[0].end, false
			for len(pieces) > 0 && !pieces[0].begin.After(end) {
				if pieces[0].end.After(end) {
					end = pieces[0].end
				}
				under = under || pieces[0].under
				pieces = pieces[1:]
			}
			row := hourOf{first.key, end.Truncate(time.Hour).UTC()}
			c := rows[row]
			ms := uint64((end.Sub(first.begin) + time.Millisecond - 1) / time.Millisecond)
			c.billedMs, c.mibMs = c.billedMs+ms, c.mibMs+ms*uint64(first.memory)
			if !under {
				c.intervals++
			}
			if c != (cost{}) { // of work that has just begun there may be no row yet
				rows[row] = c
			}
		}
	}
	return rows
}

// unreliable is a store whose streams fail when they are told to, before they store or after.
type unreliable struct {
	store.Store
	before, after atomic.Bool
}

func (s *unreliable) Stream(ctx context.Context, cfg store.StreamConfig) (store.Stream, error) {
	st, err := s.Store.Stream(ctx, cfg)
	return unreliableStream{st, s}, err
}

type unreliableStream struct {
	store.Stream
	of *unreliable
}

func (s unreliableStream) Append(ctx context.Context, entries ...store.Entry) error {
	if s.of.before.Load() {
		return errors.New("the store is away")
	}
	err := s.Stream.Append(ctx, entries...)
	if s.of.after.Load() {
		return errors.New("the answer is lost")
	}
	return err
}

// Random histories of machines that share a store, which fails now and then. A failing round can be run again by its name.
func TestBook_SumsAreTheUnionOfTheWork(t *testing.T) {
	seeds := rand.New(rand.NewPCG(rand.Uint64(), 0))
	for range 25 {
		seed := seeds.Uint64()
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { history(t, rand.New(rand.NewPCG(seed, 0))) })
		})
	}
}

func history(t *testing.T, random *rand.Rand) {
	kept := &unreliable{Store: memory.New()}
	defer kept.Close()
	var machines []*machine
	for i := range 1 + random.IntN(3) {
		m := &machine{}
		for j := range 1 + random.IntN(3) {
			m.instances = append(m.instances, &worker{
				key: fn.Key{Service: "s", Name: []string{"f", "g"}[random.IntN(2)]}, id: fmt.Sprintf("c-%d-%d", i, j), memory: []int{128, 1000}[random.IntN(2)],
			})
		}
		m.start(t, kept)
		defer func() { require.NoError(t, m.book.Close(context.Background())) }()
		machines = append(machines, m)
	}
	var done []piece
	requests := map[fn.Key]uint64{}
	check := func() {
		kept.before.Store(false)
		kept.after.Store(false)
		for _, m := range machines {
			require.NoError(t, m.book.Write(t.Context()))
		}
		now := time.Now()
		var under []piece
		for _, m := range machines {
			for _, w := range m.instances {
				for _, began := range w.begun {
					under = append(under, piece{w.key, w.id, w.memory, began, now, true})
				}
			}
		}
		hours, err := machines[0].book.Read(t.Context(), fn.Key{}, time.Time{}, time.Time{})
		require.NoError(t, err)
		got, asked := map[hourOf]cost{}, map[fn.Key]uint64{}
		for _, h := range hours {
			asked[h.Key] += h.Requests
			if c := (cost{h.BilledMs, h.MiBMs, h.Intervals}); c != (cost{}) {
				got[hourOf{h.Key, h.Begin}] = c
			}
		}
		for key, n := range asked {
			require.Equal(t, requests[key], n)
		}
		require.Equal(t, bill(append(under, done...)), got)
	}
	for range 1 + random.IntN(40) {
		sleep := int64(1e3) + random.Int64N(1e7)
		if random.IntN(5) == 0 {
			sleep = random.Int64N(2e12) // 33 minutes
		}
		time.Sleep(time.Duration(sleep + 1))
		m := machines[random.IntN(len(machines))]
		w := m.instances[random.IntN(len(m.instances))]
		switch random.IntN(8) {
		case 0, 1:
			m.mu.Lock()
			w.begin()
			m.mu.Unlock()
		case 2, 3:
			m.mu.Lock()
			if len(w.begun) > 0 {
				done = append(done, w.end(m.ledgers[w.key]))
			}
			m.mu.Unlock()
		case 4:
			m.ledgers[w.key].Request()
			requests[w.key]++
		case 5: // a restart
			for _, w := range m.instances {
				for len(w.begun) > 0 {
					m.mu.Lock()
					done = append(done, w.end(m.ledgers[w.key]))
					m.mu.Unlock()
					time.Sleep(time.Microsecond)
				}
			}
			kept.before.Store(false)
			kept.after.Store(false)
			require.NoError(t, m.book.Close(t.Context()))
			m.start(t, kept)
		case 6:
			kept.before.Store(random.IntN(2) == 0)
			kept.after.Store(random.IntN(2) == 0)
		case 7:
			check()
		}
	}
	check()
}
