package meter

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/store"
)

// writeEvery is how often a Book writes: what a crash can cost.
const writeEvery = 500 * time.Millisecond

// Book writes ledgers into a stream of the store, and reads what all hosts have written there.
//
// A row is what one ledger has added up in one hour. It has a subject of its own, SERVICE.FUNCTION.HOUR.LEDGER, of which the stream keeps the last
// message: writing a row again, be it after an error that left open whether it was written, counts nothing twice, and what could not be written is in the next row. Every run
// of a host has ledgers of its own, so rows of different hosts never meet.
type Book struct {
	stream  store.Stream
	ledgers func() []*Ledger
	// open tells of the intervals that are open now; see row.
	open    func(yield func(fn.Key, fn.BusyInterval))
	trouble func(error)

	mu      sync.Mutex          // held while writing
	leaving []*Ledger           // that ledgers does not tell any more, until they are written
	opened  map[string]struct{} // by subject: the rows that were written with open intervals
	stop    context.CancelFunc
	done    chan struct{}
}

// BookConfig describes a Book.
type BookConfig struct {
	Store   store.Store
	Ledgers func() []*Ledger                          // those that there are
	Open    func(yield func(fn.Key, fn.BusyInterval)) // the intervals that are open; End is now
	Trouble func(error)                               // is told what cannot be written
	MaxAge  time.Duration                             // rows go after that; 0: they stay
}

// row is a message of the stream.
type row struct {
	Sums
	// Open is what the intervals that were open when the row was written had come to by then. When they close they are in Sums, and Open is
	// without them: a crash costs an interval that lasts for hours no more than one that has closed.
	Open Sums `json:"open,omitzero"`
}

// NewBook opens the stream and begins to write.
func NewBook(ctx context.Context, cfg BookConfig) (*Book, error) {
	st, err := cfg.Store.Stream(ctx, store.StreamConfig{Name: "ledger", MaxAge: cfg.MaxAge, MaxPerSubject: 1})
	if err != nil {
		return nil, err
	}
	b := &Book{
		stream: st, ledgers: cfg.Ledgers, open: cfg.Open, trouble: cfg.Trouble,
		opened: map[string]struct{}{}, done: make(chan struct{}),
	}
	writing, stop := context.WithCancel(context.Background())
	b.stop = stop
	go b.run(writing)
	return b, nil
}

func (b *Book) run(ctx context.Context) {
	defer close(b.done)
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := b.Write(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			b.trouble(fmt.Errorf("the ledger cannot be written now, and will be when the store is back: %w", err))
		}
		failing = err != nil
	}
}

// Close writes what is left, also when ctx has ended: the store bounds how long that takes. Ledgers are not added to any more.
func (b *Book) Close(ctx context.Context) error {
	b.stop()
	<-b.done
	return b.Write(context.WithoutCancel(ctx))
}

// Leave tells of a ledger that Ledgers will not tell any more.
func (b *Book) Leave(l *Ledger) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leaving = append(b.leaving, l)
}

// Write writes all rows that have changed.
func (b *Book) Write(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	open := b.openSums()
	var entries []store.Entry
	var written []func()
	for _, l := range append(b.ledgers(), b.leaving...) {
		for _, h := range l.changed(now, open, b.opened) {
			data, err := json.Marshal(h.row)
			if err != nil {
				return err
			}
			entries = append(entries, store.Entry{Subject: h.subject, Data: data})
			written = append(written, func() {
				l.written(h.begin, h.row.Sums, now)
				if h.row.Open == (Sums{}) {
					delete(b.opened, h.subject)
				} else {
					b.opened[h.subject] = struct{}{}
				}
			})
		}
	}
	if err := b.stream.Append(ctx, entries...); err != nil {
		return err
	}
	for _, f := range written {
		f()
	}
	b.leaving = nil
	return nil
}

// openSums sums the open intervals of each function.
func (b *Book) openSums() map[fn.Key]Sums {
	open := map[fn.Key]Sums{}
	b.open(func(key fn.Key, i fn.BusyInterval) {
		s := open[key]
		s.Add(sumsOf(i))
		open[key] = s
	})
	return open
}

func (l *Ledger) subject(begin int64) string {
	return fmt.Sprintf("%s.%s.%d.%x", l.key.Service, l.key.Name, begin, l.id)
}

type changedRow struct {
	begin   int64
	subject string
	row     row
}

// changed returns the rows that have to be written: those that were added to, the current one if intervals are open, and those that were written with open
// intervals which are in another row now. Past hours come first.
func (l *Ledger) changed(now time.Time, open map[fn.Key]Sums, opened map[string]struct{}) []changedRow {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := l.requests.Load(); n > l.mu.counted {
		l.hourLocked(now).sums.Requests += n - l.mu.counted
		l.mu.counted = n
	}
	at := now.Unix() / 3600 * 3600
	if _, ok := open[l.key]; ok {
		l.hourLocked(now)
	}
	var rows []changedRow
	for begin, h := range l.mu.hours {
		s := l.subject(begin)
		_, wasOpen := opened[s]
		if !h.dirty && !wasOpen {
			continue
		}
		r := changedRow{begin, s, row{Sums: h.sums}}
		if begin == at {
			r.row.Open = open[l.key]
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b changedRow) int { return int(a.begin - b.begin) })
	return rows
}

// written notes that a row is in the store as it was, and forgets it if its hour is over. An interval that ended in a past hour may still come: a Close that
// began before the hour's end. So a row is kept for a minute more.
func (l *Ledger) written(begin int64, sums Sums, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.mu.hours[begin]
	h.dirty = h.sums != sums
	if h.dirty || now.Unix() < begin+3600+60 {
		return
	}
	delete(l.mu.hours, begin)
	if l.mu.current == h {
		l.mu.current = nil
	}
}

// Hour is what a function has cost in one hour.
type Hour struct {
	Key   fn.Key
	Begin time.Time
	Sums
}

// Read returns the hours of a function, or of a service if the name is empty, or of all, that begin within [from, to), sorted by service, function and time.
// A zero time is no bound. Intervals that are open count with what they have come to; an interval that has closed is in the hour of its end.
func (b *Book) Read(ctx context.Context, key fn.Key, from, to time.Time) ([]Hour, error) {
	prefix := key.Service
	if key.Name != "" {
		prefix += "." + key.Name
	}
	type at struct {
		fn.Key
		begin int64
	}
	// A row that is written again while it is read may come twice: the last one counts.
	rows := map[string]row{}
	var failed error
	err := b.stream.Read(ctx, store.Query{Subject: prefix}, func(m store.Message) bool {
		var r row
		if failed = json.Unmarshal(m.Data, &r); failed != nil {
			failed = fmt.Errorf("row %s of the ledger cannot be read: %w", m.Subject, failed)
			return false
		}
		rows[m.Subject] = r
		return true
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	sums := map[at]Sums{}
	for subject, r := range rows {
		parts := strings.Split(subject, ".")
		if len(parts) != 4 {
			return nil, fmt.Errorf("the ledger has a row named %s", subject)
		}
		begin, err := strconv.ParseInt(parts[2], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the ledger has a row named %s", subject)
		}
		if t := time.Unix(begin, 0); !from.IsZero() && t.Before(from) || !to.IsZero() && !t.Before(to) {
			continue
		}
		where := at{fn.Key{Service: parts[0], Name: parts[1]}, begin}
		s := sums[where]
		s.Add(r.Sums)
		s.Add(Sums{BilledMs: r.Open.BilledMs, MiBMs: r.Open.MiBMs})
		sums[where] = s
	}
	hours := []Hour{}
	for where, s := range sums {
		hours = append(hours, Hour{where.Key, time.Unix(where.begin, 0).UTC(), s})
	}
	slices.SortFunc(hours, func(a, b Hour) int {
		if c := strings.Compare(a.Key.Service, b.Key.Service); c != 0 {
			return c
		}
		if c := strings.Compare(a.Key.Name, b.Key.Name); c != 0 {
			return c
		}
		return a.Begin.Compare(b.Begin)
	})
	return hours, nil
}
