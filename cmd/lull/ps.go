package main

import (
	"context"
	"strconv"

	"github.com/lull-dev/lull/host/fn"
)

type psCmd struct {
	Name    string `arg:"" optional:"" help:"Only instances of this function: NAME, or SERVICE/NAME."`
	Service string `short:"s" placeholder:"SERVICE" help:"Only instances of this service's functions."`
	listing
}

func (c *psCmd) Run(ctx context.Context, p *program) error {
	key := fn.Key{Service: c.Service}
	if c.Name != "" {
		var err error
		if key, err = (target{c.Name, c.Service}).key(); err != nil {
			return err
		}
	}
	instances, err := p.api().Instances(ctx, key.Service, key.Name)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, i := range instances {
		rows = append(rows, []string{
			i.InstanceID, display(fn.Key{Service: i.Service, Name: i.Function}), i.State, strconv.Itoa(i.Active),
			strconv.FormatUint(i.Requests, 10), humanBytes(i.MemoryBytes), humanBytes(i.ResidentBytes), humanBytes(i.PrivateBytes), age(i.Created),
		})
	}
	return c.show(p.stdout, instances, "INSTANCE FUNCTION STATE ACTIVE REQUESTS MEMORY RESIDENT PRIVATE AGE", rows)
}
