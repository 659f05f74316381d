package engine

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

// flights are the HTTP requests that a guest's calls have sent and that the script waits for. The guest runs on, or waits for something else: goroutines of
// the host send them, and whoever runs the guest next tells the script what came of them.
type flights struct {
	mu      sync.Mutex // guards arrived and aloft
	arrived []*flight
	aloft   []*flight     // those that the script has not been told of
	last    int32         // id
	bell    chan struct{} // has a token when something has arrived
	wake    func()        // called when something has arrived; nil if nobody but the reader of bell waits
}

// flight is one request.
type flight struct {
	id     int32
	of     *invocation
	cancel context.CancelFunc
	over   chan struct{} // closed when resp or err is there
	resp   *fn.OutboundResponse
	err    error
}

// fetch sends a request, of the second argument, its head, and the third, its body; flags and timeout in milliseconds follow. It returns the flight's id.
func (q *quickjs) fetch(g *guest, a arguments) int32 {
	ctx := &g.ctx
	inv := q.current
	q.flights.last++
	f := &flight{id: q.flights.last, of: inv, cancel: func() {}, over: make(chan struct{})}
	q.flights.mu.Lock()
	q.flights.aloft = append(q.flights.aloft, f)
	q.flights.mu.Unlock()
	if inv.call == nil || q.find(inv.id) != inv {
		f.err = fn.OutboundErrorf(abi.WrongPhase, "there is no outbound HTTP while code is loaded, nor behind the end of a call")
		q.land(f)
		return f.id
	}
	var body []byte
	if a.n > 2 {
		body = bytes.Clone(q.view(q.value(a.box(2))))
	}
	req, send, done, err := g.outbound([]byte(a.string(ctx, 1)), body, uint32(a.int(3)))
	if err != nil {
		f.err = err
		q.land(f)
		return f.id
	}
	deadline := inv.deadline
	if timeout := a.int(4); timeout > 0 {
		if own := time.Now().Add(time.Duration(timeout) * time.Millisecond); own.Before(deadline) {
			deadline = own
		}
	}
	sending, cancel := context.WithDeadline(context.Background(), deadline)
	f.cancel = cancel
	go func() {
		f.resp, f.err = send(sending, req)
		cancel()
		done()
		q.land(f)
	}()
	return f.id
}

// outbound is a request that is ready to be sent, and its own way to send it.
func (g *guest) outbound(head, body []byte, flags uint32) (*fn.OutboundRequest, func(context.Context, *fn.OutboundRequest) (*fn.OutboundResponse, error), func(), error) {
	if len(body) > abi.MaxFetchBody {
		return nil, nil, nil, fn.OutboundErrorf(abi.TooLarge, "the request's body has %d bytes, the limit is %d", len(body), abi.MaxFetchBody)
	}
	req, err := parseFetch(head, false)
	if err != nil {
		return nil, nil, nil, err
	}
	req.Body, req.Follow = body, flags&abi.FetchFollow != 0
	f := g.openFetches()
	return req, f.send, f.done, nil
}

// land notes that a flight is over.
func (q *quickjs) land(f *flight) {
	close(f.over)
	q.flights.mu.Lock()
	q.flights.arrived = append(q.flights.arrived, f)
	q.flights.mu.Unlock()
	select {
	case q.flights.bell <- struct{}{}:
	default:
	}
	if q.flights.wake != nil {
		q.flights.wake()
	}
}

// choose gives the flights that are not told of and that a condition chooses.
func (q *quickjs) choose(which func(*flight) bool) (chosen []*flight) {
	q.flights.mu.Lock()
	defer q.flights.mu.Unlock()
	for _, f := range q.flights.aloft {
		if which(f) {
			chosen = append(chosen, f)
		}
	}
	return chosen
}

// flying reports whether the script waits for a flight.
func (q *quickjs) flying() bool { return len(q.choose(func(*flight) bool { return true })) > 0 }

// abort ends one flight early.
func (q *quickjs) abort(id int32) {
	for _, f := range q.choose(func(f *flight) bool { return f.id == id }) {
		f.cancel()
	}
}

// ground ends the flights of a call that is over, and returns when they have: none of its connections is left.
func (q *quickjs) ground(inv *invocation) {
	for _, f := range q.choose(func(f *flight) bool { return f.of == inv }) {
		f.cancel()
		<-f.over
	}
}

// deliver tells the script of flights that are over, and reports whether there were any.
func (q *quickjs) deliver(g *guest) bool {
	q.flights.mu.Lock()
	arrived := q.flights.arrived
	q.flights.arrived = nil
	q.flights.aloft = slices.DeleteFunc(q.flights.aloft, func(f *flight) bool { return slices.Contains(arrived, f) })
	q.flights.mu.Unlock()
	for _, f := range arrived {
		switch active := q.find(f.of.id); {
		case active == f.of:
			q.enter(g, active)
			q.tell(&g.ctx, f)
		case f.of.call == nil: // the boot, in which none is sent
			q.tell(&g.ctx, f)
		default:
			q.invoke(&g.ctx, q.fetched, intValue(f.id)) // nobody waits for it any more
		}
		q.tag(&g.ctx)
		q.enter(g, q.runner)
	}
	return len(arrived) > 0
}

// tell gives the script an answer: id, status, address, headers and body, or id, a number below 0 and what was wrong.
func (q *quickjs) tell(ctx context.Context, f *flight) {
	if f.err != nil {
		out, ok := errors.AsType[*fn.OutboundError](f.err)
		if !ok {
			out = fn.OutboundErrorf(abi.Failed, "%v", f.err)
		}
		text := q.newText(ctx, []byte(strings.ToValidUTF8(out.Message, "\uFFFD")))
		q.invoke(ctx, q.fetched, intValue(f.id), intValue(int32(out.Errno)), text)
		q.drop(ctx, text)
		return
	}
	var head []byte
	for _, h := range f.resp.Header {
		head = append(head, h.Name+": "+h.Value+"\n"...)
	}
	url, headers, body := q.newText(ctx, []byte(f.resp.URL)), q.newText(ctx, head), q.bytes(ctx, f.resp.Body)
	q.invoke(ctx, q.fetched, intValue(f.id), intValue(int32(f.resp.Status)), url, headers, body)
	for _, v := range []uint64{url, headers, body} {
		q.drop(ctx, v)
	}
}

// await waits until something has arrived, for at most some milliseconds, or, if they are below 0, for as long as the call may run.
func (q *quickjs) await(g *guest, ms int32) {
	wake := g.waker()
	g.turn.end(g.program.engine.turns) // who waits needs none
	most := time.Duration(math.MaxInt64)
	if ms >= 0 {
		most = time.Duration(ms) * time.Millisecond
	}
	t := time.NewTimer(min(most, time.Until(g.deadline)+1)) // a nanosecond past the deadline, so that mustGoOn sees it
	defer t.Stop()
	select {
	case <-t.C:
	case <-q.flights.bell:
	case <-wake:
	}
	g.mustGoOn(time.Now())
}
