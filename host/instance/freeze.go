package instance

import (
	"fmt"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/lifecycle"
)

// Freeze runs the preFreeze hook of an idle period, if there is one and if the period has not ended already. Every Leave that
// answered LeftIdle is followed by one Freeze and one Settle. The state does not change here.
func (i *Instance) Freeze(period uint64) {
	h := i.cfg.Function.PreFreeze
	if !h.On() {
		return
	}
	<-i.freezing
	defer func() { i.freezing <- struct{}{} }()
	i.mu.Lock()
	due := i.mu.state == lifecycle.PreFreezing && i.mu.period == period && !i.mu.broken && !i.mu.killed
	i.mu.Unlock()
	if due {
		i.hook(abi.PhasePreFreeze, h)
	}
}

// Next is what shall follow a freeze.
type Next uint8

const (
	NextPause  Next = iota // rest
	NextInvoke             // a request is waiting: it gets a place without a pause between
	NextStop               // release the instance
)

// Settled says what a Settle led to.
type Settled uint8

const (
	SettledAsAsked Settled = iota // paused, running with a place for the waiting request, or pre-stopping
	SettledByOther                // a request joined beside the hook; whoever leaves last settles
	SettledGone                   // the hook broke the instance, which is now stopped and released
)

// Settle ends the idle period that began with a Leave.
//
// After NextInvoke and SettledAsAsked the caller holds a place. After NextStop and SettledAsAsked the caller goes on with Release.
func (i *Instance) Settle(period uint64, next Next) Settled {
	now := time.Now()
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.mu.freezes == 0 {
		panic(fmt.Sprintf("instance %s: settle in state %s", i.id, i.mu.state))
	}
	i.mu.freezes--
	if !i.cfg.Function.PreFreeze.On() {
		now = i.mu.idleAt
	}
	switch {
	case i.mu.broken:
		i.endLocked(now)
		if i.goneLocked(now) {
			return SettledGone
		}
		return SettledByOther
	case i.mu.state != lifecycle.PreFreezing || i.mu.period != period:
		i.endLocked(now)
		return SettledByOther
	}
	switch next {
	case NextPause:
		i.enterLocked(lifecycle.Done, now)
		i.endLocked(now)
	case NextInvoke:
		i.joinLocked(now)
		i.endLocked(now)
	case NextStop:
		i.enterLocked(lifecycle.Stop, now) // the piece of work becomes that of preStop
		if !i.cfg.Function.PreStop.On() {
			i.endLocked(now)
		}
	}
	return SettledAsAsked
}
