package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/lull-dev/lull/guests"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/runtimes"
)

type deployCmd struct {
	Name      string `arg:"" optional:"" placeholder:"NAME" help:"The function: NAME, or SERVICE/NAME."`
	Service   string `short:"s" placeholder:"SERVICE" help:"The function's service (default: ${service})."`
	Template  string `short:"t" placeholder:"FILE" help:"Deploy what this s.yaml file describes, in place of a name, a file and flags."`
	Source    string `arg:"" optional:"" name:"file|dir" help:"A WebAssembly module or a project, which is built first; for a runtime with an interpreter a folder of source, or a zip file of it."`
	Runtime   string `placeholder:"NAME" help:"See lull runtimes (default: that of the project's language, ${runtime} otherwise)."`
	Isolation string `enum:",serial,shared,fresh" default:"" placeholder:"LEVEL" help:"What a request finds of those before it: serial and shared keep an instance's state, and with shared requests overlap where the guest can; fresh resets the instance after every request, and has no hooks (default serial, or shared with a --concurrency above 1)."`
	Handler   string `default:"handler" placeholder:"HANDLER" help:"What takes requests: an export, or file.function in a folder of source, with the file index if none is named (default handler)."`
	hookFlags
	limitFlags
	AllowHost []string `sep:"none" placeholder:"HOST[:PORT]" help:"A host that the guest may send HTTP requests to: a name, *.NAME, an address, a range like 10.0.0.0/8; IPv6 in brackets; without a port, every port. An address that is not public must be named itself. May be repeated (default: none)."`
	Env       pairs    `placeholder:"K=V" help:"An environment variable of the guest. May be repeated."`
}

func (c *deployCmd) Help() string {
	return `The command line describes the whole function: deploying again replaces it, and a flag left out means its default. A hook that the module exports under its standard name is configured unless its flag says otherwise. Running requests end on the version that they started on; its instances then run preStop.`
}

func (c *deployCmd) Run(ctx context.Context, p *program) error {
	if c.Template != "" {
		if c.Name != "" {
			return usagef("deploy takes a name and a file, or -t FILE, not both")
		}
		return p.deployTemplate(ctx, c.Template)
	}
	if c.Name == "" || c.Source == "" {
		return usagef("expected \"<name> <file|dir>\", or -t FILE; see `lull deploy --help`")
	}
	key, err := target{c.Name, c.Service}.key()
	if err != nil {
		return err
	}
	if c.Runtime == "" {
		c.Runtime = cmp.Or(guests.Runtime(c.Source), fn.DefaultRuntime)
	}
	code, err := p.code(ctx, c.Source, c.Runtime)
	if err != nil {
		return err
	}
	done := p.spin("deploying " + display(key) + " (" + humanBytes(int64(len(code))) + ")")
	defer done()
	api := p.api()
	module, err := api.Inspect(ctx, client.FunctionInput{
		Runtime: &c.Runtime, Handler: &c.Handler, Env: c.Env, MemorySize: &c.Memory, Code: &client.Code{Bytes: code},
	})
	if err != nil {
		return err
	}
	if module.Kind == engine.KindServer && c.Runtime == fn.DefaultRuntime {
		c.Runtime = "custom"
	}
	rt, err := c.runtime(ctx, api)
	if err != nil {
		return err
	}
	if fn.Isolation(c.Isolation) == fn.EachFresh {
		module.Hooks = nil // those that the module exports are left out; those that a flag names the server refuses
	}
	hooks, notes, err := c.hookFlags.choose(module.Hooks, rt)
	if err != nil {
		return err
	}
	f, created, err := api.Deploy(ctx, key.Service, key.Name, c.input(code, hooks))
	if err != nil {
		return err
	}
	info, err := api.Info(ctx)
	if err != nil {
		return err
	}
	done()
	for _, note := range notes {
		fmt.Fprintln(p.stderr, "lull:", note)
	}
	return summary{key, f, created, module.Kind, info.HTTP}.print(p.stdout)
}

// runtime returns the row of the server's capability table. For a name that is not in it the server has the right words.
func (c *deployCmd) runtime(ctx context.Context, api *client.Client) (runtimes.Runtime, error) {
	table, err := api.Runtimes(ctx)
	i := slices.IndexFunc(table, func(r runtimes.Runtime) bool { return r.Name == c.Runtime })
	if err != nil || i < 0 {
		return runtimes.Runtime{Name: c.Runtime, PreFreeze: true, PreStop: true}, err
	}
	return table[i], nil
}

// input sets every field, so that nothing of an earlier version stays.
func (c *deployCmd) input(code []byte, h hooks) client.FunctionInput {
	in := client.FunctionInput{
		Description: new(string),
		Runtime:     &c.Runtime,
		Handler:     &c.Handler,
		Initializer: &h.initializer.Handler,
		Lifecycle:   &client.Lifecycle{PreFreeze: &h.preFreeze, PreStop: &h.preStop},
		Env:         c.Env,
		AllowHosts:  append([]string{}, c.AllowHost...),
		Code:        &client.Code{Bytes: code},
	}
	if c.Isolation == "" {
		c.Isolation = string(fn.Serial)
		if c.Concurrency > 1 {
			c.Isolation = string(fn.Shared)
		}
	}
	in.Isolation = &c.Isolation
	if in.Env == nil {
		in.Env = pairs{}
	}
	if h.initializer.Handler != "" {
		in.InitializationTimeout = &h.initializer.Timeout
	}
	in.QueueTimeout = new(int(fn.DefaultQueueTimeout.Seconds()))
	in.QueueLimit = new(fn.DefaultQueueLimit)
	c.limitFlags.set(&in)
	return in
}
