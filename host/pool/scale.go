package pool

import (
	"time"

	"github.com/lull-dev/lull/host/lifecycle"
)

// Scale bounds a pool from below and above while it runs.
type Scale struct {
	// Warm instances are started ahead of requests, started again when they are lost, and do not stop for being idle.
	Warm int
	// OnDemand is how many more requests may start; negative: the function's MaxInstances.
	OnDemand int
}

// Scale changes the bounds. Instances above them are stopped, those that rest before those that run; each ends the requests that it has and
// runs preStop, which Scale does not wait for. So are those that were kept warm and need not be any more.
func (p *Pool) Scale(s Scale) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.closed {
		return
	}
	released := max(p.mu.warm-s.Warm, 0)
	if s.OnDemand < 0 {
		s.OnDemand = p.limits.MaxInstances
	}
	p.mu.warm, p.mu.most = s.Warm, s.Warm+s.OnDemand
	live := p.liveLocked()
	p.stopSomeLocked(max(min(released, live-s.Warm), live-p.mu.most))
	p.warmLocked()
	p.serveLocked()
}

// Ready counts the instances that have started and are not about to stop.
func (p *Pool) Ready() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for m := range p.mu.all {
		if s := m.State(); !m.doomed && s != lifecycle.Cold && s != lifecycle.Starting {
			n++
		}
	}
	return n
}

// liveLocked counts the instances that are not about to stop.
func (p *Pool) liveLocked() (n int) {
	for m := range p.mu.all {
		if !m.doomed {
			n++
		}
	}
	return n
}

// stopSomeLocked stops n instances.
func (p *Pool) stopSomeLocked(n int) {
	for _, resting := range []bool{true, false} {
		for m := range p.mu.all {
			if n <= 0 {
				break
			}
			if m.doomed || resting && m.State() != lifecycle.Paused {
				continue
			}
			n--
			if m.doomed = true; m.Instance.Stop() {
				go p.stop(m)
			}
		}
	}
	p.pruneLocked()
}

// warmRetry is the time between two tries to start an instance ahead of requests, after one that failed.
const warmRetry = 5 * time.Second

// warmLocked starts what lacks.
func (p *Pool) warmLocked() {
	for n := p.coldLocked(); n > 0; n-- {
		m := p.memberLocked()
		if m == nil {
			break
		}
		p.warming.Go(func() { p.warmUp(m) })
	}
	if p.mu.warm > 0 {
		p.wantLocked()
	}
}

// coldLocked counts the instances that lack of those to be kept warm.
func (p *Pool) coldLocked() int {
	if p.mu.closed || p.mu.cooling || p.mu.warm == 0 {
		return 0
	}
	return max(0, min(p.mu.warm-p.liveLocked(), p.mu.most-len(p.mu.all)))
}

// warmUp starts an instance that no request has asked for. It goes through an idle period like any other, preFreeze included.
func (p *Pool) warmUp(m *member) {
	if fault := m.Start(); fault != nil {
		p.mu.Lock()
		p.mu.cooling = true
		p.lostLocked(m)
		p.mu.Unlock()
		p.warming.Go(p.cool)
		return
	}
	p.started(m)
	p.release(m)
}

// cool tries again after a while.
func (p *Pool) cool() {
	t := time.NewTimer(warmRetry)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.retired:
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.cooling = false
	p.warmLocked()
}
