package pool

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/lifecycle"
)

// Stop stops the instance named id, or all if id is empty, and returns how many there were. Each runs preStop; one that serves
// requests ends them first. When ctx ends, what still runs is interrupted; Stop returns when all are released. Requests that
// come meanwhile get other instances.
func (p *Pool) Stop(ctx context.Context, id string) int {
	p.mu.Lock()
	var doomed []*member
	for m := range p.mu.all {
		if id == "" || m.ID() == id {
			doomed = append(doomed, m)
		}
	}
	for _, m := range doomed {
		if m.doomed = true; m.Instance.Stop() {
			go p.stop(m)
		}
	}
	p.pruneLocked()
	p.mu.Unlock()

	var once sync.Once
	for _, m := range doomed {
		select {
		case <-m.gone:
			continue
		case <-ctx.Done():
		}
		once.Do(func() {
			for _, m := range doomed {
				m.Kill()
			}
		})
		<-m.gone
	}
	return len(doomed)
}

// Close retires the pool: no request gets in any more, those in line are answered ErrRetired, those that run end, and all
// instances are stopped as by Stop. Closing twice is the same as waiting for the first.
func (p *Pool) Close(ctx context.Context) {
	p.mu.Lock()
	if !p.mu.closed {
		p.mu.closed = true
		close(p.retired)
	}
	for p.mu.waiting.Len() > 0 {
		p.grantLocked(grant{err: ErrRetired})
	}
	p.wantLocked()
	if p.mu.sweeper != nil {
		p.mu.sweeper.Stop()
		p.mu.sweeper = nil
	}
	p.mu.Unlock()
	p.Stop(ctx, "")
	p.warming.Wait()
}

// Busy tells of the busy intervals that are open, up to now.
func (p *Pool) Busy(now time.Time, yield func(fn.BusyInterval)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for m := range p.mu.all {
		if b, open := m.Busy(now); open {
			yield(b)
		}
	}
}

// Instances returns a snapshot of all instances, in no order.
func (p *Pool) Instances() []instance.Info {
	p.mu.Lock()
	all := slices.Collect(maps.Keys(p.mu.all))
	p.mu.Unlock()
	infos := make([]instance.Info, len(all))
	for i, m := range all { // without the lock: looking at memory takes a while
		infos[i] = m.Info()
	}
	return infos
}

// armLocked sets the sweeper to run after d, unless it is set already or instances stay for ever.
func (p *Pool) armLocked(d time.Duration) {
	if p.mu.sweeper == nil && p.limits.IdleTimeout > 0 && !p.mu.closed {
		p.mu.sweeper = time.AfterFunc(d, p.sweep)
	}
}

// spareLocked counts the instances that may stop for being idle, or for room.
func (p *Pool) spareLocked() int { return p.liveLocked() - max(p.limits.MinInstances, p.mu.warm) }

// sweep stops the instances that have been paused for the idle timeout, but leaves MinInstances.
func (p *Pool) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.sweeper = nil
	now := time.Now()
	spare := p.spareLocked()
	var next time.Duration
	for _, m := range p.mu.open { // the bottom of the stack is the one unused for the longest time
		if m.State() != lifecycle.Paused || m.doomed || spare <= 0 {
			continue
		}
		left := p.limits.IdleTimeout - now.Sub(m.paused)
		if left > 0 {
			if next == 0 || left < next {
				next = left
			}
			continue
		}
		if m.Instance.Stop() {
			m.doomed = true
			spare--
			go p.stop(m)
		}
	}
	p.pruneLocked()
	if next > 0 {
		// Not more often than a hundred times in an idle timeout, however many instances there are.
		p.armLocked(max(next, p.limits.IdleTimeout/100))
	}
}
