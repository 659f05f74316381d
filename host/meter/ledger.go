package meter

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// recent is how many closed intervals a ledger keeps for people to look at.
const recent = 100

// Ledger adds up what one function costs. It is safe for concurrent use and outlives the function's versions.
//
// It also keeps the sums of every hour, for a Book to write down: one row for the current hour, and those of past hours until they are
// written. There is no list of intervals that could grow while the store is away.
type Ledger struct {
	key      fn.Key
	id       uint64 // of all ledgers that there ever are
	requests atomic.Uint64

	mu struct {
		sync.Mutex
		total     Sums
		intervals uint64
		ring      [recent]fn.BusyInterval // slot intervals%recent is the oldest

		hours   map[int64]*hour // by the hour's begin, Unix seconds
		current *hour           // the one that was added to last
		counted uint64          // requests that are in a row
	}
}

// hour is what has been added in one hour, and whether the Book has it.
type hour struct {
	begin int64
	sums  Sums
	dirty bool
}

// Sums are what intervals add up to. They are whole numbers, so that they add up to the same in any order.
type Sums struct {
	Requests  uint64 `json:"requests"`
	Intervals uint64 `json:"intervals"`
	BilledMs  uint64 `json:"billedMs"`
	MiBMs     uint64 `json:"mibMs"` // billed ms times MiB of the memory limit
}

// CU is GB x s.
func (s Sums) CU() float64 { return float64(s.MiBMs) / 1000 / 1024 }

// Add adds o to s.
func (s *Sums) Add(o Sums) {
	s.Requests += o.Requests
	s.Intervals += o.Intervals
	s.BilledMs += o.BilledMs
	s.MiBMs += o.MiBMs
}

// sumsOf is what one interval adds. Rounding up to 1 ms happens here, once per interval.
func sumsOf(b fn.BusyInterval) Sums {
	ms := b.BilledMs()
	return Sums{Intervals: 1, BilledMs: ms, MiBMs: ms * uint64(b.MemoryMiB)}
}

// NewLedger returns an empty ledger.
func NewLedger(key fn.Key) *Ledger {
	l := &Ledger{key: key, id: rand.Uint64()}
	l.mu.hours = map[int64]*hour{}
	return l
}

// Request counts one request that ran.
func (l *Ledger) Request() { l.requests.Add(1) }

// Close adds a closed interval, to the hour in which it ended.
func (l *Ledger) Close(b fn.BusyInterval) {
	s := sumsOf(b)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.total.Add(s)
	l.mu.ring[l.mu.intervals%recent] = b
	l.mu.intervals++
	l.hourLocked(b.End).sums.Add(s)
}

// hourLocked returns the row for a time, which the caller adds to.
func (l *Ledger) hourLocked(at time.Time) *hour {
	begin := at.Unix() / 3600 * 3600
	if l.mu.current == nil || l.mu.current.begin != begin {
		h := l.mu.hours[begin]
		if h == nil {
			h = &hour{begin: begin}
			l.mu.hours[begin] = h
		}
		l.mu.current = h
	}
	l.mu.current.dirty = true
	return l.mu.current
}

// Usage returns the sums.
func (l *Ledger) Usage() fn.Usage {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := fn.Usage{
		Service:       l.key.Service,
		Function:      l.key.Name,
		Requests:      l.requests.Load(),
		BilledMs:      l.mu.total.BilledMs,
		CU:            l.mu.total.CU(),
		BusyIntervals: l.mu.intervals,
		Recent:        []fn.BusyInterval{},
	}
	first := uint64(0)
	if u.BusyIntervals > recent {
		first = u.BusyIntervals - recent
	}
	for i := first; i < u.BusyIntervals; i++ {
		u.Recent = append(u.Recent, l.mu.ring[i%recent])
	}
	return u
}
