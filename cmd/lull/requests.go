package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/lull-dev/lull/host/logs"
)

type requestsCmd struct {
	target
	Instance string `placeholder:"ID" help:"Only requests to this instance."`
	Request  string `placeholder:"ID" help:"Only this request."`
	Failed   bool   `help:"Only requests that failed."`
	since
	Limit int `default:"100" placeholder:"N" help:"The newest N requests (default 100, at most 10000)."`
	listing
}

func (c *requestsCmd) Help() string {
	return `One line for each request that ran, in the order in which they ended. Hook runs are not requests: lull logs --hook finds them. DURATION is the handler's own time, and BILLED_MS that time rounded up; where requests overlap or hooks run, what is billed is told by lull usage.`
}

func (c *requestsCmd) Run(ctx context.Context, p *program) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	f := logs.RequestFilter{InstanceID: c.Instance, RequestID: c.Request, Failed: c.Failed}
	if f.Span, err = c.span(time.Now(), c.Limit); err != nil {
		return err
	}
	requests, err := p.api().Requests(ctx, key.Service, key.Name, f)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, r := range requests {
		start, outcome := "warm", ""
		if r.Cold {
			start = "cold"
		}
		if r.ErrorType != "" {
			outcome = fmt.Sprintf("%s (%s)", r.ErrorType, printable(r.Error))
		}
		rows = append(rows, []string{
			r.RequestID, r.InstanceID, r.Start.Local().Format("2006-01-02 15:04:05.000"), fmt.Sprintf("%.3f ms", r.DurationMs),
			strconv.FormatUint(r.BilledMs, 10), start, strconv.Itoa(r.Status), outcome,
		})
	}
	return c.show(p.stdout, requests, "REQUEST INSTANCE TIME DURATION BILLED_MS START STATUS ERROR", rows)
}
