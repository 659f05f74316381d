package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/alecthomas/kong"

	"github.com/lull-dev/lull/host/fcapi/sign"
)

// program is lull with its surroundings as fields, so that tests can run it in process.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string

	keys []sign.Key // what a command signs with, or serve takes; set by command
	args []string   // the command line, once it runs
}

// grammar is the command line: each command is a struct in a file of its name.
type grammar struct {
	Serve    serveCmd    `cmd:"" help:"Run the host."`
	Up       upCmd       `cmd:"" help:"Build a project, serve it, and deploy it again whenever it changes."`
	New      newCmd      `cmd:"" help:"Write a project to start from."`
	Build    buildCmd    `cmd:"" help:"Compile a project to a WebAssembly module."`
	Deploy   deployCmd   `cmd:"" help:"Put a function in place, or replace it."`
	Invoke   invokeCmd   `cmd:"" help:"Call a function and print its answer."`
	Async    asyncCmd    `cmd:"" help:"Look at asynchronous invocations."`
	Ls       lsCmd       `cmd:"" help:"List functions."`
	Ps       psCmd       `cmd:"" help:"List instances."`
	Logs     logsCmd     `cmd:"" help:"Print what a function and its hooks wrote."`
	Requests requestsCmd `cmd:"" help:"List the requests that ran."`
	Usage    usageCmd    `cmd:"" help:"Print what a function has cost."`
	Stop     stopCmd     `cmd:"" help:"Stop instances: preStop runs, the function stays."`
	Rm       rmCmd       `cmd:"" help:"Remove a function and stop its instances."`
	Runtimes runtimesCmd `cmd:"" help:"List runtimes and the hooks that they may have; install interpreters."`
	Bench    benchCmd    `cmd:"" help:"Measure functions: cold and warm, pause and resume, HTTP."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
	keyFlags
}

const description = `Runs WebAssembly functions and pauses them between requests.

The client commands talk to the server that the environment variable LULL_API names, by default ` + defaultAPI + `.

Exit codes: 0 fine, 1 the function or the command failed, 2 usage, 3 the server refused or cannot be reached.`

// helpPrinted is what kong's exit function panics with: it has to end the parse.
type helpPrinted struct{}

// run executes one command line, prints what went wrong, and returns the exit code. It returns soon after ctx has ended.
func (p *program) run(ctx context.Context, args []string) int {
	err := p.command(ctx, args...)
	code := codeFor(ctx, err)
	if message := explain(err); message != "" && code != exitSignal {
		fmt.Fprintln(p.stderr, "lull:", message)
	}
	return code
}

// command executes one command line.
func (p *program) command(ctx context.Context, args ...string) (err error) {
	p.args = args
	var g grammar
	parser, err := kong.New(&g,
		kong.Name("lull"), kong.Description(description),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.KindMapper(reflect.String, kong.MapperFunc(word)),
		kong.WithHyphenPrefixedParameters(true), // an event may be "-1"
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(int) { panic(helpPrinted{}) }),
		kong.Bind(p), kong.BindTo(ctx, (*context.Context)(nil)),
		vars(),
	)
	if err != nil {
		panic(err) // the grammar is wrong, whatever the arguments
	}
	defer func() {
		if r := recover(); r == (helpPrinted{}) && len(args) == 0 {
			err = &exitError{code: exitUsage}
		} else if r != nil && r != (helpPrinted{}) {
			panic(r)
		}
	}()
	if len(args) == 0 {
		parser.Stdout = p.stderr
		parser.Parse([]string{"--help"})
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return usagef("%w; see `lull%s --help`", err, commandOf(err))
	}
	keys, err := g.keys(p.getenv)
	if err != nil {
		return err
	}
	p.keys = append(keys, p.keys...)
	return parsed.Run()
}

// commandOf names the command that a parse got to, with a space before it.
func commandOf(err error) string {
	e, ok := errors.AsType[*kong.ParseError](err)
	if !ok || e.Context == nil || e.Context.Command() == "" {
		return ""
	}
	return " " + e.Context.Selected().Path()
}
