package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lull-dev/lull/bench/guests"
	toolchain "github.com/lull-dev/lull/guests"
)

// guestFile is a prepared guest on disk, for the children.
type guestFile struct {
	Name, Runtime, Handler string
	Module, Extism, Source []byte
}

// prepare builds all guests into a folder. missing says, by the guest's name, why it could not be built.
func prepare(ctx context.Context, dir string) (names []string, missing map[string]string, err error) {
	missing = map[string]string{}
	plugin, err := guests.Build(ctx, "extism")
	if _, ok := errors.AsType[*toolchain.ToolchainError](err); err != nil && !ok {
		return nil, nil, err
	}
	for name, folder := range map[string]string{"C": "c", "Go": "go"} {
		module, err := guests.Build(ctx, folder)
		if lacks, ok := errors.AsType[*toolchain.ToolchainError](err); ok {
			missing[name] = lacks.Error()
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		g := guestFile{Name: name, Module: module}
		if name == "C" {
			g.Extism = plugin
		}
		if err := writeGuest(dir, g); err != nil {
			return nil, nil, err
		}
		names = append(names, name)
	}
	for _, s := range guests.Sources() {
		code, _, err := s.Pack()
		if err != nil {
			missing[s.Name] = err.Error()
			continue
		}
		if err := writeGuest(dir, guestFile{Name: s.Name, Source: code, Runtime: s.Runtime, Handler: s.Handler}); err != nil {
			return nil, nil, err
		}
		names = append(names, s.Name)
	}
	return names, missing, nil
}

func writeGuest(dir string, g guestFile) error {
	text, err := json.Marshal(g)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, g.Name+".json"), text, 0o600)
}

func readGuest(dir, name string) (*guest, error) {
	text, err := os.ReadFile(filepath.Join(dir, name+".json"))
	if err != nil {
		return nil, err
	}
	var g guestFile
	if err := json.Unmarshal(text, &g); err != nil {
		return nil, fmt.Errorf("guest %s: %w", name, err)
	}
	return &guest{name: g.Name, module: g.Module, extism: g.Extism, source: g.Source, runtime: g.Runtime, handler: g.Handler}, nil
}
