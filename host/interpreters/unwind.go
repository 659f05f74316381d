package interpreters

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/interpreters/cstack"
)

// Unwinding tells where a command, a module that waits for its events inside of _start, waits for them. A module prepared for it can leave _start there and come
// back: Binaryen's asyncify saves the functions that are on the stack. Package engine does the leaving.
//
// If all functions of the module could be left, which is asyncify's default, Python would run 30 to 40 % slower. The few that are on the stack at the one
// call that waits cost next to nothing. Which they are depends on the module and on what runs in it up to the wait, never on a user's code.
// They have no names, only indices, so the module is pinned.
type Unwinding struct {
	SHA256 string   // of the module, in hex
	Import string   // the import of wasi_snapshot_preview1 that waits
	Stack  []uint32 // indices of the functions on the stack at it, _start last
	Room   uint32   // pages of a new stack in memory for the module's C code (package cstack); 0: it keeps its own
}

// unwindName names a function of Unwinding.Stack in the prepared module. The engine knows them by what comes before the dot.
func unwindName(i uint32) string { return fmt.Sprintf("unwinds.%d", i) }

// binaryen is where wasm-opt comes from if the machine has none. It is the same program, compiled to JavaScript: node needs twice the time for it.
var binaryen = Package{
	Name: "binaryen", Version: "132.0.0", SHA256: "6543555fb29bb92548f325c7dc18e9ab7dbb1215edda25993d1e3f71d85b8618",
	Files: []string{"bin/wasm-opt", "bin/package.json"},
}

// Unwind prepares a module of a package for u, into a file of Out. It takes one to three minutes.
func (w *Work) Unwind(ctx context.Context, pkg, file, as string, u Unwinding) error {
	code, err := os.ReadFile(filepath.Join(w.Package(pkg), filepath.FromSlash(file)))
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(code); hex.EncodeToString(sum[:]) != u.SHA256 {
		return fmt.Errorf("%s has SHA-256 %x, the list of its functions is for %s", file, sum, u.SHA256)
	}
	if code, _, err = cstack.Rewrite(code, u.Room); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	tool, err := w.wasmOpt(ctx)
	if err != nil {
		return err
	}
	named := filepath.Join(w.packages, "named.wasm")
	if err := os.WriteFile(named, nameFunctions(code, u.Stack), 0o644); err != nil {
		return err
	}
	defer os.Remove(named)
	names := make([]string, len(u.Stack))
	for i, f := range u.Stack {
		names[i] = unwindName(f)
	}
	// -g keeps the names. Without -O2 the module would be half as large again and much slower.
	args := append(tool[1:], "-g", "--enable-sign-ext", "--enable-mutable-globals", "--enable-bulk-memory", "--enable-nontrapping-float-to-int",
		"--asyncify", "--pass-arg=asyncify-imports@wasi_snapshot_preview1."+u.Import, "--pass-arg=asyncify-onlylist@"+strings.Join(names, ","),
		"-O2", named, "-o", filepath.Join(w.Out, as))
	cmd := exec.CommandContext(ctx, tool[0], args...)
	cmd.WaitDelay = 5 * time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	w.Progress("preparing %s with wasm-opt, which takes one to three minutes", as)
	if err := cmd.Run(); err != nil {
		tail := said.Bytes()
		return fmt.Errorf("wasm-opt: %w\n%s", errors.Join(context.Cause(ctx), err), tail[max(0, len(tail)-2000):])
	}
	return nil
}

// wasmOpt is the command that runs wasm-opt: the machine's, or that of npm's binaryen with node.
func (w *Work) wasmOpt(ctx context.Context) ([]string, error) {
	if path, err := exec.LookPath("wasm-opt"); err == nil {
		return []string{path}, nil
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errors.New("neither wasm-opt nor node is on the PATH; install binaryen (Debian: apt-get install binaryen) or Node.js")
	}
	if err := w.fetch(ctx, []Package{binaryen}); err != nil {
		return nil, err
	}
	return []string{node, filepath.Join(w.Package(binaryen.Name), "bin", "wasm-opt")}, nil
}

// nameFunctions drops the custom sections of a sound module, and gives it names for the functions with the given indices.
func nameFunctions(code []byte, functions []uint32) []byte {
	const header = 8
	out := slices.Clone(code[:header])
	for rest := code[header:]; len(rest) > 0; {
		size, n := binary.Uvarint(rest[1:])
		whole := 1 + n + int(size)
		if rest[0] != 0 {
			out = append(out, rest[:whole]...)
		}
		rest = rest[whole:]
	}
	functions = slices.Sorted(slices.Values(functions))
	names := binary.AppendUvarint(nil, uint64(len(functions)))
	for _, f := range functions {
		names = appendString(binary.AppendUvarint(names, uint64(f)), unwindName(f))
	}
	section := append(appendString(nil, "name"), 1) // names of functions
	section = appendString(section, string(names))
	return appendString(append(out, 0), string(section))
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
