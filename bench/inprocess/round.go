package inprocess

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/latency"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// Names of the rows.
const (
	ColdPlain   = "cold start, plain"
	ColdImage   = "cold start, from image"
	ColdReset   = "cold start, by reset"
	Warm        = "warm call"
	Pause       = "pause"
	Resume      = "resume"
	PreFreeze   = "preFreeze"
	PreStop     = "preStop"
	Initializer = "initializer"
	FuelOfCall  = "fuel of a call"
	Linear      = "memory, linear"
	Running     = "memory, running, resident"
	Private     = "memory, paused, of its own"
	PausedRSS   = "memory, paused, of the process"
)

// Effort of a round.
type Effort struct {
	Starts int           // by image and by reset each; a plain start is measured a quarter as often
	Time   time.Duration // for warm calls, and again for pauses
}

// Round measures everything once, and adds it to the rows of a group. Rows that the function cannot have are marked as skipped. When ctx
// ends it returns ctx's error; what was measured until then stays.
func (s *Subject) Round(ctx context.Context, r *figures.Report, group string, effort Effort) error {
	for _, name := range []string{ColdPlain, ColdImage, ColdReset, Warm, Pause, Resume} {
		r.Row(group, name, figures.Nanoseconds) // in this order, whatever comes first
	}
	hooks := map[string]*latency.Histogram{}
	m := &round{s: s, ctx: ctx, report: r, group: group, effort: effort, hooks: hooks}
	for _, step := range []func() error{m.plain, m.imaged, m.warm, m.pauses} {
		if err := step(); err != nil {
			return err
		}
	}
	f := &s.Function
	for _, h := range []struct {
		row, name string
		hook      fn.Hook
	}{{Initializer, "Initialize", f.Initializer}, {PreFreeze, "PreFreeze", f.PreFreeze}, {PreStop, "PreStop", f.PreStop}} {
		switch got := hooks[h.name]; {
		case got != nil:
			r.Row(group, h.row, figures.Nanoseconds).AddLatency(got)
		default:
			r.Skip(group, h.row, "the function has no such hook")
		}
	}
	return nil
}

// round is one round under way.
type round struct {
	s      *Subject
	ctx    context.Context
	report *figures.Report
	group  string
	effort Effort
	hooks  map[string]*latency.Histogram
}

func (m *round) row(name string, u figures.Unit) *figures.Row { return m.report.Row(m.group, name, u) }

// listen keeps the durations of hooks. Instances run one at a time here.
func (m *round) listen(e *fn.Event) {
	if e.Kind != fn.EventHook {
		return
	}
	if m.hooks[e.Hook] == nil {
		m.hooks[e.Hook] = latency.New()
	}
	m.hooks[e.Hook].Record(e.Duration)
}

// plain measures the start without an image.
func (m *round) plain() error {
	if m.s.plain == nil {
		m.report.Skip(m.group, ColdPlain, "it was left out")
		return nil
	}
	g, h := m.s.group(m.s.keep[1], nil), latency.New()
	for n := 0; n < max(1, m.effort.Starts/4) && m.ctx.Err() == nil; n++ {
		i, took, err := g.start(m.ctx)
		if err != nil {
			return err
		}
		h.Record(took)
		g.stop(i)
	}
	m.row(ColdPlain, figures.Nanoseconds).AddLatency(h)
	return m.ctx.Err()
}

// imaged measures starts from the image, by holding on to every instance, so that none leaves a slot; then what these hold, and then starts by
// reset, which find the slot of the instance before.
func (m *round) imaged() error {
	p, err := m.s.compile(m.ctx, m.s.imaged) // a program without slots; the module's code is there
	if err != nil {
		return err
	}
	defer p.Close()
	g := m.s.group(p, m.listen)
	by := map[instance.Origin]*latency.Histogram{instance.Image: latency.New(), instance.Reset: latency.New(), instance.Fresh: latency.New()}
	var held []*instance.Instance
	defer func() {
		for _, i := range held {
			g.stop(i)
		}
	}()
	before := resident()
	for n := 0; n < m.effort.Starts && m.ctx.Err() == nil; n++ {
		i, took, err := g.start(m.ctx)
		if err != nil {
			return err
		}
		held = append(held, i)
		by[i.Info().StartedBy].Record(took)
	}
	if err := m.ctx.Err(); err != nil {
		return err
	}
	m.memory(g, held, before)
	g.stop(held[0]) // leaves a slot
	held = held[1:]
	for n := 0; n < m.effort.Starts && m.ctx.Err() == nil; n++ {
		i, took, err := g.start(m.ctx)
		if err != nil {
			return err
		}
		by[i.Info().StartedBy].Record(took)
		g.stop(i)
	}
	for origin, name := range map[instance.Origin]string{instance.Image: ColdImage, instance.Reset: ColdReset} {
		if by[origin].Count() == 0 {
			m.report.Skip(m.group, name, m.why(p, origin))
			continue
		}
		m.row(name, figures.Nanoseconds).AddLatency(by[origin])
	}
	return m.ctx.Err()
}

// why says why no guest came from an origin.
func (m *round) why(p *engine.Program, origin instance.Origin) string {
	if by := p.StartsBy(); by != "image" {
		return "instances start " + by
	}
	if m.s.Function.Isolation == fn.EachFresh || origin == instance.Image {
		return "no instance started so"
	}
	return "a guest of this module leaves no slot: it breaks, or its memory grows"
}

// memory measures what paused instances hold, and one of them while it runs.
func (m *round) memory(g *group, held []*instance.Instance, before int64) {
	if after := resident(); before > 0 && after > 0 {
		row := m.row(PausedRSS, figures.Bytes)
		row.Add(max(0, float64(after-before)/float64(len(held))))
		row.Note = fmt.Sprintf("growth of the process's resident memory by %d paused instances, for each", len(held))
	} else {
		m.report.Skip(m.group, PausedRSS, "this system does not tell")
	}
	paused := held[len(held)/2].Info()
	m.row(Linear, figures.Bytes).Add(float64(paused.MemoryBytes))
	if paused.ResidentBytes == 0 {
		m.report.Skip(m.group, Running, "the system does not tell, or this kind of guest holds no memory between requests")
		m.report.Skip(m.group, Private, "the system does not tell, or this kind of guest holds no memory between requests")
		return
	}
	m.row(Private, figures.Bytes).Add(float64(paused.PrivateBytes))
	i := held[len(held)/2]
	g.resume(i)
	m.row(Running, figures.Bytes).Add(float64(i.Info().ResidentBytes))
	if _, err := g.pause(i); err != nil {
		return // its next use says so
	}
}

// warm measures calls of one running instance.
func (m *round) warm() error {
	g := m.s.group(m.s.keep[0], nil)
	i, _, err := g.start(m.ctx)
	if err != nil {
		return err
	}
	g.resume(i)
	h := latency.New()
	for end := time.Now().Add(m.effort.Time); time.Now().Before(end) && m.ctx.Err() == nil; {
		began := time.Now()
		if err := g.call(m.ctx, i); err != nil {
			g.leave(i)
			return err
		}
		h.Record(time.Since(began))
	}
	m.row(Warm, figures.Nanoseconds).AddLatency(h)
	if g.resp.Fuel > 0 {
		m.row(FuelOfCall, figures.Fuel).Add(float64(g.resp.Fuel))
	} else {
		m.report.Skip(m.group, FuelOfCall, "this guest uses no fuel: it has neither loops nor recursion, or its kind does not count")
	}
	if _, err := g.pause(i); err != nil {
		return err
	}
	g.stop(i)
	return m.ctx.Err()
}

// pauses measures pause and resume; preFreeze is a part of the pause.
func (m *round) pauses() error {
	g := m.s.group(m.s.keep[0], nil)
	i, _, err := g.start(m.ctx)
	if err != nil {
		return err
	}
	pause, resume := latency.New(), latency.New()
	for end := time.Now().Add(m.effort.Time); time.Now().Before(end) && m.ctx.Err() == nil; {
		resume.Record(g.resume(i))
		took, err := g.pause(i)
		if err != nil {
			return err
		}
		pause.Record(took)
	}
	row := m.row(Pause, figures.Nanoseconds)
	row.AddLatency(pause)
	if m.s.Function.PreFreeze.On() {
		row.Note = "with preFreeze in it"
	}
	m.row(Resume, figures.Nanoseconds).AddLatency(resume)
	g.stop(i)
	return m.ctx.Err()
}

// FreeMemory gives what this process does not use back to the system.
func FreeMemory() {
	debug.FreeOSMemory()
	debug.FreeOSMemory() // what finalizers have let go of
}

// resident is the process's resident memory after garbage collections; 0 where the system does not tell.
func resident() int64 {
	FreeMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
