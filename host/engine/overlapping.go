package engine

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// overlapping is a QuickJS guest in which calls overlap: while one waits for a timer or for another's promise, others run. One goroutine at a
// time is in the guest, each that of a call; it also runs what others have become ready to do.
//
// A call that is past its deadline is given up without waiting for the guest, and the instance takes no further ones; those that are on their way go on. Code
// that does not let go is interrupted at the deadline of the call whose goroutine runs it.
type overlapping struct {
	*reactor
	turn    chan struct{} // one token: who has it may be in the guest
	changed atomic.Pointer[chan struct{}]
	mu      sync.Mutex // calls.mu
	dead    chan struct{}
	died    *fn.Fault // read after dead is closed
}

// interruptGrace is how long native code that cannot be interrupted may run past a deadline before it takes the guest down.
const interruptGrace = 100 * time.Millisecond

func newOverlapping(r *reactor) *overlapping {
	o := &overlapping{reactor: r, turn: make(chan struct{}, 1), dead: make(chan struct{})}
	o.turn <- struct{}{}
	o.changed.Store(new(chan struct{}))
	*o.changed.Load() = make(chan struct{})
	q := r.driver.(*quickjs)
	q.mu, q.flights.wake = &o.mu, o.wake
	return o
}

// Call runs a phase beside others.
func (o *overlapping) Call(c *instance.Call) *fn.Fault {
	timeout := time.NewTimer(time.Until(c.Deadline))
	defer timeout.Stop()
	var inv *invocation
	defer func() {
		if inv != nil {
			o.driver.(*quickjs).ground(inv)
		}
	}()
	for {
		select {
		case <-o.turn:
		case <-timeout.C:
			return o.giveUp(inv, c)
		case <-o.dead:
			return o.died
		case <-o.waker():
			return o.stopped(errInterrupted, c)
		}
		select {
		case <-o.dead:
			o.turn <- struct{}{}
			return o.died
		default:
		}
		changed := *o.changed.Load()
		wait := o.run(&inv, c)
		o.turn <- struct{}{}
		select {
		case <-o.dead:
			return o.died
		case <-inv.ended:
			o.wake() // others may wait for a timer that it has set
			return inv.fault
		default:
		}
		var due <-chan time.Time
		var timer *time.Timer
		if wait >= 0 {
			timer = time.NewTimer(time.Duration(wait) * time.Millisecond)
			due = timer.C
		}
		select {
		case <-due:
		case <-changed:
		case <-inv.ended:
			o.wake()
			return inv.fault
		case <-timeout.C:
			return o.giveUp(inv, c)
		case <-o.dead:
			return o.died
		case <-o.waker():
			return o.stopped(errInterrupted, c)
		}
		if timer != nil {
			timer.Stop()
		}
	}
}

// wake has those who wait look at the timers again.
func (o *overlapping) wake() {
	next := make(chan struct{})
	close(*o.changed.Swap(&next))
}

// run is in the guest: it dispatches the call the first time, and runs what is due. It returns the milliseconds until something will be, or -1.
func (o *overlapping) run(inv **invocation, c *instance.Call) (wait int32) {
	q := o.driver.(*quickjs)
	now := time.Now()
	o.begin(c, now, c.Deadline.Add(interruptGrace))
	fault := o.reactor.run(now, func() (err error) {
		defer catch(&err)
		q.stopped = false
		if *inv == nil {
			*inv = q.calls.begin(o.guest, c, c.Deadline)
			q.start(o.guest, *inv)
		} else {
			q.runner, q.current = *inv, *inv
			o.callState = (*inv).callState
		}
		for q.drain(o.guest); !(*inv).done; q.drain(o.guest) {
			if q.deliver(o.guest) {
				continue
			}
			if wait = q.advance(o.guest); wait != 0 || time.Now().After(c.Deadline) {
				break
			}
		}
		q.report(o.guest)
		q.outgoing = nil
		if o.memory.refused && (*inv).fault != nil {
			return errors.New((*inv).fault.Type + ": " + (*inv).fault.Message)
		}
		return nil
	})
	if *inv != nil {
		(*inv).callState = o.callState
	} else {
		*inv = &invocation{} // it died while it was taken in
	}
	c.Fuel += o.fuel.used()
	if fault != nil {
		o.broken = true
		o.died = fault
		close(o.dead)
	}
	o.end()
	return wait
}

// giveUp ends a call at its deadline.
func (o *overlapping) giveUp(inv *invocation, c *instance.Call) *fn.Fault {
	if inv != nil {
		q := o.driver.(*quickjs)
		o.mu.Lock()
		ended := inv.done
		if !ended {
			q.calls.end(inv, nil)
		}
		o.mu.Unlock()
		if ended {
			return inv.fault
		}
	}
	o.wake()
	return o.stopped(errDeadline, c)
}

var errDeadline = errors.New("deadline")

// stopped is the fault of a call that does not wait for the guest.
func (o *overlapping) stopped(why error, c *instance.Call) *fn.Fault {
	if why == errInterrupted {
		return fn.Died(fn.TypeExit, "the host stopped it", time.Since(c.Start), o.Memory())
	}
	return fn.Died(fn.TypeTimeout, "it was stopped at its deadline of "+c.Deadline.Sub(c.Start).Round(time.Millisecond).String(), time.Since(c.Start), o.Memory())
}

// Close ends the guest.
func (o *overlapping) Close() {
	o.driver.(*quickjs).mu = nil
	o.reactor.Close()
}

var _ instance.Guest = (*overlapping)(nil)
