package instance

import (
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

// Program is a function's module, made ready once, that guests start from. Package engine implements it.
// It is safe for concurrent use.
type Program interface {
	// Start makes a guest, up to the point where its initializer may run, within a time that the program sets itself.
	// The fault says what went wrong; then there is no guest.
	Start(id string, out Output) (Guest, *fn.Fault)
	// Overlaps reports whether Call may run more than once at a time in one guest.
	Overlaps() bool
}

// Guest is one running module. Unless its program overlaps, one call runs at a time and no other method but Interrupt
// and Memory runs beside it.
type Guest interface {
	// Call runs one phase to its end and returns nil, or what the guest did wrong. A fault that is Fatal means that
	// the guest must not be called again. It returns soon after c.Deadline at the latest.
	Call(c *Call) *fn.Fault
	// Memory is the size of the guest's linear memory in bytes.
	Memory() int64
	// Resident tells how much of that is in physical memory, and how much of it is the guest's alone, in bytes. Both are 0 where the system
	// does not say. It may be called beside a call, not beside Close.
	Resident() (resident, private int64)
	// StartedBy says where the guest came from.
	StartedBy() Origin
	// Interrupt makes a running call end soon with a fatal fault. It may be called at any time, by anyone.
	Interrupt()
	// Close releases everything. No call runs.
	Close()
}

// Origin is how a guest came to be. The strings go into metrics.
type Origin string

const (
	Fresh Origin = "fresh" // its module was started
	Image Origin = "image" // mapped from its program's image
	Reset Origin = "reset" // the memory of a guest before it, reset to the image
)

// Call is one run of a guest function. The guest keeps nothing of it after Call has returned.
type Call struct {
	Phase     abi.Phase
	RequestID fn.RequestID
	VersionID string // of the function; empty for LATEST
	Start     time.Time
	Deadline  time.Time
	Request   *fn.Request  // nil in hooks
	Response  *fn.Response // nil in hooks
	Fuel      uint64       // set by Call: what it used, where guests count that
	Worn      bool         // set by Call: it answered, and the guest shall be stopped in good order when nothing runs in it
	Unfit     bool         // set by Call: it answered, but the guest must not be called again
}

// Output takes what a guest writes: log calls and lines of stdout and stderr. c is nil outside of calls. The text must not
// change afterwards.
type Output interface {
	Line(c *Call, level abi.Level, text string)
	// Part is Line for a line that was longer than a record may be and is cut here.
	Part(c *Call, level abi.Level, text string)
	// Note takes what the engine says of the guest. It is an error, and not the guest's words.
	Note(c *Call, text string)
}
