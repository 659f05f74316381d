package guests

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
)

// rustTargets are the names of WASI preview 1, the newest first.
var rustTargets = []string{"wasm32-wasip1", "wasm32-wasi"}

// buildRust compiles main.rs, or lib.rs, with what it names by mod.
func buildRust(b *build) error {
	rustc, target, err := findRust(b)
	if err != nil {
		return err
	}
	root := "main.rs"
	if _, err := os.Stat(filepath.Join(b.dir, root)); errors.Is(err, os.ErrNotExist) {
		root = "lib.rs"
	}
	return b.run(nil, rustc, "--edition", "2021", "--target", target, "--crate-type", "cdylib", "--crate-name", "function",
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
