package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/inprocess"
	"github.com/lull-dev/lull/bench/lullserver"
	"github.com/lull-dev/lull/bench/overhttp"
	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/interpreters"
	"github.com/lull-dev/lull/host/runtimes"
	"github.com/lull-dev/lull/host/source"
)

// benchSet is the functions of one run, and the server that those from files share.
type benchSet struct {
	cmd      *benchCmd
	p        *program
	event    []byte
	server   *lullserver.Server // nil: not started
	cache    string             // folder of compiled code
	subjects []*inprocess.Subject
}

// benchSubject is a function under measurement.
type benchSubject struct {
	name   string
	failed bool
	inside *inprocess.Subject // nil: it cannot be measured in process, and why says so
	why    string
	starts inprocess.Effort
	target *overhttp.Target // nil: in process only
	load   *overhttp.Effort
}

// open makes a source ready: a file or a folder that is there, or the name of a deployed function.
func (b *benchSet) open(ctx context.Context, from, name string) (*benchSubject, error) {
	s := &benchSubject{name: name}
	s.starts, s.load = b.cmd.effort()
	if _, err := os.Stat(from); errors.Is(err, os.ErrNotExist) && filepath.Base(from) == from && filepath.Ext(from) == "" {
		return s, b.deployed(ctx, s)
	}
	code, err := b.p.code(ctx, from, b.cmd.Runtime)
	if err != nil {
		return nil, err
	}
	cfg, err := b.config(ctx, s.name, code)
	if err != nil {
		return nil, err
	}
	if s.inside, err = inprocess.Open(ctx, cfg); err != nil {
		return nil, err
	}
	b.subjects = append(b.subjects, s.inside)
	if b.cmd.HTTP == "none" {
		return s, nil
	}
	return s, b.deploy(ctx, s, s.inside.Function)
}

// config describes the function as deploy would: hooks that it exports, and that its runtime may have, are on.
func (b *benchSet) config(ctx context.Context, name string, code []byte) (cfg inprocess.Config, err error) {
	c := b.cmd
	store, err := interpreters.Open("")
	if err != nil {
		return cfg, err
	}
	if b.cache == "" { // compiled once for all that look at the code in this process
		if b.cache, err = os.MkdirTemp("", "lull-bench-"); err != nil {
			return cfg, err
		}
	}
	h, err := host.New(host.Config{Interpreters: store, CacheDir: b.cache})
	if err != nil {
		return cfg, err
	}
	defer h.Close(ctx)
	f := fn.Function{
		Name: name, Code: code, Runtime: c.Runtime, Handler: c.Handler, Env: c.Env,
		Limits: fn.Limits{MemoryMiB: c.Memory, Timeout: time.Duration(c.Timeout) * time.Second},
	}.WithDefaults()
	rt, known := h.Runtimes().Get(f.Runtime)
	if !known {
		return cfg, usagef("--runtime %s: there is no such runtime; `lull runtimes` lists them", f.Runtime)
	}
	info, err := h.Inspect(ctx, f)
	if err != nil {
		return cfg, err
	}
	for _, hook := range []struct {
		export  string
		to      *fn.Hook
		allowed bool
	}{{abi.Initializer, &f.Initializer, true}, {abi.PreFreeze, &f.PreFreeze, rt.PreFreeze}, {abi.PreStop, &f.PreStop, rt.PreStop}} {
		if hook.allowed && slices.Contains(info.Hooks, hook.export) {
			hook.to.Handler = hook.export
		}
	}
	cfg = inprocess.Config{Function: f.WithDefaults(), Event: b.event, Interpreters: store, CacheDir: b.cache}
	if source.IsZip(code) {
		cfg.Interpreter = rt.Interpreter
	}
	return cfg, cfg.Function.Check()
}

// deploy puts f on the measured server, which it starts for the first one.
func (b *benchSet) deploy(ctx context.Context, s *benchSubject, f fn.Function) error {
	if b.server == nil {
		server, err := lullserver.Start(ctx, lullserver.Config{HTTP: b.cmd.HTTP})
		if err != nil {
			return err
		}
		b.server = server
	}
	dir, err := os.MkdirTemp("", "lull-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "code")
	if err := os.WriteFile(file, f.Code, 0o600); err != nil {
		return err
	}
	flags := []string{"--runtime", f.Runtime, "--handler", f.Handler, "--memory", strconv.Itoa(f.Limits.MemoryMiB), "--timeout", strconv.Itoa(int(f.Limits.Timeout / time.Second)),
		"--max-instances", strconv.Itoa(max(fn.DefaultMaxInstances, 16*b.cmd.Connections))}
	for k, v := range f.Env {
		flags = append(flags, "--env", k+"="+v)
	}
	if err := b.server.Deploy(ctx, "", f.Name, file, flags...); err != nil {
		return err
	}
	b.aim(s, b.server.Client(), fn.Key{Service: fn.DefaultService, Name: f.Name}, b.server.HTTP)
	return nil
}

// deployed aims at a function of the server that LULL_API names, and gets its code to measure it in process, too.
func (b *benchSet) deployed(ctx context.Context, s *benchSubject) error {
	key, err := target{Name: s.name}.key()
	if err != nil {
		return err
	}
	api := b.p.api()
	f, err := api.Function(ctx, key.Service, key.Name)
	if err != nil {
		return fmt.Errorf("there is no file or folder of that name, and as a deployed function: %w", &exitError{exitServer, errors.New(explain(err))})
	}
	info, err := api.Info(ctx)
	if err != nil {
		return err
	}
	b.aim(s, api, key, info.HTTP)
	if s.inside, err = b.fetched(ctx, api, key, f); err != nil {
		if ctx.Err() != nil {
			return err
		}
		s.why = "its code does not run here as it does on the server: " + explain(err)
		return nil
	}
	b.subjects = append(b.subjects, s.inside)
	return nil
}

// fetched is a deployed function in this process, with its own hooks, environment and limits.
func (b *benchSet) fetched(ctx context.Context, api *client.Client, key fn.Key, f *client.Function) (*inprocess.Subject, error) {
	code, err := api.Code(ctx, key.Service, key.Name)
	if err != nil {
		return nil, err
	}
	store, err := interpreters.Open("")
	if err != nil {
		return nil, err
	}
	table, err := runtimes.New()
	if err != nil {
		return nil, err
	}
	rt, _ := table.Get(f.Runtime)
	switch {
	case rt.Server:
		return nil, errors.New("it is a server")
	case len(f.AllowHosts) > 0:
		return nil, errors.New("it may send requests to other hosts, which this process does not do for it")
	}
	hook := func(h *client.Hook) fn.Hook {
		if h == nil {
			return fn.Hook{}
		}
		return fn.Hook{Handler: h.Handler, Timeout: time.Duration(h.Timeout) * time.Second}
	}
	cfg := inprocess.Config{Event: b.event, Interpreters: store, CacheDir: b.cache, Function: fn.Function{
		Service: key.Service, Name: key.Name, Code: code, Runtime: f.Runtime, Handler: f.Handler, Env: f.Env,
		Initializer: fn.Hook{Handler: f.Initializer, Timeout: time.Duration(f.InitializationTimeout) * time.Second},
		PreFreeze:   hook(f.Lifecycle.PreFreeze), PreStop: hook(f.Lifecycle.PreStop),
		Limits: fn.Limits{MemoryMiB: f.MemorySize, Timeout: time.Duration(f.Timeout) * time.Second},
	}}
	if source.IsZip(code) {
		cfg.Interpreter = rt.Interpreter
	}
	return inprocess.Open(ctx, cfg)
}

func (b *benchSet) aim(s *benchSubject, api *client.Client, key fn.Key, base string) {
	path := "/" + key.Name + "/"
	if key.Service != fn.DefaultService {
		path = "/" + key.Service + path
	}
	s.target = &overhttp.Target{URL: base + path, Body: b.event, Cool: func(ctx context.Context) error {
		_, err := api.Stop(ctx, key.Service, key.Name, "")
		return err
	}}
}

// close ends the server and releases all.
func (b *benchSet) close() {
	if b.server != nil {
		b.server.Stop()
	}
	for _, s := range b.subjects {
		s.Close()
	}
	os.RemoveAll(b.cache)
}

// round measures a function once, in process and then over HTTP.
func (s *benchSubject) round(ctx context.Context, into *figures.Report, steps *steps) error {
	if s.inside != nil {
		steps.next(s.name + " in process")
		if err := s.inside.Round(ctx, into, s.name, s.starts); err != nil {
			return err
		}
	} else {
		steps.next(s.name)
		into.Skip(s.name, "in process", s.why)
	}
	steps.next(s.name + " over HTTP")
	if s.target == nil {
		into.Skip(s.name, "HTTP", "--http none")
		return ctx.Err()
	}
	return overhttp.Round(ctx, into, s.name, *s.target, s.load)
}
