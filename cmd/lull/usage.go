package main

import (
	"context"
	"fmt"
	"strconv"
)

type usageCmd struct {
	target
	listing
}

func (c *usageCmd) Help() string {
	return `Counted since the server started. A busy interval lasts from the moment an instance begins to work until it has nothing to do, hooks included; each is rounded up to a millisecond once. CU is GB of the memory limit times billed seconds.`
}

func (c *usageCmd) Run(ctx context.Context, p *program) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	u, err := p.api().Usage(ctx, key.Service, key.Name)
	if err != nil {
		return err
	}
	return c.show(p.stdout, u, "FUNCTION REQUESTS BILLED_MS CU BUSY_INTERVALS", [][]string{{
		display(key), strconv.FormatUint(u.Requests, 10), strconv.FormatUint(u.BilledMs, 10),
		fmt.Sprintf("%.6f", u.CU), strconv.FormatUint(u.BusyIntervals, 10),
	}})
}
