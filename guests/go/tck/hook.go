//go:build wasip1

package main

import (
	"errors"
	"fmt"
	"strings"

	lull "github.com/lull-dev/lull/guests/go/sdk"
)

// hook is the same for all three: count, say so, and do once what it was armed with.
func hook(name string) lull.Hook {
	return func(ctx *lull.Context) error {
		count[name]++
		log := ctx.Log()
		log.Info(fmt.Sprintf("tck %s %d", name, count[name]))
		action, text, _ := strings.Cut(armed[name], " ")
		delete(armed, name)
		switch action {
		case "":
		case "log":
			log.Info(text)
		case "context":
			log.Info(fmt.Sprintf("tck %s context %s %s", name, ctx.Phase(), ctx.RequestID()))
		case "fail":
			return errors.New(text)
		case "unhandled":
			panic(text)
		case "exit", "loop", "trap":
			return endCases[action](call{args: []string{text}})
		default:
			log.Info(fmt.Sprintf("tck %s %s %d", name, action, callImport(action)))
		}
		return nil
	}
}
