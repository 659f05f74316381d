package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lull-dev/lull/guests"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/interpreters"
)

// vars are the defaults that the grammar's tags name. They come from where they are defined, so that help tells the truth.
func vars() kong.Vars {
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	return kong.Vars{
		"apiAddress":   defaultAPIAddress,
		"httpAddress":  defaultHTTPAddress,
		"keyVariable":  keyVariable,
		"natsVariable": natsVariable,
		"languages":    strings.Join(guests.Languages(), ", "),
		"interpreters": strings.Join(interpreters.Names(), ", "),
		"service":      fn.DefaultService,
		"runtime":      fn.DefaultRuntime,
		"timeout":      seconds(fn.DefaultTimeout),
		"hookTimeout":  seconds(fn.DefaultHookTimeout),
		"idleTimeout":  seconds(fn.DefaultIdleTimeout),
		"memory":       strconv.Itoa(fn.DefaultMemoryMiB),
		"concurrency":  strconv.Itoa(fn.DefaultConcurrency),
		"maxInstances": strconv.Itoa(fn.DefaultMaxInstances),
	}
}
