package fn

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// DefaultService is the service of a function that names none.
const DefaultService = "default"

// Latest is the qualifier of the version that is not published.
const Latest = "LATEST"

// DefaultRuntime runs a module as it is.
const DefaultRuntime = "wasm"

// MaxNameBytes bounds the names of services and functions.
const MaxNameBytes = 128

// Function is one version of a deployed name. The host keeps its own copy: changing a
// Function after Deploy has no effect.
type Function struct {
	// Service and Name identify the function. Letters, digits, '_' and '-', at most 128 bytes,
	// the first a letter or '_'. An empty Service means DefaultService.
	Service string
	Name    string

	Description string

	// Runtime selects a row of the capability table (package runtimes). Empty means DefaultRuntime.
	Runtime string

	// Handler is "file.function" or "function". For a module only the part after the last dot counts, and it names an export. In a
	// source tree the part before it is a path without its extension, "index" if there is none. Empty means "handler".
	Handler string

	// Initializer, PreFreeze and PreStop run around requests; an empty Handler switches a hook off.
	Initializer Hook
	PreFreeze   Hook
	PreStop     Hook

	Limits Limits

	// Isolation says what of an instance a request finds. Empty means Serial, or Shared with a Concurrency above 1.
	Isolation Isolation

	// AllowHosts lists the hosts that the guest may send HTTP requests to, in the forms of ParseAllowHosts. Empty: none.
	AllowHosts []string

	// Mute keeps the host from calling the hooks, the initializer included. They are still the function's, and shown as such: that is what Function Compute
	// does with containers that serve no HTTP. A program (a module with _start) is then run to its end for each request.
	Mute bool `json:",omitempty"`

	// Settings are what clients set that lull keeps and does not act upon, by their JSON names. The map is never changed in place.
	Settings map[string]json.RawMessage `json:",omitempty"`

	// Env is what the guest sees as its environment variables.
	Env map[string]string

	// Code is a WebAssembly module, or a zip file of a source tree for a runtime that has an interpreter.
	Code []byte
}

// Hook is a guest function that the host calls around requests.
type Hook struct {
	Handler string        // empty: off
	Timeout time.Duration // 1 s to 300 s; 0 means DefaultHookTimeout
}

// On reports whether the hook is configured.
func (h Hook) On() bool { return h.Handler != "" }

// Key identifies a function: service and name.
type Key struct {
	Service string
	Name    string
}

// String gives "service/name".
func (k Key) String() string { return k.Service + "/" + k.Name }

// Key returns the function's identity.
func (f *Function) Key() Key { return Key{f.Service, f.Name} }

// Export returns the export that a handler name stands for: what follows its last dot.
func Export(handler string) string { return handler[strings.LastIndexByte(handler, '.')+1:] }

// File returns the file that a handler name stands for in a source tree, without its extension: what comes before its last dot, or
// "index".
func File(handler string) string {
	if i := strings.LastIndexByte(handler, '.'); i > 0 {
		return handler[:i]
	}
	return "index"
}

// WithDefaults returns a copy in which every zero field has its default.
func (f Function) WithDefaults() Function {
	if f.Service == "" {
		f.Service = DefaultService
	}
	if f.Runtime == "" {
		f.Runtime = DefaultRuntime
	}
	if f.Handler == "" {
		f.Handler = "handler"
	}
	f.Limits = f.Limits.withDefaults()
	if f.Isolation == "" {
		f.Isolation = Serial
		if f.Limits.Concurrency > 1 {
			f.Isolation = Shared
		}
	}
	for _, h := range []*Hook{&f.Initializer, &f.PreFreeze, &f.PreStop} {
		if !h.On() {
			*h = Hook{} // a timeout without a handler means nothing
		} else if h.Timeout == 0 {
			h.Timeout = DefaultHookTimeout
		}
	}
	f.Env = maps.Clone(f.Env)
	f.AllowHosts = slices.Clone(f.AllowHosts)
	return f
}

// Running is the function as its instances are run: f itself, or, if it is Mute, a copy without hooks.
func (f *Function) Running() *Function {
	if !f.Mute {
		return f
	}
	run := *f
	run.Initializer, run.PreFreeze, run.PreStop = Hook{}, Hook{}, Hook{}
	return &run
}

// Check reports the first field that is out of its range, as an Error with code InvalidArgument.
// It does not look into Code.
func (f *Function) Check() error {
	if err := CheckName("ServiceName", f.Service); err != nil {
		return err
	}
	if err := CheckName("FunctionName", f.Name); err != nil {
		return err
	}
	if Export(f.Handler) == "" {
		return Invalid("Handler", "a name of the form [file.]function", f.Handler)
	}
	for _, h := range []struct {
		field string
		hook  Hook
	}{
		{"InitializationTimeout", f.Initializer},
		{"InstanceLifecycleConfig.PreFreeze.Timeout", f.PreFreeze},
		{"InstanceLifecycleConfig.PreStop.Timeout", f.PreStop},
	} {
		if !h.hook.On() {
			continue
		}
		if Export(h.hook.Handler) == "" {
			return Invalid(strings.TrimSuffix(h.field, "Timeout")+"Handler", "a name of the form [file.]function", h.hook.Handler)
		}
		if err := checkSeconds(h.field, h.hook.Timeout, time.Second, MaxHookTimeout); err != nil {
			return err
		}
	}
	if err := f.checkIsolation(); err != nil {
		return err
	}
	for k, v := range f.Env {
		if k == "" || strings.ContainsAny(k, "=\x00") || strings.ContainsRune(v, 0) {
			return Errorf(CodeInvalidArgument, "EnvironmentVariables has an illegal entry %q: a key is not empty and holds no '=', neither part holds a zero byte", k)
		}
	}
	if _, err := ParseAllowHosts(f.AllowHosts); err != nil {
		return err
	}
	return f.Limits.check()
}

// CheckName reports whether s may name a service or a function; field names it in the error.
func CheckName(field, s string) error {
	ok := len(s) >= 1 && len(s) <= MaxNameBytes
	for i := 0; ok && i < len(s); i++ {
		c := s[i]
		switch {
		case c == '_', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case c == '-', '0' <= c && c <= '9':
			ok = i > 0
		default:
			ok = false
		}
	}
	if !ok {
		return Invalid(field, "1 to 128 of A-Z a-z 0-9 _ -, first a letter or _", s)
	}
	return nil
}

// Invalid is the error for a field that is out of its range.
func Invalid(field, allowed string, actual any) error {
	return Errorf(CodeInvalidArgument, "%s is set to an invalid value (allowed: %s, actual: '%s')", field, allowed, clip(fmt.Sprint(actual)))
}

// clip keeps what a caller sent from filling an error message.
func clip(s string) string {
	if len(s) > 200 {
		return s[:200] + "..."
	}
	return s
}
