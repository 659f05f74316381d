// Package pool holds the instances of one function version and decides which one a request goes to: the one used last that has a
// place, else a new one, else the request waits in line.
//
// LOCKS. Pool.mu guards the lists. It is taken before an instance's own lock, never after, and never held while a guest runs or
// starts. Everything that takes an instance out of or into use happens under it, so a waiting request cannot miss a place. Room.mu comes
// after both; no two pools are locked at a time.
package pool

import (
	"container/list"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// ErrRetired is answered by a closed pool: the function has another version now, or none.
var ErrRetired = errors.New("pool: retired")

// Pool is safe for concurrent use.
type Pool struct {
	cfg    *instance.Config
	limits fn.Limits
	room   *Room      // that it shares with others, or nil
	holder *holder    // what the room knows of it
	idled  chan idled // unbuffered: only who waits already takes from it; never closed
	// retired is closed by Close: no request gets in any more.
	retired chan struct{}
	// warming counts the goroutines that start instances ahead of requests; Close waits for them.
	warming sync.WaitGroup

	mu struct {
		sync.Mutex
		// all has every instance from the moment it is wanted until it is stopped; its length is what most bounds.
		all map[*member]struct{}
		// open is a stack of members that may have a place; the top is the one used last. A member is in it at most once; one
		// that has no place after all is dropped when it comes up.
		open    []*member
		waiting list.List // of *waiter, first come first served
		closed  bool
		// warm and most are the bounds of Scale: at first none, and the function's MaxInstances.
		warm, most int
		cooling    bool // a warm start has failed a moment ago
		lacking    bool // in line for places in the room
		// sweeper is the one timer for all idle instances, set to the earliest end of an idle timeout, or nil.
		sweeper *time.Timer
	}
}

// member is an instance and what the pool knows of it.
type member struct {
	*instance.Instance
	listed  bool          // in open
	doomed  bool          // to be stopped as soon as no request holds it
	evicted bool          // stopped to make room for another pool's
	paused  time.Time     // when it was paused last
	gone    chan struct{} // closed when the instance is stopped and released
}

// New returns a pool of instances that share cfg, and room with other pools; without one it has no bound but its function's. It starts none.
func New(cfg *instance.Config, room *Room) *Pool {
	p := &Pool{cfg: cfg, limits: cfg.Function.Limits, room: room, idled: make(chan idled), retired: make(chan struct{})}
	p.holder = room.newHolder(p)
	p.mu.all = map[*member]struct{}{}
	p.mu.most = p.limits.MaxInstances
	return p
}

// Invoke runs one request. The errors are ErrRetired, and *fn.Error with code ResourceExhausted (the queue is full, or the wait was longer
// than the queue timeout) or ClientClosedRequest (ctx ended before the request ran). What the guest did wrong is in resp.Fault.
func (p *Pool) Invoke(ctx context.Context, req *fn.Request, resp *fn.Response) error {
	for {
		g := p.acquire()
		if g.m == nil && g.err == nil {
			g = p.wait(ctx)
		}
		if g.err != nil {
			return g.err
		}
		if g.start {
			began := time.Now()
			if fault := g.m.Start(); fault != nil {
				p.lost(g.m)
				resp.Start = began
				resp.RequestID, resp.InstanceID, resp.Version, resp.Fault, resp.Cold = req.ID, g.m.ID(), p.cfg.VersionID, fault, true
				if p.cfg.Listener != nil {
					p.cfg.Listener(&fn.Event{
						Kind: fn.EventRequest, Time: time.Now(), Function: p.cfg.Function.Key(), Runtime: p.cfg.Function.Runtime,
						InstanceID: g.m.ID(), RequestID: req.ID, Cold: true, Fault: fault,
					})
				}
				return nil
			}
			resp.Cold = true
			p.started(g.m)
		}
		ran, err := g.m.Invoke(ctx, req, resp)
		p.release(g.m)
		if ran || err != nil {
			return err
		}
		resp.Cold = false // the instance broke while the request queued on it: another one takes it
	}
}

// acquire finds a place without waiting: in the instance used last, else in a new one. A zero grant means that the request has to wait.
func (p *Pool) acquire() grant {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.closed {
		return grant{err: ErrRetired}
	}
	if p.mu.waiting.Len() > 0 {
		return grant{} // behind those who came before
	}
	return p.placeLocked()
}

// placeLocked takes a place or makes a new member.
func (p *Pool) placeLocked() grant {
	for n := len(p.mu.open); n > 0; n = len(p.mu.open) {
		m := p.mu.open[n-1]
		joined := !m.doomed && m.Join()
		if !joined || p.limits.Concurrency == 1 { // no further place: off the stack, which stays in the order of pauses
			m.listed = false
			p.mu.open[n-1] = nil
			p.mu.open = p.mu.open[:n-1]
		}
		if joined {
			return grant{m: m}
		}
	}
	if m := p.memberLocked(); m != nil {
		return grant{m: m, start: true}
	}
	return grant{}
}

// memberLocked makes a member, or nil if there is no room for one.
func (p *Pool) memberLocked() *member {
	if len(p.mu.all) >= p.mu.most || !p.room.take(p.holder) {
		return nil
	}
	m := &member{Instance: instance.New(p.cfg), gone: make(chan struct{})}
	p.mu.all[m] = struct{}{}
	if p.mu.lacking {
		p.wantLocked()
	}
	return m
}

// pruneLocked drops doomed members from the stack.
func (p *Pool) pruneLocked() {
	p.mu.open = slices.DeleteFunc(p.mu.open, func(m *member) bool { return m.doomed })
}

// openLocked puts m on top of the stack.
func (p *Pool) openLocked(m *member) {
	if !m.listed && !m.doomed {
		m.listed = true
		p.mu.open = append(p.mu.open, m)
	}
}

// started opens the places that a new instance has beside the one its starter holds.
func (p *Pool) started(m *member) {
	if p.limits.Concurrency == 1 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.openLocked(m)
	p.serveLocked()
}

// lost forgets a stopped instance and passes its room on.
func (p *Pool) lost(m *member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lostLocked(m)
}

func (p *Pool) lostLocked(m *member) {
	delete(p.mu.all, m)
	m.doomed = true
	p.room.give(p.holder, m.evicted)
	close(m.gone) // who waits for it finds the place free
	p.serveLocked()
	p.warmLocked()
}

// release gives a place back: to the next request in line, or to the instance, and sees to the instance if it was the last one.
func (p *Pool) release(m *member) {
	p.mu.Lock()
	if !m.doomed && p.mu.waiting.Len() > 0 && m.Sound() {
		p.grantLocked(grant{m: m}) // no idle period: the place changes hands
		p.mu.Unlock()
		return
	}
	left, period := m.Leave()
	switch left {
	case instance.LeftGone:
		p.lostLocked(m)
		p.mu.Unlock()
		return
	case instance.LeftOthers:
		p.openLocked(m)
		p.serveLocked()
		p.mu.Unlock()
		return
	case instance.LeftIdle:
	}
	if p.cfg.Program.Overlaps() {
		p.openLocked(m) // requests may join beside the hook
		p.serveLocked()
	}
	p.mu.Unlock()
	if p.cfg.Function.PreFreeze.On() {
		p.settleBeside(m, period)
	} else {
		p.settle(m, period)
	}
}

// settle runs the preFreeze hook and decides what follows: a waiting request, the end, or the pause.
func (p *Pool) settle(m *member, period uint64) {
	m.Freeze(period)
	p.mu.Lock()
	next := instance.NextPause
	switch {
	case m.doomed || m.Worn():
		next = instance.NextStop
	case p.mu.waiting.Len() > 0:
		next = instance.NextInvoke
	}
	switch m.Settle(period, next) {
	case instance.SettledByOther:
	case instance.SettledGone:
		p.lostLocked(m)
	case instance.SettledAsAsked:
		switch next {
		case instance.NextPause:
			m.paused = time.Now()
			p.openLocked(m)
			p.armLocked(p.limits.IdleTimeout)
			p.room.paused()
		case instance.NextInvoke:
			p.grantLocked(grant{m: m})
			if p.limits.Concurrency > 1 {
				p.openLocked(m)
				p.serveLocked()
			}
		case instance.NextStop:
			p.mu.Unlock()
			go p.stop(m) // without a preFreeze hook this is the caller's goroutine: nor does the answer wait for preStop
			return
		}
	}
	p.mu.Unlock()
}

// stop releases an instance that has been taken out of use.
func (p *Pool) stop(m *member) {
	m.Release()
	p.lost(m)
}
