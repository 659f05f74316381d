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
	Program                *program
}

// prepare builds all guests into a folder. missing says, by the guest's name, why it could not be built.
func prepare(ctx context.Context, dir string) (names []string, missing map[string]string, err error) {
	missing = map[string]string{}
	for _, lang := range []struct{ name, folder, extism string }{{"C", "c", "extism"}, {"Go", "go", "extism-go"}} {
		g := guestFile{Name: lang.name}
		for folder, to := range map[string]*[]byte{lang.folder: &g.Module, lang.extism: &g.Extism} {
			if *to, err = guests.Build(ctx, folder); err != nil {
				break
			}
		}
		if lacks, ok := errors.AsType[*toolchain.ToolchainError](err); ok {
			missing[lang.name] = lacks.Error()
			continue
		}
		if err == nil {
			err = writeGuest(dir, g)
		}
		if err != nil {
			return nil, nil, err
		}
		names = append(names, lang.name)
	}
	for _, s := range guests.Sources() {
		code, installed, err := s.Pack()
		if err != nil {
			missing[s.Name] = err.Error()
			continue
		}
		g := guestFile{Name: s.Name, Source: code, Runtime: s.Runtime, Handler: s.Handler}
		if s.Name == "Python" {
			folder, err := installed.Find(s.Interpreter)
			if err != nil {
				return nil, nil, err
			}
			g.Program = pythonProgram(folder, filepath.Join(guests.Dir(), s.Folder))
		}
		if err := writeGuest(dir, g); err != nil {
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
	return &guest{name: g.Name, module: g.Module, extism: g.Extism, source: g.Source, runtime: g.Runtime, handler: g.Handler, program: g.Program}, nil
}
