package guests

import (
	"bytes"
	"go/version"
	"os"
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
	module, err := b.isGoModule()
	if err != nil {
		return err
	}
	mode := "-buildmode=exe" // a program: an HTTP server, or a command
	if module {
		mode = "-buildmode=c-shared"
	}
	// GOWORK: a workspace around the project does not know it. The flags keep this machine's
	// paths, the symbols and the state of version control out of the module.
	return b.run(goEnv,
		"go", "build", mode, "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", b.out, ".")
}

// goEnv is the environment of the go command.
var goEnv = []string{"GOOS=wasip1", "GOARCH=wasm", "GOWORK=off"}

// isGoModule tells whether the sources export functions, as the SDK among them does. What exports none is a program with a main function that
// runs.
func (b *build) isGoModule() (bool, error) {
	files, err := b.askIn(goEnv, "go", "list", "-deps", "-f", `{{if not .Standard}}{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{end}}`, ".")
	if err != nil {
		return false, err
	}
	for file := range strings.SplitSeq(files, "\n") {
		text, err := os.ReadFile(strings.TrimSpace(file))
		if err != nil && file != "" {
			return false, err
		}
		if bytes.Contains(text, []byte("\n//go:wasmexport ")) {
			return true, nil
		}
	}
	return false, nil
}

// goTooOld takes what it cannot read, such as a development version, for new enough.
func goTooOld(goVersion string) bool {
	goVersion, _, _ = strings.Cut(goVersion, " ") // experiments follow
	return version.IsValid(goVersion) && version.Compare(version.Lang(goVersion), "go1.24") < 0
}
