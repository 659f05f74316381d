package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/lull-dev/lull/host/interpreters"
	"github.com/lull-dev/lull/host/runtimes"
)

type runtimesCmd struct {
	List    listRuntimesCmd    `cmd:"" default:"withargs" help:"List runtimes, what they need, and the hooks that they may have."`
	Install installRuntimesCmd `cmd:"" help:"Get an interpreter."`
}

type listRuntimesCmd struct{ listing }

func (c *listRuntimesCmd) Help() string {
	return `A runtime with an interpreter takes a folder of source; any runtime takes a WebAssembly module, and then its name only says which hooks it may have. lull serve --allow-pre-freeze raises a flag.`
}

func (c *listRuntimesCmd) Run(ctx context.Context, p *program) error {
	table, err := p.api().Runtimes(ctx)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, r := range table {
		rows = append(rows, []string{r.Name, r.Family, yesNo(r.PreFreeze), yesNo(r.PreStop), interpreter(r), cmp.Or(r.Needs, "-")})
	}
	return c.show(p.stdout, table, "RUNTIME FAMILY PREFREEZE PRESTOP INTERPRETER NEEDS", rows)
}

func interpreter(r runtimes.Runtime) string {
	switch {
	case r.Interpreter == "":
		return "-"
	case r.Installed:
		return r.Interpreter
	}
	return r.Interpreter + ", not installed"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

type installRuntimesCmd struct {
	Name string `arg:"" help:"An interpreter (${interpreters}), a runtime or a family of runtimes that it runs, or all."`
}

func (c *installRuntimesCmd) Help() string {
	return `Interpreters are npm packages: npm must be on the PATH. They are checked against pinned checksums, prepared, and kept in the user's cache folder, or in the folder that LULL_RUNTIMES names, where the server looks for them too.`
}

func (c *installRuntimesCmd) Run(ctx context.Context, p *program) error {
	names, err := c.names()
	if err != nil {
		return err
	}
	store, err := interpreters.Open("")
	if err != nil {
		return err
	}
	at := &underway{p: p, steps: map[string]string{}}
	defer at.end()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(preparedAtOnce)
	for _, name := range names {
		group.Go(func() error {
			dir, err := store.Install(ctx, name, func(step string) { at.begin(name, step) })
			if err != nil {
				return err
			}
			at.installed(name, dir)
			return nil
		})
	}
	return group.Wait()
}

// preparedAtOnce is how many interpreters are prepared at the same time. Preparing keeps a processor busy for minutes, and takes memory.
const preparedAtOnce = 2

// names are the interpreters that the argument stands for.
func (c *installRuntimesCmd) names() ([]string, error) {
	if c.Name == "all" {
		return interpreters.Names(), nil
	}
	if _, ok := interpreters.Get(c.Name); ok {
		return []string{c.Name}, nil
	}
	table, err := runtimes.New()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(table, func(r runtimes.Runtime) bool {
		return r.Interpreter != "" && (r.Name == c.Name || r.Family == c.Name)
	})
	if i < 0 {
		return nil, usagef("%q is no interpreter, and no runtime that has one; choose all, or one of %s", c.Name, strings.Join(interpreters.Names(), ", "))
	}
	return []string{table[i].Interpreter}, nil
}

// underway shows the steps of what is being installed: on a terminal as one spinner, otherwise as lines.
type underway struct {
	p     *program
	mu    sync.Mutex
	steps map[string]string // the one that is being done, by interpreter
	done  func()            // takes the spinner away, if there is one
}

// begin is told of an interpreter's next step.
func (u *underway) begin(name, step string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.endLocked()
	u.steps[name] = step
	if !isTerminal(u.p.stderr) {
		fmt.Fprintln(u.p.stderr, "lull:", step)
	}
	u.spinLocked()
}

// installed tells that an interpreter is there.
func (u *underway) installed(name, dir string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.endLocked()
	delete(u.steps, name)
	fmt.Fprintf(u.p.stdout, "%s is installed in %s\n", name, dir)
	u.spinLocked()
}

// end leaves the terminal to others.
func (u *underway) end() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.endLocked()
}

func (u *underway) spinLocked() {
	if len(u.steps) > 0 {
		u.done = u.p.spin(strings.Join(slices.Sorted(maps.Values(u.steps)), ", "))
	}
}

func (u *underway) endLocked() {
	if u.done != nil {
		u.done()
		u.done = nil
	}
}
