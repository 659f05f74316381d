package guests

import (
	"go/version"
	"os/exec"
	"strings"
)

// buildGo needs Go 1.24, the first with exports (go:wasmexport) and reactors (c-shared) for wasip1.
func buildGo(b *build) error {
	const get = "go 1.24 or newer"
	if _, err := exec.LookPath("go"); err != nil {
		return &ToolchainError{Language: "Go", Missing: "the go command", Get: get}
	}
	have, err := b.ask("go", "env", "GOVERSION")
	if err != nil {
		return err
	}
	if goTooOld(have) {
		return &ToolchainError{Language: "Go", Missing: "a new enough go command (this is " + have + ")", Get: get}
	}
	// GOWORK: a workspace around the project does not know it. The flags keep this machine's
	// paths, the symbols and the state of version control out of the module.
	return b.run([]string{"GOOS=wasip1", "GOARCH=wasm", "GOWORK=off"},
		"go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", b.out, ".")
}

// goTooOld takes what it cannot read, such as a development version, for new enough.
func goTooOld(goVersion string) bool {
	goVersion, _, _ = strings.Cut(goVersion, " ") // experiments follow
	return version.IsValid(goVersion) && version.Compare(version.Lang(goVersion), "go1.24") < 0
}
