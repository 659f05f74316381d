package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/fn"
)

type lsCmd struct {
	Service string `short:"s" placeholder:"SERVICE" help:"Only functions of this service."`
	listing
}

func (c *lsCmd) Run(ctx context.Context, p *program) error {
	functions, err := p.api().Overview(ctx, c.Service)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, f := range functions {
		instances := 0
		for _, n := range f.Instances {
			instances += n
		}
		rows = append(rows, []string{
			display(fn.Key{Service: f.Service, Name: f.Name}), f.Kind, f.Runtime, hookNames(&f), strconv.Itoa(instances), f.StartsBy,
		})
	}
	return c.show(p.stdout, functions, "FUNCTION KIND RUNTIME HOOKS INSTANCES STARTS", rows)
}

// hookNames lists the hooks that are on.
func hookNames(f *client.Overview) string {
	var names []string
	for _, h := range []struct{ name, handler string }{
		{"initializer", f.Initializer}, {"preFreeze", f.PreFreeze}, {"preStop", f.PreStop},
	} {
		if h.handler != "" {
			names = append(names, h.name)
		}
	}
	if names == nil {
		return "-"
	}
	return strings.Join(names, ",")
}
