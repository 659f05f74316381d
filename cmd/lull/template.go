package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lull-dev/lull/cmd/lull/syaml"
	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/runtimes"
)

// deployTemplate deploys what an s.yaml file describes. The code of all functions is read before the first one is deployed.
func (p *program) deployTemplate(ctx context.Context, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return usagef("%w", err)
	}
	entries, notes, err := syaml.Parse(file, text, func(name string) (string, bool) {
		value := p.getenv(name)
		return value, value != ""
	})
	for _, note := range notes {
		fmt.Fprintln(p.stderr, "lull:", note)
	}
	if err != nil {
		return usagef("%w", err)
	}
	codes := make([][]byte, len(entries))
	for i, e := range entries {
		if codes[i], err = p.templateCode(ctx, file, e); err != nil {
			return &syaml.Error{File: file, Line: e.Function.CodeLine, Key: "services." + e.Name + ".props.function.codeUri", Err: err}
		}
	}
	api := p.api()
	info, err := api.Info(ctx)
	if err != nil {
		return err
	}
	for i, e := range entries {
		if err := p.deployEntry(ctx, api, e, codes[i], info.HTTP); err != nil {
			return &syaml.Error{File: file, Line: e.Line, Key: "services." + e.Name, Err: err}
		}
	}
	return nil
}

// templateCode reads what codeUri names, from the file's folder on. Of a folder that holds one module and nothing to build, it is the module.
func (p *program) templateCode(ctx context.Context, file string, e syaml.Entry) ([]byte, error) {
	from := e.Function.Code
	if !filepath.IsAbs(from) {
		from = filepath.Join(filepath.Dir(file), from)
	}
	table, err := runtimes.New()
	if err != nil {
		return nil, err
	}
	if rt, _ := table.Get(e.Function.Runtime); rt.Interpreter == "" {
		if modules, _ := filepath.Glob(filepath.Join(from, "*.wasm")); len(modules) == 1 {
			from = modules[0]
		}
	}
	return p.code(ctx, from, e.Function.Runtime)
}

// deployEntry deploys one function with its service and its triggers.
func (p *program) deployEntry(ctx context.Context, api *client.Client, e syaml.Entry, code []byte, urls string) error {
	key := fn.Key{Service: e.Service.Name, Name: e.Function.Name}
	done := p.spin("deploying " + display(key) + " (" + humanBytes(int64(len(code))) + ")")
	defer done()
	if _, err := api.CreateService(ctx, key.Service, e.Service.Description); err != nil {
		if fn.CodeOf(err) != fn.CodeServiceAlreadyExists {
			return err
		}
		if e.Service.Description != "" {
			if _, err := api.UpdateService(ctx, key.Service, e.Service.Description, ""); err != nil {
				return err
			}
		}
	}
	f, created, err := api.Deploy(ctx, key.Service, key.Name, templateInput(&e.Function, code))
	if err != nil {
		return err
	}
	deployed, err := api.Overview(ctx, key.Service)
	if err != nil {
		return err
	}
	kind := ""
	for _, o := range deployed {
		if o.Name == key.Name {
			kind = o.Kind
		}
	}
	done()
	if err := (summary{key, f, created, kind, urls}).print(p.stdout); err != nil {
		return err
	}
	if err := p.setAsync(ctx, api, key, e.Function.Async); err != nil {
		return err
	}
	for _, t := range e.Triggers {
		_, created, err := api.SetTrigger(ctx, key.Service, key.Name, client.Trigger{
			Name: t.Name, Type: t.Type, Description: t.Description, SourceARN: t.SourceARN, Role: t.Role, Qualifier: t.Qualifier, Config: t.Config,
		})
		if err != nil {
			return fmt.Errorf("trigger %s: %w", t.Name, err)
		}
		verb := "updated"
		if created {
			verb = "created"
		}
		fmt.Fprintf(p.stdout, "  trigger %s %s: %s\n", t.Name, verb, t.Type)
	}
	return nil
}

// setAsync sets what becomes of asynchronous invocations, or takes back what a file before has set.
func (p *program) setAsync(ctx context.Context, api *client.Client, key fn.Key, a *syaml.Async) error {
	if a == nil {
		return api.DeleteAsync(ctx, key.Service, key.Name)
	}
	to := func(name string) *client.Destination {
		if name == "" {
			return nil
		}
		return &client.Destination{Name: name}
	}
	err := api.SetAsync(ctx, key.Service, key.Name, client.AsyncConfig{
		Stateful: a.Stateful, MaxRetries: a.MaxRetries, MaxAgeSeconds: a.MaxAgeSeconds,
		Destinations: client.AsyncDestination{OnSuccess: to(a.OnSuccess), OnFailure: to(a.OnFailure)},
	})
	if err != nil {
		return fmt.Errorf("asyncConfiguration: %w", err)
	}
	fmt.Fprintln(p.stdout, "  asynchronous configuration set")
	return nil
}

// templateInput sets every field: what the file leaves out has its default again, and a hook that it leaves out is off.
func templateInput(f *syaml.Function, code []byte) client.FunctionInput {
	number := func(n *int, otherwise int) *int {
		if n == nil {
			return &otherwise
		}
		return n
	}
	hook := func(h syaml.Hook) *client.Hook {
		if h.Handler == "" {
			return &client.Hook{}
		}
		return &client.Hook{Handler: h.Handler, Timeout: *number(h.Timeout, int(fn.DefaultHookTimeout.Seconds()))}
	}
	in := client.FunctionInput{
		Description: &f.Description, Runtime: &f.Runtime, Handler: &f.Handler, Initializer: &f.Initializer,
		Lifecycle:    &client.Lifecycle{PreFreeze: hook(f.PreFreeze), PreStop: hook(f.PreStop)},
		Timeout:      number(f.Timeout, int(fn.DefaultTimeout.Seconds())),
		MemorySize:   number(f.MemorySize, fn.DefaultMemoryMiB),
		Concurrency:  number(f.Concurrency, fn.DefaultConcurrency),
		MaxInstances: number(f.MaxInstances, fn.DefaultMaxInstances),
		MinInstances: number(f.MinInstances, 0),
		IdleTimeout:  number(f.IdleTimeout, int(fn.DefaultIdleTimeout.Seconds())),
		QueueTimeout: new(int(fn.DefaultQueueTimeout.Seconds())), QueueLimit: new(fn.DefaultQueueLimit),
		Isolation: f.Isolation, AllowHosts: append([]string{}, f.AllowHosts...),
		Env: f.Env, Code: &client.Code{Bytes: code},
	}
	if f.Initializer != "" {
		in.InitializationTimeout = number(f.InitializationTimeout, int(fn.DefaultHookTimeout.Seconds()))
	}
	if in.Isolation == nil {
		in.Isolation = new(string(fn.Serial))
		if *in.Concurrency > 1 {
			in.Isolation = new(string(fn.Shared))
		}
	}
	if in.Env == nil {
		in.Env = map[string]string{}
	}
	return in
}
