package lifecycle

import "strconv"

// Event is what happened to an instance.
type Event uint8

const (
	Start  Event = 1 // somebody wants the instance
	Ready  Event = 2 // it is instantiated and its initializer has succeeded
	Idle   Event = 3 // its last request has ended
	Invoke Event = 4 // a request takes it
	Done   Event = 5 // the hook of a passing state has ended, well or not
	Stop   Event = 6 // it is to be released
	Fail   Event = 7 // the guest is not sound any more
)

// Events lists all events in order.
var Events = []Event{Start, Ready, Idle, Invoke, Done, Stop, Fail}

func (e Event) String() string {
	switch e {
	case Start:
		return "start"
	case Ready:
		return "ready"
	case Idle:
		return "idle"
	case Invoke:
		return "invoke"
	case Done:
		return "done"
	case Stop:
		return "stop"
	case Fail:
		return "fail"
	}
	return "event(" + strconv.Itoa(int(e)) + ")"
}

// Transition is one row of the table.
type Transition struct {
	From  State
	Event Event
	To    State
}

// Table holds every legal transition.
//
// A stop that is asked for while requests run is remembered and taken at pre-freezing: what the last requests left to
// flush is flushed before preStop. That is why there is no row {Running, Stop}.
var Table = []Transition{
	{Cold, Start, Starting},
	{Cold, Stop, Stopped},

	{Starting, Ready, Running},
	{Starting, Fail, Stopped},

	{Running, Idle, PreFreezing},
	{Running, Invoke, Running}, // a further request beside, or behind, the running ones
	{Running, Fail, Stopped},

	{PreFreezing, Done, Paused},
	{PreFreezing, Invoke, Running}, // after the hook; beside it if the guest can overlap calls
	{PreFreezing, Stop, PreStopping},
	{PreFreezing, Fail, Stopped},

	{Paused, Invoke, Running},
	{Paused, Stop, PreStopping},
	{Paused, Fail, Stopped},

	{PreStopping, Done, Stopped},
	{PreStopping, Fail, Stopped},
}

// next is Table as a matrix; 0 means illegal.
var next = func() (m [Stopped + 1][Fail + 1]State) {
	for _, t := range Table {
		m[t.From][t.Event] = t.To
	}
	return m
}()

// Next returns the state that follows, and whether the event is legal in from.
func Next(from State, e Event) (State, bool) {
	if from > Stopped || e > Fail {
		return 0, false
	}
	to := next[from][e]
	return to, to != 0
}
