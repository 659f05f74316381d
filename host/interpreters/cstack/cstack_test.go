package cstack_test

import (
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/host/interpreters/cstack"
)

// compiled is testdata/frames.c as a compiler with these flags leaves it.
func compiled(t *testing.T, flags ...string) []byte {
	t.Helper()
	for _, tool := range []string{"clang", "wasm-ld", "wasm-opt"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not on the PATH", tool)
			}
			t.Skipf("%s is not on the PATH, which makes the modules (Debian: clang, lld, binaryen)", tool)
		}
	}
	out := filepath.Join(t.TempDir(), "frames.wasm")
	args := append([]string{"--target=wasm32", "-nostdlib", "-mbulk-memory", "-msign-ext", "-mnontrapping-fptoint", "-Wl,--no-entry", "-o", out, "testdata/frames.c"}, flags...)
	said, err := exec.Command("clang", args...).CombinedOutput()
	require.NoError(t, err, "%s", said)
	code, err := os.ReadFile(out)
	require.NoError(t, err)
	return code
}

// shipped is it as makers of interpreters leave it: not optimized, but that wasm-opt has been over it.
func shipped(t *testing.T, flags ...string) []byte {
	t.Helper()
	in, out := filepath.Join(t.TempDir(), "in.wasm"), filepath.Join(t.TempDir(), "out.wasm")
	require.NoError(t, os.WriteFile(in, compiled(t, append(flags, "-O0")...), 0o644))
	said, err := exec.Command("wasm-opt", "--enable-sign-ext", "--enable-mutable-globals", "--enable-bulk-memory", "--enable-nontrapping-float-to-int", "-O2", in, "-o", out).CombinedOutput()
	require.NoError(t, err, "%s", said)
	code, err := os.ReadFile(out)
	require.NoError(t, err)
	return code
}

func started(t *testing.T, code []byte) api.Module {
	t.Helper()
	ctx := context.Background()
	rt := wazero.NewRuntime(ctx)
	t.Cleanup(func() { rt.Close(ctx) })
	mod, err := rt.Instantiate(ctx, code)
	require.NoError(t, err)
	return mod
}

func rewritten(t *testing.T, code []byte, pages uint32) ([]byte, cstack.Stats) {
	t.Helper()
	out, stats, err := cstack.Rewrite(code, pages)
	require.NoError(t, err)
	return out, stats
}

var functions = []string{
	"leaf", "loop", "narrow", "floats", "given", "fields", "united", "array", "backwards", "variadic", "room", "recursion", "early", "kept", "choice", "deep", "flat",
}

func TestRewrite_ChangesNoResult(t *testing.T) {
	numbers := []int64{0, 1, 2, 3, 7, -1, -2, 100, 127, 128, 255, 256, -129, 32767, 32768, 65535, 65536, 1 << 31, -1 << 31, 1<<40 + 5, math.MaxInt64, math.MinInt64}
	for name, made := range map[string]func(t *testing.T) []byte{
		"not optimized":             func(t *testing.T) []byte { return shipped(t) },
		"as the compiler leaves it": func(t *testing.T) []byte { return compiled(t, "-O0") },
		"optimized for speed":       func(t *testing.T) []byte { return compiled(t, "-O2") },
		"optimized for size":        func(t *testing.T) []byte { return compiled(t, "-Os") },
		"rewritten":                 func(t *testing.T) []byte { c, _ := rewritten(t, shipped(t), 0); return c },
		"rewritten and moved":       func(t *testing.T) []byte { c, _ := rewritten(t, shipped(t), 3); return c },
	} {
		t.Run(name, func(t *testing.T) {
			code := made(t)
			for _, pages := range []uint32{0, 2} {
				out, stats := rewritten(t, code, pages)
				t.Logf("%+v", stats)
				theirs, ours := started(t, code), started(t, out)
				for _, f := range functions {
					want, got := theirs.ExportedFunction(f), ours.ExportedFunction(f)
					for _, a := range numbers {
						for _, b := range numbers {
							if f == "deep" || f == "flat" {
								a &= 63
							}
							x, err := want.Call(t.Context(), uint64(a), uint64(b))
							require.NoError(t, err)
							y, err := got.Call(t.Context(), uint64(a), uint64(b))
							require.NoError(t, err)
							require.Equal(t, x, y, "%s(%d, %d)", f, a, b)
						}
					}
				}
				require.Equal(t, uint32(2*pages), (ours.Memory().Size()-theirs.Memory().Size())/(cstack.PageBytes/2), "the memory has the stack behind it")
			}
		})
	}
}

func TestRewrite_TakesWhatNobodyElseCanReach(t *testing.T) {
	_, stats := rewritten(t, shipped(t), 0)
	require.Greater(t, stats.Functions, 15)
	require.GreaterOrEqual(t, stats.Frameless, 8)
	require.Less(t, stats.Frameless, stats.Functions-4, "given, backwards, choice, kept and others keep their frames")
	require.Greater(t, stats.Local, 100)
	_, again := rewritten(t, func() []byte { c, _ := rewritten(t, shipped(t), 0); return c }(), 0)
	require.Zero(t, again.Frameless)
}

func TestRewrite_MovesTheStackAndBoundsIt(t *testing.T) {
	code := shipped(t, "-Wl,-z,stack-size=65536")
	deepest := func(code []byte) int {
		return last(func(n int) bool {
			_, err := started(t, code).ExportedFunction("deep").Call(t.Context(), uint64(n), 0) // a trap leaves the stack pointer where it is
			return err == nil
		})
	}
	small, _ := rewritten(t, code, 2)
	large, _ := rewritten(t, code, 5)
	one, four := deepest(small), deepest(large)
	require.InDelta(t, 4, float64(four)/float64(one), 0.1, "the last page is kept: %d, %d", one, four)

	mod := started(t, large)
	before := started(t, code).Memory().Size()
	all, _ := mod.Memory().Read(0, before)
	data := append([]byte(nil), all...)
	_, err := mod.ExportedFunction("deep").Call(t.Context(), 1<<30, 0)
	require.ErrorContains(t, err, "unreachable")
	all, _ = mod.Memory().Read(0, before)
	require.Equal(t, data, all, "nothing beyond the stack was written")

	got, err := mod.ExportedFunction("flat").Call(t.Context(), 100_000, 1)
	require.NoError(t, err, "a function without a frame needs no stack")
	require.Equal(t, []uint64{100_000}, got)
}

// last finds the largest n below 2^20 for which ok is true.
func last(ok func(n int) bool) int {
	low, high := 0, 1<<20
	for high-low > 1 {
		if mid := (low + high) / 2; ok(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

func TestRewrite_RefusesWhatItDoesNotKnow(t *testing.T) {
	header := "\x00asm\x01\x00\x00\x00"
	types, function, memory, pointer := "\x01\x04\x01\x60\x00\x00", "\x03\x02\x01\x00", "\x05\x03\x01\x00\x01", "\x06\x07\x01\x7f\x01\x41\x80\x08\x0b"
	for name, c := range map[string]struct{ module, want string }{
		"no module":              {"", "not a module"},
		"a cut one":              {header + types[:4], "not a sound module"},
		"an imported memory":     {header + "\x02\x08\x01\x01a\x01b\x02\x00\x01", "imports something else"},
		"a memory with a bound":  {header + "\x05\x04\x01\x01\x01\x02", "has a bound"},
		"another global 0":       {header + memory + "\x06\x06\x01\x7f\x00\x41\x00\x0b", "not the stack pointer"},
		"an unknown instruction": {header + types + function + memory + pointer + "\x0a\x05\x01\x03\x00\xfd\x0b", "function 0: at its byte 1: instruction 0xfd"},
	} {
		_, _, err := cstack.Rewrite([]byte(c.module), 1)
		require.ErrorContains(t, err, c.want, name)
	}
}
