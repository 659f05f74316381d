package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

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
	for _, name := range names {
		dir, err := c.install(ctx, p, store, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "%s is installed in %s\n", name, dir)
	}
	return nil
}

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

// install shows each step: on a terminal as a spinner, otherwise as a line.
func (c *installRuntimesCmd) install(ctx context.Context, p *program, store *interpreters.Store, name string) (string, error) {
	done := func() {}
	defer func() { done() }()
	return store.Install(ctx, name, func(step string) {
		done()
		if !isTerminal(p.stderr) {
			fmt.Fprintln(p.stderr, "lull:", step)
		}
		done = p.spin(step)
	})
}
