package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

type usageCmd struct {
	target
	since
	Hours bool `help:"One line for each hour (--json always has them)."`
	listing
}

func (c *usageCmd) Help() string {
	return `What the function has cost on all servers that share a store, for as long as the ledger is kept: 400 days. A busy interval lasts from the moment an instance begins to work until it has nothing to do, hooks included; each is rounded up to a millisecond once, and counts in the hour in which it ends. CU is GB of the memory limit times billed seconds. --from and --to select whole hours.`
}

func (c *usageCmd) Run(ctx context.Context, p *program) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	span, err := c.span(time.Now(), 0)
	if err != nil {
		return err
	}
	u, err := p.api().UsageBetween(ctx, key.Service, key.Name, span.From, span.To)
	if err != nil {
		return err
	}
	row := func(first string, requests, billedMs uint64, cu float64, intervals uint64) []string {
		return []string{
			first, strconv.FormatUint(requests, 10), strconv.FormatUint(billedMs, 10), fmt.Sprintf("%.6f", cu), strconv.FormatUint(intervals, 10),
		}
	}
	if !c.Hours {
		return c.show(p.stdout, u, "FUNCTION REQUESTS BILLED_MS CU BUSY_INTERVALS",
			[][]string{row(display(key), u.Requests, u.BilledMs, u.CU, u.BusyIntervals)})
	}
	var rows [][]string
	for _, h := range u.Hours {
		rows = append(rows, row(h.Hour.Local().Format("2006-01-02 15:04"), h.Requests, h.BilledMs, h.CU, h.BusyIntervals))
	}
	return c.show(p.stdout, u, "HOUR REQUESTS BILLED_MS CU BUSY_INTERVALS", rows)
}
