package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/bytecodealliance/wasmtime-go/v39"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// program is an interpreter as its makers ship it: a WASI program that reads a script and an event, answers and ends.
type program struct {
	Module string // file
	Args   []string
	Mounts []mount
}

// mount is a folder that a program may read, and where it sees it.
type mount struct{ Folder, At string }

// pythonProgram runs the guest's source once.
func pythonProgram(installed, source string) *program {
	const script = "import sys; sys.path.insert(0, '/code'); import index; sys.stdout.write(index.handler(sys.stdin.buffer.read(), None))"
	return &program{
		Module: filepath.Join(installed, "python.wasm"),
		Args:   []string{"python", "-B", "-c", script},
		Mounts: []mount{{filepath.Join(installed, "usr"), "/usr"}, {source, "/code"}},
	}
}

// once is what a contender is called that runs a program for every event: nothing of it stays.
type once interface{ once() }

// errOnce is the reason of the rows that need an instance that stays.
var errOnce = fmt.Errorf("%w: the interpreter is a program that answers one event and ends", errCannot)

// perEvent is a contender that runs a program for every event.
type perEvent struct {
	run func(event []byte) ([]byte, error)
	end func() error
}

func (perEvent) once()                      {}
func (p perEvent) start() (instance, error) { return &programCall{p: p}, nil }
func (p perEvent) close() error             { return p.end() }

// programCall is one run. Its second call fails: there is no instance that could take it.
type programCall struct {
	p    perEvent
	done bool
}

func (c *programCall) call(event []byte) ([]byte, error) {
	if c.done {
		return nil, errOnce
	}
	c.done = true
	return c.p.run(event)
}

func (c *programCall) close() error { return nil }

// wazeroProgram runs it on wazero; the module is compiled once.
func wazeroProgram(p *program, cache string, deadlines bool) (contender, error) {
	kept, err := wazero.NewCompilationCacheWithDir(filepath.Join(cache, "wazero"))
	if err != nil {
		return nil, err
	}
	code, err := os.ReadFile(p.Module)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(kept).WithCloseOnContextDone(deadlines))
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return nil, err
	}
	compiled, err := r.CompileModule(ctx, code)
	if err != nil {
		return nil, err
	}
	folders := wazero.NewFSConfig()
	for _, m := range p.Mounts {
		folders = folders.WithReadOnlyDirMount(m.Folder, m.At)
	}
	return perEvent{
		run: func(event []byte) ([]byte, error) {
			ctx := ctx
			if deadlines {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, timeout)
				defer cancel()
			}
			var answer, said bytes.Buffer
			m, err := r.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().
				WithName("").WithArgs(p.Args...).WithStdin(bytes.NewReader(event)).WithStdout(&answer).WithStderr(&said).
				WithRandSource(rand.Reader).WithSysWalltime().WithSysNanotime().WithFSConfig(folders))
			if err != nil {
				return nil, fmt.Errorf("%w: %s", err, last(said.String()))
			}
			return answer.Bytes(), m.Close(ctx)
		},
		end: func() error { return r.Close(ctx) },
	}, nil
}

// wasmtimeProgram runs it on wasmtime, whose Go binding gives a program files for its input and output.
func wasmtimeProgram(p *program, cache string, deadlines bool) (contender, error) {
	code, err := os.ReadFile(p.Module)
	if err != nil {
		return nil, err
	}
	w, err := newWasmtime(code, cache, deadlines)
	if err != nil {
		return nil, err
	}
	return perEvent{run: func(event []byte) ([]byte, error) { return w.runOnce(p, event) }, end: w.close}, nil
}

func (w *bytecode) runOnce(p *program, event []byte) ([]byte, error) {
	dir, err := os.MkdirTemp("", "lull-peers-program-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	cfg := wasmtime.NewWasiConfig()
	cfg.SetArgv(p.Args)
	err = errors.Join(os.WriteFile(in, event, 0o600), cfg.SetStdinFile(in), cfg.SetStdoutFile(out))
	for m := range slices.Values(p.Mounts) {
		err = errors.Join(err, cfg.PreopenDir(m.Folder, m.At, wasmtime.DIR_READ, wasmtime.FILE_READ))
	}
	if err != nil {
		return nil, err
	}
	store := wasmtime.NewStore(w.engine)
	defer store.Close()
	store.SetWasi(cfg)
	if w.deadlines {
		store.SetEpochDeadline(uint64(timeout / epoch))
	}
	made, err := w.linker.Instantiate(store, w.module)
	if err != nil {
		return nil, err
	}
	if _, err := made.GetFunc(store, "_start").Call(store); err != nil {
		if exit, ok := errors.AsType[*wasmtime.Error](err); !ok || !exited(exit) {
			return nil, err
		}
	}
	return os.ReadFile(out)
}

// exited tells whether a program has ended by itself, with 0.
func exited(err *wasmtime.Error) bool {
	code, ok := err.ExitStatus()
	return ok && code == 0
}
