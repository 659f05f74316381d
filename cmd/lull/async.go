package main

import (
	"context"
	"strconv"
)

type asyncCmd struct {
	Ls asyncLsCmd `cmd:"" help:"List the asynchronous invocations of a function that are not done."`
}

type asyncLsCmd struct {
	target
	Limit int `default:"100" placeholder:"N" help:"At most N that are to run, the oldest, and N that are dead, the newest; 1 to 1000 (default 100)."`
	listing
}

func (c *asyncLsCmd) Help() string {
	return `STATE is pending (not tried yet, or running for the first time), retrying (it failed and is tried again at the time under DUE) or dead (it came to nothing; DUE is when it died). ATTEMPTS counts the tries in which the function failed. An invocation that is done is not listed: lull requests has it.`
}

func (c *asyncLsCmd) Run(ctx context.Context, p *program) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	if c.Limit < 1 || c.Limit > 1000 {
		return usagef("--limit %d: expected 1 to 1000", c.Limit)
	}
	list, err := p.api().AsyncInvocations(ctx, key.Service, key.Name, c.Limit)
	if err != nil {
		return err
	}
	const layout = "2006-01-02 15:04:05.000"
	var rows [][]string
	for _, i := range list {
		due := ""
		if !i.Due.IsZero() {
			due = i.Due.Local().Format(layout)
		}
		rows = append(rows, []string{i.ID, string(i.State), strconv.Itoa(i.Attempts), i.Accepted.Local().Format(layout), due, printable(i.Error)})
	}
	return c.show(p.stdout, list, "REQUEST STATE ATTEMPTS ACCEPTED DUE ERROR", rows)
}
