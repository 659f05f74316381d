package guests

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// cStack is the size of a guest's stack in bytes. The linker's own default, 64 KiB, is little for printf
// and recursion; pages that are not touched cost nothing.
const cStack = "262144"

// buildC compiles all *.c files of the folder into one module. WASI_SDK_PATH names an unpacked WASI SDK; without
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
	args := append(flags, "-mexec-model=reactor", "-O2", "-s", "-Wall",
		"-Wl,--stack-first", "-Wl,-z,stack-size="+cStack, "-o", b.out)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".c") {
			args = append(args, "./"+e.Name()) // a name may start with a hyphen
		}
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
