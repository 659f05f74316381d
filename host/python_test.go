package host_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

func newPython(t testing.TB, cfg host.Config) *language {
	return newLanguage(t, "python", "python3.11", cfg)
}

func TestPython(t *testing.T) {
	python := newPython(t, host.Config{})
	index := func(t *testing.T, code string, changes ...change) *function {
		t.Helper()
		return python.deploy(t, treeOf(t, "index.py", code), changes...)
	}

	t.Run("answers what the handler returns: bytes and text as they are, anything else as JSON", func(t *testing.T) {
		f := index(t, `
def handler(event, context):
    return eval(event)
`)
		for event, want := range map[string]string{
			`b"\x00\xff"`: "\x00\xff", `bytearray(b"a")`: "a", `"\u00e4"`: "ä", `""`: "", `None`: "null", `{"a": [1, 2.5, True]}`: `{"a": [1, 2.5, true]}`,
			`(1, "b")`: `[1, "b"]`, `7`: "7", `"\ud800"`: "?", `"\udcff"`: "\xff",
		} {
			require.Equal(t, want, f.answer(t, event), event)
		}
	})

	t.Run("gives the event as bytes, empty, binary and of 6 MiB", func(t *testing.T) {
		f := index(t, `
def handler(event, context):
    assert type(event) is bytes
    return event
`)
		for _, event := range []string{"", "\n\n\x00\xff", strings.Repeat("\n12345678901234567890abcdefghij", 6<<20/31), strings.Repeat("x", 65536)} {
			require.True(t, f.answer(t, event) == event, "%d bytes", len(event))
		}
	})

	t.Run("keeps modules and globals between requests", func(t *testing.T) {
		f := python.deploy(t, treeOf(t, "state.py", "seen = []\n", "index.py", `
import state
n = 0
def handler(event, context):
    global n
    n += 1
    state.seen.append(n)
    return state.seen
`))
		require.Equal(t, "[1]", f.answer(t, ""))
		require.Equal(t, "[1, 2]", f.answer(t, ""))
	})

	t.Run("finds handlers in folders, packages, and files with the names of modules", func(t *testing.T) {
		tree := treeOf(t,
			"src/deep/app.py", "from . import near\nimport top\ndef run(event, context): return [near.x, top.x]\n",
			"src/deep/near.py", "x = 'near'\n", "top.py", "x = 'top'\n",
			"pkg/__init__.py", "from .inner import x\ndef run(event, context): return x\n", "pkg/inner.py", "x = 'inner'\n",
			"json.py", "def run(event, context): return {'a': 1}\n")
		for handler, want := range map[string]string{
			"src/deep/app.run": `["near", "top"]`, "src.deep.app.run": `["near", "top"]`, "pkg.run": "inner", "json.run": `{"a": 1}`,
		} {
			f := python.deploy(t, tree, func(f *fn.Function) { f.Handler = handler })
			require.Equal(t, want, f.answer(t, ""), handler)
		}
	})

	t.Run("gives the context", func(t *testing.T) {
		f := index(t, `
def handler(event, context):
    c = context
    assert c.request_id == c.requestId
    return [c.request_id, c.credentials.access_key_id, c.function.name, c.function.handler, c.function.memory, c.function.timeout,
            c.service.name, c.service.log_project, c.service.qualifier, c.service.version_id, c.region, c.account_id, c.retry_count,
            c.tracing['openTracingSpanBaggages'], c.logger.name, c.http, c.to_json()]
`)
		for range 2 {
			resp := f.call(t, "")
			var got []any
			require.NoError(t, json.Unmarshal(resp.Body, &got), "%s %v", resp.Body, resp.Fault)
			require.Equal(t, []any{resp.RequestID.String(), "", f.Name, "index.handler", 128.0, 10.0, "default", "", "LATEST", "", "local", "", 0.0,
				map[string]any{}, "root", nil}, got[:16])
			var whole struct{ RequestID, InstanceID, Phase string }
			require.NoError(t, json.Unmarshal([]byte(got[16].(string)), &whole))
			require.Equal(t, resp.RequestID.String(), whole.RequestID)
			require.Equal(t, resp.InstanceID, whole.InstanceID)
			require.Equal(t, "handler", whole.Phase)
		}
	})

	t.Run("makes records of what is printed and logged, with level and request", func(t *testing.T) {
		f := index(t, `
import logging, os, sys
def handler(event, context):
    print("one", "line")
    print("no end", end="")
    logging.getLogger().debug("below the level")
    logging.getLogger("mine").info("info %d", 1)
    logging.warning("warn\nof two lines")
    context.logger.error("error")
    try:
        1/0
    except ZeroDivisionError:
        logging.exception("failed")
    os.write(2, b"raw \xff\n")
    print("\udcff", file=sys.stderr)
`)
		f.answer(t, "")
		lines := f.lines(t)
		require.Equal(t, []string{
			"Invoke info one line", "Invoke info info 1", "Invoke warn warn\nof two lines", "Invoke error error",
		}, lines[:4])
		require.Contains(t, lines[4], "Invoke error failed\nTraceback (most recent call last):\n  File \"/code/index.py\", line 11, in handler")
		require.Contains(t, lines[4], "ZeroDivisionError: division by zero")
		require.Equal(t, []string{"Invoke error raw \uFFFD", `Invoke error \udcff`, "Invoke info no end"}, lines[5:])
	})

	t.Run("reports exceptions with type, message and a stack of the user's frames", func(t *testing.T) {
		f := index(t, `
class Odd(Exception):
    def __str__(self): raise ValueError("no text")
def inner(n): return 1 / n
def handler(event, context):
    if event == b"odd": raise Odd
    if event == b"cause":
        try: inner(0)
        except Exception as e: raise KeyError("k") from e
    if event == b"group": raise ExceptionGroup("many", [ValueError(1), TypeError(2)])
    if event == b"base": raise BaseException("at the root")
    if event == b"interrupt": raise KeyboardInterrupt
    if event == b"import": import nothing_like_it
    if event == b"own": context.fail("Mine", "my words", ["a", "b"])
    if event == b"ok": return "ok"
    return inner(0)
`)
		fault := f.fault(t, "")
		require.Equal(t, "ZeroDivisionError: division by zero", fault.Error())
		require.Equal(t, fn.Unhandled, fault.Kind)
		require.Equal(t, []string{
			"Traceback (most recent call last):",
			`  File "/code/index.py", line 16, in handler`, "    return inner(0)", "           ^^^^^^^^",
			`  File "/code/index.py", line 4, in inner`, "    def inner(n): return 1 / n", "                         ~~^~~",
			"ZeroDivisionError: division by zero",
		}, fault.Stack)
		for event, want := range map[string]string{
			"odd": "Odd: <the exception has no text: ValueError>", "cause": "KeyError: 'k'", "group": "ExceptionGroup: many (2 sub-exceptions)",
			"base": "BaseException: at the root", "interrupt": "KeyboardInterrupt: ", "import": "ModuleNotFoundError: No module named 'nothing_like_it'",
		} {
			require.Equal(t, want, f.fault(t, event).Error())
			require.Equal(t, "ok", f.answer(t, "ok"))
		}
		own := f.fault(t, "own")
		require.Equal(t, fn.Fault{Kind: fn.Handled, Type: "Mine", Message: "my words", Stack: []string{"a", "b"}}, *own)
	})

	t.Run("has json.loads and json.dumps do what the library's do", func(t *testing.T) {
		f := index(t, `
import json, json.decoder, json.encoder
def outcome(f, value):
    try: return repr(f(value))
    except Exception as e: return type(e).__name__ + str(e)
circle = []
circle.append(circle)
deep = []
for _ in range(3000): deep = [deep]
class Sub(dict): pass
TEXTS = ['{"name": "x"}', '[1, 2.5, -0, 1e400, NaN, Infinity, true, null]', ' {"a": 1}', '{"a": 1}\n', '{"a": 1} x', '', ' ', '"', '{', '{"a" 1}', '[1,]', '"\x01"', '"\u00e4"', '"\\ud800"',
    '\ufeff1', '{"a": 1, "a": 2}', '123456789012345678901234567890', '01', '"a" "b"', '[' * 3000]
INPUTS = TEXTS + [t.encode(c) for t in TEXTS for c in ('utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le', 'utf-32', 'utf-32-be')] + [b'\xff', b'"\xed\xa0\x80"', bytearray(b' [1]'),
    memoryview(b'1'), 1, None, [], b'1\x00', b'\x001']
VALUES = [{'a': 1, 2: [None, True, 1.5, (1, 2)]}, 'text \u00e4 \ud800', '', 0, 1.0, float('nan'), float('inf'), [], {}, {1.5: 2, None: 3, True: 4}, {(1,): 2}, {1}, b'x', circle, deep, Sub(a=1), object,
    [circle], 'after a circle', {'k': {'k': {}}}]
def handler(event, context):
    if event == b'text': json.loads(b'{"a" 1}')
    if event == b'value': json.dumps({1})
    if event == b'answer': return {'a': {1}}
    if event == b'options': return json.loads('{"a": 1}', object_hook=lambda d: [*d, json.dumps([1, {}], indent=1)])
    loads = [(i, outcome(json.loads, i), outcome(json.loads.__wrapped__, i)) for i in INPUTS]
    dumps = [(v, outcome(json.dumps, v), outcome(json.JSONEncoder().encode, v)) for v in VALUES]
    return json.dumps([len(loads + dumps), [repr(x) for x in loads + dumps if x[1] != x[2]]])
`)
		require.Equal(t, "[169, []]", f.answer(t, ""))
		require.Equal(t, `["a", "[\n 1,\n {}\n]"]`, f.answer(t, "options"))
		for event, want := range map[string]string{
			"text": "JSONDecodeError: Expecting ':' delimiter: line 1 column 6 (char 5)", "value": "TypeError: Object of type set is not JSON serializable",
			"answer": "TypeError: Object of type set is not JSON serializable",
		} {
			fault := f.fault(t, event)
			require.Equal(t, want, fault.Error())
			stack := strings.Join(fault.Stack, "\n")
			require.NotContains(t, stack, "/boot/")
			require.NotContains(t, stack, "During handling")
			require.Equal(t, "[169, []]", f.answer(t, ""))
		}
	})

	t.Run("refuses code that does not load, with file and line", func(t *testing.T) {
		for name, c := range map[string]struct {
			files []string
			want  []string
		}{
			"a syntax error":   {[]string{"index.py", "x = 1\ndef handler(:\n"}, []string{"SyntaxError", "index.py, line 2"}},
			"a failing import": {[]string{"index.py", "import absent\n"}, []string{"ModuleNotFoundError", "absent"}},
			"no file":          {[]string{"main.py", "x = 1\n"}, []string{"there is no /code/index.py", "index.handler"}},
			"no function":      {[]string{"index.py", "handle = print\n"}, []string{"/code/index.py has no function 'handler'"}},
			"not a function":   {[]string{"index.py", "handler = 1\n"}, []string{"/code/index.py has no function 'handler'"}},
			"an exit":          {[]string{"index.py", "import sys\nsys.exit(2)\n"}, []string{"SystemExit", "sys.exit(2)"}},
			"null bytes":       {[]string{"index.py", "x = '\x00'\n"}, []string{"source code string cannot contain null bytes"}},
			"not UTF-8":        {[]string{"index.py", "x = '\xff'\n"}, []string{"SyntaxError", "utf-8"}},
		} {
			_, err := python.put(treeOf(t, c.files...))
			require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err), name)
			for _, want := range c.want {
				require.ErrorContains(t, err, want, name)
			}
		}
		_, err := python.put(treeOf(t, "index.py", "def handler(e, c): pass\n"), func(f *fn.Function) { f.PreStop.Handler = "hooks.stop" })
		require.ErrorContains(t, err, "there is no /code/hooks.py, which 'hooks.stop' names")
	})

	t.Run("survives what code does to itself", func(t *testing.T) {
		f := index(t, `
import os, sys
n = 0
def handler(event, context):
    global n
    n += 1
    if event == b"exit": sys.exit(3)
    if event == b"exit()": exit()
    if event == b"recursion":
        def f(): return f()
        f()
    if event == b"set": return {1}
    if event == b"circle":
        a = []; a.append(a); return a
    if event == b"nan": return os
    if event == b"thread":
        import threading
        threading.Thread(target=print).start()
    if event == b"fork": os.fork()
    if event == b"kill": os.kill(os.getpid(), 9)
    if event == b"process":
        import subprocess
        subprocess.run(["ls"])
    if event == b"socket":
        import socket
        socket.create_connection(("127.0.0.1", 80))
    if event == b"code": open("/code/index.py", "w")
    if event == b"root": os.listdir("/")
    if event == b"host": open("/etc/passwd")
    if event == b"steal": os.read(os.open("/fc/events", os.O_RDONLY), 65536)
    if event == b"close": os.closerange(0, 50)
    if event == b"streams": sys.stdout.close(); sys.stderr = None
    if event == b"answer":
        with open("/fc/reply", "wb") as r: r.write(b"nonsense")
    if event == b"modules": sys.modules.clear()
    return str(n)
`)
		n := 0
		for _, c := range []struct{ event, want string }{
			{"exit", "SystemExit: the code called sys.exit(3)"},
			{"exit()", "SystemExit: the code called sys.exit()"},
			{"recursion", "RecursionError: maximum recursion depth exceeded"},
			{"set", "TypeError: Object of type set is not JSON serializable"},
			{"circle", "ValueError: Circular reference detected"},
			{"nan", "TypeError: Object of type module is not JSON serializable"},
			{"thread", "RuntimeError: can't start new thread"},
			{"fork", "AttributeError: module 'os' has no attribute 'fork'"},
			{"kill", "AttributeError: module 'os' has no attribute 'kill'"},
			{"process", "OSError: [Errno 58] wasi does not support processes."},
			{"socket", "AttributeError: module '_socket' has no attribute 'getaddrinfo'"},
			{"code", "OSError: [Errno 69] Read-only file system: '/code/index.py'"},
			{"root", "FileNotFoundError: [Errno 44] No such file or directory: '/'"},
			{"host", "FileNotFoundError: [Errno 44] No such file or directory: '/etc/passwd'"},
			{"steal", "BlockingIOError: [Errno 6] Resource temporarily unavailable"},
			{"close", ""}, {"streams", ""}, {"answer", ""}, {"modules", ""},
		} {
			n++
			if c.want == "" {
				require.Equal(t, fmt.Sprint(n), f.answer(t, c.event), c.event)
			} else {
				require.Equal(t, c.want, f.fault(t, c.event).Error())
			}
			n++
			require.Equal(t, fmt.Sprint(n), f.answer(t, ""), "the instance goes on after %s", c.event)
		}
	})

	t.Run("replaces an instance that was ended, and says why", func(t *testing.T) {
		f := index(t, `
import os, sys, time
n = 0
def handler(event, context):
    global n
    n += 1
    if event == b"loop":
        while True: pass
    if event == b"catch":
        while True:
            try:
                while True: pass
            except BaseException: pass
    if event == b"sleep": time.sleep(100)
    if event == b"exit": os._exit(4)
    if event == b"abort": os.abort()
    if event == b"deep":
        sys.setrecursionlimit(10**7)
        def f(): return f()
        f()
    if event == b"regex":
        import re
        re.match("(a+)+$", "a" * 64 + "b")
    return n
`, timeout(time.Second))
		for event, want := range map[string]string{
			"loop": "Timeout", "catch": "Timeout", "sleep": "Timeout", "exit": "Exit", "abort": "Trap", "regex": "Timeout",
		} {
			fault := f.fault(t, event)
			require.Equal(t, want, fault.Type, event)
			require.True(t, fault.Fatal)
			require.Contains(t, fault.Message, "Process exited unexpectedly before completing request")
			require.Equal(t, "1", f.answer(t, ""), "a new instance after %s", event)
		}
		f.fault(t, "deep") // out of stack or out of time
		require.Equal(t, "1", f.answer(t, ""))
	})

	t.Run("raises RecursionError in code that goes too deep, and ends a call that leaves the stack nevertheless", func(t *testing.T) {
		f := index(t, `
import copy, json, pickle, re, sys
class Text:
    def __repr__(self): return repr(self)
    def __lt__(self, other): return sorted([other, self])[0] is self
    def __getattr__(self, name): return getattr(self, name + "x")
def nest(n):
    x = []
    for _ in range(n): x = [x]
    return x
def down(): return down()
class Own(json.JSONEncoder):
    def default(self, o): return [type(o)()]
def handler(event, context):
    if event == b"off": sys.setrecursionlimit(10**7)
    try:
        {
            "repr": lambda: repr(Text()), "sort": lambda: sorted([Text(), Text()]), "attribute": lambda: Text().y, "call": down,
            "nested": lambda: repr(nest(100000)), "json": lambda: json.dumps(nest(100000)), "read": lambda: json.loads("[" * 100000),
            "own": lambda: Own().encode(object()), "copy": lambda: copy.deepcopy(nest(100000)), "pickle": lambda: pickle.dumps(nest(100000)),
            "compare": lambda: nest(100000) == nest(100000), "off": lambda: repr(Text()),
        }[event.decode()]()
    except RecursionError as e: return "RecursionError"
`)
		for _, event := range []string{"repr", "sort", "attribute", "call", "nested", "json", "read", "own", "copy", "pickle", "compare"} {
			require.Equal(t, "RecursionError", f.answer(t, event), event)
		}
		fault := f.fault(t, "off")
		require.Equal(t, fn.TypeTrap, fault.Type)
		require.Contains(t, fault.Error(), "the interpreter's stack of 4096 KiB is used up")
		require.Equal(t, "RecursionError", f.answer(t, "call"), "the next request")
	})

	t.Run("bounds memory and /tmp by the function's limit", func(t *testing.T) {
		f := index(t, `
def handler(event, context):
    if event == b"memory":
        x = []
        while True: x.append(bytearray(1 << 20))
    if event == b"tmp":
        with open("/tmp/f", "wb") as f:
            while True: f.write(bytes(1 << 20))
    return "ok"
`, timeout(time.Minute))
		require.Equal(t, "MemoryError", f.fault(t, "memory").Type)
		require.Equal(t, "ok", f.answer(t, ""))
		require.Equal(t, "OSError: [Errno 29] I/O error", f.fault(t, "tmp").Error())
		require.Equal(t, "ok", f.answer(t, ""))
	})

	t.Run("sleeps, and runs coroutines", func(t *testing.T) {
		f := index(t, `
import asyncio, time
async def handler(event, context):
    began = time.monotonic()
    time.sleep(0.02)
    async def later(x):
        await asyncio.sleep(0.02)
        return x
    got = await asyncio.gather(later(1), later(2))
    took = time.monotonic() - began
    if event == b"stuck": await asyncio.get_running_loop().create_future()
    return [got, took >= 0.04]
`)
		require.Equal(t, "[[1, 2], true]", f.answer(t, ""))
		require.Contains(t, f.fault(t, "stuck").Message, "the event loop waits for something that cannot happen")
		require.Equal(t, "[[1, 2], true]", f.answer(t, ""))
	})

	t.Run("has the standard library and the function's environment", func(t *testing.T) {
		f := index(t, `
import csv, dataclasses, datetime, decimal, gzip, hashlib, hmac, io, os, re, sqlite3, unittest, urllib.parse, uuid, xml.etree.ElementTree, zlib
def handler(event, context):
    db = sqlite3.connect(":memory:")
    assert db.execute("select 1+1").fetchone() == (2,)
    assert gzip.decompress(gzip.compress(b"x")) == b"x"
    assert abs(datetime.datetime.now().timestamp() - context.deadline / 1000) < 60
    return [hashlib.sha256(b"").hexdigest()[:8], os.environ["NAME"], os.environ["PYTHONHOME"]]
`, env("NAME", "välue"))
		require.Equal(t, `["e3b0c442", "v\u00e4lue", "/usr/local"]`, f.answer(t, ""))
	})

	t.Run("starts from an image with the code loaded, and each instance has its own randomness and /tmp", func(t *testing.T) {
		f := index(t, `
import os, random, secrets, time, uuid
loaded = time.time()
first = random.random()
def handler(event, context):
    n = len(os.listdir("/tmp"))
    open("/tmp/%d" % n, "w").write("x")
    return [random.random(), random.Random().random(), os.urandom(8).hex(), str(uuid.uuid4()), str(uuid.uuid1()), secrets.token_hex(8), n, loaded]
`)
		require.Equal(t, "image", f.startsBy)
		seen := map[any]bool{}
		var loaded any
		for i := range 4 {
			var got []any
			require.NoError(t, json.Unmarshal([]byte(f.answer(t, "")), &got))
			for _, x := range got[:6] {
				require.False(t, seen[x], "instance %d: %v was there before", i, x)
				seen[x] = true
			}
			require.Equal(t, 0.0, got[6])
			require.True(t, i == 0 || got[7] == loaded, "the code was loaded again")
			loaded = got[7]
			require.Equal(t, map[bool]instance.Origin{true: instance.Image, false: instance.Reset}[i == 0], f.Instances(f.Key)[0].StartedBy)
			_, err := f.StopInstances(t.Context(), f.Key, "")
			require.NoError(t, err)
		}
	})

	t.Run("starts fresh where an image would not be all of it", func(t *testing.T) {
		for code, why := range map[string]string{
			"log = open('/tmp/log', 'a')\ndef handler(e, c):\n    log.write('x')\n    log.flush()\n    return open('/tmp/log').read()\n": "fresh: the code leaves a file open when it is loaded",
			"open('/tmp/x', 'w').write('x')\ndef handler(e, c): return open('/tmp/x').read()\n":                                          "fresh: the code writes to /tmp when it is loaded",
		} {
			f := index(t, code)
			require.Equal(t, why, f.startsBy)
			require.Equal(t, "x", f.answer(t, ""))
			_, err := f.StopInstances(t.Context(), f.Key, "")
			require.NoError(t, err)
			require.Equal(t, "x", f.answer(t, ""))
		}
	})

	t.Run("gives a slot to the next instance only if no file is open", func(t *testing.T) {
		f := index(t, `
import os
n = 0
def handler(event, context):
    global n
    n += 1
    if event == b"leak": os.open("/code/index.py", os.O_RDONLY)
    return n
`)
		for _, event := range []string{"", "leak", "", ""} {
			require.Equal(t, "1", f.answer(t, event))
			_, err := f.StopInstances(t.Context(), f.Key, "")
			require.NoError(t, err)
		}
	})

	t.Run("isolates requests from each other where that is asked for", func(t *testing.T) {
		f := index(t, `
n = 0
def handler(event, context):
    global n
    n += 1
    if event == b"fail": raise ValueError
    return n
`, func(f *fn.Function) { f.Isolation = fn.EachFresh })
		require.Equal(t, "1", f.answer(t, ""))
		f.fault(t, "fail")
		require.Equal(t, "1", f.answer(t, ""))
	})
}

func TestPython_RunsHooks(t *testing.T) {
	tree := treeOf(t, "index.py", `
n = 0
def handler(event, context):
    global n
    n += 2
    return n
`, "hooks/all.py", `
import index
def initializer(context): print("initializer", context.phase)
def pre_freeze(context):
    index.n += 1
    print("pre_freeze", context.function.handler)
def pre_stop(context):
    print("pre_stop", index.n)
    raise ValueError("ignored")
`)
	hooks := func(f *fn.Function) {
		f.Initializer.Handler, f.PreStop.Handler = "hooks/all.initializer", "hooks.all.pre_stop"
	}
	freeze := func(f *fn.Function) { f.PreFreeze.Handler = "hooks/all.pre_freeze" }

	t.Run("but not preFreeze, unless the operator allows it", func(t *testing.T) {
		python := newPython(t, host.Config{})
		_, err := python.put(tree, hooks, freeze)
		require.ErrorContains(t, err, "InstanceLifecycleConfig.PreFreeze is not supported for runtime 'python3.11'")
		f := python.deploy(t, tree, hooks)
		require.Equal(t, "2", f.answer(t, ""))
		require.Equal(t, "4", f.answer(t, ""))
	})
	t.Run("and preFreeze where it is allowed", func(t *testing.T) {
		python := newPython(t, host.Config{AllowPreFreeze: []string{"python"}})
		f := python.deploy(t, tree, hooks, freeze)
		s := &scene{Host: python.Host, t: t}
		for _, want := range []string{"2", "5", "8"} {
			require.Equal(t, want, f.answer(t, ""))
			until(t, "it rests", func() bool { i := s.Instances(f.Key); return len(i) == 1 && i[0].State == "paused" })
		}
		_, err := python.StopInstances(t.Context(), f.Key, "")
		require.NoError(t, err)
		until(t, "it is gone", func() bool { return len(s.Instances(f.Key)) == 0 })
		require.Equal(t, []string{
			"Initialize info initializer initializer", "PreFreeze info pre_freeze index.handler", "PreFreeze info pre_freeze index.handler",
			"PreFreeze info pre_freeze index.handler", "PreStop info pre_stop 9", "PreStop error ValueError: ignored",
		}, f.lines(t))
	})
}

func TestPython_TellsWhichHooksAFileHas(t *testing.T) {
	python := newPython(t, host.Config{})
	code := treeOf(t, "app/index.py", "import os\nlimit = 3\ndef handler(event, context): pass\ndef pre_stop(context): pass\n")
	info, err := python.Inspect(t.Context(), fn.Function{Name: "f", Runtime: "python3.11", Handler: "app/index.handler", Code: code})
	require.NoError(t, err)
	require.Equal(t, []string{"app/index.pre_stop"}, info.Hooks)
}
