package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/guests"
	"github.com/lull-dev/lull/bench/latency"
	"github.com/lull-dev/lull/bench/process"
)

// event is that of every call: 100 bytes.
var event = []byte(strings.Repeat("x", 100))

// turns of the busy loop: about 30 ms of work.
const turns = 10_000_000

// interpreted guests run so many times fewer.
const interpreted = 400

// Groups of rows, for a guest's name.
func coldGroup(g string) string { return "cold start to first answer, " + g + " guest" }
func warmGroup(g string) string { return "warm call, 100 bytes, " + g + " guest" }
func busyGroup(g string) string { return "busy loop, " + g + " guest" }
func stallGroup(g string) string {
	return "worst stall beside a busy loop and a garbage collection, " + g + " guest"
}
func memoryGroup(g string) string { return "memory of each of many idle instances, " + g + " guest" }

// effort of one round of one contender.
type effort struct {
	Starts int
	Time   time.Duration // for warm calls
	Idle   int           // idle instances, 0: not in this round
}

// measure runs in a process of its own, with one contender and one guest.
func measure(s sort, g *guest, cache string, e effort) (*figures.Report, error) {
	c, err := s.open(g, cache)
	if err != nil {
		return nil, err
	}
	defer c.close()
	m := &measuring{c: c, s: s, g: g, r: figures.New("", nil), effort: e}
	if _, ok := c.(once); ok {
		m.effort.Starts = min(m.effort.Starts, 3) // an interpreter's own start takes most of a second
		for _, group := range []string{warmGroup(g.name), busyGroup(g.name), stallGroup(g.name), memoryGroup(g.name)} {
			m.r.Skip(group, s.name, reasonOf(errOnce.Error()))
		}
		return m.r, m.cold()
	}
	steps := []func() error{m.cold}
	if s.name != "lull engine, image" { // that one differs in its starts alone
		steps = append(steps, m.warm, m.busy, m.stall)
	}
	if e.Idle > 0 && s.name != "wasmtime, no deadlines" && !strings.HasPrefix(s.name, "lull engine") {
		steps = append(steps, m.idle)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return m.r, nil
}

type measuring struct {
	c      contender
	s      sort
	g      *guest
	r      *figures.Report
	effort effort
}

// cold measures from nothing to the first answer, and checks that the instance was new.
func (m *measuring) cold() error {
	h := latency.New()
	const warmUp = 1
	for n := range m.effort.Starts + warmUp {
		began := time.Now()
		i, err := m.c.start()
		if err != nil {
			return err
		}
		answer, err := i.call(event)
		took := time.Since(began)
		if err != nil {
			return err
		}
		if err := guests.Answer(event, answer, true); err != nil {
			return err
		}
		if err := i.close(); err != nil {
			return err
		}
		if n >= warmUp {
			h.Record(took)
		}
	}
	m.r.Row(coldGroup(m.g.name), m.s.name, figures.Nanoseconds).AddLatency(h)
	return nil
}

func (m *measuring) warm() error {
	i, err := m.c.start()
	if err != nil {
		return err
	}
	defer i.close()
	for range 100 {
		if err := checked(i, event, false); err != nil {
			return err
		}
	}
	h := latency.New()
	for end := time.Now().Add(m.effort.Time); time.Now().Before(end); {
		began := time.Now()
		answer, err := i.call(event)
		h.Record(time.Since(began))
		if err != nil {
			return err
		}
		if len(answer) < 10 { // the sum has 8 digits: a full check between the calls would cool the caches
			return fmt.Errorf("wrong answer %q", answer)
		}
	}
	if err := checked(i, event, false); err != nil {
		return err
	}
	m.r.Row(warmGroup(m.g.name), m.s.name, figures.Nanoseconds).AddLatency(h)
	return nil
}

// spin runs the loop once and checks what came of it.
func spin(i instance, n int, want []byte) error {
	answer, err := i.call(guests.Spin(n))
	if err == nil && string(answer) != string(want) {
		err = fmt.Errorf("wrong answer %q to a loop of %d turns", answer, n)
	}
	return err
}

func (m *measuring) busy() error {
	i, err := m.c.start()
	if err != nil {
		return err
	}
	defer i.close()
	n := turns
	if m.g.source != nil {
		n /= interpreted
	}
	want := guests.Spun(n)
	h := latency.New()
	for range 5 {
		began := time.Now()
		if err := spin(i, n, want); err != nil {
			return err
		}
		h.Record(time.Since(began))
	}
	row := m.r.Row(busyGroup(m.g.name), m.s.name, figures.Nanoseconds)
	row.AddLatency(h)
	if n != turns {
		row.Note = fmt.Sprintf("%d turns of the loop, where compiled guests run %d", n, turns)
	}
	return nil
}

// stall runs a guest in a busy loop for about a second, starts a garbage collection beside it, and watches how late a goroutine wakes that asks
// to be woken every millisecond: what any other request of the process would have waited.
func (m *measuring) stall() error {
	i, err := m.c.start()
	if err != nil {
		return err
	}
	defer i.close()
	n := turns
	if m.g.source != nil {
		n /= interpreted
	}
	began := time.Now()
	want := guests.Spun(n)
	if err := spin(i, n, want); err != nil {
		return err
	}
	n = int(float64(n) * float64(time.Second) / float64(time.Since(began)))
	want = guests.Spun(n)

	done := make(chan error, 1)
	go func() { done <- spin(i, n, want) }()
	go func() {
		time.Sleep(50 * time.Millisecond)
		runtime.GC()
	}()
	var worst time.Duration
	for last := time.Now(); ; {
		time.Sleep(time.Millisecond)
		now := time.Now()
		worst = max(worst, now.Sub(last)-time.Millisecond)
		last = now
		select {
		case err := <-done:
			m.r.Row(stallGroup(m.g.name), m.s.name, figures.Nanoseconds).Add(float64(worst))
			return err
		default:
		}
	}
}

// idle measures how much the process grows by instances that have answered once.
func (m *measuring) idle() error {
	before, err := resident()
	if err != nil {
		return err
	}
	release := func() {}
	if own, ok := m.c.(idler); ok {
		if release, err = own.idle(context.Background(), m.effort.Idle, event); err != nil {
			return err
		}
	} else {
		all := make([]instance, 0, m.effort.Idle)
		for range m.effort.Idle {
			i, err := m.c.start()
			if err != nil {
				return err
			}
			if err := checked(i, event, true); err != nil {
				return err
			}
			all = append(all, i)
		}
		release = func() {
			for _, i := range all {
				i.close()
			}
		}
	}
	after, err := resident()
	release()
	if err != nil {
		return err
	}
	row := m.r.Row(memoryGroup(m.g.name), m.s.name, figures.Bytes)
	row.Add(max(0, float64(after-before)/float64(m.effort.Idle)))
	return nil
}

// resident is this process's memory after garbage collections, in which a page that several instances share counts once.
func resident() (int64, error) {
	debug.FreeOSMemory()
	debug.FreeOSMemory()
	m, err := process.MemoryOf(os.Getpid())
	if err != nil {
		return 0, err
	}
	return m.PSS, nil
}
