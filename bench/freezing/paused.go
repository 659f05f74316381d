//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/lull-dev/lull/bench/guests"
	"github.com/lull-dev/lull/bench/inprocess"
	"github.com/lull-dev/lull/bench/process"
	toolchain "github.com/lull-dev/lull/guests"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/interpreters"
)

// pausing is a guest of lull.
type pausing struct {
	name string
	cfg  inprocess.Config
}

// prepare makes the guests ready that can be run here; missing says of the others why not.
func prepare(ctx context.Context) (ready []pausing, missing map[string]string, err error) {
	missing = map[string]string{}
	for _, g := range []struct{ name, folder string }{{"C", "c"}, {"Go", "go"}} {
		code, err := guests.Build(ctx, g.folder)
		if lacks, ok := errors.AsType[*toolchain.ToolchainError](err); ok {
			missing["lull, "+g.name] = lacks.Error()
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		ready = append(ready, pausing{name: "lull, " + g.name, cfg: inprocess.Config{Function: fn.Function{Name: "f", Code: code}, Event: event}})
	}
	for _, s := range guests.Sources() {
		code, store, err := s.Pack()
		if err != nil {
			missing["lull, "+s.Name] = err.Error()
			continue
		}
		ready = append(ready, pausing{name: "lull, " + s.Name, cfg: inprocess.Config{
			Function: s.Function(code), Event: event, Interpreter: s.Interpreter, Interpreters: store,
		}})
	}
	return ready, missing, nil
}

// order is what a process that holds idle instances is told, in a file.
type order struct {
	Function    fn.Function
	Interpreter string
	Instances   int
	CacheDir    string
}

// hold makes idle instances, says so, and waits for its end.
func hold(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var o order
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	store, err := interpreters.Open("")
	if err != nil {
		return err
	}
	s, err := inprocess.Open(context.Background(), inprocess.Config{
		Function: o.Function, Event: event, Interpreter: o.Interpreter, Interpreters: store, CacheDir: o.CacheDir, ImagedOnly: true,
	})
	if err != nil {
		return err
	}
	if _, err := s.Hold(context.Background(), o.Instances); err != nil {
		return err
	}
	inprocess.FreeMemory()
	fmt.Println("holding")
	select {}
}

// held starts a process that holds n idle instances.
func (p *pausing) held(ctx context.Context, dir, cache string, n int) (*process.Child, error) {
	text, err := json.Marshal(order{p.cfg.Function, p.cfg.Interpreter, n, cache})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "order.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	return process.Start(ctx, process.Command{
		Env: []string{roleVariable + "=hold", orderVariable + "=" + file}, Grace: time.Second,
	}, func(line string) bool { return line == "holding" })
}
