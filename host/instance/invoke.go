package instance

import (
	"context"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/lifecycle"
	"github.com/lull-dev/lull/host/logs"
)

// Join takes a place for one more request and reports whether there was one: in a paused instance, in a running one below its
// concurrency, and, if the guest overlaps calls, beside a running preFreeze. A place taken must be left.
func (i *Instance) Join() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.mu.broken || i.mu.worn || i.mu.active >= i.cfg.Function.Limits.Concurrency {
		return false
	}
	switch i.mu.state {
	case lifecycle.Running, lifecycle.Paused:
	case lifecycle.PreFreezing:
		if !i.cfg.Program.Overlaps() {
			return false
		}
	default:
		return false
	}
	i.joinLocked(time.Now())
	return true
}

func (i *Instance) joinLocked(now time.Time) {
	i.enterLocked(lifecycle.Invoke, now)
	i.mu.active++
	i.mu.busy.Begin(now)
}

// Invoke runs one request in a place that the caller holds. What the guest did wrong is in resp.Fault.
//
// ran is false if nothing of the request was done: with a nil error, because the instance broke while the request queued behind
// others on it; with ClientClosedRequest, because ctx ended in that queue; with ResourceExhausted, because the wait there was
// longer than the function's queue timeout.
func (i *Instance) Invoke(ctx context.Context, req *fn.Request, resp *fn.Response) (ran bool, err error) {
	c := &i.call
	if i.cfg.Program.Overlaps() {
		c = new(Call)
	} else {
		if err := i.takeTurn(ctx); err != nil {
			return false, err
		}
		defer func() { i.turn <- struct{}{} }()
	}
	i.mu.Lock()
	guest, broken := i.mu.guest, i.mu.broken || i.mu.killed
	if !broken {
		i.mu.requests++
	}
	i.mu.Unlock()
	if broken {
		return false, nil
	}

	now := time.Now()
	*c = Call{
		Phase: abi.PhaseHandler, RequestID: req.ID, VersionID: i.cfg.VersionID, Start: now, Deadline: now.Add(i.cfg.Function.Limits.Timeout),
		Request: req, Response: resp,
	}
	i.cfg.Ledger.Request()
	i.mark(logs.Start, c, now, nil)
	fault := guest.Call(c)
	end := time.Now()
	i.mark(logs.End, c, end, fault)

	resp.RequestID, resp.InstanceID, resp.Version = req.ID, i.id, i.cfg.VersionID
	resp.Start, resp.Duration = now, end.Sub(now)
	resp.MemoryBytes, resp.Fuel = guest.Memory(), c.Fuel
	if fault != nil {
		resp.Status, resp.Header, resp.Body, resp.Fault = 200, resp.Header[:0], resp.Body[:0], fault
	}
	c.Request, c.Response = nil, nil

	i.mu.Lock()
	defer i.mu.Unlock()
	i.mu.memory = resp.MemoryBytes
	i.mu.lastUsed = end
	if c.Unfit || fault != nil && fault.Fatal {
		i.mu.broken = true
	}
	i.mu.worn = i.mu.worn || c.Worn
	if i.cfg.Listener != nil {
		i.notifyLocked(fn.Event{
			Kind: fn.EventRequest, Time: end, RequestID: req.ID, Duration: resp.Duration, Fuel: c.Fuel, Cold: resp.Cold, Fault: fault,
		})
	}
	return true, nil
}

// takeTurn waits until the requests before have ended.
func (i *Instance) takeTurn(ctx context.Context) error {
	select {
	case <-i.turn:
		return nil
	default:
	}
	timeout := time.NewTimer(i.cfg.Function.Limits.QueueTimeout)
	defer timeout.Stop()
	select {
	case <-i.turn:
		return nil
	case <-ctx.Done():
		return ErrCallerGone(ctx)
	case <-timeout.C:
		return ErrWaitedTooLong(i.cfg.Function)
	}
}

// ErrCallerGone is the error of a request whose caller's context ended while it waited.
func ErrCallerGone(ctx context.Context) error {
	return fn.Errorf(fn.CodeClientClosedRequest, "the caller went away while the request waited for an instance: %w", context.Cause(ctx))
}

// ErrWaitedTooLong is the error of a request that was in line for the function's queue timeout.
func ErrWaitedTooLong(f *fn.Function) error {
	return fn.Errorf(fn.CodeResourceExhausted, "no instance of %s came free within %s; try again later, or raise max-instances", f.Key(), f.Limits.QueueTimeout)
}

// Left says what a Leave led to.
type Left uint8

const (
	LeftOthers Left = iota // other requests hold places, or a hook's owner will see to the instance
	LeftIdle               // it was the last one: the caller goes on with Freeze and Settle
	LeftGone               // it was the last one of a broken instance, which is now stopped and released
)

// Leave gives a place back. After LeftIdle, period names the idle period that began.
func (i *Instance) Leave() (left Left, period uint64) {
	now := time.Now()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.mu.active--
	switch {
	case i.mu.active > 0:
		i.endLocked(now)
		return LeftOthers, 0
	case i.mu.broken:
		i.endLocked(now)
		if i.goneLocked(now) {
			return LeftGone, 0
		}
		return LeftOthers, 0
	}
	// The request's piece of work becomes that of the freeze: the interval has no gap.
	i.enterLocked(lifecycle.Idle, now)
	i.mu.idleAt = now
	i.mu.period++
	i.mu.freezes++
	return LeftIdle, i.mu.period
}

// goneLocked releases a broken instance once nothing runs in it.
func (i *Instance) goneLocked(now time.Time) bool {
	if i.mu.active > 0 || i.mu.freezes > 0 {
		return false
	}
	i.releaseLocked(lifecycle.Fail, now)
	return true
}

func (i *Instance) releaseLocked(e lifecycle.Event, now time.Time) {
	i.mu.guest.Close()
	i.mu.guest = nil
	i.enterLocked(e, now)
}

// Sound reports whether a place in the instance is worth having.
func (i *Instance) Sound() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return !i.mu.broken && !i.mu.worn && !i.mu.killed
}

// Worn reports whether the instance shall be stopped, with its hooks, instead of paused.
func (i *Instance) Worn() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.mu.worn
}
