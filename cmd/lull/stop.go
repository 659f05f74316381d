package main

import (
	"context"
	"fmt"
)

type stopCmd struct {
	target
	Instance string `placeholder:"ID" help:"Only this instance (default: all of the function)."`
}

func (c *stopCmd) Run(ctx context.Context, p *program) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	done := p.spin("stopping " + display(key))
	n, err := p.api().Stop(ctx, key.Service, key.Name, c.Instance)
	done()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, "stopped", count(n, "instance"))
	return err
}
