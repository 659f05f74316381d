// Package runtimes is the capability table: which runtime names exist and which hooks they may have.
// It is data, because the sources for it contradict each other (see RATIONALE.md) and operators may raise a flag.
package runtimes

import (
	"slices"
	"strings"

	"github.com/lull-dev/lull/host/fn"
)

// Runtime is one row of the table.
type Runtime struct {
	Name   string `json:"name"`
	Family string `json:"family"` // what --allow-pre-freeze names
	// PreFreeze and PreStop tell whether a function of this runtime may configure the hook.
	PreFreeze bool `json:"preFreeze"`
	PreStop   bool `json:"preStop"`
	// Needs is what the guest must bring for hooks to work, for people to read. The host cannot check it.
	Needs string `json:"needs,omitempty"`
	// Interpreter is what runs a source tree of this runtime (package interpreters has the names), or empty: then the code is a
	// module. A module may be deployed under any name.
	Interpreter string `json:"interpreter,omitempty"`
	// Server tells that programs of this runtime are HTTP servers: one that does not listen is refused.
	Server bool `json:"server,omitempty"`
	// Installed tells that the interpreter is there, in the table of a host that was asked for it.
	Installed bool `json:"installed,omitempty"`
}

// Table is an immutable set of runtimes, in the order in which they are listed.
type Table []Runtime

// defaults follows the rule that only Python, PHP and C# cannot have preFreeze.
var defaults = func() (t Table) {
	row := func(r Runtime, names ...string) {
		for _, n := range names {
			r.Name, r.PreStop = n, true
			t = append(t, r)
		}
	}
	row(Runtime{Family: "wasm", PreFreeze: true}, "wasm")
	row(Runtime{Family: "go", PreFreeze: true, Needs: "fc-runtime-go-sdk >= v0.1.0, or lull's Go SDK"}, "go1")
	row(Runtime{Family: "nodejs", PreFreeze: true, Interpreter: "quickjs"},
		"nodejs4.4", "nodejs6", "nodejs8", "nodejs10", "nodejs12", "nodejs14", "nodejs16", "nodejs18", "nodejs20")
	row(Runtime{Family: "python"}, "python2.7")
	row(Runtime{Family: "python", Interpreter: "python"}, "python3", "python3.9", "python3.10", "python3.11")
	row(Runtime{Family: "php", Interpreter: "php"}, "php7.2", "php8", "php8.2")
	row(Runtime{Family: "ruby", PreFreeze: true, Interpreter: "ruby"}, "ruby", "ruby3.4")
	row(Runtime{Family: "csharp"}, "dotnetcore2.1", "dotnetcore3.1")
	row(Runtime{Family: "java", PreFreeze: true, Needs: "fc-java-core >= 1.4.0"}, "java8", "java11")
	row(Runtime{Family: "custom", PreFreeze: true, Server: true, Needs: "a server of /pre-freeze and /pre-stop"}, "custom", "custom.debian10", "custom-container")
	return t
}()

// New returns the table with preFreeze allowed for the families or runtime names in allow. An unknown name is
// an InvalidArgument that lists the families.
func New(allow ...string) (Table, error) {
	t := slices.Clone(defaults)
	for _, a := range allow {
		found := false
		for i := range t {
			if t[i].Name == a || t[i].Family == a {
				t[i].PreFreeze, found = true, true
			}
		}
		if !found {
			return nil, fn.Errorf(fn.CodeInvalidArgument, "%q is not a runtime or a family of runtimes (families: %s)", a, strings.Join(t.families(), ", "))
		}
	}
	return t, nil
}

func (t Table) families() (names []string) {
	for _, r := range t {
		if !slices.Contains(names, r.Family) {
			names = append(names, r.Family)
		}
	}
	return names
}

// Get returns the row of a runtime.
func (t Table) Get(name string) (Runtime, bool) {
	i := slices.IndexFunc(t, func(r Runtime) bool { return r.Name == name })
	if i < 0 {
		return Runtime{}, false
	}
	return t[i], true
}

// Check reports, as InvalidArgument, an unknown runtime or a hook that f's runtime may not have.
func (t Table) Check(f *fn.Function) error {
	r, ok := t.Get(f.Runtime)
	if !ok {
		return fn.Errorf(fn.CodeInvalidArgument, "Runtime is set to an invalid value (actual: '%s'); `lull runtimes` lists those that exist", f.Runtime)
	}
	for _, h := range []struct {
		name    string
		hook    fn.Hook
		allowed bool
	}{{"PreFreeze", f.PreFreeze, r.PreFreeze}, {"PreStop", f.PreStop, r.PreStop}} {
		if h.hook.On() && !h.allowed {
			return fn.Errorf(fn.CodeInvalidArgument, "InstanceLifecycleConfig.%s is not supported for runtime '%s'", h.name, f.Runtime)
		}
	}
	return nil
}
