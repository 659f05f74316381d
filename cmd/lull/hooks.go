package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/runtimes"
)

// hookFlags configure the three hooks. A handler that is not given is nil: deploy then looks at what the module exports.
type hookFlags struct {
	Initializer        *string `placeholder:"HANDLER" help:"Runs once in a new instance, before its first request; 'none' switches it off (default: the export 'initializer')."`
	InitializerTimeout int     `default:"${hookTimeout}" placeholder:"SEC" help:"1 to 300 seconds (default ${hookTimeout})."`
	PreFreeze          *string `placeholder:"HANDLER" help:"Runs when the last request of an instance has ended, before the pause; 'none' switches it off (default: the export 'preFreeze')."`
	PreFreezeTimeout   int     `default:"${hookTimeout}" placeholder:"SEC" help:"1 to 300 seconds (default ${hookTimeout})."`
	PreStop            *string `placeholder:"HANDLER" help:"Runs before an instance is released; 'none' switches it off (default: the export 'preStop')."`
	PreStopTimeout     int     `default:"${hookTimeout}" placeholder:"SEC" help:"1 to 300 seconds (default ${hookTimeout})."`
}

// hooks are the three of a function.
type hooks struct{ initializer, preFreeze, preStop client.Hook }

// choose decides on the hooks of code in which exported are the handlers of standard hooks, and returns a note for each one that it has and
// that its runtime may not have.
func (h *hookFlags) choose(exported []string, rt runtimes.Runtime) (chosen hooks, notes []string, err error) {
	for _, c := range []struct {
		hook    *client.Hook
		flag    *string
		timeout int
		export  string
		allowed bool
	}{
		{&chosen.initializer, h.Initializer, h.InitializerTimeout, abi.Initializer, true},
		{&chosen.preFreeze, h.PreFreeze, h.PreFreezeTimeout, abi.PreFreeze, rt.PreFreeze},
		{&chosen.preStop, h.PreStop, h.PreStopTimeout, abi.PreStop, rt.PreStop},
	} {
		if c.timeout == 0 {
			return chosen, nil, usagef("the timeout of %s is 1 to 300 seconds, not 0", c.export)
		}
		handler := ""
		at := slices.IndexFunc(exported, func(name string) bool { return isHook(fn.Export(name), c.export) })
		switch has := at >= 0; {
		case c.flag != nil && *c.flag != "none":
			handler = *c.flag
		case c.flag != nil || !has:
		case !c.allowed:
			notes = append(notes, fmt.Sprintf("the code has %s, but runtime %s may not have that hook (see `lull runtimes`): not configured", exported[at], rt.Name))
		default:
			handler = exported[at]
		}
		if handler != "" {
			*c.hook = client.Hook{Handler: handler, Timeout: c.timeout}
		}
	}
	return chosen, notes, nil
}

// isHook tells a function that has a hook's name, as it is or as languages write it that have words_like_these.
func isHook(function, hook string) bool {
	return strings.EqualFold(strings.ReplaceAll(function, "_", ""), hook)
}
