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
	"github.com/lull-dev/lull/host/logs/query"
)

type logsCmd struct {
	target
	Instance string `placeholder:"ID" help:"Only records of this instance."`
	Hook     string `placeholder:"HOOK" help:"Only records of Initialize, Invoke, PreFreeze or PreStop."`
	Request  string `placeholder:"ID" help:"Only records of this request; a hook's run has a request id, too."`
	Query    string `short:"q" placeholder:"QUERY" help:"Only records that the query finds."`
	since
	Follow bool `short:"f" help:"Go on with new records as they come."`
	Limit  int  `placeholder:"N" help:"The newest N records (default and at most: 10000)."`
	JSON   bool `name:"json" help:"Print JSON: an array, or with -f one object a line."`
}

func (c *logsCmd) Help() string {
	return `A query has words, "phrases in quotes", and field: word, joined by and, or, not and parentheses; words that stand side by side are joined by and. A star at the end stands for the rest of a word. Fields are ` + strings.Join(query.Fields(), ", ") + `; a word without a field is looked for in all but hook, level and source. What the platform writes has source: platform, what the guest writes source: guest.

    lull logs resize --query 'c-62833f38-20f1629801fa4bd00001 and PreStop'
    lull logs resize -f --query 'level: error and not (timeout or "connection reset")'`
}

// followEvery is how often -f asks.
const followEvery = 300 * time.Millisecond

func (c *logsCmd) Run(ctx context.Context, p *program) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	if c.Follow && c.To != "" {
		return usagef("--follow has no end; leave --to out")
	}
	filter := logs.Filter{InstanceID: c.Instance, RequestID: c.Request, Hook: c.Hook}
	if filter.Query, err = query.Parse(c.Query); err != nil {
		return usagef("--query: %w", err)
	}
	if filter.Span, err = c.span(time.Now(), c.Limit); err != nil {
		return err
	}
	api := p.api()
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
	message := printable(r.Message)
	if r.Cut {
		message += " ... (cut: the line is longer)"
	}
	if r.Level != "info" {
		message = strings.ToUpper(r.Level) + " " + message
	}
	_, err := fmt.Fprintf(w, "%s %s %s\n", r.Time.Local().Format("2006-01-02 15:04:05.000"), r.InstanceID, message)
	return err
}

// printable replaces control characters: what a guest says must not move the reader's cursor.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
