package meter

import (
	"sync"
	"sync/atomic"

	"github.com/lull-dev/lull/host/fn"
)

// recent is how many closed intervals a ledger keeps for people to look at.
const recent = 100

// Ledger adds up what one function costs. It is safe for concurrent use and outlives the function's versions.
type Ledger struct {
	key      fn.Key
	requests atomic.Uint64

	mu struct {
		sync.Mutex
		billedMs  uint64
		cu        float64
		intervals uint64
		ring      [recent]fn.BusyInterval // slot intervals%recent is the oldest
	}
}

// NewLedger returns an empty ledger.
func NewLedger(key fn.Key) *Ledger { return &Ledger{key: key} }

// Request counts one request that ran.
func (l *Ledger) Request() { l.requests.Add(1) }

// Close adds a closed interval. Rounding up to 1 ms happens here, once per interval.
func (l *Ledger) Close(b fn.BusyInterval) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.billedMs += b.BilledMs()
	l.mu.cu += b.CU()
	l.mu.ring[l.mu.intervals%recent] = b
	l.mu.intervals++
}

// Usage returns the sums.
func (l *Ledger) Usage() fn.Usage {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := fn.Usage{
		Service:       l.key.Service,
		Function:      l.key.Name,
		Requests:      l.requests.Load(),
		BilledMs:      l.mu.billedMs,
		CU:            l.mu.cu,
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
