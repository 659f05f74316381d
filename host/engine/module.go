package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/engine/wasmbin"
	"github.com/lull-dev/lull/host/fn"
)

// Kinds of guest.
const (
	KindReactor = "reactor" // exports a handler; state stays between requests
	KindCommand = "command" // has _start; one fresh start per request
	KindServer  = "server"  // has _start, in which it listens on descriptor 3; one start per instance
)

var (
	i32         = api.ValueTypeI32
	handlerType = signature([]api.ValueType{i32}, []api.ValueType{i32})
	hookType    = signature(nil, []api.ValueType{i32})
	startType   = signature(nil, nil)
)

// module is a compiled module that the host can run. But for its users it does not change.
type module struct {
	runtime  wazero.Runtime
	bin      *wasmbin.Module
	compiled wazero.CompiledModule
	exports  map[string]string // functions and their types, as text

	entries sync.Map // *entry by export, of those that were called

	as    sharing // of a shared one
	users int     // the programs that have it; guarded by modules.mu
}

// compile reads a module and checks all that does not depend on a function's configuration. rt nil is that of the module's kind.
func (e *Engine) compile(ctx context.Context, rt wazero.Runtime, code []byte) (*module, error) {
	switch {
	case len(code) == 0:
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the code is empty (0 bytes)")
	case !bytes.HasPrefix(code, []byte("\x00asm")):
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the code is not a WebAssembly module: it does not begin with 00 61 73 6d")
	case len(code) >= 8 && !bytes.Equal(code[4:8], []byte{1, 0, 0, 0}):
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the code is not a core WebAssembly module of version 1 (a component? only core modules run here)")
	}
	bin, err := wasmbin.Transform(code, wasmbin.Options{Alone: true})
	if err != nil {
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the module is not valid: %w", err)
	}
	m := &module{bin: bin, exports: map[string]string{}}
	memory := false
	for _, x := range bin.Exports {
		if x.Kind == wasmbin.Func {
			m.exports[x.Name] = x.Type
		}
		memory = memory || x.Kind == wasmbin.Mem && x.Name == abi.Memory
	}
	if rt == nil {
		if rt, err = e.runtimeFor(ctx, m); err != nil {
			return nil, err
		}
	}
	if err := checkImports(rt, bin.Imports); err != nil {
		return nil, err
	}
	m.runtime = rt
	switch {
	case !memory:
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the module does not export its memory under the name %q", abi.Memory)
	case bin.Memory.Shared:
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the module's memory is shared; there are no threads here")
	}
	m.compiled, err = e.compileCode(ctx, rt, bin.Code)
	if isCacheError(err) && e.purgeCache() == nil || isFileError(err) {
		m.compiled, err = e.compileCode(ctx, rt, bin.Code)
	}
	switch {
	case errors.Is(err, errCompileTimeout):
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the module takes more than %s to compile", e.cfg.CompileTimeout)
	case ctx.Err() != nil && err != nil:
		return nil, fmt.Errorf("compiling: %w", context.Cause(ctx))
	case isFileError(err):
		return nil, fmt.Errorf("cache of compiled modules: %w", err)
	case err != nil:
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the module is not valid: %w", err)
	}
	bin.Code = nil // the compiler has it
	return m, nil
}

var errCompileTimeout = errors.New("engine: compile timeout")

// compileCode compiles with workers, even on one core: only then does wazero look at its context between two functions.
func (e *Engine) compileCode(ctx context.Context, rt wazero.Runtime, code []byte) (wazero.CompiledModule, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, e.cfg.CompileTimeout, errCompileTimeout)
	defer cancel()
	compiled, err := rt.CompileModule(experimental.WithCompilationWorkers(ctx, max(2, runtime.GOMAXPROCS(0))), code)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return compiled, err
}

// checkImports lists everything that the host does not have.
func checkImports(rt wazero.Runtime, imports []wasmbin.Import) error {
	var missing []string
	for _, i := range imports {
		want := i.Module + "." + i.Name + " " + i.Type
		if i.Kind != wasmbin.Func {
			missing = append(missing, fmt.Sprintf("%s.%s (%s)", i.Module, i.Name, i.Kind))
			continue
		}
		host := rt.Module(i.Module)
		if host == nil {
			missing = append(missing, want)
			continue
		}
		have, ok := host.ExportedFunctionDefinitions()[i.Name]
		if !ok {
			missing = append(missing, want)
			continue
		}
		if typ := signature(have.ParamTypes(), have.ResultTypes()); typ != i.Type {
			missing = append(missing, fmt.Sprintf("%s (the host's has type %s)", want, typ))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fn.Errorf(fn.CodeInvalidArgument, "the module imports what the host does not have: %s", strings.Join(slices.Compact(missing), ", "))
}

// mayServe tells a module that could be a server: it has a program's start, and takes connections.
func (m *module) mayServe() bool {
	return m.exports[abi.Start] == startType && slices.ContainsFunc(m.bin.Imports, func(i wasmbin.Import) bool {
		return i.Module == wasi_snapshot_preview1.ModuleName && i.Name == "sock_accept"
	})
}

// kind detects how the module is driven: a handler export makes a reactor. Whether it is a server shows when it runs.
func (m *module) kind(handler string) string {
	if _, ok := m.exports[handler]; !ok && m.exports[abi.Start] == startType {
		return KindCommand
	}
	return KindReactor
}

// checkExport wants a function export of the given type; use says what for.
func (m *module) checkExport(use, name, want string) error {
	switch have, ok := m.exports[name]; {
	case !ok:
		return fn.Errorf(fn.CodeInvalidArgument, "%s: the module does not export a function %q (it exports: %s)", use, name, m.exportList())
	case have != want:
		return fn.Errorf(fn.CodeInvalidArgument, "%s: the export %q has type %s, it must be %s", use, name, have, want)
	}
	return nil
}

func (m *module) exportList() string {
	names := m.names(func(string) bool { return true })
	if len(names) == 0 {
		return "none"
	}
	const most = 20
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(names, ", ")
}

// names lists the function exports whose type satisfies ok, sorted.
func (m *module) names(ok func(typ string) bool) []string {
	out := []string{}
	for name, typ := range m.exports {
		if ok(typ) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// signature writes a type as wasmbin does: "(i32, i64) -> (i32)", or "(i32)" without results.
func signature(params, results []api.ValueType) string {
	list := func(ts []api.ValueType) string {
		s := make([]string, len(ts))
		for i, t := range ts {
			s[i] = api.ValueTypeName(t)
		}
		return "(" + strings.Join(s, ", ") + ")"
	}
	if len(results) == 0 {
		return list(params)
	}
	return list(params) + " -> " + list(results)
}
