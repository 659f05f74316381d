//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/inprocess"
	"github.com/lull-dev/lull/bench/latency"
	"github.com/lull-dev/lull/bench/load"
	"github.com/lull-dev/lull/bench/lullserver"
	"github.com/lull-dev/lull/bench/process"
)

// Groups of rows.
const (
	startGroup  = "start to first answer"
	freezeGroup = "time to freeze or pause"
	warmGroup   = "request to an instance that is not frozen"
	thawGroup   = "request to first byte after a freeze or pause"
	memoryGroup = "memory of each idle one (PSS)"
	totalGroup  = "memory of all idle ones and what runs them (PSS)"
	cpuGroup    = "processor time of an idle one in a second, not frozen"
	threadGroup = "threads of an idle one"
)

type comparison struct {
	rounds, cycles int
	many           []int
	patience       time.Duration // for starting many ordinary processes

	report *figures.Report
	dir    string
	cache  string // of compiled code, for all processes
}

// run measures everything. What was measured stays in the report when it fails.
func (c *comparison) run(ctx context.Context) (err error) {
	c.report = figures.New("pausing against freezing", append([]string{"bench/freezing"}, os.Args[1:]...))
	defer c.report.Done()
	c.report.Set("rounds", fmt.Sprintf("%d of %d cycles: freeze, wait 20 ms, ask; subjects take turns", c.rounds, c.cycles))
	c.report.Set("HTTP", "one connection, kept alive; asked at the moment of thawing; answers of 10 bytes arrive whole with their first byte")
	if c.dir, err = os.MkdirTemp("", "lull-freezing-"); err != nil {
		return err
	}
	defer os.RemoveAll(c.dir)
	if c.cache == "" {
		c.cache = filepath.Join(c.dir, "cache")
	}
	guests, missing, err := prepare(ctx)
	if err != nil {
		return err
	}
	for name, why := range missing {
		c.report.Skip(freezeGroup, name, why)
	}
	binary, err := lullserver.Build(ctx, c.dir)
	if err != nil {
		return err
	}
	for round := range c.rounds {
		for _, o := range ordinaries {
			if err := c.freeze(ctx, o); err != nil && ctx.Err() == nil {
				c.report.Skip(freezeGroup, o.name, err.Error())
			}
		}
		for i := range guests {
			if err := c.pause(ctx, &guests[i], binary); err != nil && ctx.Err() == nil {
				c.report.Skip(thawGroup, guests[i].name, err.Error())
			}
		}
		if ctx.Err() != nil {
			c.report.Partial = fmt.Sprintf("stopped in round %d of %d", round+1, c.rounds)
			return ctx.Err()
		}
		fmt.Fprintf(os.Stderr, "freezing: round %d of %d done\n", round+1, c.rounds)
	}
	for _, n := range c.many {
		for _, o := range ordinaries {
			c.idleProcesses(ctx, o, n)
		}
		for i := range guests {
			c.idleInstances(ctx, &guests[i], n)
		}
		if ctx.Err() != nil {
			c.report.Partial = fmt.Sprintf("stopped at %d idle ones", n)
			return ctx.Err()
		}
		fmt.Fprintf(os.Stderr, "freezing: %d idle ones done\n", n)
	}
	return ctx.Err()
}

func (c *comparison) latency(group, name string, h *latency.Histogram) {
	c.report.Row(group, name, figures.Nanoseconds).AddLatency(h)
}

// freeze measures one round of an ordinary program under each freezer.
func (c *comparison) freeze(ctx context.Context, o server) error {
	start, warm := latency.New(), latency.New()
	began := time.Now()
	server, err := o.start(ctx, c.dir)
	if err != nil {
		return err
	}
	defer server.stop()
	start.Record(time.Since(began))
	c.latency(startGroup, o.name, start)
	for range c.cycles {
		time.Sleep(20 * time.Millisecond)
		began := time.Now()
		if err := server.calls.Call(0); err != nil {
			return err
		}
		warm.Record(time.Since(began))
	}
	c.latency(warmGroup, o.name, warm)
	c.report.Row(threadGroup, o.name, figures.Count).Add(float64(process.Threads(server.PID())))
	before := process.CPUTime(server.PID())
	time.Sleep(time.Second)
	c.report.Row(cpuGroup, o.name, figures.Nanoseconds).Add(float64(process.CPUTime(server.PID()) - before))

	for _, f := range freezers {
		name := o.name + ", " + f.name
		by, err := f.open(server.PID())
		if err != nil {
			c.report.Skip(freezeGroup, name, err.Error())
			continue
		}
		err = c.cycle(ctx, server, by, name)
		by.close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) cycle(ctx context.Context, server *running, by freezer, name string) error {
	freeze, thaw := latency.New(), latency.New()
	for range c.cycles {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		began := time.Now()
		if err := by.freeze(); err != nil {
			return err
		}
		freeze.Record(time.Since(began))
		time.Sleep(20 * time.Millisecond)
		began = time.Now()
		if err := by.thaw(); err != nil {
			return err
		}
		if err := server.calls.Call(0); err != nil {
			return err
		}
		thaw.Record(time.Since(began))
	}
	c.latency(freezeGroup, name, freeze)
	c.latency(thawGroup, name, thaw)
	return nil
}

// pause measures one round of a guest of lull: the pause itself in process, requests to a paused instance over HTTP.
func (c *comparison) pause(ctx context.Context, p *pausing, binary string) error {
	cfg := p.cfg
	cfg.CacheDir, cfg.ImagedOnly = c.cache, true
	s, err := inprocess.Open(ctx, cfg)
	if err != nil {
		return err
	}
	inside := figures.New("", nil)
	err = s.Round(ctx, inside, p.name, inprocess.Effort{Starts: c.cycles, Time: 50 * time.Millisecond})
	s.Close()
	if err != nil {
		return err
	}
	for group, row := range map[string]string{freezeGroup: inprocess.Pause, startGroup: inprocess.ColdImage} {
		if from := inside.Find(p.name, row); from != nil && from.Measured() {
			c.report.Row(group, p.name, figures.Nanoseconds).AddLatency(from.Latency)
		}
	}
	server, err := lullserver.Start(ctx, lullserver.Config{Binary: binary, Data: filepath.Join(c.dir, "data"), Cache: c.cache})
	if err != nil {
		return err
	}
	defer server.Stop()
	file := c.dir + "/code"
	if err := os.WriteFile(file, p.cfg.Function.Code, 0o600); err != nil {
		return err
	}
	f := p.cfg.Function.WithDefaults()
	if err := server.Deploy(ctx, binary, f.Name, file, "--runtime", f.Runtime, "--handler", f.Handler); err != nil {
		return err
	}
	calls, err := load.NewHTTP(server.HTTP+"/"+f.Name+"/", 1, event, check)
	if err != nil {
		return err
	}
	defer calls.Close()
	paused, running := latency.New(), latency.New()
	if err := calls.Call(0); err != nil {
		return err
	}
	for range c.cycles {
		time.Sleep(20 * time.Millisecond) // by then it is paused
		began := time.Now()
		if err := calls.Call(0); err != nil {
			return err
		}
		paused.Record(time.Since(began))
	}
	c.latency(thawGroup, p.name, paused)
	for range c.cycles {
		began := time.Now()
		if err := calls.Call(0); err != nil {
			return err
		}
		running.Record(time.Since(began))
	}
	row := c.report.Row(warmGroup, p.name, figures.Nanoseconds)
	row.AddLatency(running)
	row.Note = "one request right behind the other; between them it is paused all the same"
	return nil
}

// idleProcesses measures many ordinary processes that have answered once. They are started four at a time.
func (c *comparison) idleProcesses(ctx context.Context, o server, n int) {
	name := fmt.Sprintf("%s, %d of them", o.name, n)
	skip := func(why string) { c.report.Skip(memoryGroup, name, why) }
	if row := c.report.Find(memoryGroup, fmt.Sprintf("%s, %d of them", o.name, c.many[0])); n > c.many[0] {
		if row == nil || !row.Measured() {
			skip("the smaller number did not run")
			return
		}
		if need, free := row.Figure()*float64(n), float64(availableBytes())/2; need > free {
			skip(fmt.Sprintf("that would take about %s, and half of what is free is %s", figures.Bytes.Format(need), figures.Bytes.Format(free)))
			return
		}
	}
	var mu sync.Mutex
	var all []*running
	var failed error
	defer func() {
		for _, r := range all {
			r.calls.Close()
			r.Signal(os.Kill)
		}
		for _, r := range all {
			r.Stop()
		}
	}()
	var starting sync.WaitGroup
	turns := make(chan struct{}, 4)
	began := time.Now()
	for range n {
		turns <- struct{}{}
		starting.Go(func() {
			defer func() { <-turns }()
			mu.Lock()
			stop := failed != nil
			mu.Unlock()
			if stop || ctx.Err() != nil {
				return
			}
			if time.Since(began) > c.patience {
				mu.Lock()
				failed = fmt.Errorf("the time for starting them (%s) is over", c.patience)
				mu.Unlock()
				return
			}
			r, err := o.start(ctx, c.dir)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
				return
			}
			all = append(all, r)
		})
	}
	starting.Wait()
	if failed != nil || ctx.Err() != nil {
		skip(fmt.Sprintf("%d were started, then: %v", len(all), failed))
		return
	}
	var pss int64
	for _, r := range all {
		m, err := process.MemoryOf(r.PID())
		if err != nil {
			skip(err.Error())
			return
		}
		pss += m.PSS
	}
	c.report.Row(memoryGroup, name, figures.Bytes).Add(float64(pss) / float64(n))
	c.report.Row(totalGroup, name, figures.Bytes).Add(float64(pss))
}

// idleInstances measures many paused instances, in a process that holds nothing else, against that process with one of them.
func (c *comparison) idleInstances(ctx context.Context, p *pausing, n int) {
	name := fmt.Sprintf("%s, %d of them", p.name, n)
	sizes := map[int]int64{}
	threads := 0
	for _, count := range []int{1, n} {
		child, err := p.held(ctx, c.dir, c.cache, count)
		if err != nil {
			c.report.Skip(memoryGroup, name, err.Error())
			return
		}
		m, err := process.MemoryOf(child.PID())
		threads = process.Threads(child.PID())
		child.Kill()
		if err != nil {
			c.report.Skip(memoryGroup, name, err.Error())
			return
		}
		sizes[count] = m.PSS
	}
	c.report.Row(memoryGroup, name, figures.Bytes).Add(max(0, float64(sizes[n]-sizes[1])/float64(n-1)))
	c.report.Row(totalGroup, name, figures.Bytes).Add(float64(sizes[n]))
	if n > c.many[0] {
		row := c.report.Row(threadGroup, p.name, figures.Count)
		row.Add(0)
		row.Note = fmt.Sprintf("the process that held %d of them had %d threads in all, those of Go's runtime", n, threads)
	}
}

// availableBytes is the memory that programs can still have.
func availableBytes() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemAvailable:" {
			kb, _ := strconv.ParseInt(f[1], 10, 64)
			return kb << 10
		}
	}
	return 0
}
