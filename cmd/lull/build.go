package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/lull-dev/lull/guests"
)

type buildCmd struct {
	Dir string `arg:"" optional:"" default:"." type:"existingdir" placeholder:"DIR" help:"The project (default: this directory)."`
	Out string `short:"o" placeholder:"FILE" help:"Where the module goes (default: into the project, named after it)."`
}

func (c *buildCmd) Run(ctx context.Context, p *program) error {
	out, err := p.build(ctx, c.Dir, c.Out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, out)
	return err
}

// build compiles the project in dir and returns the module's path. What the compiler prints goes to standard error when
// it has ended, so that it does not mix with the spinner.
func (p *program) build(ctx context.Context, dir, out string) (string, error) {
	var said bytes.Buffer
	done := p.spin("building " + dir)
	path, err := guests.Build(ctx, dir, out, &said)
	done()
	if _, ok := errors.AsType[*guests.CompileError](err); !ok { // that error has it all
		said.WriteTo(p.stderr)
	}
	if errors.Is(err, guests.ErrLanguage) {
		return "", usagef("%w", err)
	}
	return path, err
}
