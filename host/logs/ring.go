package logs

import (
	"sort"
	"sync"
	"time"
	"unsafe"

	"github.com/lull-dev/lull/host/fn"
)

// ring keeps the newest things of one sort and of one function within a number of bytes, and passes them on to a shelf if there is one.
type ring[T any] struct {
	key   fn.Key
	max   int // bytes
	shelf *shelf[T]

	mu struct {
		sync.Mutex
		circle[sequenced[T]]
		bytes   int
		last    uint64 // sequence number of the newest one
		dropped uint64

		// Of use with a shelf alone.
		taken  uint64 // up to here they have been taken for the shelf
		kept   uint64 // up to here they are on it; only they are not read from the ring
		fresh  int    // bytes that have not been taken
		lost   uint64 // dropped before they were taken, since the last take
		queued bool   // the archive knows that there is something to take
	}
}

// patience is how many times its size a ring with a shelf may grow while the archive is busy.
const patience = 8

// sequenced is something with its place in the order.
type sequenced[T any] struct {
	seq   uint64
	bytes int // with what the value refers to
	value T
}

// size is what one element costs beside what it refers to.
func (r *ring[T]) size() int { return int(unsafe.Sizeof(sequenced[T]{})) }

// after is the sequence number of something that happened at t and came in after last. Numbers grow with the time, so that they go on
// growing after a restart.
func after(last uint64, t time.Time) uint64 { return uint64(max(int64(last)+1, t.UnixMicro())) }

// add puts in v, which happened at t and refers to so many bytes, and drops the oldest ones if need be.
func (r *ring[T]) add(v T, t time.Time, bytes int) {
	bytes += r.size()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.makeRoomLocked(bytes)
	r.mu.last = after(r.mu.last, t)
	r.mu.push(sequenced[T]{r.mu.last, bytes, v})
	r.mu.bytes += bytes
	if r.shelf != nil {
		r.tellLocked(bytes)
	}
}

// makeRoomLocked drops the oldest ones. Those that the store does not have yet may stay for a while, unless it refuses.
func (r *ring[T]) makeRoomLocked(bytes int) {
	for r.mu.n > 0 && r.mu.bytes+bytes > r.max {
		oldest := r.mu.at(0)
		if r.shelf != nil && oldest.seq > r.mu.kept && r.mu.bytes+bytes <= patience*r.max && !r.shelf.archive.stalled.Load() {
			return
		}
		if r.shelf != nil && oldest.seq > r.mu.taken {
			r.mu.lost++
			r.mu.fresh -= oldest.bytes
		}
		r.mu.bytes -= oldest.bytes
		r.mu.drop()
		r.mu.dropped++
	}
}

// tellLocked lets the archive know that there is something to take, and, when half of the ring is, that it is urgent.
func (r *ring[T]) tellLocked(bytes int) {
	if !r.mu.queued {
		r.mu.queued = true
		r.shelf.archive.enqueue(r)
	}
	if before := r.mu.fresh; before <= r.max/2 && before+bytes > r.max/2 {
		r.shelf.archive.hurry()
	}
	r.mu.fresh += bytes
}

// take makes a batch of what has not been taken. Who writes waits while it is copied, into memory that is there already.
func (r *ring[T]) take() batch {
	r.mu.Lock()
	items, lost, last := r.appendSinceLocked(r.shelf.taken[:0], r.mu.taken), r.mu.lost, r.mu.last
	r.mu.taken, r.mu.fresh, r.mu.lost, r.mu.queued = last, 0, 0, false
	r.mu.Unlock()
	defer func() {
		clear(items) // of what they refer to
		r.shelf.taken = items
	}()
	return r.shelf.batch(r.key, lost, items, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.mu.kept = last
	})
}

// since copies what has a sequence number greater than after: who writes does not wait for a search.
func (r *ring[T]) since(after uint64) (some []sequenced[T]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.appendSinceLocked(nil, after)
}

func (r *ring[T]) appendSinceLocked(to []sequenced[T], after uint64) []sequenced[T] {
	return r.mu.appendFrom(to, sort.Search(r.mu.n, func(i int) bool { return r.mu.at(i).seq > after }))
}

// unkept copies what is not on the shelf, and tells up to where things are.
func (r *ring[T]) unkept() (kept uint64, some []sequenced[T]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.kept, r.appendSinceLocked(nil, r.mu.kept)
}

// Dropped tells how many have made room for newer ones.
func (r *ring[T]) Dropped() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.dropped
}
