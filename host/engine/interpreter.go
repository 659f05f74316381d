package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/tetratelabs/wazero"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/source"
)

// KindInterpreter is a guest that is an interpreter with the function's source tree.
const KindInterpreter = "interpreter"

// Interpreters knows where prepared interpreters are. It is safe for concurrent use.
type Interpreters interface {
	// Find returns the folder of the interpreter of that name. Its error goes to who deploys.
	Find(name string) (dir string, err error)
}

// A language is how one interpreter is run. Guests of it are reactors: its driver gets calls into them, and between calls nothing of them
// is on a stack. Their image is taken behind boot, so it has the user's file loaded.
//
// An interpreter that is driven by calls of its exports is one by itself. One that sits in its _start and waits for events becomes
// one by a preparation that lets it leave _start at that point and come back to it.
type language struct {
	// module is the interpreter's file in its folder.
	module string
	// imports instantiates the host modules that the interpreter imports beside WASI, lull_v1 and the yield, or is nil. Modules that users
	// deploy cannot import them.
	imports func(ctx context.Context, rt wazero.Runtime) error
	// mounts are the file systems that a guest has, beside /tmp.
	mounts func(p *Program) []mount
	// ownFiles tells that the driver reads and writes files for the guest, which does not ask WASI for them.
	ownFiles bool
	// configure adds arguments and environment; nil: the function's name and its Env.
	configure func(p *Program, c wazero.ModuleConfig) wazero.ModuleConfig
	// driver makes the driver of one guest. One that starts from the image finds in p.places those of the driver that the image was taken with.
	driver func(p *Program) sourceDriver
	// stack is how many pages of a stack for C code the preparation has put behind the module's memory (package interpreters, Unwinding.Room); 0 if it has not.
	stack uint32
	// overlaps tells that calls may run beside each other in one guest.
	overlaps bool
}

// sourceDriver drives an interpreter. Its boot loads the files of the handler and of all hooks that are on, and reports a file or a
// function that is not there.
type sourceDriver interface {
	driver
	// standing is what the driver knows behind boot and what is the same in all guests from the image; nil if there is nothing. It does not change.
	standing() any
	// functions are the names of what the handler's file has, after boot.
	functions(r *reactor) ([]string, error)
}

// languages are those that the engine can drive, by the names of their interpreters.
var languages = map[string]*language{
	"quickjs": &quickjsLanguage,
}

// interpreter is one that is ready: compiled once, for all functions and until the engine is closed.
type interpreter struct {
	language *language
	dir      string
	mod      *module
}

// interpreters are those that functions have asked for.
type interpreters struct {
	mu      sync.Mutex // guards runtime and ready, not what is in ready
	runtime wazero.Runtime
	ready   map[string]*readyInterpreter
}

type readyInterpreter struct {
	mu sync.Mutex // held while it is compiled
	in *interpreter
}

// interpreter makes the interpreter of that name ready.
func (e *Engine) interpreter(ctx context.Context, name string) (*interpreter, error) {
	l := languages[name]
	if l == nil || e.cfg.Interpreters == nil {
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the code is not a WebAssembly module, and this host has no interpreter %q for it", name)
	}
	dir, err := e.cfg.Interpreters.Find(name)
	if err != nil {
		return nil, err
	}
	rt, r, err := e.readying(ctx, name)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.in != nil && r.in.dir == dir {
		return r.in, nil
	}
	code, err := os.ReadFile(filepath.Join(dir, l.module))
	if err != nil {
		return nil, fn.Errorf(fn.CodeInternal, "interpreter %s: %w", name, err)
	}
	if l.imports != nil && r.in == nil {
		if err := l.imports(ctx, rt); err != nil {
			return nil, fmt.Errorf("interpreter %s: host modules: %w", name, err)
		}
	}
	mod, err := e.compile(ctx, rt, code)
	if err != nil {
		return nil, fmt.Errorf("interpreter %s: %w", name, err)
	}
	if !mod.bin.Capturable() {
		return nil, errors.Join(fn.Errorf(fn.CodeInternal, "interpreter %s: it %s", name, mod.bin.Obstacles[0].Text), mod.compiled.Close(ctx))
	}
	r.in = &interpreter{l, dir, mod}
	return r.in, nil
}

// readying makes the runtime for interpreters when it is first asked for: it has WASI with files, and what interpreters import.
func (e *Engine) readying(ctx context.Context, name string) (wazero.Runtime, *readyInterpreter, error) {
	in := &e.interpreters
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.runtime == nil {
		rt := e.newRuntime(ctx)
		if err := errors.Join(instantiateWASIWithFiles(ctx, rt), instantiateABI(ctx, rt), instantiateYield(ctx, rt)); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("host modules: %w", err), rt.Close(ctx))
		}
		in.runtime, in.ready = rt, map[string]*readyInterpreter{}
	}
	if in.ready[name] == nil {
		in.ready[name] = &readyInterpreter{}
	}
	return in.runtime, in.ready[name], nil
}

func (in *interpreters) close(ctx context.Context) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.runtime == nil {
		return nil
	}
	return in.runtime.Close(ctx)
}

// CompileSource makes a function whose code is a source tree ready to start: it loads the tree in the interpreter once, and takes the image, unless
// a program has one that is the same. It refuses, as
// InvalidArgument, a package that is damaged or not acceptable, an interpreter that is not there, and code that does not load or lacks a
// handler or hook that is configured. f must not change afterwards.
func (e *Engine) CompileSource(ctx context.Context, f *fn.Function, interpreter string) (*Program, error) {
	p, err := e.newSourceProgram(ctx, f, interpreter)
	if err != nil {
		return nil, err
	}
	if p.adopt() {
		return p, nil
	}
	if err := p.bootOnce(func(*reactor) error { return nil }); err != nil {
		p.Close()
		return nil, err
	}
	p.share()
	return p, nil
}

func (e *Engine) newSourceProgram(ctx context.Context, f *fn.Function, name string) (*Program, error) {
	in, err := e.interpreter(ctx, name)
	if err != nil {
		return nil, err
	}
	tree, err := source.Open(f.Code, source.Limits{})
	if err != nil {
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the code package: %w", err)
	}
	p := e.newProgram(f, in.mod)
	p.kind, p.interpreter, p.source = KindInterpreter, in, tree
	p.mounts = in.language.mounts(p)
	p.configure()
	if in.language.configure != nil {
		p.config = in.language.configure(p, p.config)
	}
	if err := p.checkMemory(); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// bootOnce starts the function once, takes the image, and has look look at it.
func (p *Program) bootOnce(look func(*reactor) error) error {
	g, fault := p.startReactor("", p.startDeadline(), discard{}, false)
	if fault != nil {
		return fn.Errorf(fn.CodeInvalidArgument, "the code does not load: %w", fault)
	}
	defer g.release() // it is none of the guests that start from the image
	p.obstacle = g.files.obstacle()
	if !p.engine.cfg.PlainStart && p.obstacle == "" {
		image, err := capture(g)
		if err != nil {
			return fmt.Errorf("image of the function: %w", err)
		}
		defer func() { p.image, p.places = image, g.driver.(sourceDriver).standing() }() // not before g is released
	}
	return look(g)
}

// InspectSource tells what a source tree can be deployed as, with f's handler. Errors are those of CompileSource.
func (e *Engine) InspectSource(ctx context.Context, f *fn.Function, interpreter string) (*Info, error) {
	p, err := e.newSourceProgram(ctx, f, interpreter)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	var names []string
	err = p.bootOnce(func(g *reactor) (err error) {
		fault := g.visit(p.startDeadline(), func() error {
			names, err = g.driver.(sourceDriver).functions(g)
			return err
		})
		if fault != nil {
			return fn.Errorf(fn.CodeInvalidArgument, "the code does not load: %w", fault)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	info := &Info{Kind: p.kind, Handlers: []string{f.Handler}, Hooks: []string{}}
	file := fn.File(f.Handler)
	for _, standard := range [][]string{{abi.Initializer}, {abi.PreFreeze, "pre_freeze"}, {abi.PreStop, "pre_stop"}} {
		for _, name := range standard {
			if slices.Contains(names, name) {
				info.Hooks = append(info.Hooks, file+"."+name)
				break
			}
		}
	}
	return info, nil
}
