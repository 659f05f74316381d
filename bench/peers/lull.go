package main

import (
	"bytes"
	"context"
	"path/filepath"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/bench/inprocess"
	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	hostinstance "github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/interpreters"
	"github.com/lull-dev/lull/host/runtimes"
)

// function is the guest as lull deploys it.
func (g *guest) function(isolation fn.Isolation) fn.Function {
	f := fn.Function{Name: "f", Code: g.module, Isolation: isolation, Limits: fn.Limits{Timeout: timeout, MaxInstances: 1000}}
	if g.source != nil {
		f.Code, f.Runtime, f.Handler = g.source, g.runtime, g.handler
	}
	return f.WithDefaults()
}

func newHost(cache string) (*host.Host, error) {
	store, err := interpreters.Open("")
	if err != nil {
		return nil, err
	}
	return host.New(host.Config{CacheDir: filepath.Join(cache, "lull"), Interpreters: store})
}

// lullHost is the whole host in process: pool, log, bill, resume and pause around every call.
type lullHost struct {
	h   *host.Host
	g   *guest
	key fn.Key
	dir string // of compiled code
}

func openHost(g *guest, cache string) (contender, error) {
	h, err := newHost(cache)
	if err != nil {
		return nil, err
	}
	f := g.function(fn.Serial)
	if _, err := h.Deploy(context.Background(), f); err != nil {
		h.Close(context.Background())
		return nil, err
	}
	return &lullHost{h, g, f.Key(), filepath.Join(cache, "lull")}, nil
}

func (l *lullHost) close() error { return l.h.Close(context.Background()) }

// start does nothing: the host starts an instance for a request that finds none.
func (l *lullHost) start() (instance, error) { return &hostCall{l: l}, nil }

type hostCall struct {
	l    *lullHost
	req  fn.Request
	resp fn.Response
}

func (c *hostCall) call(event []byte) ([]byte, error) {
	c.req = fn.Request{Body: event}
	if err := c.l.h.Serve(context.Background(), c.l.key, &c.req, &c.resp); err != nil {
		return nil, err
	}
	if c.resp.Fault != nil {
		return nil, c.resp.Fault
	}
	return c.resp.Body, nil
}

func (c *hostCall) close() error {
	_, err := c.l.h.StopInstances(context.Background(), c.l.key, "")
	return err
}

// idle pauses instances without the pool, which would give every call the same one.
func (l *lullHost) idle(ctx context.Context, n int, event []byte) (func(), error) {
	cfg := inprocess.Config{Function: l.g.function(fn.Serial), Event: event, CacheDir: l.dir, ImagedOnly: true}
	if l.g.source != nil {
		rt, _ := l.h.Runtimes().Get(l.g.runtime)
		cfg.Interpreter, cfg.Interpreters = rt.Interpreter, l.h.Config().Interpreters
	}
	s, err := inprocess.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	held, err := s.Hold(ctx, n)
	if err != nil {
		s.Close()
		return nil, err
	}
	return func() {
		held.Release()
		s.Close()
	}, nil
}

// lullEngine is the engine alone: what a call costs before pool, log and bill.
type lullEngine struct {
	e    *engine.Engine
	p    *engine.Program
	held []hostinstance.Guest // guests that were closed, if they are not to leave slots
	hold bool
}

func openProgram(g *guest, cache string) (*engine.Engine, *engine.Program, *fn.Function, error) {
	store, err := interpreters.Open("")
	if err != nil {
		return nil, nil, nil, err
	}
	cfg := engine.Config{Interpreters: store}
	if cache != "" {
		cfg.CacheDir = filepath.Join(cache, "lull")
	}
	e, err := engine.New(cfg)
	if err != nil {
		return nil, nil, nil, err
	}
	f := g.function(fn.Serial)
	var p *engine.Program
	if g.source != nil {
		table, err := runtimes.New()
		if err != nil {
			return nil, nil, nil, err
		}
		rt, _ := table.Get(g.runtime)
		p, err = e.CompileSource(context.Background(), &f, rt.Interpreter)
		if err != nil {
			e.Close()
			return nil, nil, nil, err
		}
		return e, p, &f, nil
	}
	if p, err = e.Compile(context.Background(), &f); err != nil {
		e.Close()
		return nil, nil, nil, err
	}
	return e, p, &f, nil
}

// openEngine makes guests start from a slot of the one before, or, if hold is set, from the image each time.
func openEngine(hold bool) func(*guest, string) (contender, error) {
	return func(g *guest, cache string) (contender, error) {
		e, p, _, err := openProgram(g, cache)
		if err != nil {
			return nil, err
		}
		return &lullEngine{e: e, p: p, hold: hold}, nil
	}
}

func (l *lullEngine) close() error {
	for _, g := range l.held {
		g.Close()
	}
	l.p.Close()
	return l.e.Close()
}

type silent struct{}

func (silent) Line(*hostinstance.Call, abi.Level, string) {}
func (silent) Part(*hostinstance.Call, abi.Level, string) {}
func (silent) Note(*hostinstance.Call, string)            {}

func (l *lullEngine) start() (instance, error) {
	g, fault := l.p.Start("c-bench", silent{})
	if fault != nil {
		return nil, fault
	}
	return &lullGuest{l: l, g: g}, nil
}

type lullGuest struct {
	l    *lullEngine
	g    hostinstance.Guest
	c    hostinstance.Call
	req  fn.Request
	resp fn.Response
}

func (i *lullGuest) call(event []byte) ([]byte, error) {
	now := time.Now()
	i.req.Body = event
	i.resp.Reset()
	i.c = hostinstance.Call{Phase: abi.PhaseHandler, Start: now, Deadline: now.Add(timeout), Request: &i.req, Response: &i.resp}
	if fault := i.g.Call(&i.c); fault != nil {
		return nil, fault
	}
	return bytes.TrimSuffix(i.resp.Body, []byte("\n")), nil
}

func (i *lullGuest) close() error {
	if i.l.hold {
		i.l.held = append(i.l.held, i.g)
	} else {
		i.g.Close()
	}
	return nil
}
