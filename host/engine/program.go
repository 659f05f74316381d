package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/source"
)

// Program is a function's module, compiled once. It implements instance.Program.
type Program struct {
	engine *Engine
	fn     *fn.Function
	mod    *module
	kind   string
	config wazero.ModuleConfig
	pages  uint32 // memory limit
	allow  fn.AllowHosts
	// Of an interpreted function.
	interpreter *interpreter
	source      *source.Tree
	mounts      []mount
	obstacle    string // why there is no image, or empty
	places      any    // those of the driver that the image was taken with; nil without one

	image *image // what guests start from; nil for commands, and for modules that cannot be captured
	leave func() // gives a shared image back; nil if it is the program's own
	slots slots
}

// moduleOptions is a configuration in the making.
type moduleOptions struct{ wazero.ModuleConfig }

// Compile makes a function's module ready to start, and refuses, as InvalidArgument, one that could not work: not a valid module,
// imports that the host lacks (all are listed), handler or hooks that are not there or have another type, a memory that begins above the
// limit, or a start that fails. It runs the module's start function and _initialize once to find out. f must not change afterwards.
func (e *Engine) Compile(ctx context.Context, f *fn.Function) (*Program, error) {
	return e.compileModule(ctx, f, false)
}

func (e *Engine) compileModule(ctx context.Context, f *fn.Function, server bool) (*Program, error) {
	mod, err := e.shared(ctx, nil, f.Code)
	if err != nil {
		return nil, err
	}
	p := e.newProgram(f, mod)
	if mod.mayServe() && !f.Mute {
		err := p.checkServer()
		if err == nil {
			return p, nil
		}
		p.Close()
		if _, ok := errors.AsType[*notListening](err); !ok {
			return nil, err
		}
		if server {
			return nil, errNoServer(err)
		}
		// It links a network and uses none.
		if mod, err = e.shared(ctx, e.runtime, f.Code); err != nil {
			return nil, err
		}
		p = e.newProgram(f, mod)
	}
	p.kind = mod.kind(fn.Export(f.Handler))
	p.configure()
	if server && p.kind == KindCommand {
		p.Close()
		return nil, errNoServer(errNoSockets)
	}
	if err := p.check(); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (e *Engine) newProgram(f *fn.Function, mod *module) *Program {
	e.programs.Add(1)
	allow, _ := fn.ParseAllowHosts(f.AllowHosts) // fn.Function.Check has read it; what it refuses allows nothing
	return &Program{engine: e, fn: f, mod: mod, config: moduleConfig(), pages: uint32(f.Limits.MemoryMiB * (fn.MiB / fn.PageBytes)), allow: allow}
}

// configure gives the guest its name and its environment.
func (p *Program) configure() {
	p.config = p.config.WithArgs(p.fn.Name)
	for k, v := range p.fn.Env {
		p.config = p.config.WithEnv(k, v)
	}
}

// newDriver makes the driver of one guest.
func (p *Program) newDriver() driver {
	if p.interpreter != nil {
		return p.interpreter.language.driver(p)
	}
	return &exports{}
}

// tmpBytes is what a guest may keep in /tmp: as much as in memory.
func (p *Program) tmpBytes() int64 { return int64(p.fn.Limits.MemoryMiB) * fn.MiB }

func (p *Program) startDeadline() time.Time { return time.Now().Add(p.engine.cfg.StartTimeout) }

// hookUse names the hooks as configuration does.
type hookUse struct {
	field string
	hook  fn.Hook
	bit   int32
}

func hooksOf(f *fn.Function) []hookUse {
	return []hookUse{
		{"Initializer", f.Initializer, abi.HookInitializer},
		{"PreFreeze", f.PreFreeze, abi.HookPreFreeze},
		{"PreStop", f.PreStop, abi.HookPreStop},
	}
}

func (p *Program) checkMemory() error {
	if p.mod.bin.Memory.Min > p.pages {
		return fn.Errorf(fn.CodeInvalidArgument, "the module's memory begins with %d pages of 64 KiB, the memory limit of %d MB has %d",
			p.mod.bin.Memory.Min, p.fn.Limits.MemoryMiB, p.pages)
	}
	return nil
}

func (p *Program) check() error {
	if err := p.checkMemory(); err != nil {
		return err
	}
	switch p.kind {
	case KindCommand:
		for _, h := range hooksOf(p.fn) {
			if h.hook.On() && !p.fn.Mute {
				return fn.Errorf(fn.CodeInvalidArgument, "%s: a command module (one with _start and no handler) has no hooks", h.field)
			}
		}
	case KindReactor:
		if err := p.mod.checkExport("Handler", fn.Export(p.fn.Handler), handlerType); err != nil {
			return err
		}
		for _, h := range hooksOf(p.fn) {
			if !h.hook.On() {
				continue
			}
			if err := p.mod.checkExport(h.field, fn.Export(h.hook.Handler), hookType); err != nil {
				return err
			}
		}
	}
	registered, err := p.probe(true)
	if err != nil {
		return err
	}
	for _, h := range hooksOf(p.fn) {
		if h.hook.On() && standard(h.bit) == fn.Export(h.hook.Handler) && registered&h.bit == 0 {
			return fn.Errorf(fn.CodeInvalidArgument, "%s: the module exports %q, but its program registers nothing for it", h.field, fn.Export(h.hook.Handler))
		}
	}
	return nil
}

// standard is the export that a bit of lull_hooks speaks of.
func standard(bit int32) string {
	switch bit {
	case abi.HookInitializer:
		return abi.Initializer
	case abi.HookPreFreeze:
		return abi.PreFreeze
	}
	return abi.PreStop
}

// discard is the Output of a probe.
type discard struct{}

func (discard) Line(*instance.Call, abi.Level, string) {}
func (discard) Part(*instance.Call, abi.Level, string) {}
func (discard) Note(*instance.Call, string)            {}

// probe starts the module once, takes the image of it, and asks it which hooks have code behind them.
func (p *Program) probe(takeImage bool) (registered int32, err error) {
	const all = abi.HookInitializer | abi.HookPreFreeze | abi.HookPreStop
	deadline := p.startDeadline()
	g, fault := p.startReactor("", deadline, discard{}, false)
	if fault != nil {
		return 0, fn.Errorf(fn.CodeInvalidArgument, "the module does not start: %w", fault)
	}
	defer g.release()          // it is none of the guests that start from the image
	if p.kind == KindCommand { // that was its start function; _start is for requests
		return all, nil
	}
	registered = all
	switch p.mod.exports[abi.Hooks] {
	case "":
	case hookType:
		if registered, fault = g.ask(abi.Hooks, deadline); fault != nil {
			return 0, fn.Errorf(fn.CodeInvalidArgument, "the module's %s failed: %w", abi.Hooks, fault)
		}
	default:
		return 0, p.mod.checkExport(abi.Hooks, abi.Hooks, hookType)
	}
	// Behind lull_hooks, by which a runtime can get ready what the first call of each instance would have to.
	if takeImage && p.mod.bin.Capturable() && !p.engine.cfg.PlainStart {
		image, err := capture(g)
		if err != nil {
			return 0, fmt.Errorf("image of the module: %w", err)
		}
		defer func() { p.image = image }() // not before g is released
	}
	return registered, nil
}

// Kind is KindReactor, KindCommand, KindInterpreter or KindServer.
func (p *Program) Kind() string { return p.kind }

// Overlaps reports whether calls overlap in one guest: where the kind or the language can do that, and the function has more than one place in an
// instance and shares them.
func (p *Program) Overlaps() bool {
	can := p.kind == KindServer || p.interpreter != nil && p.interpreter.language.overlaps
	return can && p.fn.Isolation == fn.Shared && p.fn.Limits.Concurrency > 1
}

// StartsBy says how guests start, and, if it is not from an image, why.
func (p *Program) StartsBy() string {
	switch {
	case p.kind == KindCommand:
		return "fresh: a command"
	case p.kind == KindServer:
		return "fresh: a server"
	case p.image != nil:
		return "image"
	case p.engine.cfg.PlainStart:
		return "fresh: images are switched off"
	case p.obstacle != "":
		return "fresh: " + p.obstacle
	}
	return "fresh: the module " + p.mod.bin.Obstacles[0].Text
}

// Start makes a guest.
func (p *Program) Start(id string, out instance.Output) (instance.Guest, *fn.Fault) {
	switch p.kind {
	case KindCommand:
		return &command{program: p, id: id, out: out}, nil
	case KindServer:
		s, fault := p.startServer(id, out, p.engine.cfg.StartTimeout)
		if fault != nil {
			return nil, fault
		}
		return s, nil
	}
	g, fault := p.startReactor(id, p.startDeadline(), out, true)
	if fault != nil {
		return nil, fault
	}
	if p.Overlaps() {
		return newOverlapping(g), nil
	}
	return g, nil
}

// Close releases the compiled code. No guest is left. It is called once.
func (p *Program) Close() {
	p.slots.close()
	switch {
	case p.leave != nil:
		p.leave()
	case p.image != nil:
		p.image.drop()
	}
	if p.interpreter == nil { // whose module is the engine's
		p.engine.modules.release(p.mod)
	}
	p.engine.programs.Add(-1)
}

// withMemory gives the module that is instantiated with ctx a memory of at most the function's limit.
func (p *Program) withMemory(ctx context.Context, m *memory) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(func(_, _ uint64) experimental.LinearMemory {
		m.reserve(uint64(p.pages) * fn.PageBytes)
		return m
	}))
}

// Info is what a module can be deployed as.
type Info struct {
	Kind string `json:"kind"`
	// Handlers are the exports that have a handler's type, sorted; empty for a command and for a server. Of a source tree it is the one that was asked for.
	Handlers []string `json:"handlers"`
	// Hooks are the handlers of the standard hooks that have code behind them, in the order initializer, preFreeze, preStop: their exports, or, in a
	// source tree, "file.function" with the handler's file, where a function may also be called pre_freeze or pre_stop.
	Hooks []string `json:"hooks"`
}

// Inspect tells what a module can be deployed as, or, as InvalidArgument, why it cannot. Of what it is given it needs Code, and Env if the module's start
// looks at it. It starts the module once, with the largest memory limit.
func (e *Engine) Inspect(ctx context.Context, of *fn.Function) (*Info, error) {
	f, code := fn.Function{Name: "inspect", Code: of.Code, Env: of.Env, Limits: fn.Limits{MemoryMiB: fn.MaxMemoryMiB}}.WithDefaults(), of.Code
	mod, err := e.shared(ctx, nil, code)
	if err != nil {
		return nil, err
	}
	p := e.newProgram(&f, mod)
	defer func() { p.Close() }()
	if mod.mayServe() {
		err := p.checkServer()
		if err == nil {
			return &Info{Kind: p.kind, Handlers: []string{}, Hooks: []string{}}, nil
		}
		if _, ok := errors.AsType[*notListening](err); !ok {
			return nil, err
		}
		if mod, err = e.shared(ctx, e.runtime, code); err != nil {
			return nil, err
		}
		p.Close()
		p = e.newProgram(&f, mod)
	}
	p.kind = mod.kind(abi.Handler)
	info := &Info{Kind: p.kind, Hooks: []string{}}
	info.Handlers = mod.names(func(typ string) bool { return typ == handlerType })
	registered, err := p.probe(false)
	if err != nil {
		return nil, err
	}
	if p.kind == KindCommand {
		return info, nil
	}
	for _, bit := range []int32{abi.HookInitializer, abi.HookPreFreeze, abi.HookPreStop} {
		name := standard(bit)
		if registered&bit != 0 && mod.exports[name] == hookType && !slices.Contains(info.Hooks, name) {
			info.Hooks = append(info.Hooks, name)
		}
	}
	return info, nil
}
