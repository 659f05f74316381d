package instance

import (
	"fmt"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/lifecycle"
)

// Stop takes a paused instance out of use and reports whether it was paused. The caller goes on with Release.
func (i *Instance) Stop() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.mu.state != lifecycle.Paused {
		return false
	}
	now := time.Now()
	i.enterLocked(lifecycle.Stop, now)
	if i.cfg.Function.PreStop.On() {
		i.mu.busy.Begin(now)
	}
	return true
}

// Release runs the preStop hook of a pre-stopping instance, if there is one, and releases the guest.
func (i *Instance) Release() {
	i.mu.Lock()
	state, killed := i.mu.state, i.mu.killed
	i.mu.Unlock()
	if state != lifecycle.PreStopping {
		panic(fmt.Sprintf("instance %s: release in state %s", i.id, state))
	}
	h := i.cfg.Function.PreStop
	if h.On() && !killed {
		i.hook(abi.PhasePreStop, h)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now()
	if h.On() {
		i.endLocked(now)
	}
	e := lifecycle.Done
	if i.mu.broken {
		e = lifecycle.Fail
	}
	i.releaseLocked(e, now)
}

// Kill makes whatever runs in the instance end soon, and keeps further hooks from running. Who holds the instance goes on as usual
// and finds it broken.
func (i *Instance) Kill() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.mu.killed = true
	if i.mu.guest != nil {
		i.mu.guest.Interrupt()
	}
}
