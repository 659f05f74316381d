package pool

import (
	"container/list"
	"context"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// waiter is a request in line.
type waiter struct {
	grant chan grant // has room for the one grant that is sent; never closed
	at    *list.Element
}

// grant is what a request gets: a place in m, or, with start, the right and the duty to start m, or an error.
type grant struct {
	m     *member
	start bool
	err   error
}

// wait stands in line until there is a place, for at most the queue timeout and as long as ctx lives.
func (p *Pool) wait(ctx context.Context) grant {
	w := &waiter{grant: make(chan grant, 1)}
	p.mu.Lock()
	if p.mu.closed {
		p.mu.Unlock()
		return grant{err: ErrRetired}
	}
	if g := p.nextLocked(); g.m != nil { // a place may have come free since acquire
		p.mu.Unlock()
		return g
	}
	if p.mu.most == 0 {
		p.mu.Unlock()
		return grant{err: fn.Errorf(fn.CodeResourceExhausted, "%s may have no instances: its provision target and its on-demand limit are 0", p.cfg.Function.Key())}
	}
	if p.mu.waiting.Len() >= p.limits.QueueLimit {
		defer p.mu.Unlock()
		return grant{err: p.errFullLocked()}
	}
	w.at = p.mu.waiting.PushBack(w)
	p.wantLocked()
	p.mu.Unlock()

	timeout := time.NewTimer(p.limits.QueueTimeout)
	defer timeout.Stop()
	var err error
	select {
	case g := <-w.grant:
		return g
	case <-ctx.Done():
		err = instance.ErrCallerGone(ctx)
	case <-timeout.C:
		err = instance.ErrWaitedTooLong(p.cfg.Function)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case g := <-w.grant: // granted in the same moment: use it, so that no idle period without a request comes of it
		return g
	default:
		if p.mu.lacking && fn.CodeOf(err) == fn.CodeResourceExhausted {
			err = fn.Errorf(fn.CodeResourceExhausted, "no instance of %s came free within %s, and the host had no room for another one (its limit is %d of all functions); try again later, or raise the host's limit",
				p.cfg.Function.Key(), p.limits.QueueTimeout, p.room.most)
		}
		p.mu.waiting.Remove(w.at)
		p.wantLocked()
		return grant{err: err}
	}
}

// errFullLocked is the error of a request that may not even wait.
func (p *Pool) errFullLocked() error {
	key, limit := p.cfg.Function.Key(), max(p.limits.QueueLimit, 0)
	if len(p.mu.all) < p.mu.most {
		return fn.Errorf(fn.CodeResourceExhausted,
			"the host has no room for another instance of %s (its limit is %d of all functions), and the function's queue is full (limit %d); try again later, or raise the host's limit",
			key, p.room.most, limit)
	}
	return fn.Errorf(fn.CodeResourceExhausted, "all %d instances of %s are busy and its queue is full (limit %d); try again later, or raise max-instances", p.mu.most, key, limit)
}

// nextLocked finds a place for a request that is first in line.
func (p *Pool) nextLocked() grant {
	if p.mu.waiting.Len() > 0 {
		return grant{}
	}
	return p.placeLocked()
}

// grantLocked gives g to the first in line.
func (p *Pool) grantLocked(g grant) {
	w := p.mu.waiting.Remove(p.mu.waiting.Front()).(*waiter)
	w.grant <- g
	if p.mu.lacking {
		p.wantLocked()
	}
}

// serveLocked gives out places for as long as there are some and requests wait.
func (p *Pool) serveLocked() {
	for p.mu.waiting.Len() > 0 {
		g := p.placeLocked()
		if g.m == nil {
			p.wantLocked()
			return
		}
		p.grantLocked(g)
	}
}
