package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// calls are the calls on their way in one guest: one, or several where they overlap.
//
// Whose code runs is known from where it comes from: a dispatch, a timer, which remembers who set it, or the job of a promise, which belongs to
// whoever's code has made it ready. It decides which request a log line belongs to.
type calls struct {
	overlap bool
	runner  *invocation       // the call whose goroutine runs the guest
	current *invocation       // whose code runs
	origins map[uint32]origin // of jobs, by address; with overlap, or when the script has frames
	framed  bool              // the script has told of a frame
	frame   uint64            // the one it is in, see async.js; undefined for none
	stopped bool              // the interpreter was interrupted

	mu     *sync.Mutex // guards active, and what is in it while others may take it out: with overlap, else nil
	active []*invocation
	last   int32 // id
}

// origin is where a job comes from.
type origin struct {
	owner *invocation
	frame uint64 // a value of ours
}

// invocation is a call on its way.
type invocation struct {
	callState // while another one's code runs
	id        int32
	deadline  time.Time
	done      bool
	fault     *fn.Fault
	promise   uint64        // what the handler has returned, if the host waits for it; not with overlap
	ended     chan struct{} // closed when done; with overlap
}

func (q *calls) lock() {
	if q.mu != nil {
		q.mu.Lock()
	}
}

func (q *calls) unlock() {
	if q.mu != nil {
		q.mu.Unlock()
	}
}

// begin takes a call in, and makes it the one that runs. The guest's own begin comes before.
func (q *calls) begin(g *guest, c *instance.Call, deadline time.Time) *invocation {
	q.lock()
	defer q.unlock()
	if !q.overlap {
		q.active = q.active[:0] // one that was given up
	}
	q.last++
	inv := &invocation{id: q.last, deadline: deadline, callState: callState{call: c}}
	q.active = append(q.active, inv)
	q.runner, q.current = inv, inv
	if q.overlap {
		inv.ended = make(chan struct{})
	}
	g.callState = inv.callState
	return inv
}

// find is nil for an invocation that has ended.
func (q *calls) find(id int32) *invocation {
	q.lock()
	defer q.unlock()
	return q.findLocked(id)
}

func (q *calls) findLocked(id int32) *invocation {
	for _, inv := range q.active {
		if inv.id == id {
			return inv
		}
	}
	return nil
}

// end ends an invocation. What the script says of it later is not heard.
func (q *calls) end(inv *invocation, fault *fn.Fault) {
	inv.done, inv.fault = true, fault
	q.active = slices.DeleteFunc(q.active, func(i *invocation) bool { return i == inv })
	if inv.ended != nil {
		close(inv.ended)
	}
}

// on does something for one invocation, if it has not ended: nobody takes it out meanwhile.
func (q *calls) on(g *guest, id int32, do func(*invocation)) {
	q.lock()
	defer q.unlock()
	inv := q.findLocked(id)
	if inv == nil {
		return
	}
	before := q.current
	q.enter(g, inv)
	do(inv)
	q.enter(g, before)
}

// enter makes the guest see another call as its own.
func (q *calls) enter(g *guest, inv *invocation) {
	if inv == q.current {
		return
	}
	if q.current != nil {
		q.current.callState = g.callState
	}
	q.current = inv
	if inv != nil {
		g.callState = inv.callState
	}
}

// tag notes where the jobs come from that have become ready.
func (q *quickjs) tag(ctx context.Context) {
	if !q.overlap && !q.framed {
		return
	}
	if q.origins == nil {
		q.origins = map[uint32]origin{}
	}
	for job := q.word(q.jobs); job != q.jobs; job = q.word(job) {
		if _, known := q.origins[job]; known {
			return
		}
		q.origins[job] = origin{q.current, q.share(ctx, q.frame)}
	}
}

// reframe has the script run in another frame.
func (q *quickjs) reframe(ctx context.Context, frame uint64) {
	if q.framed && frame != q.frame {
		q.invoke(ctx, q.inFrame, frame)
		q.frame = frame
	}
}
