package main

import (
	"context"
	"fmt"
)

type rmCmd struct{ target }

func (c *rmCmd) Run(ctx context.Context, p *program) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	if err := p.api().DeleteFunction(ctx, key.Service, key.Name, ""); err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, "removed", display(key))
	return err
}
