package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/lull-dev/lull/guests"
)

type newCmd struct {
	Dir  string `arg:"" name:"name" help:"The new directory; its last part names the function."`
	Lang string `required:"" placeholder:"LANG" help:"The language: ${languages}."`
}

func (c *newCmd) Run(p *program) error {
	name := filepath.Base(c.Dir)
	err := guests.WriteProject(c.Dir, name, c.Lang)
	for _, wrong := range []error{guests.ErrName, guests.ErrLanguage, guests.ErrNotEmpty} {
		if errors.Is(err, wrong) {
			return usagef("%w", err)
		}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s is ready. Next:\n\n  lull deploy %s %s\n  lull invoke %s -d Ada\n", c.Dir, name, c.Dir, name)
	return err
}
