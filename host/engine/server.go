package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero/sys"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// server is a guest of kind server: an HTTP server that runs in its _start for as long as the instance lives, on a goroutine of its own. Calls
// are requests over connections in memory, and overlap.
//
// # Standing still
//
// The guest runs while a call holds its gate (sockets) open. Otherwise it waits: in poll_oneoff or a blocking read or accept, where it has
// nothing to do, or in the yield of its fuel, if code of its own would go on. Timers that become due meanwhile fire when the next call
// comes. What a paused server keeps is its linear memory, the stacks of the goroutine and of wazero that its _start is on, and its idle
// connections; it has no descriptor, no timer and no port of the host.
type server struct {
	*guest
	net   *sockets
	ended chan struct{} // closed when _start has ended, and err or fault says how
	err   error
	fault *fn.Fault // a failure of the host's own code

	fuelUsed atomic.Uint64 // since the start, as of the last time that the guest came by
	wakeups  atomic.Uint64 // how often the guest has gone on after a wait
	expired  atomic.Bool   // a call was at its deadline
}

var (
	errEnded   = errors.New("the guest has ended")
	errExpired = errors.New("the call's time is over")
)

// forever is the deadline of a server's goroutine, whose calls have their own.
const forever = 100 * 365 * 24 * time.Hour

// startServer starts the program and waits until it listens.
func (p *Program) startServer(id string, out instance.Output, timeout time.Duration) (*server, *fn.Fault) {
	s := &server{guest: newGuest(p, id, out), net: newSockets(), ended: make(chan struct{})}
	s.guest.server = s
	s.net.enter(nil) // the start
	began := time.Now()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	go s.main(began)
	select {
	case <-s.net.listening:
		s.net.leave(nil)
		return s, nil
	case <-s.ended:
		fault := s.diedSince(began)
		fault.Message = "the program ended before it listened on descriptor 3: " + fault.Message
		return nil, fault
	case <-timer.C:
		s.Close()
		return nil, &fn.Fault{Kind: fn.Unhandled, Type: fn.TypeTimeout, Fatal: true,
			Message: fmt.Sprintf("the program did not listen on descriptor 3 within %s; a server for this host takes its listener from there and opens none of its own", timeout)}
	}
}

// main runs the guest's _start to its end.
func (s *server) main(began time.Time) {
	defer close(s.ended)
	p := s.program
	s.begin(nil, began, began.Add(forever))
	s.fault = s.run(began, func() error {
		config := moduleOptions{p.config.WithStdout(&s.stdout).WithEnv("FC_INSTANCE_ID", s.id)}
		mod, err := s.instantiate(config)
		if mod != nil {
			defer mod.Close(context.Background())
		}
		for _, name := range []string{p.mod.bin.Start, abi.Start} {
			if err == nil && name != "" {
				err = s.callExport(mod, name, nil)
			}
		}
		if err == nil {
			err = sys.NewExitError(0) // main has returned
		}
		s.err = err
		return err
	})
	s.end()
	s.net.mu.Lock()
	s.net.closeListenerLocked()
	s.net.mu.Unlock()
	s.memory.Free()
}

// diedSince is the fault of a call that began then, and during which the guest has ended.
func (s *server) diedSince(began time.Time) *fn.Fault {
	switch {
	case s.err == nil:
		fault := *s.fault
		return &fault
	case s.expired.Load() && errors.Is(s.err, errInterrupted):
		return fn.Died(fn.TypeExit, "another call in the instance reached its deadline", time.Since(began), s.Memory())
	}
	return s.died(s.err, began)
}

// Call sends one request. What the answer to each phase means is said in server_call.go.
func (s *server) Call(c *instance.Call) *fn.Fault {
	s.net.enter(c)
	defer s.net.leave(c)
	fuel := s.fuelUsed.Load()
	fault := s.exchange(c)
	c.Fuel = s.fuelUsed.Load() - fuel
	select {
	case <-s.ended:
		c.Unfit = true
	default:
	}
	return fault
}

// Interrupt ends the guest.
func (s *server) Interrupt() { s.guest.Interrupt() }

// StartedBy is Fresh: a server's state is also on the stack of its _start, which no image can hold.
func (s *server) StartedBy() instance.Origin { return instance.Fresh }

// Close ends the guest and waits for its goroutine.
func (s *server) Close() {
	s.Interrupt()
	<-s.ended
}

// await is how the guest waits, on its goroutine: until the gate is open and either ready, which is called with the sockets locked, says so
// or the time has come. The zero time never comes.
func (s *server) await(until time.Time, ready func() bool) {
	n := s.net
	for first := true; ; first = false {
		now := time.Now()
		s.mustGoOn(now)
		n.mu.Lock()
		open := n.open > 0
		n.untidy = len(s.stdout.part)+len(s.stderr.part) > 0 || s.fetches != nil
		done := open && (ready() || !until.IsZero() && !now.Before(until))
		n.mu.Unlock()
		if done {
			if !first {
				s.wakeups.Add(1)
				s.turn.begin(now)
				s.fuel.since = now
			}
			return
		}
		s.rest(open)
		s.wait(open, until, now)
	}
}

// rest puts the guest's affairs in order before it waits.
func (s *server) rest(open bool) {
	s.turn.end(s.program.engine.turns)
	s.fuelUsed.Store(s.fuel.used())
	if !open {
		s.stdout.flush()
		s.stderr.flush()
		s.fetches.end()
		s.fetches = nil
	}
}

// wait waits for a change, and, if the gate is open, at most until a time.
func (s *server) wait(open bool, until, now time.Time) {
	var timeout <-chan time.Time
	if open && !until.IsZero() {
		timer := time.NewTimer(until.Sub(now))
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-s.net.wake:
	case <-timeout:
	case <-s.waker():
	}
}

// pass keeps a guest that would go on by itself from running while the gate is closed. It is called by the yield.
func (s *server) pass() {
	s.fuelUsed.Store(s.fuel.used())
	if !s.net.isOpen() {
		s.await(time.Time{}, func() bool { return true })
	}
}

var _ instance.Guest = (*server)(nil)
