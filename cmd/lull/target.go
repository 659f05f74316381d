package main

import (
	"strings"

	"github.com/lull-dev/lull/host/fn"
)

// target is the function that a command is about, as the command line names it.
type target struct {
	Name    string `arg:"" placeholder:"NAME" help:"The function: NAME, or SERVICE/NAME."`
	Service string `short:"s" placeholder:"SERVICE" help:"The function's service (default: ${service})."`
}

// key checks the name and says which function it means.
func (t target) key() (fn.Key, error) {
	k := fn.Key{Service: t.Service, Name: t.Name}
	if service, name, ok := strings.Cut(t.Name, "/"); ok {
		if t.Service != "" && t.Service != service {
			return k, usagef("%s and --service %s name two services; give one", t.Name, t.Service)
		}
		k = fn.Key{Service: service, Name: name}
	} else if k.Service == "" {
		k.Service = fn.DefaultService
	}
	for field, name := range map[string]string{"service": k.Service, "function": k.Name} {
		if err := fn.CheckName(field, name); err != nil {
			return k, usagef("%q is not the name of a %s: 1 to 128 of A-Z a-z 0-9 _ -, the first a letter or _", name, field)
		}
	}
	return k, nil
}

// display is how lull's output names a function: without the default service.
func display(k fn.Key) string {
	if k.Service == fn.DefaultService {
		return k.Name
	}
	return k.String()
}
