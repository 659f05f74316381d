package main

import (
	"context"
	"fmt"
	"path/filepath"
)

type upCmd struct {
	Dir   string   `arg:"" optional:"" default:"." type:"existingdir" placeholder:"DIR" help:"The project (default: this directory)."`
	Flags []string `arg:"" optional:"" name:"flags" help:"Flags of lull deploy, after --."`
	Name  string   `placeholder:"NAME" help:"The function's name (default: that of the directory)."`
	serveCmd
}

func (c *upCmd) Help() string {
	return `Builds the project, serves it, and deploys it again whenever one of its files has changed. Requests that run end on the version that they started on, and none is dropped. While the project does not build, what is wrong is printed and the version before goes on serving. SIGINT or SIGTERM stops it as lull serve.`
}

func (c *upCmd) Run(ctx context.Context, p *program) error {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil { // changes are told by the paths that are looked at
		return err
	}
	if c.Name == "" {
		c.Name = filepath.Base(dir)
	}
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return err
	}
	changes, err := watch(dir, data)
	if err != nil {
		return fmt.Errorf("watching %s: %w", dir, err)
	}
	defer changes.Close()
	c.beside = func(ctx context.Context, client program) error { return c.follow(ctx, client, dir, changes) }
	return c.serveCmd.Run(ctx, p)
}

// follow deploys the project now and after each change, until ctx ends.
func (c *upCmd) follow(ctx context.Context, client program, dir string, changes *watcher) error {
	for deployed := false; ; {
		p := client // a command leaves its own keys in it
		err := p.command(ctx, append([]string{"deploy", c.Name, dir}, c.Flags...)...)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			deployed = true
		case deployed:
			fmt.Fprintf(client.stderr, "lull: %s\nlull: the version before goes on serving; waiting for a change\n", explain(err))
		default:
			fmt.Fprintf(client.stderr, "lull: %s\nlull: waiting for a change\n", explain(err))
		}
		if err := changes.next(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("watching %s: %w", dir, err)
		}
		fmt.Fprintln(client.stderr, "lull: files have changed")
	}
}
