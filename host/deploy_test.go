package host_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
)

// bad is a change of a good function that no deploy may take.
type bad struct {
	name   string
	change func(*fn.Function)
	code   fn.Code // default InvalidArgument
	says   []string
}

func code(b []byte) func(*fn.Function) { return func(f *fn.Function) { f.Code = b } }

// module replaces the function by a plain one of a module.
func module(t *testing.T, name string) func(*fn.Function) {
	code := hosttest.Module(t, name)
	return func(f *fn.Function) {
		f.Code, f.Initializer, f.PreFreeze, f.PreStop = code, fn.Hook{}, fn.Hook{}, fn.Hook{}
	}
}

func both(a, b func(*fn.Function)) func(*fn.Function) {
	return func(f *fn.Function) { a(f); b(f) }
}

const maxCode = 8 << 10

func badFunctions(t *testing.T) []bad {
	hook := func(h string) fn.Hook { return fn.Hook{Handler: h} }
	limits := func(change func(*fn.Limits)) func(*fn.Function) {
		return func(f *fn.Function) { change(&f.Limits) }
	}
	timeout := func(d time.Duration) func(*fn.Function) { return limits(func(l *fn.Limits) { l.Timeout = d }) }
	exports, command, masked := module(t, "refused/exports"), module(t, "command"), module(t, "masked")
	header := func(version ...byte) []byte { return append([]byte("\x00asm"), version...) }
	return []bad{
		{name: "not wasm", change: code([]byte("#!/bin/sh\necho hello")), says: []string{"not a WebAssembly module"}},
		{name: "no bytes", change: code([]byte{}), says: []string{"empty (0 bytes)"}},
		{name: "no code", change: code(nil), says: []string{"empty (0 bytes)"}},
		{name: "the magic number alone", change: code(header()), says: []string{"not valid"}},
		{name: "the header alone", change: code(header(1, 0, 0, 0)), says: []string{`"memory"`}},
		{name: "another version", change: code(header(2, 0, 0, 0)), says: []string{"version 1"}},
		{name: "a component", change: code(header(0x0d, 0, 1, 0)), says: []string{"component"}},
		{name: "noise after the header", change: code(append(header(1, 0, 0, 0), 0xff, 0x00, 0x80)), says: []string{"not valid"}},
		{name: "over the size limit", change: code(make([]byte, maxCode+1)), code: fn.CodeEntityTooLarge, says: []string{"8193", "8192"}},

		{name: "unknown imports", change: module(t, "refused/imports"), says: []string{
			"the module imports what the host does not have: env.memory (memory), env.stack (global), env.table (table), " +
				"lull_v1.launch (i64) -> (f64), lull_v1.response_status (i64) -> (i32) (the host's has type (i32) -> (i32)), " +
				"lull_v2.log (), wasi_snapshot_preview1.sock_open () -> (i32, i32)"}},
		{name: "an unknown import of a command", change: module(t, "refused/command-imports"), says: []string{"env.stack (global)"}},
		{name: "a memory that is not exported", change: module(t, "refused/no-memory"), says: []string{`does not export its memory under the name "memory"`}},
		{name: "a memory over the limit", change: module(t, "refused/big-memory"), says: []string{"3000 pages", "128 MB", "2048"}},
		{name: "tables over the limit", change: module(t, "refused/big-table"), says: []string{"1048577 entries", "1048576"}},

		{name: "a start function that traps", change: module(t, "refused/start-traps"), says: []string{"does not start", "unreachable"}},
		{name: "a start function that never ends", change: module(t, "refused/start-spins"), says: []string{"does not start", "deadline of 300ms"}},
		{name: "a command's start function that traps", change: module(t, "refused/command-start-traps"), says: []string{"does not start", "unreachable"}},
		{name: "an _initialize that traps", change: module(t, "refused/init-traps"), says: []string{"does not start", "unreachable"}},
		{name: "an _initialize that never ends", change: module(t, "refused/init-spins"), says: []string{"does not start", "deadline of 300ms"}},
		{name: "an _initialize that exits", change: module(t, "refused/init-exits"), says: []string{"does not start", "exit code 5"}},
		{name: "a lull_hooks that traps", change: module(t, "refused/hooks-trap"), says: []string{"lull_hooks failed", "unreachable"}},
		{name: "a lull_hooks of another type", change: module(t, "refused/hooks-type"), says: []string{"lull_hooks", "(i32) -> (i32), it must be () -> (i32)"}},

		{name: "a handler that is not exported", change: exports, says: []string{`Handler: the module does not export a function "handler" (it exports: handle, hook, hookWithEvent, noResult)`}},
		{name: "a handler of another type", change: both(exports, func(f *fn.Function) { f.Handler = "index.noResult" }), says: []string{`"noResult" has type (i32), it must be (i32) -> (i32)`}},
		{name: "a handler that is no function", change: both(exports, func(f *fn.Function) { f.Handler = "count" }), says: []string{"does not export a function"}},
		{name: "a handler without a function", change: func(f *fn.Function) { f.Handler = "index." }, says: []string{"Handler"}},
		{name: "an initializer that is not exported", change: func(f *fn.Function) { f.Initializer = hook("nope") }, says: []string{"Initializer: ", `"nope"`}},
		{name: "a preFreeze that is not exported", change: func(f *fn.Function) { f.PreFreeze = hook("index.nope") }, says: []string{"PreFreeze: ", `"nope"`}},
		{name: "a preStop that is not exported", change: func(f *fn.Function) { f.PreStop = hook("a.b.nope") }, says: []string{"PreStop: ", `"nope"`}},
		{name: "a hook of another type", change: func(f *fn.Function) { f.PreStop = hook("wrongType") }, says: []string{"PreStop: ", "(i64) -> (i64), it must be () -> (i32)"}},
		{name: "a handler as a hook", change: func(f *fn.Function) { f.PreFreeze = hook("handler") }, says: []string{"PreFreeze: ", "(i32) -> (i32), it must be () -> (i32)"}},
		{name: "a hook without a function", change: func(f *fn.Function) { f.PreFreeze = hook("index.") }, says: []string{"InstanceLifecycleConfig.PreFreeze.Handler"}},
		{name: "an initializer that is not registered", change: both(masked, func(f *fn.Function) { f.Initializer = hook("initializer") }), says: []string{"Initializer: ", "registers nothing"}},
		{name: "a preStop that is not registered", change: both(masked, func(f *fn.Function) { f.PreStop = hook("main.preStop") }), says: []string{"PreStop: ", "registers nothing"}},
		{name: "an initializer of a command", change: both(command, func(f *fn.Function) { f.Initializer = hook("_start") }), says: []string{"Initializer: ", "has no hooks"}},
		{name: "a preFreeze of a command", change: both(command, func(f *fn.Function) { f.PreFreeze = hook("preFreeze") }), says: []string{"PreFreeze: ", "has no hooks"}},
		{name: "a preStop of a command", change: both(command, func(f *fn.Function) { f.PreStop = hook("preStop") }), says: []string{"PreStop: ", "has no hooks"}},

		{name: "an unknown runtime", change: func(f *fn.Function) { f.Runtime = "cobol85" }, says: []string{"Runtime is set to an invalid value", "cobol85"}},
		{name: "preFreeze on Python", change: func(f *fn.Function) { f.Runtime = "python3.9" }, says: []string{"InstanceLifecycleConfig.PreFreeze is not supported for runtime 'python3.9'"}},
		{name: "preFreeze on PHP", change: func(f *fn.Function) { f.Runtime = "php7.2" }, says: []string{"InstanceLifecycleConfig.PreFreeze is not supported for runtime 'php7.2'"}},
		{name: "preFreeze on C#", change: func(f *fn.Function) { f.Runtime = "dotnetcore3.1" }, says: []string{"InstanceLifecycleConfig.PreFreeze is not supported for runtime 'dotnetcore3.1'"}},

		{name: "a timeout below a second", change: timeout(time.Millisecond), says: []string{"Timeout", "[1, 86400]", "'0.001'"}},
		{name: "a timeout of parts of a second", change: timeout(1500 * time.Millisecond), says: []string{"Timeout", "'1.5'"}},
		{name: "a negative timeout", change: timeout(-time.Second), says: []string{"Timeout", "'-1'"}},
		{name: "a timeout over a day", change: timeout(86401 * time.Second), says: []string{"Timeout", "'86401'"}},
		{name: "a hook's timeout over 300 s", change: func(f *fn.Function) { f.PreFreeze.Timeout = 301 * time.Second }, says: []string{"InstanceLifecycleConfig.PreFreeze.Timeout", "[1, 300]"}},
		{name: "a hook's timeout below a second", change: func(f *fn.Function) { f.PreStop.Timeout = 1 }, says: []string{"InstanceLifecycleConfig.PreStop.Timeout"}},
		{name: "a negative initializer's timeout", change: func(f *fn.Function) { f.Initializer.Timeout = -time.Second }, says: []string{"InitializationTimeout"}},
		{name: "negative memory", change: limits(func(l *fn.Limits) { l.MemoryMiB = -1 }), says: []string{"MemorySize", "[1, 4096]"}},
		{name: "too much memory", change: limits(func(l *fn.Limits) { l.MemoryMiB = 4097 }), says: []string{"MemorySize", "4097"}},
		{name: "a negative concurrency", change: limits(func(l *fn.Limits) { l.Concurrency = -1 }), says: []string{"InstanceConcurrency", "[1, 200]"}},
		{name: "too much concurrency", change: limits(func(l *fn.Limits) { l.Concurrency = 201 }), says: []string{"InstanceConcurrency"}},
		{name: "too many instances", change: limits(func(l *fn.Limits) { l.MaxInstances = 100_001 }), says: []string{"MaxInstances"}},
		{name: "fewer than no instances", change: limits(func(l *fn.Limits) { l.MaxInstances = -1 }), says: []string{"MaxInstances"}},
		{name: "more instances kept than may live", change: limits(func(l *fn.Limits) { l.MaxInstances, l.MinInstances = 2, 3 }), says: []string{"MinInstances", "[0, 2]"}},
		{name: "a negative queue timeout", change: limits(func(l *fn.Limits) { l.QueueTimeout = -1 }), says: []string{"QueueTimeout"}},
		{name: "an environment variable without a name", change: func(f *fn.Function) { f.Env = map[string]string{"": "x"} }, says: []string{"EnvironmentVariables"}},
		{name: "an environment variable with '=' in its name", change: func(f *fn.Function) { f.Env = map[string]string{"a=b": "x"} }, says: []string{"EnvironmentVariables"}},
		{name: "an environment variable with a zero byte", change: func(f *fn.Function) { f.Env = map[string]string{"a": "\x00"} }, says: []string{"EnvironmentVariables"}},
	}
}

func TestDeploy_RefusesWhatCannotRunAndChangesNothing(t *testing.T) {
	t.Parallel()
	good := hosttest.Function(f.Name)
	s := newScene(t, host.Config{MaxCodeBytes: maxCode, StartTimeout: 300 * time.Millisecond}, good)
	before, err := s.Function(f)
	require.NoError(t, err)
	first := s.event("c")
	count := hosttest.Number(t, first)
	for _, c := range badFunctions(t) {
		t.Run(c.name, func(t *testing.T) {
			if c.code == "" {
				c.code = fn.CodeInvalidArgument
			}
			s.t = t
			g := hosttest.Function("g")
			g.Service = "other"
			c.change(&g)
			_, err := s.Deploy(t.Context(), g)
			requireCode(t, err, c.code, c.says...)
			_, err = s.Create(t.Context(), g)
			requireCode(t, err, c.code, c.says...)
			require.False(t, s.Has(g.Key()))
			_, err = s.Service("other")
			requireCode(t, err, fn.CodeServiceNotFound)
			_, err = s.Usage(g.Key())
			requireCode(t, err, fn.CodeServiceNotFound)

			changed := good
			c.change(&changed)
			_, err = s.Deploy(t.Context(), changed)
			requireCode(t, err, c.code, c.says...)
			_, err = s.Update(t.Context(), f, before.ETag, func(f *fn.Function) error { c.change(f); return nil })
			requireCode(t, err, c.code, c.says...)
			now, err := s.Function(f)
			require.NoError(t, err)
			require.Same(t, before, now)

			s.rest(1)
			freezes := s.runs("PreFreeze", "")
			resp := s.event("c")
			require.Equal(t, first.InstanceID, resp.InstanceID)
			count += 3
			require.Equal(t, count, hosttest.Number(t, resp), "the handler adds 2 and preFreeze, which is still configured, 1")
			s.rest(1)
			require.Equal(t, freezes+1, s.runs("PreFreeze", ""))
			require.Zero(t, s.runs("PreStop", ""))
			s.undisturbed()
		})
	}
	s.t = t
}

func TestDeploy_RefusesAModuleCutOffAnywhere(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, hosttest.Function(f.Name))
	sectionEnd := 8
	for n := range len(hosttest.Probe) {
		if n == sectionEnd { // what is here may be a whole module, of less
			size, k := binary.Uvarint(hosttest.Probe[n+1:])
			sectionEnd = n + 1 + k + int(size)
			continue
		}
		cut := hosttest.Function(f.Name)
		cut.Code = bytes.Clone(hosttest.Probe[:n])
		_, err := s.Deploy(t.Context(), cut)
		require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err), "%d bytes: %v", n, err)
		_, err = s.Inspect(t.Context(), fn.Function{Code: cut.Code})
		require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err), "%d bytes: %v", n, err)
	}
	require.Equal(t, len(hosttest.Probe), sectionEnd)
	require.Equal(t, 2, hosttest.Number(t, s.event("c")))
	s.undisturbed()
}

func TestDeploy_RefusesIllegalNames(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{})
	for _, name := range []string{
		"1a", "-a", "a b", "a/b", "a.b", "ä", "../f", "a\x00", "a\n", "a%62", strings.Repeat("a", fn.MaxNameBytes+1),
	} {
		_, err := s.Deploy(t.Context(), hosttest.Function(name))
		requireCode(t, err, fn.CodeInvalidArgument, "FunctionName")
		inService := hosttest.Function("f")
		inService.Service = name
		_, err = s.Deploy(t.Context(), inService)
		requireCode(t, err, fn.CodeInvalidArgument, "ServiceName")
		_, err = s.CreateService(name, "", nil)
		requireCode(t, err, fn.CodeInvalidArgument, "ServiceName")
	}
	_, err := s.Deploy(t.Context(), hosttest.Function(""))
	requireCode(t, err, fn.CodeInvalidArgument, "FunctionName")
	require.Len(t, s.Functions(""), 1, "the bystander")
	require.Len(t, s.Services(), 1)
	hosttest.Deploy(t, s.Host, hosttest.Function("_"), hosttest.Function(strings.Repeat("a", fn.MaxNameBytes)), hosttest.Function("Z-9_"))
	s.undisturbed()
}

func TestCreate_RefusesANameThatIsTaken(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, hosttest.Function(f.Name))
	first := s.event("c")
	_, err := s.Create(t.Context(), hosttest.Function(f.Name))
	requireCode(t, err, fn.CodeFunctionAlreadyExists, "function 'f' already exists in service 'default'")
	s.rest(1)
	require.Equal(t, first.InstanceID, s.event("c").InstanceID)

	elsewhere := hosttest.Function(f.Name)
	elsewhere.Service = "other"
	_, err = s.Create(t.Context(), elsewhere)
	require.NoError(t, err, "names are those of a service")
	s.undisturbed()
}

func TestDeploy_AllowsPreFreezeWhereItIsRaised(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{AllowPreFreeze: []string{"python", "php8"}})
	for runtime, allowed := range map[string]bool{
		"python2.7": true, "python3.11": true, "php8": true, "php7.2": false, "dotnetcore2.1": false, "go1": true, "nodejs16": true, "java11": true,
	} {
		function := hosttest.Function(f.Name)
		function.Runtime = runtime
		_, err := s.Deploy(t.Context(), function)
		if !allowed {
			requireCode(t, err, fn.CodeInvalidArgument, "PreFreeze is not supported for runtime '"+runtime+"'")
			continue
		}
		require.NoError(t, err, runtime)
		s.event("c")
		s.rest(1)
	}
	function := hosttest.Function(f.Name)
	function.Runtime, function.PreFreeze = "dotnetcore2.1", fn.Hook{}
	_, err := s.Deploy(t.Context(), function)
	require.NoError(t, err, "preStop alone is for every runtime")
	_, err = s.Update(t.Context(), f, "", func(f *fn.Function) error { f.PreFreeze = fn.Hook{Handler: "preFreeze"}; return nil })
	requireCode(t, err, fn.CodeInvalidArgument, "PreFreeze is not supported for runtime 'dotnetcore2.1'")

	_, err = host.New(host.Config{AllowPreFreeze: []string{"cobol"}})
	requireCode(t, err, fn.CodeInvalidArgument, `"cobol"`)
}

func TestDeploy_TakesAHookThatTheProgramRegistersAndOneUnderAnotherName(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, fn.Function{
		Name: f.Name, Code: hosttest.Module(t, "masked"), PreFreeze: fn.Hook{Handler: "preFreeze"}, PreStop: fn.Hook{Handler: "otherStop"},
	})
	require.Nil(t, s.event("").Fault)
	s.rest(1)
	require.Equal(t, 1, s.runs("PreFreeze", ""))
}

func TestDeploy_KeepsItsOwnCopyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	function := fn.Function{Name: f.Name, Code: hosttest.Module(t, "command"), Env: map[string]string{"COLOR": "green"}}
	s := newScene(t, host.Config{}, function)
	function.Env["COLOR"] = "red"
	require.Contains(t, string(s.event("v").Body), "COLOR=green\x00")
	_, err := s.Update(t.Context(), f, "", func(f *fn.Function) error { f.Env["COLOR"] = "blue"; return context.Canceled })
	require.ErrorIs(t, err, context.Canceled, "change's error is passed on")
	require.Contains(t, string(s.event("v").Body), "COLOR=green\x00")
}

func TestInspect_TellsWhatAModuleCanBeDeployedAs(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t, host.Config{MaxCodeBytes: maxCode})
	for name, want := range map[string]struct{ kind, handlers, hooks string }{
		"probe":   {"reactor", "handler", "initializer preFreeze preStop"},
		"masked":  {"reactor", "handler", "preFreeze"},
		"tables":  {"reactor", "handler", ""},
		"command": {"command", "", ""},
	} {
		info, err := h.Inspect(t.Context(), fn.Function{Code: hosttest.Module(t, name)})
		require.NoError(t, err, name)
		require.Equal(t, want, struct{ kind, handlers, hooks string }{info.Kind, strings.Join(info.Handlers, " "), strings.Join(info.Hooks, " ")}, name)
	}
	info, err := h.Inspect(t.Context(), fn.Function{Code: hosttest.Module(t, "refused/exports")})
	require.NoError(t, err, "it has functions that could be handlers, under other names")
	require.Equal(t, []string{"handle", "hookWithEvent"}, info.Handlers)
	_, err = h.Inspect(t.Context(), fn.Function{Code: make([]byte, maxCode+1)})
	requireCode(t, err, fn.CodeEntityTooLarge)
	_, err = h.Inspect(t.Context(), fn.Function{Code: hosttest.Module(t, "refused/imports")})
	requireCode(t, err, fn.CodeInvalidArgument, "lull_v1.launch")
}
