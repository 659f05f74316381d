package main

import "github.com/lull-dev/lull/host/fcapi/client"

// limitFlags bound a function. Their ranges are the server's to check.
type limitFlags struct {
	Memory       int `default:"${memory}" placeholder:"MB" help:"Linear memory of an instance, 1 to 4096 MiB (default ${memory})."`
	Timeout      int `default:"${timeout}" placeholder:"SEC" help:"Of one request, 1 to 86400 seconds (default ${timeout})."`
	Concurrency  int `default:"${concurrency}" placeholder:"N" help:"Requests that one instance takes at a time, 1 to 200 (default ${concurrency})."`
	MaxInstances int `default:"${maxInstances}" placeholder:"N" help:"Instances at a time (default ${maxInstances})."`
	MinInstances int `default:"0" placeholder:"N" help:"Instances that stay when they are idle (default 0)."`
	IdleTimeout  int `default:"${idleTimeout}" placeholder:"SEC" help:"How long an instance stays paused before it is stopped; -1: for ever (default ${idleTimeout})."`
}

// set puts all of them into in.
func (l *limitFlags) set(in *client.FunctionInput) {
	in.MemorySize, in.Timeout, in.Concurrency = &l.Memory, &l.Timeout, &l.Concurrency
	in.MaxInstances, in.MinInstances, in.IdleTimeout = &l.MaxInstances, &l.MinInstances, &l.IdleTimeout
}
