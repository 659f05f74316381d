package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lull-dev/lull/guests"
	"github.com/lull-dev/lull/host/runtimes"
	"github.com/lull-dev/lull/host/source"
)

// code returns the code of a function: a file as it is, a directory built, or, if it needs no build and the runtime has an interpreter, packed.
func (p *program) code(ctx context.Context, from, runtime string) ([]byte, error) {
	table, err := runtimes.New()
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(from)
	if err != nil {
		return nil, usagef("%w", err)
	}
	if !info.IsDir() {
		return os.ReadFile(from)
	}
	if rt, _ := table.Get(runtime); rt.Interpreter != "" && guests.Runtime(from) == "" {
		code, err := source.Pack(from, source.Limits{})
		if err != nil {
			return nil, fmt.Errorf("packing %s: %w", from, err)
		}
		return code, nil
	}
	out, err := os.MkdirTemp("", "lull-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(out)
	path, err := p.build(ctx, from, filepath.Join(out, "built"))
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
