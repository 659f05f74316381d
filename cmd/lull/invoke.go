package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/lull-dev/lull/host/fcapi/client"
)

type invokeCmd struct {
	target
	Data    string `short:"d" xor:"event" placeholder:"DATA" help:"The event (default: empty)."`
	File    string `short:"f" xor:"event" placeholder:"FILE" help:"The event is in this file; '-' is standard input."`
	Async   bool   `xor:"answer" help:"Do not wait for the answer: print the id of the request, which the server has stored. lull async ls tells what becomes of it."`
	Tail    bool   `xor:"answer" help:"Print the end of the request's log, at most 4 KB, to standard error."`
	Verbose bool   `short:"v" help:"Print ids, duration and status to standard error."`
}

func (c *invokeCmd) Help() string {
	return `Standard output is the body of the answer and nothing else. When the function fails, its error goes to standard error as JSON and the exit code is 1.`
}

func (c *invokeCmd) Run(ctx context.Context, p *program) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	event, err := c.event(p)
	if err != nil {
		return err
	}
	if c.Async {
		id, err := p.api().InvokeAsync(ctx, key.Service, key.Name, event)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.stdout, id)
		return err
	}
	r, err := p.api().Invoke(ctx, key.Service, key.Name, event, c.Tail)
	if err != nil {
		return err
	}
	if c.Verbose {
		c.tell(p.stderr, r)
	}
	p.stderr.Write(r.Log)
	if r.ErrorType != "" {
		fmt.Fprintf(p.stderr, "%s\n", r.Body)
		return &exitError{code: exitFailed}
	}
	_, err = p.stdout.Write(r.Body)
	return err
}

func (c *invokeCmd) event(p *program) ([]byte, error) {
	switch c.File {
	case "":
		return []byte(c.Data), nil
	case "-":
		return io.ReadAll(p.stdin)
	}
	event, err := os.ReadFile(c.File)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return event, nil
}

func (c *invokeCmd) tell(w io.Writer, r *client.Invocation) {
	status := "ok"
	if r.ErrorType != "" {
		status = string(r.ErrorType)
	}
	fmt.Fprintf(w, "status    %s\nrequest   %s\ninstance  %s\nduration  %.3f ms\nmemory    %.2f MB\n",
		status, r.RequestID, r.InstanceID, float64(r.Duration.Microseconds())/1000, r.MemoryMB)
}
