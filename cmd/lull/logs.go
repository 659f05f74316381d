package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/lull-dev/lull/host/logs"
)

type logsCmd struct {
	target
	Instance string `placeholder:"ID" help:"Only records of this instance."`
	Hook     string `placeholder:"HOOK" help:"Only records of Initialize, Invoke, PreFreeze or PreStop."`
	Request  string `placeholder:"ID" help:"Only records of this request; a hook's run has a request id, too."`
	Follow   bool   `short:"f" help:"Go on with new records as they come."`
	Limit    int    `placeholder:"N" help:"The newest N records (default: all that the server has)."`
	JSON     bool   `name:"json" help:"Print JSON: an array, or with -f one object a line."`
}

// followEvery is how often -f asks.
const followEvery = 300 * time.Millisecond

func (c *logsCmd) Run(ctx context.Context, p *program) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	if c.Limit < 0 {
		return usagef("--limit is 1 or more")
	}
	api := p.api()
	filter := logs.Filter{InstanceID: c.Instance, RequestID: c.Request, Hook: c.Hook, Limit: c.Limit}
	records, err := api.Logs(ctx, key.Service, key.Name, filter)
	if err != nil {
		return err
	}
	if c.JSON && !c.Follow {
		return printJSON(p.stdout, records)
	}
	for {
		for _, r := range records {
			if err := c.print(p.stdout, &r); err != nil {
				return err
			}
			filter.After = r.Seq
		}
		if !c.Follow {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(followEvery):
		}
		filter.Limit = 0
		if records, err = api.Logs(ctx, key.Service, key.Name, filter); err != nil {
			return err
		}
	}
}

func (c *logsCmd) print(w io.Writer, r *logs.Record) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(r)
	}
	message := strings.Map(visible, r.Message)
	if r.Level != "info" {
		message = strings.ToUpper(r.Level) + " " + message
	}
	_, err := fmt.Fprintf(w, "%s %s %s\n", r.Time.Local().Format("2006-01-02 15:04:05.000"), r.InstanceID, message)
	return err
}

// visible replaces control characters: a guest's line must not move the reader's cursor.
func visible(r rune) rune {
	if unicode.IsControl(r) && r != '\t' {
		return unicode.ReplacementChar
	}
	return r
}
