package guests

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// rustTargets are the names of WASI preview 1, the newest first.
var rustTargets = []string{"wasm32-wasip1", "wasm32-wasi"}

// rustMain and rustExport tell a program from a module that the host calls: one has a main function, the other exports functions, as the SDK's macros do.
var (
	rustMain   = regexp.MustCompile(`(?m)^(?:pub )?fn\s+main\s*\(`)
	rustExport = regexp.MustCompile(`\b(?:export|handler|hook)!|\b(?:no_mangle|export_name)\b`)
)

// buildRust compiles main.rs, or lib.rs, with what it names by mod: into a program if the file has a main function and exports none.
func buildRust(b *build) error {
	rustc, target, err := findRust(b)
	if err != nil {
		return err
	}
	root := "main.rs"
	if _, err := os.Stat(filepath.Join(b.dir, root)); errors.Is(err, os.ErrNotExist) {
		root = "lib.rs"
	}
	source, err := os.ReadFile(filepath.Join(b.dir, root))
	if err != nil && !errors.Is(err, os.ErrNotExist) { // which the compiler says better
		return err
	}
	crate := "cdylib"
	if rustMain.Match(source) && !rustExport.Match(source) {
		crate = "bin"
	}
	return b.run(nil, rustc, "--edition", "2021", "--target", target, "--crate-type", crate, "--crate-name", "function",
		"-C", "opt-level=3", "-C", "lto=fat", "-C", "panic=abort", "-C", "strip=symbols", "-o", b.out, root)
}

// findRust returns a compiler that has the library of a WebAssembly target. The first on PATH may be one without, beside Debian's.
func findRust(b *build) (rustc, target string, err error) {
	missing := "rustc"
	for _, rustc := range []string{os.Getenv("RUSTC"), "rustc", "/usr/bin/rustc"} {
		if _, err := exec.LookPath(rustc); err != nil {
			continue
		}
		sysroot, err := b.ask(rustc, "--print", "sysroot")
		if err != nil { // rustup's, without a toolchain
			missing = "a rustc that runs (" + rustc + " does not)"
			continue
		}
		for _, target := range rustTargets {
			if _, err := os.Stat(filepath.Join(sysroot, "lib", "rustlib", target, "lib")); err == nil {
				return rustc, target, nil
			}
		}
		missing = "a rustc with the target wasm32-wasip1 or wasm32-wasi"
	}
	return "", "", &ToolchainError{Language: "Rust", Missing: missing,
		Get: "rustc, libstd-rust-dev-wasm32 and lld from Debian, or rustup target add wasm32-wasip1"}
}
