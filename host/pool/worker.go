package pool

import "time"

// workerIdle is how long a goroutine that has run a hook waits for another one.
const workerIdle = 100 * time.Millisecond

// idled is an idle period that is to be settled.
type idled struct {
	m      *member
	period uint64
}

// settleBeside settles an idle period on another goroutine: the caller's answer does not wait for the hook. It takes one that has just done
// the same, if there is one, whose stack has grown to what a guest needs.
func (p *Pool) settleBeside(m *member, period uint64) {
	work := idled{m, period}
	select {
	case p.idled <- work:
	default:
		go p.settleAll(work)
	}
}

// settleAll is such a goroutine. None is left when nothing has run for workerIdle.
func (p *Pool) settleAll(work idled) {
	timeout := time.NewTimer(workerIdle)
	defer timeout.Stop()
	for {
		p.settle(work.m, work.period)
		timeout.Reset(workerIdle)
		select {
		case work = <-p.idled:
		case <-timeout.C:
			return
		case <-p.retired:
			return
		}
	}
}
