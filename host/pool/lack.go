package pool

import (
	"slices"
	"time"

	"github.com/lull-dev/lull/host/lifecycle"
)

// What a pool does for its Room.

// wantLocked tells the room how many places the pool lacks: for requests in line, and for instances to be kept warm.
func (p *Pool) wantLocked() {
	if p.room == nil {
		return
	}
	lack := 0
	if !p.mu.closed {
		lack = min(p.mu.waiting.Len()+p.coldLocked(), p.mu.most-len(p.mu.all))
	}
	if lack = max(lack, 0); lack > 0 || p.mu.lacking {
		p.mu.lacking = lack > 0
		p.room.want(p.holder, lack)
	}
}

// retry takes what places there are.
func (p *Pool) retry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serveLocked()
	p.warmLocked()
	p.wantLocked()
}

// evict stops the instance at the bottom of the stack, which has been paused for the longest time, unless that was after bound; a zero bound
// is none. longest is when it was paused, zero if there is no instance to stop. Where instances take several requests at a time the
// stack is in the order in which they came to it, which is about that of their pauses.
func (p *Pool) evict(bound time.Time) (longest time.Time, stopped bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.spareLocked() <= 0 {
		return time.Time{}, false
	}
	at := slices.IndexFunc(p.mu.open, func(m *member) bool { return !m.doomed && m.State() == lifecycle.Paused })
	if at < 0 {
		return time.Time{}, false
	}
	m := p.mu.open[at]
	if !bound.IsZero() && m.paused.After(bound) {
		return m.paused, false
	}
	m.doomed, m.evicted, m.listed = true, true, false
	m.Instance.Stop()
	p.mu.open = slices.Delete(p.mu.open, at, at+1)
	p.room.evicting()
	go p.stop(m)
	return m.paused, true
}

// yield dooms an instance that runs: it ends the requests that it has and is stopped. It reports false if there is none to spare, or one is on
// its way already.
func (p *Pool) yield() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.spareLocked() <= 0 || p.liveLocked() < len(p.mu.all) {
		return false
	}
	for m := range p.mu.all {
		m.doomed = true
		if m.Instance.Stop() { // it has been paused in this moment
			go p.stop(m)
		}
		p.pruneLocked()
		return true
	}
	return false
}
