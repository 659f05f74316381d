package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lull-dev/lull/bench/chart"
	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/inprocess"
	"github.com/lull-dev/lull/bench/overhttp"
	"github.com/lull-dev/lull/host/fn"
)

type benchCmd struct {
	Sources []string `arg:"" name:"file|name|dir" help:"WebAssembly modules, projects, which are built first, or names of deployed functions."`
	Data    string   `short:"d" xor:"event" placeholder:"DATA" help:"The event of every call (default: empty)."`
	File    string   `short:"f" xor:"event" placeholder:"FILE" help:"The event is in this file."`

	Rounds      int           `default:"5" placeholder:"N" help:"Everything is measured this often; the functions take turns (default 5)."`
	Time        time.Duration `default:"500ms" placeholder:"TIME" help:"Of each loop of calls in a round (default 500ms)."`
	Starts      int           `default:"100" placeholder:"N" help:"Starts of instances in a round, of each sort (default 100)."`
	Connections int           `default:"16" placeholder:"N" help:"Of the closed loop over HTTP (default 16)."`
	Rate        float64       `placeholder:"N" help:"Requests per second of the open loop (default: half of the closed loop's throughput)."`
	HTTP        string        `name:"http" placeholder:"ADDR" help:"Where the measured server listens (default: a free port); 'none' measures in process only."`

	JSON      bool    `name:"json" xor:"form" help:"Print the raw data as JSON; --baseline reads it."`
	GoBench   bool    `name:"go" xor:"form" help:"Print Go's benchmark format, for benchstat."`
	Plot      string  `placeholder:"DIR" help:"Write plots, SVG and PNG, and report.html with all of them, into this folder."`
	Baseline  string  `placeholder:"FILE" help:"Compare with an earlier run's --json; exit with 1 if something is worse."`
	Threshold float64 `default:"10" placeholder:"PERCENT" help:"What counts as worse (default 10)."`

	Runtime string `default:"${runtime}" placeholder:"NAME" help:"See lull runtimes; one with an interpreter takes a folder of source (default ${runtime})."`
	Handler string `default:"handler" placeholder:"HANDLER" help:"What takes requests, as for lull deploy (default handler)."`
	Memory  int    `default:"${memory}" placeholder:"MB" help:"Linear memory of an instance (default ${memory})."`
	Timeout int    `default:"${timeout}" placeholder:"SEC" help:"Of one request (default ${timeout})."`
	Env     pairs  `placeholder:"K=V" help:"An environment variable of the guest. May be repeated."`
}

func (c *benchCmd) Help() string {
	return `A file or a folder is measured in process and then over HTTP, on a server that runs as a process of its own for that time; no other is needed. The code of a name is fetched from the server that LULL_API names and measured in process here, with its environment and hooks, and over HTTP on that server. Hooks that a module exports under their standard names are on.

The table has the median over the rounds, the lowest and the highest round, and percentiles over all calls. Latency of the open loop counts from the moment when a request was due, so a stall shows. Connections are kept alive and never pipelined.

Ctrl-C ends the run; what was measured until then is printed.`
}

func (c *benchCmd) Run(ctx context.Context, p *program) error {
	if err := c.check(); err != nil {
		return err
	}
	event, err := (&invokeCmd{Data: c.Data, File: c.File}).event(p)
	if err != nil {
		return err
	}
	var baseline *figures.Report
	if c.Baseline != "" {
		if baseline, err = figures.Load(c.Baseline); err != nil {
			return usagef("--baseline: %w", err)
		}
	}
	report := figures.New("lull bench "+strings.Join(c.Sources, " "), append([]string{"lull"}, p.args...))
	report.Set("rounds", fmt.Sprintf("%d, after one that warms up and is not counted", c.Rounds))
	report.Set("HTTP", "keep-alive, no pipelining; load generator and server are two processes")

	failed := c.measure(ctx, p, report, event)
	report.Done()
	if err := c.print(p, report); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	if baseline != nil {
		return c.compare(p, baseline, report)
	}
	return nil
}

func (c *benchCmd) check() error {
	for _, n := range []struct {
		flag string
		ok   bool
	}{{"--rounds", c.Rounds >= 1}, {"--starts", c.Starts >= 1}, {"--connections", c.Connections >= 1}, {"--rate", c.Rate >= 0}, {"--time", c.Time > 0}, {"--threshold", c.Threshold >= 0}} {
		if !n.ok {
			return usagef("%s is too small", n.flag)
		}
	}
	if names := benchNames(c.Sources); len(names) != len(c.Sources) {
		return usagef("a function is named twice")
	}
	return nil
}

// benchNames gives each source the name of its rows, and of the function on the measured server: the last part of its path, or all of it if two are alike there.
func benchNames(sources []string) map[string]string {
	names, alike := map[string]string{}, map[string]int{}
	for _, s := range sources {
		alike[lastPart(s)]++
	}
	for _, s := range sources {
		names[s] = lastPart(s)
		if alike[names[s]] > 1 {
			names[s] = strings.Trim(strings.Map(nameRune, filepath.ToSlash(filepath.Clean(s))), "-")
		}
	}
	return names
}

func lastPart(source string) string {
	if _, err := os.Stat(source); err != nil {
		return source // a deployed function
	}
	if abs, err := filepath.Abs(source); err == nil {
		source = abs
	}
	base, _, _ := strings.Cut(filepath.Base(source), ".")
	return strings.Map(nameRune, base)
}

// nameRune replaces what cannot be in a function's name.
func nameRune(c rune) rune {
	if fn.CheckName("", "a"+string(c)) != nil {
		return '-'
	}
	return c
}

// measure runs all rounds of all functions. A function that fails is left out from then on; the others go on.
func (c *benchCmd) measure(ctx context.Context, p *program, report *figures.Report, event []byte) (failed error) {
	steps := p.steps(2 * (c.Rounds + 1) * len(c.Sources))
	defer steps.done()
	set := &benchSet{cmd: c, p: p, event: event}
	defer set.close()
	var subjects []*benchSubject
	fail := func(name string, err error) {
		if ctx.Err() == nil {
			report.Skip(name, "everything else", err.Error())
			failed = errors.Join(failed, &exitError{codeFor(ctx, err), fmt.Errorf("%s: %w", name, err)})
		}
	}
	names := benchNames(c.Sources)
	for _, source := range c.Sources {
		s, err := set.open(ctx, source, names[source])
		if err != nil {
			fail(names[source], err)
			continue
		}
		subjects = append(subjects, s)
	}
	warmUp := figures.New("", nil)
	for round := range c.Rounds + 1 {
		into := report
		if round == 0 {
			into = warmUp
		}
		for _, s := range subjects {
			if s.failed {
				continue
			}
			if err := s.round(ctx, into, steps); err != nil {
				s.failed = true
				fail(s.name, err)
			}
		}
		if ctx.Err() != nil {
			report.Partial = fmt.Sprintf("%v in round %d of %d", context.Cause(ctx), round, c.Rounds)
			return context.Cause(ctx)
		}
	}
	return failed
}

// print writes the report in the form that was asked for, and the plots.
func (c *benchCmd) print(p *program, report *figures.Report) (err error) {
	switch {
	case report.Partial == "" && !slices.ContainsFunc(report.Rows, (*figures.Row).Measured):
		return nil // the error says it all
	case c.JSON:
		err = printJSON(p.stdout, report)
	case c.GoBench:
		err = report.WriteGoBench(p.stdout)
	default:
		err = report.WriteText(p.stdout)
	}
	if err != nil || c.Plot == "" {
		return err
	}
	page, err := chart.Write(c.Plot, report)
	if err == nil {
		fmt.Fprintln(p.stderr, "plots:", page)
	}
	return err
}

// compare prints how the report compares with the baseline, and fails if something is worse.
func (c *benchCmd) compare(p *program, baseline, report *figures.Report) error {
	comparison := figures.Compare(baseline, report, c.Threshold/100)
	to := p.stdout
	if c.JSON || c.GoBench {
		to = p.stderr // the other is for a program
	}
	fmt.Fprintln(to)
	if err := comparison.WriteText(to); err != nil {
		return err
	}
	if n := len(comparison.Failed()); n > 0 {
		return &exitError{exitFailed, fmt.Errorf("%d rows are worse than the baseline by more than %v %%, or gone", n, c.Threshold)}
	}
	return nil
}

// effort is what a round does in process, and over HTTP.
func (c *benchCmd) effort() (inprocess.Effort, *overhttp.Effort) {
	return inprocess.Effort{Starts: c.Starts, Time: c.Time},
		&overhttp.Effort{Connections: c.Connections, Time: c.Time, Colds: max(1, c.Starts/5), PerSecond: c.Rate}
}
