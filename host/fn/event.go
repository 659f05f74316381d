package fn

import "time"

// EventKind says what an Event tells. The strings go into logs.
type EventKind uint8

const (
	EventDeployed    EventKind = iota + 1 // a version was put in place
	EventDeleted                          // a function is gone
	EventStateChange                      // From and To are set
	EventRequest                          // a request ended: Duration, Fault, Cold
	EventHook                             // a hook ended: Hook, Duration, Fault
	EventBilled                           // a busy interval closed: Interval
	EventRefused                          // a request got no instance: Err
	EventRestored                         // a version is in place that was in the store when the host began
	EventTrouble                          // something failed in the background that nobody waits for: Err; often of no function
)

func (k EventKind) String() string {
	switch k {
	case EventDeployed:
		return "deployed"
	case EventDeleted:
		return "deleted"
	case EventStateChange:
		return "state"
	case EventRequest:
		return "request"
	case EventHook:
		return "hook"
	case EventBilled:
		return "billed"
	case EventRefused:
		return "refused"
	case EventRestored:
		return "restored"
	case EventTrouble:
		return "trouble"
	}
	return "unknown"
}

// Event is one thing that happened to a function.
type Event struct {
	Kind       EventKind
	Time       time.Time
	Function   Key
	Runtime    string
	InstanceID string
	RequestID  RequestID
	From, To   string // states
	Hook       string // "Initialize", "PreFreeze", "PreStop"
	Duration   time.Duration
	Fuel       uint64 // of a request or a hook; see Response
	Cold       bool
	StartedBy  string // how the guest came to be, when its instance goes from starting to running: "fresh", "image", "reset"
	Fault      *Fault
	Err        error
	Interval   BusyInterval
}

// Listener is told of events, in order for one instance. It is called on the path of requests, may be called
// from many goroutines at once and must not block or call back into the host.
type Listener func(*Event)
