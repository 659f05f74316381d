// Package lifecycle is the state machine of an instance: states, events and one table. It is pure
// and a leaf; package instance owns the one place where a state changes.
//
//	cold --start--> starting --ready--> running --idle--> pre-freezing --done--> paused
//	                   |                   ^                 |    |                | |
//	                   |                   +-----invoke------+    |                | |
//	                   |                   +---------------invoke-|----------------+ |
//	                   |                                         stop               stop
//	                   |                                          v                  v
//	                   +--fail--> stopped <--done, fail-- pre-stopping <-------------+
//
// Every live state also goes to stopped on fail: a crash runs no hook.
//
// The states are of two sorts. Resting: cold, running, paused, stopped. Passing: starting, pre-freezing,
// pre-stopping; a passing state has a deadline and always ends.
package lifecycle

import "strconv"

// State of an instance. Numbers and strings go on the wire: they never change, and new states get new numbers.
type State uint8

const (
	// Cold: nothing exists but the id. Goes to Starting, or to Stopped if it is not wanted any more.
	Cold State = 1
	// Starting: the guest is instantiated and its initializer runs. Goes to Running or Stopped.
	Starting State = 2
	// Running: one or more requests hold the instance. Goes to PreFreezing or Stopped.
	Running State = 3
	// PreFreezing: no request holds the instance, the preFreeze hook runs if there is one. Goes to Paused; to Running
	// when a request is waiting for it; to PreStopping when it is to be stopped; or to Stopped.
	PreFreezing State = 4
	// Paused: memory only; nothing runs and nothing is billed. Goes to Running, PreStopping or Stopped.
	Paused State = 5
	// PreStopping: the preStop hook runs if there is one. Goes to Stopped.
	PreStopping State = 6
	// Stopped: the guest is released. Terminal.
	Stopped State = 7
)

// States lists all states in order.
var States = []State{Cold, Starting, Running, PreFreezing, Paused, PreStopping, Stopped}

func (s State) String() string {
	switch s {
	case Cold:
		return "cold"
	case Starting:
		return "starting"
	case Running:
		return "running"
	case PreFreezing:
		return "pre-freezing"
	case Paused:
		return "paused"
	case PreStopping:
		return "pre-stopping"
	case Stopped:
		return "stopped"
	}
	return "state(" + strconv.Itoa(int(s)) + ")"
}

// Live reports whether an instance in this state has a guest, or is about to.
func (s State) Live() bool { return s > Cold && s < Stopped }
