package lullserver

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Build compiles lull into a folder and returns the path of the binary. The program must run where it was built.
func Build(ctx context.Context, dir string) (binary string, err error) {
	_, file, _, _ := runtime.Caller(0)
	binary = filepath.Join(dir, "lull")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/lull")
	cmd.Dir = filepath.Join(filepath.Dir(file), "..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building lull: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return binary, nil
}
