package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

// Kinds of guest.
const (
	KindReactor = "reactor" // exports a handler; state stays between requests
	KindCommand = "command" // has _start; one fresh start per request
)

var (
	i32         = api.ValueTypeI32
	handlerType = signature([]api.ValueType{i32}, []api.ValueType{i32})
	hookType    = signature(nil, []api.ValueType{i32})
	startType   = signature(nil, nil)
)

// module is a compiled module that the host can run.
type module struct {
	compiled wazero.CompiledModule
	exports  map[string]string // functions and their types, as text
	minPages uint32
}

// compile reads a module and checks all that does not depend on a function's configuration.
func (e *Engine) compile(ctx context.Context, code []byte) (*module, error) {
	switch {
	case len(code) == 0:
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the code is empty (0 bytes)")
	case !bytes.HasPrefix(code, []byte("\x00asm")):
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the code is not a WebAssembly module: it does not begin with 00 61 73 6d")
	case len(code) >= 8 && !bytes.Equal(code[4:8], []byte{1, 0, 0, 0}):
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the code is not a core WebAssembly module of version 1 (a component? only core modules run here)")
	}
	limited, sure, err := limitTables(code)
	if err != nil {
		return nil, err
	}
	compiled, err := e.runtime.CompileModule(ctx, limited)
	if err != nil {
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the module is not valid: %w", err)
	}
	if !sure {
		compiled.Close(ctx)
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the module has a table of a kind that the host does not know")
	}
	m := &module{compiled: compiled, exports: map[string]string{}}
	for name, d := range compiled.ExportedFunctions() {
		m.exports[name] = signature(d.ParamTypes(), d.ResultTypes())
	}
	if err := e.checkImports(compiled, otherImports(code)); err != nil {
		compiled.Close(ctx)
		return nil, err
	}
	memory, ok := compiled.ExportedMemories()[abi.Memory]
	if !ok {
		compiled.Close(ctx)
		return nil, fn.Errorf(fn.CodeInvalidArgument, "the module does not export its memory under the name %q", abi.Memory)
	}
	m.minPages = memory.Min()
	return m, nil
}

// checkImports lists everything that the host does not have; missing begins with what is no function and no memory.
func (e *Engine) checkImports(m wazero.CompiledModule, missing []string) error {
	for _, d := range m.ImportedFunctions() {
		module, name, _ := d.Import()
		host := e.runtime.Module(module)
		want := signature(d.ParamTypes(), d.ResultTypes())
		if host == nil {
			missing = append(missing, fmt.Sprintf("%s.%s %s", module, name, want))
			continue
		}
		have, ok := host.ExportedFunctionDefinitions()[name]
		switch {
		case !ok:
			missing = append(missing, fmt.Sprintf("%s.%s %s", module, name, want))
		case signature(have.ParamTypes(), have.ResultTypes()) != want:
			missing = append(missing, fmt.Sprintf("%s.%s %s (the host's has type %s)", module, name, want, signature(have.ParamTypes(), have.ResultTypes())))
		}
	}
	for _, d := range m.ImportedMemories() {
		module, name, _ := d.Import()
		missing = append(missing, fmt.Sprintf("%s.%s (memory)", module, name))
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fn.Errorf(fn.CodeInvalidArgument, "the module imports what the host does not have: %s", strings.Join(slices.Compact(missing), ", "))
}

// kind detects how the module is driven: a handler export makes a reactor.
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

// signature writes a type as "(i32, i64) -> i32".
func signature(params, results []api.ValueType) string {
	list := func(ts []api.ValueType) string {
		s := make([]string, len(ts))
		for i, t := range ts {
			s[i] = api.ValueTypeName(t)
		}
		return strings.Join(s, ", ")
	}
	r := list(results)
	if len(results) != 1 {
		r = "(" + r + ")"
	}
	return "(" + list(params) + ") -> " + r
}
