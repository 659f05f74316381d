// Package syaml reads s.yaml files, in which Serverless Devs describes applications of its component fc: services, functions and triggers.
//
// Every message names file, line and key. Keys that mean nothing to lull are told as notes, so that a misspelt one does not go unseen.
package syaml

import (
	"encoding/json"
	"fmt"
	"slices"
)

// MaxBytes bounds a file.
const MaxBytes = 1 << 20

// Entry is one entry of "services": a function with its service and its triggers.
type Entry struct {
	Name     string // of the entry
	Line     int
	Service  Service
	Function Function
	Triggers []Trigger
}

// Service is the service that a function belongs to. Several entries may name the same one.
type Service struct {
	Name        string
	Description string
}

// Function is a function as the file describes it. A nil field is not set.
type Function struct {
	Name        string
	Description string
	Runtime     string
	Handler     string
	// Code is a folder, a zip file or a module, as written: relative to the file.
	Code                  string
	CodeLine              int
	Initializer           string
	InitializationTimeout *int
	PreFreeze, PreStop    Hook
	Timeout               *int
	MemorySize            *int
	Concurrency           *int
	Env                   map[string]string
	Async                 *Async

	// lull's own.
	MaxInstances *int
	MinInstances *int
	IdleTimeout  *int
	Isolation    *string
	AllowHosts   []string
}

// Hook is a hook of a function; an empty Handler is off.
type Hook struct {
	Handler string
	Timeout *int
}

// Async says what becomes of a function's asynchronous invocations. A nil field is not set, and nobody is told where a name is empty.
type Async struct {
	Stateful             bool
	MaxRetries           *int
	MaxAgeSeconds        *int
	OnSuccess, OnFailure string
}

// Trigger is a trigger of a function.
type Trigger struct {
	Name, Type, Qualifier, Description, Role, SourceARN string
	Config                                              json.RawMessage
	Line                                                int
}

// Error is what is wrong with a file.
type Error struct {
	File string
	Line int
	Key  string // the path of keys, empty for the file as a whole
	Err  error
}

func (e *Error) Error() string { return place(e.File, e.Line, e.Key) + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func place(file string, line int, key string) string {
	if key != "" {
		key += ": "
	}
	return fmt.Sprintf("%s:%d: %s", file, line, key)
}

// Parse reads the text of a file. env gives environment variables, which the file may refer to. notes tell what lull leaves out. An error is an
// *Error.
func Parse(file string, text []byte, env func(string) (string, bool)) (entries []Entry, notes []string, err error) {
	if len(text) > MaxBytes {
		return nil, nil, &Error{File: file, Line: 1, Err: fmt.Errorf("the file has %d bytes, the limit is %d", len(text), MaxBytes)}
	}
	root, err := parse(text)
	if err != nil {
		return nil, nil, located(file, err)
	}
	r := &reader{file: file}
	if root, err = (&resolver{env: env, vars: root.get("vars")}).resolve(root); err != nil {
		return nil, nil, located(file, err)
	}
	entries = r.app(root)
	if r.err != nil {
		return nil, nil, r.err
	}
	return entries, r.notes, nil
}

func (r *reader) app(root *node) (entries []Entry) {
	top := r.object(root, "", "edition", "name", "access", "vars", "services")
	services := top.need("services")
	if services == nil {
		return nil
	}
	if services.kind != mapping || len(services.fields) == 0 {
		r.fail(services, "services", "expected a map of at least one entry")
		return nil
	}
	seen := map[string]string{}
	for _, f := range services.fields {
		e := r.entry(f)
		if r.err != nil {
			return nil
		}
		id := e.Service.Name + "/" + e.Function.Name
		if other, ok := seen[id]; ok {
			r.fail(&node{line: f.line}, "services."+f.name, fmt.Sprintf("function %s is that of services.%s, too", id, other))
		}
		seen[id] = f.name
		entries = append(entries, e)
	}
	return entries
}

func (r *reader) entry(f field) Entry {
	e := Entry{Name: f.name, Line: f.line}
	entry := r.object(f.value, "services."+f.name, "component", "props")
	if component := entry.text("component"); component != "" && !slices.Contains([]string{"fc", "devsapp/fc"}, component) {
		r.fail(entry.node("component"), entry.path+".component", fmt.Sprintf("expected fc, not %q: lull deploys functions of Function Compute 2.0", component))
		return e
	}
	props := entry.needObject("props", "region", "service", "function", "triggers")
	service := props.needObject("service", "name", "description", "role", "internetAccess", "logConfig", "vpcConfig", "nasConfig", "tracingConfig")
	e.Service = Service{Name: service.needText("name"), Description: service.text("description")}
	e.Function = r.function(props.needObject("function", "name", "description", "runtime", "handler", "codeUri", "initializer", "initializationTimeout",
		"timeout", "memorySize", "instanceConcurrency", "instanceLifecycleConfig", "environmentVariables", "asyncConfiguration", "instanceType", "caPort",
		"maxInstances", "minInstances", "idleTimeout", "isolation", "allowHosts"))
	for i, t := range props.list("triggers") {
		e.Triggers = append(e.Triggers, r.trigger(t, fmt.Sprintf("%s.triggers[%d]", props.path, i)))
	}
	return e
}

func (r *reader) function(o object) Function {
	f := Function{
		Name: o.needText("name"), Description: o.text("description"), Runtime: o.needText("runtime"), Handler: o.needText("handler"),
		Initializer: o.text("initializer"), InitializationTimeout: o.number("initializationTimeout"), Timeout: o.number("timeout"),
		MemorySize: o.number("memorySize"), Concurrency: o.number("instanceConcurrency"), Env: o.texts("environmentVariables"),
		MaxInstances: o.number("maxInstances"), MinInstances: o.number("minInstances"), IdleTimeout: o.number("idleTimeout"),
	}
	if n := o.node("isolation"); n != nil {
		f.Isolation = new(o.text("isolation"))
	}
	for i, n := range o.list("allowHosts") {
		f.AllowHosts = append(f.AllowHosts, r.word(n, fmt.Sprintf("%s.allowHosts[%d]", o.path, i)))
	}
	f.Code, f.CodeLine = r.code(o)
	if o.node("instanceLifecycleConfig") != nil {
		hooks := o.needObject("instanceLifecycleConfig", "preFreeze", "preStop")
		f.PreFreeze, f.PreStop = r.hook(hooks, "preFreeze"), r.hook(hooks, "preStop")
	}
	if o.node("asyncConfiguration") != nil {
		f.Async = r.async(o.needObject("asyncConfiguration", "destination", "maxAsyncEventAgeInSeconds", "maxAsyncRetryAttempts", "statefulInvocation"))
	}
	return f
}

// code reads codeUri, which is a path or {src: path}.
func (r *reader) code(o object) (string, int) {
	n := o.need("codeUri")
	if n == nil {
		return "", 0
	}
	if n.kind == mapping {
		return r.object(n, o.path+".codeUri", "src").needText("src"), n.line
	}
	return o.needText("codeUri"), n.line
}

func (r *reader) async(o object) *Async {
	a := &Async{Stateful: o.truth("statefulInvocation"), MaxRetries: o.number("maxAsyncRetryAttempts"), MaxAgeSeconds: o.number("maxAsyncEventAgeInSeconds")}
	if o.node("destination") != nil {
		d := o.needObject("destination", "onSuccess", "onFailure")
		a.OnSuccess, a.OnFailure = d.text("onSuccess"), d.text("onFailure")
	}
	return a
}

func (r *reader) hook(hooks object, name string) Hook {
	if hooks.node(name) == nil {
		return Hook{}
	}
	o := hooks.needObject(name, "handler", "timeout")
	h := Hook{Handler: o.text("handler")}
	if h.Handler != "" { // the timeout of a hook that is off means nothing, whatever it is
		h.Timeout = o.number("timeout")
	}
	return h
}

func (r *reader) trigger(n *node, path string) Trigger {
	o := r.object(n, path, "name", "type", "qualifier", "description", "role", "sourceArn", "config")
	t := Trigger{
		Name: o.needText("name"), Type: o.needText("type"), Qualifier: o.text("qualifier"), Description: o.text("description"),
		Role: o.text("role"), SourceARN: o.text("sourceArn"), Config: json.RawMessage("{}"), Line: o.line,
	}
	if c := o.node("config"); c != nil {
		if c.kind != mapping {
			r.fail(c, path+".config", "expected a map")
			return t
		}
		config, err := json.Marshal(c.plain())
		if err != nil {
			r.fail(c, path+".config", err.Error())
		}
		t.Config = config
	}
	return t
}
