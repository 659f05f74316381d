package logs

import (
	"sync"
	"time"
	"unsafe"
)

// ring keeps the newest things of one sort within a number of bytes.
type ring[T any] struct {
	max int // bytes

	mu struct {
		sync.Mutex
		circle[sequenced[T]]
		bytes   int
		last    uint64 // sequence number of the newest one
		dropped uint64
	}
}

// sequenced is something with its place in the order.
type sequenced[T any] struct {
	seq   uint64
	bytes int // beside the value itself
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
	for r.mu.n > 0 && r.mu.bytes+bytes > r.max {
		r.mu.bytes -= r.mu.at(0).bytes
		r.mu.drop()
		r.mu.dropped++
	}
	r.mu.last = after(r.mu.last, t)
	r.mu.push(sequenced[T]{r.mu.last, bytes, v})
	r.mu.bytes += bytes
}

// since copies what has a sequence number greater than after: who writes does not wait for a search.
func (r *ring[T]) since(after uint64) (some []sequenced[T]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.mu.n {
		if v := r.mu.at(i); v.seq > after {
			some = append(some, *v)
		}
	}
	return some
}

// Dropped tells how many have made room for newer ones.
func (r *ring[T]) Dropped() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.dropped
}
