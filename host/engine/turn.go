package engine

import (
	"runtime"
	"time"
)

// turnTime is how long a call may run before it needs a turn, and how long a turn lasts while others wait for theirs.
const turnTime = 10 * time.Millisecond

// turns are the places for calls that run long: one less than Go's processors, so that there is always one for short calls and for
// the network. (When all processors run guests, Go polls the network every 10 ms.) To use all cores and still have one processor more, a
// program sets GOMAXPROCS one above the cores, as `lull serve` does.
type turns chan struct{}

func newTurns() turns { return make(turns, max(1, runtime.GOMAXPROCS(0)-1)) }

// turn is what one call has of them. Only the goroutine that runs the guest uses it.
type turn struct {
	has   bool
	since time.Time // the call's start, or when the turn was taken
}

// begin begins a call, which has no turn.
func (t *turn) begin(now time.Time) { t.since = now }

// due tells that the call needs a turn, or that its turn is over.
func (t *turn) due(now time.Time) bool { return now.Sub(t.since) >= turnTime }

// change gives the turn back, if there is one, and waits for the next, at most to the call's deadline. Who waits is served in order.
func (t *turn) change(g *guest) {
	turns := g.program.engine.turns
	t.end(turns)
	select {
	case turns <- struct{}{}:
	default:
		timeout := time.NewTimer(time.Until(g.deadline) + 1)
		defer timeout.Stop()
		select {
		case turns <- struct{}{}:
		case <-timeout.C:
			return // mustGoOn comes next
		case <-g.waker():
			return
		}
	}
	t.has, t.since = true, time.Now()
}

// end gives the turn back.
func (t *turn) end(turns turns) {
	if t.has {
		<-turns
		t.has = false
	}
}
