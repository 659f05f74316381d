package main

import (
	"context"
	"os"
	"path/filepath"
)

// module returns the code of a WebAssembly file, or of a directory, which it builds first.
func (p *program) module(ctx context.Context, source string) ([]byte, error) {
	info, err := os.Stat(source)
	if err != nil {
		return nil, usagef("%w", err)
	}
	if !info.IsDir() {
		return os.ReadFile(source)
	}
	out, err := os.MkdirTemp("", "lull-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(out)
	path, err := p.build(ctx, source, filepath.Join(out, "module.wasm"))
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
