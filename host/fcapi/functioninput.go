package fcapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// functionInput is the body of a create or an update. A field that is absent or null is not set.
type functionInput struct {
	FunctionName            *string           `json:"functionName"` // of a create; an update has the name in its path
	Description             *string           `json:"description"`
	Runtime                 *string           `json:"runtime"`
	Handler                 *string           `json:"handler"`
	Initializer             *string           `json:"initializer"`
	InitializationTimeout   *int64            `json:"initializationTimeout"`
	Timeout                 *int64            `json:"timeout"`
	MemorySize              *int64            `json:"memorySize"`
	InstanceConcurrency     *int64            `json:"instanceConcurrency"`
	InstanceLifecycleConfig *lifecycleInput   `json:"instanceLifecycleConfig"`
	EnvironmentVariables    map[string]string `json:"environmentVariables"` // replaces all of them
	Code                    *codeInput        `json:"code"`

	// What lull keeps and shows, and does not act upon, but for customContainerConfig.webServerMode.
	InstanceType          *string        `json:"instanceType"`
	CAPort                *int64         `json:"caPort"`
	Layers                []string       `json:"layers"`
	CustomContainerConfig map[string]any `json:"customContainerConfig"`
	CustomRuntimeConfig   map[string]any `json:"customRuntimeConfig"`
	CustomDNS             map[string]any `json:"customDNS"`

	// lull's own.
	MaxInstances *int64   `json:"maxInstances"`
	MinInstances *int64   `json:"minInstances"`
	IdleTimeout  *int64   `json:"idleTimeout"`
	QueueTimeout *int64   `json:"queueTimeout"`
	QueueLimit   *int64   `json:"queueLimit"`
	Isolation    *string  `json:"isolation"`
	AllowHosts   []string `json:"allowHosts"` // replaces all of them
}

// checkCreate wants what a create cannot do without.
func (in *functionInput) checkCreate() error {
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"functionName", in.FunctionName != nil}, {"runtime", in.Runtime != nil}, {"handler", in.Handler != nil}, {"code", in.Code != nil},
	} {
		if !f.set {
			return fn.Errorf(fn.CodeInvalidArgument, "%s is required", f.name)
		}
	}
	return nil
}

// apply changes in f what the input sets, code apart. In package fn a zero means the default, here it is a value like any other: so ranges
// that exclude zero are checked here.
func (in *functionInput) apply(f *fn.Function) error {
	set(&f.Description, in.Description)
	for _, n := range []struct {
		field string
		from  *string
		to    *string
	}{{"Runtime", in.Runtime, &f.Runtime}, {"Handler", in.Handler, &f.Handler}} {
		if n.from != nil && *n.from == "" {
			return fn.Errorf(fn.CodeInvalidArgument, "%s is set to an invalid value (actual: '')", n.field)
		}
		set(n.to, n.from)
	}
	if in.EnvironmentVariables != nil {
		f.Env = in.EnvironmentVariables
	}
	if in.AllowHosts != nil {
		f.AllowHosts = in.AllowHosts
	}
	if in.Isolation != nil {
		f.Isolation = fn.Isolation(*in.Isolation)
	}
	if in.InstanceConcurrency != nil && in.Isolation == nil && f.Isolation != fn.EachFresh {
		f.Isolation = "" // it follows
	}
	set(&f.Initializer.Handler, in.Initializer)
	for _, n := range []struct {
		field     string
		from      *int64
		low, high int64
		to        func(int64)
	}{
		{"InitializationTimeout", in.InitializationTimeout, 1, seconds(fn.MaxHookTimeout), duration(&f.Initializer.Timeout)},
		{"Timeout", in.Timeout, 1, seconds(fn.MaxTimeout), duration(&f.Limits.Timeout)},
		{"MemorySize", in.MemorySize, 1, fn.MaxMemoryMiB, integer(&f.Limits.MemoryMiB)},
		{"InstanceConcurrency", in.InstanceConcurrency, 1, fn.MaxConcurrency, integer(&f.Limits.Concurrency)},
		{"MaxInstances", in.MaxInstances, 1, fn.MaxMaxInstances, integer(&f.Limits.MaxInstances)},
		{"MinInstances", in.MinInstances, 0, fn.MaxMaxInstances, integer(&f.Limits.MinInstances)},
		{"QueueTimeout", in.QueueTimeout, 1, seconds(fn.MaxTimeout), duration(&f.Limits.QueueTimeout)},
		{"QueueLimit", in.QueueLimit, 0, math.MaxInt32, func(n int64) {
			if n == 0 {
				n = -1 // nobody waits
			}
			f.Limits.QueueLimit = int(n)
		}},
	} {
		if n.from == nil {
			continue
		}
		if *n.from < n.low || *n.from > n.high {
			return fn.Invalid(n.field, fmt.Sprintf("[%d, %d]", n.low, n.high), *n.from)
		}
		n.to(*n.from)
	}
	if t := in.IdleTimeout; t != nil {
		if *t != -1 && (*t < 1 || *t > seconds(maxIdleTimeout)) {
			return fn.Invalid("IdleTimeout", fmt.Sprintf("[1, %d], or -1 for ever", seconds(maxIdleTimeout)), *t)
		}
		duration(&f.Limits.IdleTimeout)(*t)
	}
	if err := in.applySettings(f); err != nil {
		return err
	}
	return in.InstanceLifecycleConfig.apply(f)
}

// applySettings keeps what lull does not act upon, each replaced whole.
func (in *functionInput) applySettings(f *fn.Function) error {
	if t := in.InstanceType; t != nil && *t != "e1" && *t != "c1" {
		return fn.Invalid("InstanceType", "e1 | c1", *t)
	}
	if p := in.CAPort; p != nil && (*p < 1 || *p > math.MaxUint16) {
		return fn.Invalid("CAPort", fmt.Sprintf("[1, %d]", math.MaxUint16), *p)
	}
	web, isBool := in.CustomContainerConfig["webServerMode"].(bool)
	if mode, given := in.CustomContainerConfig["webServerMode"]; given && mode != nil && !isBool {
		return fn.Invalid("CustomContainerConfig.WebServerMode", "true | false", mode)
	}
	set, err := given(map[string]any{
		"instanceType": in.InstanceType, "caPort": in.CAPort, "layers": in.Layers, "customContainerConfig": in.CustomContainerConfig,
		"customRuntimeConfig": in.CustomRuntimeConfig, "customDNS": in.CustomDNS,
	})
	if err != nil {
		return err
	}
	if len(set) > 0 {
		all := map[string]json.RawMessage{}
		maps.Copy(all, f.Settings)
		maps.Copy(all, set)
		f.Settings = all
	}
	if in.CustomContainerConfig != nil {
		f.Mute = isBool && !web
	}
	if f.Runtime != "custom-container" {
		f.Mute = false
	}
	return nil
}

// maxIdleTimeout is a year: nobody can tell it from for ever.
const maxIdleTimeout = 365 * 24 * time.Hour

func set(to, from *string) {
	if from != nil {
		*to = *from
	}
}

func duration(to *time.Duration) func(int64) {
	return func(n int64) { *to = time.Duration(n) * time.Second }
}

func integer(to *int) func(int64) {
	return func(n int64) { *to = int(n) }
}
