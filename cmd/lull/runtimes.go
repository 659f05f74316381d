package main

import (
	"cmp"
	"context"
)

type runtimesCmd struct{ listing }

func (c *runtimesCmd) Help() string {
	return `The code of every function is a WebAssembly module; a runtime's name says where it came from and which hooks it may have. lull serve --allow-pre-freeze raises a flag.`
}

func (c *runtimesCmd) Run(ctx context.Context, p *program) error {
	table, err := p.api().Runtimes(ctx)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, r := range table {
		rows = append(rows, []string{r.Name, r.Family, yesNo(r.PreFreeze), yesNo(r.PreStop), cmp.Or(r.Needs, "-")})
	}
	return c.show(p.stdout, table, "RUNTIME FAMILY PREFREEZE PRESTOP NEEDS", rows)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
