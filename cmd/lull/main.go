// Lull runs functions compiled to WebAssembly, keeps their instances warm, and pauses an instance
// between requests: paused, it costs memory and nothing else. Two hooks of the guest give back what
// freezing takes away: preFreeze runs before the pause, preStop before the instance is released.
//
//	lull serve                     run the host: control API on 127.0.0.1:9600, function URLs on 127.0.0.1:8080
//	lull new hello --lang go       a project to start from
//	lull deploy hello ./hello      build it and put it in place
//	lull invoke hello -d Ada       call it
//	lull logs hello -f             see what it and its hooks wrote
//
// `lull --help` lists the commands and `lull COMMAND --help` the flags of one. LULL_API names the
// server that the client commands talk to.
//
// Exit codes:
//
//	0    fine
//	1    the function failed, or the command did (a build, a port in use)
//	2    usage: the command line is not right; nothing was done
//	3    the server refused, or cannot be reached
//	130  stopped by a signal
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	os.Exit(p.run(untilSignal(), os.Args[1:]))
}

// untilSignal returns a context that ends with errSignal at the first SIGINT or SIGTERM. The second
// one ends the process at once.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel(errSignal)
		<-signals
		os.Exit(exitSignal)
	}()
	return ctx
}
