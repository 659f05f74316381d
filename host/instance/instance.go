// Package instance is one running guest and its state machine. It declares what an engine must bring (Program, Guest);
// package pool decides which instance a request goes to.
//
// LOCKS. Instance.mu guards state, counts and billing; it is never held while a guest runs. Events are sent to the
// listener while it is held, so that they arrive in order. The pool calls instances with its own lock held: pool, then
// instance, never the other way.
package instance

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/lifecycle"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/meter"
)

// Config is what all instances of one function version share.
type Config struct {
	Function  *fn.Function // with defaults filled in
	VersionID string
	Program   Program
	Ledger    *meter.Ledger
	Logs      *logs.Ring
	Listener  fn.Listener // or nil
}

// Instance is one guest from start to stop. Its methods may be called from any goroutine, each within the states it names;
// a call out of turn is a bug of the host and panics.
type Instance struct {
	id      string
	cfg     *Config
	created time.Time

	// turn holds one token: who has it may call the guest. Not used when the program overlaps calls.
	turn chan struct{}
	// freezing holds one token: who has it may run preFreeze. Overlapping guests may become idle again beside a running hook. Like turn it
	// is a channel, not a mutex, since it is held while the guest runs.
	freezing chan struct{}
	// call is the scratch of who runs the guest, with turn or in a hook: a call in a serial guest allocates nothing.
	call Call

	mu struct {
		sync.Mutex
		state    lifecycle.State
		guest    Guest  // from Ready until Stopped
		active   int    // requests that hold a place
		broken   bool   // a call ended fatally: nobody calls the guest again
		worn     bool   // a call said that the guest shall be stopped in good order: no further request joins
		killed   bool   // Kill was called
		freezes  int    // idle periods that began and are not settled; above 1 only in overlapping guests
		period   uint64 // counts idle periods
		busy     meter.Busy
		idleAt   time.Time // when the last request left
		lastUsed time.Time
		requests uint64
		memory   int64
	}
}

// New returns a cold instance.
func New(cfg *Config) *Instance {
	now := time.Now()
	i := &Instance{id: newID(now), cfg: cfg, created: now, turn: make(chan struct{}, 1), freezing: make(chan struct{}, 1)}
	i.turn <- struct{}{}
	i.freezing <- struct{}{}
	i.mu.state = lifecycle.Cold
	i.mu.lastUsed = now
	return i
}

// newID gives c-<8 hex>-<20 hex>: the second it was made, and 80 random bits.
func newID(now time.Time) string {
	return fmt.Sprintf("c-%08x-%016x%04x", uint32(now.Unix()), rand.Uint64(), rand.Uint32N(1<<16))
}

// ID is the instance's id, in Function Compute's form.
func (i *Instance) ID() string { return i.id }

// Info is an instance as people see it.
type Info struct {
	InstanceID  string    `json:"instanceId"`
	Service     string    `json:"serviceName"`
	Function    string    `json:"functionName"`
	VersionID   string    `json:"versionId"`
	State       string    `json:"state"`
	Active      int       `json:"activeRequests"`
	Requests    uint64    `json:"requests"`
	Created     time.Time `json:"createdTime"`
	LastUsed    time.Time `json:"lastUsedTime"`
	MemoryBytes int64     `json:"memoryBytes"` // linear memory after the last call
	// ResidentBytes of it are in physical memory, PrivateBytes of those belong to this instance alone, the rest is shared with the
	// image. Both are 0 where the system does not say.
	ResidentBytes int64  `json:"residentBytes"`
	PrivateBytes  int64  `json:"privateBytes"`
	StartedBy     Origin `json:"startedBy"`
}

// Info returns a snapshot.
func (i *Instance) Info() Info {
	i.mu.Lock()
	defer i.mu.Unlock()
	f := i.cfg.Function
	info := Info{
		InstanceID: i.id, Service: f.Service, Function: f.Name, VersionID: i.cfg.VersionID,
		State: i.mu.state.String(), Active: i.mu.active, Requests: i.mu.requests,
		Created: i.created, LastUsed: i.mu.lastUsed, MemoryBytes: i.mu.memory,
	}
	if i.mu.guest != nil {
		info.ResidentBytes, info.PrivateBytes = i.mu.guest.Resident()
		info.StartedBy = i.mu.guest.StartedBy()
	}
	return info
}

// State returns the state.
func (i *Instance) State() lifecycle.State {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.mu.state
}

func (i *Instance) enter(e lifecycle.Event) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.enterLocked(e, time.Now())
}

// enterLocked is the one door through which the state changes.
func (i *Instance) enterLocked(e lifecycle.Event, now time.Time) {
	from := i.mu.state
	to, ok := lifecycle.Next(from, e)
	if !ok {
		panic(fmt.Sprintf("instance %s: %s in state %s", i.id, e, from))
	}
	i.mu.state = to
	if to == from || i.cfg.Listener == nil {
		return
	}
	change := fn.Event{Kind: fn.EventStateChange, Time: now, From: from.String(), To: to.String()}
	if e == lifecycle.Ready {
		change.StartedBy = string(i.mu.guest.StartedBy())
	}
	i.notifyLocked(change)
}

func (i *Instance) notifyLocked(e fn.Event) {
	e.Function, e.Runtime, e.InstanceID = i.cfg.Function.Key(), i.cfg.Function.Runtime, i.id
	i.cfg.Listener(&e)
}

// endLocked takes one piece of work off and books the interval that it closes.
func (i *Instance) endLocked(now time.Time) {
	start, closed := i.mu.busy.End(now)
	if !closed {
		return
	}
	b := fn.BusyInterval{InstanceID: i.id, Start: start, End: now, MemoryMiB: i.cfg.Function.Limits.MemoryMiB}
	i.cfg.Ledger.Close(b)
	if i.cfg.Listener != nil {
		i.notifyLocked(fn.Event{Kind: fn.EventBilled, Time: now, Interval: b})
	}
}

// Busy returns the busy interval that is open, up to now, if there is one.
func (i *Instance) Busy(now time.Time) (b fn.BusyInterval, open bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	start, open := i.mu.busy.Open()
	return fn.BusyInterval{InstanceID: i.id, Start: start, End: now, MemoryMiB: i.cfg.Function.Limits.MemoryMiB}, open
}

// Line writes what the guest says into the function's log. It is the guest's Output.
func (i *Instance) Line(c *Call, level abi.Level, text string) {
	i.write(c, logs.Entry{Level: level, Text: text})
}

// Part writes a piece of what the guest says.
func (i *Instance) Part(c *Call, level abi.Level, text string) {
	i.write(c, logs.Entry{Level: level, Text: text, Cut: true})
}

// Note writes what the host says of the guest.
func (i *Instance) Note(c *Call, text string) {
	i.write(c, logs.Entry{Mark: logs.Note, Level: abi.Error, Text: text})
}

// write adds an entry of this moment; c is the call it belongs to, or nil.
func (i *Instance) write(c *Call, e logs.Entry) {
	e.Time, e.InstanceID, e.VersionID = time.Now(), i.id, i.cfg.VersionID
	if c != nil {
		e.RequestID, e.Phase = c.RequestID, c.Phase
	}
	i.cfg.Logs.Add(e)
}

func (i *Instance) mark(m logs.Mark, c *Call, now time.Time, fault *fn.Fault) {
	e := logs.Entry{Time: now, InstanceID: i.id, VersionID: i.cfg.VersionID, RequestID: c.RequestID, Phase: c.Phase, Mark: m}
	if fault != nil {
		e.Fault = fault.Kind
		if fault.Type != "" && c.Phase != abi.PhaseHandler {
			// Nobody gets a hook's fault as an answer: the log is where it is told.
			i.Note(c, fault.Error())
		}
	}
	i.cfg.Logs.Add(e)
}
