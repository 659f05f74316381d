package pool

import (
	"container/heap"
	"container/list"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long a pool waits for room before another one has to give up an instance that it keeps running.
const patience = time.Second

// Room bounds the instances of many pools together. A pool takes a place for every instance that it makes and gives it back when the
// instance is gone. A pool that finds no place stands in line; places go round among the pools in line. For those the instance that has been
// paused for the longest time, of any pool, is stopped as an idle one is; while none is paused the line waits for one. A pool that has been in
// line for a second has one with more instances give up one that it keeps running: it ends the requests that it has and is stopped.
// Instances that a pool keeps (MinInstances, Scale.Warm) are not taken from it.
//
// A nil Room has no bound.
//
// LOCKS. Room.mu is innermost: pools come with their own lock held. What needs a pool's lock is done by one goroutine, work, which holds none
// meanwhile and ends when there is nothing to do. A request that finds an instance never comes here.
type Room struct {
	most int
	// lacking is the length of the line. A pool that pauses an instance reads it without the lock: it pauses before it reads, and work looks for
	// paused ones after the line has grown, both under the pool's lock, so one of the two sees the other.
	lacking atomic.Int64

	mu struct {
		sync.Mutex
		used    int
		leaving int // of those, stopped to make room
		wanted  int // by all pools in line
		line    list.List
		holders holders
		working bool // work runs
		again   bool // something has changed since it looked
		timer   *time.Timer
	}
}

// NewRoom returns a room for at most n instances, or nil if n is not above 0.
func NewRoom(n int) *Room {
	if n <= 0 {
		return nil
	}
	return &Room{most: n}
}

// Used counts the places that are taken.
func (r *Room) Used() int {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.used
}

// holder is what a room knows of a pool. Room.mu guards it.
type holder struct {
	pool  *Pool
	held  int           // instances
	since time.Time     // none of them has been paused for longer: a bound, made exact when it matters
	at    int           // in Room.mu.holders; -1: not there
	wants int           // places it is in line for
	turn  *list.Element // in Room.mu.line, or nil
	began time.Time     // when it came in line
}

func (r *Room) newHolder(p *Pool) *holder {
	if r == nil {
		return nil
	}
	return &holder{pool: p, at: -1}
}

// take takes a place for a pool, unless others are in line before it.
func (r *Room) take(h *holder) bool {
	if r == nil {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.mu.line.Front(); r.mu.used >= r.most || first != nil && first != h.turn {
		return false
	}
	r.mu.used++
	if h.held++; h.at < 0 {
		h.since = time.Now()
		heap.Push(&r.mu.holders, h)
	}
	r.leaveLineLocked(h) // what it wants beside this it asks for again, behind the others
	return true
}

// give gives a place back; evicted is true if that was to make room.
func (r *Room) give(h *holder, evicted bool) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.used--
	if evicted {
		r.mu.leaving--
	}
	if h.held--; h.held == 0 && h.at >= 0 {
		heap.Remove(&r.mu.holders, h.at)
	}
	r.wakeLocked()
}

// want says how many places a pool lacks, from now on.
func (r *Room) want(h *holder, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n == 0 {
		r.leaveLineLocked(h)
	} else {
		if h.turn == nil {
			h.turn, h.began = r.mu.line.PushBack(h), time.Now()
		}
		r.mu.wanted += n - h.wants
		h.wants = n
	}
	r.lacking.Store(int64(r.mu.line.Len()))
	r.wakeLocked()
}

func (r *Room) leaveLineLocked(h *holder) {
	if h.turn == nil {
		return
	}
	r.mu.line.Remove(h.turn)
	r.mu.wanted -= h.wants
	h.turn, h.wants = nil, 0
	r.lacking.Store(int64(r.mu.line.Len()))
}

// paused is called by a pool that has paused an instance, with its lock held.
func (r *Room) paused() {
	if r == nil || r.lacking.Load() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wakeLocked()
}

// wakeLocked has work look at the line, if there is one.
func (r *Room) wakeLocked() {
	switch {
	case r.mu.line.Len() == 0:
	case r.mu.working:
		r.mu.again = true
	default:
		r.mu.working = true
		go r.work()
	}
}

// work gives free places to the line and stops paused instances for what else it wants, until it can do no more.
func (r *Room) work() {
	for {
		r.mu.Lock()
		r.mu.again = false
		first, free := r.mu.line.Front(), r.most-r.mu.used
		if first == nil || free <= 0 && r.mu.wanted <= r.mu.leaving {
			r.mu.working = false // what is leaving wakes it
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		if free > 0 {
			first.Value.(*holder).pool.retry() // takes the place, or leaves the line
			continue
		}
		if r.evict() {
			continue
		}
		r.mu.Lock()
		if !r.mu.again {
			r.mu.working = false
			if r.mu.timer == nil {
				r.mu.timer = time.AfterFunc(patience, r.press)
			}
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
	}
}

// evict stops the instance that has been paused for the longest time, and reports whether there was one.
func (r *Room) evict() bool {
	var without []*holder // have none, and are out of the heap meanwhile
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() {
		for _, h := range without {
			if h.held > 0 && h.at < 0 {
				heap.Push(&r.mu.holders, h)
			}
		}
	}()
	for len(r.mu.holders) > 0 {
		h, bound := r.mu.holders[0], r.mu.holders.second()
		r.mu.Unlock()
		looked := time.Now()
		longest, stopped := h.pool.evict(bound)
		r.mu.Lock()
		switch {
		case stopped:
			return true
		case h.at < 0: // its instances have gone
		case longest.IsZero():
			h.since = looked
			heap.Remove(&r.mu.holders, h.at)
			without = append(without, h)
		default: // another pool may have one that has been paused for longer
			h.since = longest
			heap.Fix(&r.mu.holders, h.at)
		}
	}
	return false
}

// evicting is called by a pool that stops an instance to make room.
func (r *Room) evicting() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.leaving++
}

// press has a pool give up an instance that it keeps running, if one in line has run out of patience that has fewer.
func (r *Room) press() {
	for _, h := range r.pressed() {
		if h.pool.yield() {
			return
		}
	}
}

// pressed puts the one that shall have the place in front, lists whom to ask for it, those with the most instances first, and sets the timer again
// as long as there is a line.
func (r *Room) pressed() (rich []*holder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.timer = nil
	if r.mu.line.Len() == 0 {
		return nil
	}
	r.mu.timer = time.AfterFunc(patience, r.press)
	for at := r.mu.line.Front(); at != nil; at = at.Next() {
		h := at.Value.(*holder)
		if time.Since(h.began) < patience {
			continue
		}
		for _, other := range r.mu.holders {
			// Not one that would then have the same reason to ask for it back, unless there is but one for both.
			if other != h && (h.held == 0 || other.held > h.held+1) {
				rich = append(rich, other)
			}
		}
		if len(rich) > 0 {
			r.mu.line.MoveToFront(at)
			slices.SortFunc(rich, func(a, b *holder) int { return b.held - a.held })
			return rich
		}
	}
	return nil
}

// holders is a heap: first the pool that may have the instance that has been paused for the longest time.
type holders []*holder

// second is the bound of the pool behind the first; zero: there is none.
func (l holders) second() (since time.Time) {
	for _, h := range l[min(1, len(l)):min(3, len(l))] { // the children of the root
		if since.IsZero() || h.since.Before(since) {
			since = h.since
		}
	}
	return since
}

func (l holders) Len() int           { return len(l) }
func (l holders) Less(a, b int) bool { return l[a].since.Before(l[b].since) }
func (l holders) Swap(a, b int) {
	l[a], l[b] = l[b], l[a]
	l[a].at, l[b].at = a, b
}

// Push implements heap.Interface.
func (l *holders) Push(x any) {
	h := x.(*holder)
	h.at = len(*l)
	*l = append(*l, h)
}

// Pop implements heap.Interface.
func (l *holders) Pop() any {
	last := len(*l) - 1
	h := (*l)[last]
	(*l)[last] = nil
	*l, h.at = (*l)[:last], -1
	return h
}
