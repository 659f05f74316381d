package instance

import (
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/lifecycle"
	"github.com/lull-dev/lull/host/logs"
)

// Start brings a cold instance up: it makes the guest and runs the initializer.
//
// On success the instance is running and the caller holds one place in it. On failure it is stopped and
// released, and the fault is of kind Initialization.
func (i *Instance) Start() *fn.Fault {
	i.enter(lifecycle.Start)

	began := time.Now()
	guest, fault := i.cfg.Program.Start(i.id, i)
	if fault != nil {
		i.Note(nil, fault.Error())
		return i.refuse(fault, nil)
	}

	i.mu.Lock()
	i.mu.guest = guest
	i.mu.memory = guest.Memory()
	killed := i.mu.killed
	i.mu.Unlock()
	if killed { // Kill came before there was a guest to interrupt
		return i.refuse(fn.Died(fn.TypeExit, "the host stopped it", time.Since(began), guest.Memory()), guest)
	}

	if h := i.cfg.Function.Initializer; h.On() {
		i.mu.Lock()
		i.mu.busy.Begin(time.Now())
		i.mu.Unlock()
		fault = i.hook(abi.PhaseInitializer, h)
	}

	now := time.Now()
	if fault != nil {
		i.mu.Lock()
		i.endLocked(now)
		i.mu.Unlock()
		return i.refuse(fault, guest)
	}

	i.mu.Lock()
	defer i.mu.Unlock()
	i.enterLocked(lifecycle.Ready, now)
	i.mu.active = 1
	i.mu.busy.Begin(now)
	if i.cfg.Function.Initializer.On() {
		i.endLocked(now) // the request goes on in the same interval
	}
	return nil
}

// refuse ends a start that failed.
func (i *Instance) refuse(fault *fn.Fault, guest Guest) *fn.Fault {
	i.mu.Lock()
	i.mu.guest = nil
	if guest != nil {
		guest.Close()
	}
	i.enterLocked(lifecycle.Fail, time.Now())
	i.mu.Unlock()
	f := *fault
	f.Kind = fn.Initialization
	return &f
}

// hook runs one hook. The caller has opened the busy interval, and nobody else calls the guest unless it overlaps.
func (i *Instance) hook(phase abi.Phase, h fn.Hook) *fn.Fault {
	i.mu.Lock()
	guest := i.mu.guest
	i.mu.Unlock()
	now := time.Now()
	c := &i.call // nobody else is in a serial guest while a hook runs
	if i.cfg.Program.Overlaps() {
		c = new(Call)
	}
	*c = Call{Phase: phase, RequestID: fn.NewRequestID(), VersionID: i.cfg.VersionID, Start: now, Deadline: now.Add(h.Timeout)}
	i.mark(logs.Start, c, now, nil)
	fault := guest.Call(c)
	end := time.Now()
	i.mark(logs.End, c, end, fault)

	i.mu.Lock()
	defer i.mu.Unlock()
	i.mu.memory = guest.Memory()
	if fault != nil && fault.Fatal {
		i.mu.broken = true
	}
	i.mu.worn = i.mu.worn || c.Worn
	if i.cfg.Listener != nil {
		i.notifyLocked(fn.Event{
			Kind: fn.EventHook, Time: end, RequestID: c.RequestID, Hook: logs.HookName(phase), Duration: end.Sub(now), Fuel: c.Fuel, Fault: fault,
		})
	}
	return fault
}
