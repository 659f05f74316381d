package guests_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/guests"
)

const (
	handlerType = "(i32) i32"
	hookType    = "() i32"
)

func TestWriteProject_BuildsWithTheToolchainAlone(t *testing.T) {
	for lang, hooks := range map[string][]string{
		"go": {abi.Initializer, abi.PreFreeze, abi.PreStop, abi.Hooks},
		"c":  {abi.PreFreeze, abi.PreStop},

		"rust":           {abi.PreFreeze, abi.PreStop},
		"assemblyscript": {abi.PreFreeze, abi.PreStop},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Setenv("GOPROXY", "off")
			dir := filepath.Join(t.TempDir(), "my-function")
			require.NoError(t, guests.WriteProject(dir, "my-function", lang))
			var log bytes.Buffer
			out := build(t, lang, dir, "", &log)
			require.Equal(t, filepath.Join(dir, "my-function.wasm"), out)
			require.Contains(t, log.String(), "my-function.wasm", "the command is logged")

			want := map[string]string{abi.Handler: handlerType, abi.Initialize: "() "}
			for _, h := range hooks {
				want[h] = hookType
			}
			exports, imports := inspect(t, out)
			require.Equal(t, want, exports)
			require.Contains(t, imports, abi.Module)
			require.Subset(t, []string{abi.Module, "wasi_snapshot_preview1"}, imports)
		})
	}
}

func TestWriteProject_PassesItsOwnTests(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a test binary; skipped with -short")
	}
	dir := t.TempDir()
	require.NoError(t, guests.WriteProject(dir, "greeter", "go"))
	cmd := exec.Command("go", "test", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// Those of the conformance kit are built by TestSDKs_PassTheConformanceKit.
func TestBuild_MakesEveryExample(t *testing.T) {
	for _, dir := range []string{
		"go/example/counter", "go/example/hello", "c/example/counter",
		"rust/example/counter", "assemblyscript/example/counter",
	} {
		t.Run(dir, func(t *testing.T) {
			lang, _, _ := strings.Cut(dir, "/")
			out := build(t, lang, dir, filepath.Join(t.TempDir(), "sub", "out.wasm"), nil)
			exports, _ := inspect(t, out)
			require.Equal(t, handlerType, exports[abi.Handler])
		})
	}
}

// The one in Rust is built by the tests of host/engine, which run it.
func TestBuild_MakesAProgramOfWhatHasAMainFunction(t *testing.T) {
	exports, _ := inspect(t, build(t, "c", "c/example/server", filepath.Join(t.TempDir(), "out.wasm"), nil))
	require.Contains(t, exports, abi.Start)
	require.NotContains(t, exports, abi.Initialize)
}

func TestHeader_IsCleanCAndCPlusPlus(t *testing.T) {
	t.Setenv("WASI_SDK_PATH", "")
	requireToolchain(t, "c")
	for _, flags := range []string{"-xc -std=c11 -Wpedantic", "-xc++ -std=c++17 -fno-exceptions"} {
		t.Run(flags, func(t *testing.T) {
			args := append(strings.Fields(flags), "--target=wasm32-wasi", "--sysroot=/usr", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
				"c/template/main.c", "c/example/counter/main.c")
			out, err := exec.Command("clang", args...).CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}

func TestBuild_ReturnsTheCompilersWords(t *testing.T) {
	for lang, file := range map[string]string{
		"go": "main.go", "c": "main.c", "rust": "main.rs", "assemblyscript": "assembly/index.ts",
	} {
		t.Run(lang, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, guests.WriteProject(dir, "broken", lang))
			require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte("package main\n\nfunc main() { nonsense() }\n"), 0o666))
			requireToolchain(t, lang)
			var log bytes.Buffer
			_, err := guests.Build(context.Background(), dir, "", &log)
			var compile *guests.CompileError
			require.ErrorAs(t, err, &compile)
			require.Contains(t, err.Error(), file)
			require.Contains(t, log.String(), compile.Output)
		})
	}
}

func TestBuild_NamesWhatIsMissing(t *testing.T) {
	for lang, want := range map[string]string{
		"go": "go 1.24 or newer", "c": "libclang-rt-14-dev-wasm32", "assemblyscript": "Node.js with npm",
	} {
		t.Run(lang, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, guests.WriteProject(dir, "lost", lang))
			t.Setenv("PATH", t.TempDir())
			t.Setenv("WASI_SDK_PATH", "")
			_, err := guests.Build(context.Background(), dir, "", nil)
			var toolchain *guests.ToolchainError
			require.ErrorAs(t, err, &toolchain)
			require.ErrorContains(t, err, want)
		})
	}
}

func TestBuild_UsesTheWASISDK(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		reason := "needs sh for a compiler that prints its arguments"
		if os.Getenv("CI") == "true" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	sdk, dir := t.TempDir(), t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(sdk, "bin"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(sdk, "bin", "clang"), []byte("#!/bin/sh\necho \"$@\"\n"), 0o777))
	t.Setenv("WASI_SDK_PATH", sdk)
	require.NoError(t, guests.WriteProject(dir, "f", "c"))
	var log bytes.Buffer
	_, err := guests.Build(context.Background(), dir, "", &log)
	require.NoError(t, err)
	require.NotContains(t, log.String(), "--sysroot", "a WASI SDK brings its own")
}

func TestBuild_StopsWithItsContext(t *testing.T) {
	requireToolchain(t, "go")
	dir := t.TempDir()
	require.NoError(t, guests.WriteProject(dir, "f", "go"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := guests.Build(ctx, dir, "", nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestBuild_RefusesAFolderWithoutSource(t *testing.T) {
	dir := t.TempDir()
	_, err := guests.Build(context.Background(), dir, "", nil)
	require.ErrorIs(t, err, guests.ErrLanguage)
	require.ErrorContains(t, err, dir)

	_, err = guests.Build(context.Background(), filepath.Join(dir, "missing"), "", nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// build is guests.Build for a test that cannot go on without the module.
func build(t *testing.T, lang, dir, out string, log *bytes.Buffer) string {
	t.Helper()
	requireToolchain(t, lang)
	if log == nil {
		log = new(bytes.Buffer)
	}
	path, err := guests.Build(context.Background(), dir, out, log)
	require.NoError(t, err)
	return path
}

// requireToolchain skips a test of a language that cannot be built here, and fails it in CI.
func requireToolchain(t *testing.T, lang string) {
	t.Helper()
	probed.Lock()
	as := [2]string{lang, os.Getenv("WASI_SDK_PATH")}
	reason, known := probed.reasons[as]
	if probe, ok := probes[lang]; ok && !known {
		reason = probe()
		probed.reasons[as] = reason
	}
	probed.Unlock()
	switch {
	case reason == "":
	case os.Getenv("CI") == "true":
		t.Fatal(reason)
	default:
		t.Skip(reason)
	}
}

// probed are the answers of probes: to ask asc for its version alone takes more than a second.
var probed = struct {
	sync.Mutex
	reasons map[[2]string]string // by language and WASI SDK
}{reasons: map[[2]string]string{}}

// probes say what is missing for a language on this machine, with as little of Build's own code as will do.
var probes = map[string]func() string{
	"c": func() string {
		_, clang := exec.LookPath("clang")
		_, libc := os.Stat("/usr/lib/wasm32-wasi/crt1-reactor.o")
		if os.Getenv("WASI_SDK_PATH") != "" || clang == nil && libc == nil {
			return ""
		}
		return "no C toolchain for WebAssembly: install clang, lld, wasi-libc and libclang-rt-14-dev-wasm32"
	},
	"rust": func() string {
		for _, rustc := range []string{"rustc", "/usr/bin/rustc"} {
			for _, target := range []string{"wasm32-wasip1", "wasm32-wasi"} {
				lib, err := exec.Command(rustc, "--print", "target-libdir", "--target", target).Output()
				if _, missing := os.Stat(strings.TrimSpace(string(lib))); err == nil && missing == nil {
					return ""
				}
			}
		}
		return "no Rust toolchain for WebAssembly: install rustc, libstd-rust-dev-wasm32 and lld"
	},
	"assemblyscript": func() string {
		if out, err := exec.Command("asc", "--version").Output(); err != nil || !strings.Contains(string(out), " 0.28.") {
			return "no AssemblyScript compiler: npm install --global assemblyscript@0.28.20"
		}
		return ""
	},
}

// inspect returns a module's function exports with their types, and the modules that it imports.
func inspect(t *testing.T, path string) (exports map[string]string, imports []string) {
	t.Helper()
	code, err := os.ReadFile(path)
	require.NoError(t, err)
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer func() { require.NoError(t, r.Close(ctx)) }()
	m, err := r.CompileModule(ctx, code)
	require.NoError(t, err)
	require.Contains(t, m.ExportedMemories(), abi.Memory)
	exports = map[string]string{}
	for name, f := range m.ExportedFunctions() {
		exports[name] = "(" + types(f.ParamTypes()) + ") " + types(f.ResultTypes())
	}
	modules := map[string]bool{}
	for _, f := range m.ImportedFunctions() {
		module, _, _ := f.Import()
		modules[module] = true
	}
	return exports, slices.Sorted(maps.Keys(modules))
}

func types(of []api.ValueType) string {
	var names []string
	for _, t := range of {
		names = append(names, api.ValueTypeName(t))
	}
	return strings.Join(names, ", ")
}
