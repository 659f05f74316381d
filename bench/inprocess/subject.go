// Package inprocess measures one function without a server: how its instances start, answer, pause, resume and stop, and what they hold.
package inprocess

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/meter"
)

// Subject is a function that is measured. It is not safe for concurrent use.
type Subject struct {
	Function    fn.Function // with defaults
	interpreter string
	event       []byte
	// plain starts guests without images; imaged as a host does. Both keep a program open, so that the module's code stays compiled: keep has that of imaged first.
	plain, imaged *engine.Engine
	keep          []*engine.Program
}

// Config says what to measure.
type Config struct {
	Function fn.Function
	Event    []byte // of every call
	// Interpreter of a function whose code is a source tree, and where to find it.
	Interpreter  string
	Interpreters engine.Interpreters
	// CacheDir keeps compiled code, for the next process that measures the same. Empty: it is compiled here.
	CacheDir string
	// ImagedOnly leaves the plain starts out.
	ImagedOnly bool
}

// Open compiles a function and has it answer the event once. Errors: engine's, about the code; ErrFails.
func Open(ctx context.Context, cfg Config) (*Subject, error) {
	s := &Subject{Function: cfg.Function.WithDefaults(), interpreter: cfg.Interpreter, event: cfg.Event}
	for _, e := range []struct {
		to    **engine.Engine
		plain bool
	}{{&s.imaged, false}, {&s.plain, true}} {
		if e.plain && cfg.ImagedOnly {
			continue
		}
		made, err := engine.New(engine.Config{PlainStart: e.plain, Interpreters: cfg.Interpreters, CacheDir: cfg.CacheDir})
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		*e.to = made
		p, err := s.compile(ctx, made)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.keep = append(s.keep, p)
	}
	g := s.group(s.keep[0], nil)
	i, _, err := g.start(ctx)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	g.stop(i)
	return s, nil
}

func (s *Subject) compile(ctx context.Context, e *engine.Engine) (*engine.Program, error) {
	if s.interpreter != "" {
		return e.CompileSource(ctx, &s.Function, s.interpreter)
	}
	return e.Compile(ctx, &s.Function)
}

// StartsBy says how instances start: "image", or "fresh: " and why.
func (s *Subject) StartsBy() string { return s.keep[0].StartsBy() }

// Close releases everything.
func (s *Subject) Close() (err error) {
	for _, p := range s.keep {
		p.Close()
	}
	for _, e := range []*engine.Engine{s.plain, s.imaged} {
		if e != nil {
			err = errors.Join(err, e.Close())
		}
	}
	return err
}

// ErrFails is wrapped when a call of the function did not answer.
var ErrFails = errors.New("the function fails")

// group is the instances of one program, and their common calls.
type group struct {
	cfg  instance.Config
	req  fn.Request
	resp fn.Response
}

func (s *Subject) group(p *engine.Program, listener fn.Listener) *group {
	key := s.Function.Key()
	return &group{
		cfg: instance.Config{
			Function: &s.Function, Program: p, Ledger: meter.NewLedger(key), Logs: logs.NewRing(key, 0), Listener: listener,
		},
		req: fn.Request{Body: s.event},
	}
}

// start starts an instance, runs a request in it and pauses it. took is from nothing to the answer.
func (g *group) start(ctx context.Context) (i *instance.Instance, took time.Duration, err error) {
	began := time.Now()
	i = instance.New(&g.cfg)
	if fault := i.Start(); fault != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrFails, fault)
	}
	err = g.call(ctx, i)
	took = time.Since(began)
	if err != nil {
		g.leave(i)
		return nil, 0, err
	}
	_, err = g.pause(i)
	return i, took, err
}

// call runs one request in a running instance.
func (g *group) call(ctx context.Context, i *instance.Instance) error {
	g.req.ID = fn.NewRequestID()
	g.resp.Reset()
	_, err := i.Invoke(context.WithoutCancel(ctx), &g.req, &g.resp)
	switch {
	case err != nil:
		return err
	case g.resp.Fault != nil:
		return fmt.Errorf("%w: %w", ErrFails, g.resp.Fault)
	case g.resp.Status >= 500:
		return fmt.Errorf("%w: it answers status %d: %.200s", ErrFails, g.resp.Status, g.resp.Body)
	}
	return nil
}

// pause takes the request's place back, runs preFreeze if there is one, and pauses the instance.
func (g *group) pause(i *instance.Instance) (took time.Duration, err error) {
	began := time.Now()
	left, period := i.Leave()
	if left != instance.LeftIdle {
		return 0, fmt.Errorf("%w: the instance is gone after its answer", ErrFails)
	}
	i.Freeze(period)
	settled := i.Settle(period, instance.NextPause)
	took = time.Since(began)
	if settled != instance.SettledAsAsked {
		return 0, fmt.Errorf("%w: preFreeze ended the instance", ErrFails)
	}
	return took, nil
}

// resume takes a place in a paused instance.
func (g *group) resume(i *instance.Instance) (took time.Duration) {
	began := time.Now()
	if !i.Join() {
		panic("inprocess: a paused instance has no place")
	}
	return time.Since(began)
}

// leave gives up an instance whose call failed.
func (g *group) leave(i *instance.Instance) {
	if left, period := i.Leave(); left == instance.LeftIdle {
		i.Freeze(period)
		if i.Settle(period, instance.NextStop) == instance.SettledAsAsked {
			i.Release()
		}
	}
}

// stop ends a paused instance; preStop runs.
func (g *group) stop(i *instance.Instance) {
	if i.Stop() {
		i.Release()
	}
}

// Held are paused instances. They are not safe for concurrent use.
type Held struct {
	g   *group
	all []*instance.Instance
}

// Hold starts instances that answer once and are paused, and leaves them so until Release.
func (s *Subject) Hold(ctx context.Context, n int) (*Held, error) {
	h := &Held{g: s.group(s.keep[0], nil), all: make([]*instance.Instance, 0, n)}
	for range n {
		i, _, err := h.g.start(ctx)
		if err != nil {
			h.Release()
			return nil, err
		}
		h.all = append(h.all, i)
	}
	return h, nil
}

// Call resumes instance n, counted from 0, has it answer the event, and pauses it.
func (h *Held) Call(ctx context.Context, n int) (took time.Duration, err error) {
	i := h.all[n]
	began := time.Now()
	h.g.resume(i)
	if err := h.g.call(ctx, i); err != nil {
		return 0, err // the instance is of no use any more, and Release passes over it
	}
	if _, err := h.g.pause(i); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}

// Release stops all instances. preStop runs.
func (h *Held) Release() {
	for _, i := range h.all {
		h.g.stop(i)
	}
	h.all = nil
}
