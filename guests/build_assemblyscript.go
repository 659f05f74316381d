package guests

import (
	"os"
	"os/exec"
	"path/filepath"
)

// assemblyScriptVersion is the one that new projects name and the SDK is tested with.
const assemblyScriptVersion = "0.28.20"

// buildAssemblyScript runs asc as asconfig.json says.
func buildAssemblyScript(b *build) error {
	if _, err := exec.LookPath("node"); err != nil {
		return &ToolchainError{Language: "AssemblyScript", Missing: "node", Get: "Node.js with npm"}
	}
	asc, err := findAsc(b.dir)
	if err != nil {
		return err
	}
	return b.run(nil, asc, "--target", "release", "--outFile", b.out)
}

// findAsc looks where node would, from the project's folder upwards, and then on PATH.
func findAsc(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		asc := filepath.Join(at, "node_modules", ".bin", "asc")
		if _, err := os.Stat(asc); err == nil {
			return exec.LookPath(asc)
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	asc, err := exec.LookPath("asc")
	if err != nil {
		return "", &ToolchainError{Language: "AssemblyScript", Missing: "the compiler asc",
			Get: "it with npm install in the project, or npm install --global assemblyscript@" + assemblyScriptVersion}
	}
	return asc, nil
}
