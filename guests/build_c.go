package guests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// cStack is the size of a guest's stack in bytes. The linker's own default, 64 KiB, is little for printf
// and recursion; pages that are not touched cost nothing.
const cStack = "262144"

// cMain and cExport tell a program from a module that the host calls: one has a main function, the other exports functions, as the SDK's macros do.
var (
	cMain   = regexp.MustCompile(`(?m)^(?:int|void)\s+main\s*\(`)
	cExport = regexp.MustCompile(`\bLULL_(?:HANDLER|INITIALIZER|PRE_FREEZE|PRE_STOP|EXPORT)\b|\bexport_name\b`)
)

// buildC compiles all *.c files of the folder into one module, or into a program if they have a main function and export none. WASI_SDK_PATH names an unpacked WASI SDK; without
// it the compiler is Debian's.
func buildC(b *build) error {
	clang, flags := "clang", []string{"--target=wasm32-wasi", "--sysroot=/usr"}
	if sdk := os.Getenv("WASI_SDK_PATH"); sdk != "" {
		clang, flags = filepath.Join(sdk, "bin", "clang"), []string{"--target=wasm32-wasi"}
	} else if err := checkDebianC(b); err != nil {
		return err
	}
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return err
	}
	// --stack-first: an overflow of the stack traps at address 0 instead of overwriting static data.
	args := append(flags, "-O2", "-s", "-Wall", "-Wl,--stack-first", "-Wl,-z,stack-size="+cStack, "-o", b.out)
	var source []byte
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".c") {
			args = append(args, "./"+e.Name()) // a name may start with a hyphen
			text, err := os.ReadFile(filepath.Join(b.dir, e.Name()))
			if err != nil {
				return err
			}
			source = append(append(source, text...), '\n')
		}
	}
	if cExport.Match(source) || !cMain.Match(source) {
		args = append(args, "-mexec-model=reactor")
	}
	return b.run(nil, clang, args...)
}

// checkDebianC finds what is missing before clang fails over it with a message about a file.
func checkDebianC(b *build) error {
	missing := func(what string) error {
		return &ToolchainError{Language: "C", Missing: what,
			Get: "clang, lld, wasi-libc, libclang-rt-14-dev-wasm32 from Debian, or a WASI SDK and set WASI_SDK_PATH"}
	}
	if _, err := exec.LookPath("clang"); err != nil {
		return missing("clang")
	}
	if _, err := os.Stat("/usr/lib/wasm32-wasi/crt1-reactor.o"); err != nil {
		return missing("wasi-libc")
	}
	linker, err := b.ask("clang", "--target=wasm32-wasi", "-print-prog-name=wasm-ld")
	if err != nil {
		return err
	}
	if _, err := exec.LookPath(linker); err != nil {
		return missing("lld (wasm-ld)")
	}
	builtins, err := b.ask("clang", "--target=wasm32-wasi", "-rtlib=compiler-rt", "-print-libgcc-file-name")
	if err != nil {
		return err
	}
	if _, err := os.Stat(builtins); err != nil {
		return missing("compiler-rt for wasm32 (" + builtins + ")")
	}
	return nil
}
