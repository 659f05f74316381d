package host_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

func newPHP(t testing.TB, cfg host.Config) *language { return newLanguage(t, "php", "php8.2", cfg) }

func TestPHP(t *testing.T) {
	php := newPHP(t, host.Config{})
	index := func(t *testing.T, code string, changes ...change) *function {
		t.Helper()
		return php.deploy(t, treeOf(t, "index.php", "<?php\n"+code), changes...)
	}

	t.Run("answers what the handler returns: text as it is, anything else as JSON", func(t *testing.T) {
		f := index(t, `function handler($event, $context) { return eval("return $event;"); }`)
		for event, want := range map[string]string{
			`"\x00\xff"`: "\x00\xff", `"ä"`: "ä", `""`: "", `null`: "null", `["a" => [1, 2.5, true, 1.0]]`: `{"a":[1,2.5,true,1.0]}`, `7`: "7", `"a/b"`: "a/b",
		} {
			require.Equal(t, want, f.answer(t, event), event)
		}
		require.Equal(t, "JsonException: Inf and NaN cannot be JSON encoded", f.fault(t, "NAN").Error())
		require.Equal(t, "JsonException: Malformed UTF-8 characters, possibly incorrectly encoded", f.fault(t, `["\xff"]`).Error())
	})

	t.Run("answers what is circular or too deep with an error, and the next request", func(t *testing.T) {
		f := index(t, `
class Node { public $next; public $others = []; }
function handler($event, $context) {
    switch ($event) {
    case "array": $a = ["n" => 1]; $a["self"] = &$a; return $a;
    case "object": $o = new Node; $o->next = $o; return $o;
    case "graph": $a = new Node; $b = new Node; $a->others = ["b" => $b]; $b->others = [[$a]]; return ["graph" => $a];
    case "nested": case "deep": $d = 1; for ($i = 0; $i < ($event === "deep" ? 600 : 500); $i++) $d = [$d]; return $d;
    case "bottomless": return new class implements JsonSerializable { function jsonSerialize(): mixed { return clone $this; } };
    case "twice": $n = new Node; return [$n, $n];
    }
    return "ok";
}`)
		for event, want := range map[string]string{
			"array": "JsonException: Recursion detected", "object": "JsonException: Recursion detected", "graph": "JsonException: Recursion detected",
			"deep": "JsonException: Maximum stack depth exceeded",
		} {
			fault := f.fault(t, event)
			require.Equal(t, want, fault.Error(), event)
			require.False(t, fault.Fatal, event)
			require.Equal(t, "ok", f.answer(t, ""), "after %s", event)
		}
		require.NotNil(t, f.fault(t, "bottomless"))
		require.Equal(t, "ok", f.answer(t, ""), "after it")
		require.Equal(t, strings.Repeat("[", 500)+"1"+strings.Repeat("]", 500), f.answer(t, "nested"))
		require.Equal(t, `[{"next":null,"others":[]},{"next":null,"others":[]}]`, f.answer(t, "twice"), "the same twice is no circle")
	})

	t.Run("gives the event as a string, empty, binary and of 6 MiB", func(t *testing.T) {
		f := index(t, `function handler($event, $context) { return $event; }`)
		for _, event := range []string{"", "\n\n\x00\xff", strings.Repeat("\n12345678901234567890abcdefghij", 6<<20/31), strings.Repeat("x", 65536)} {
			require.True(t, f.answer(t, event) == event, "%d bytes", len(event))
		}
		for n := 1900; n <= 2100; n++ { // around what is read at once
			event := strings.Repeat("y", n)
			require.Equal(t, event, f.answer(t, event))
		}
	})

	t.Run("keeps globals between requests", func(t *testing.T) {
		f := php.deploy(t, treeOf(t, "lib/state.php", "<?php\n$seen = [];\nclass State { public static $n = 0; }\n", "index.php", `<?php
require 'lib/state.php';
$counter = 0;
function handler($event, $context) {
    global $counter, $seen;
    static $calls = 0;
    $seen[] = ++$counter;
    return [$seen, ++State::$n, ++$calls];
}
`))
		require.Equal(t, "[[1],1,1]", f.answer(t, ""))
		require.Equal(t, "[[1,2],2,2]", f.answer(t, ""))
	})

	t.Run("finds handlers in folders", func(t *testing.T) {
		f := php.deploy(t, treeOf(t, "src/deep/app.php", "<?php require __DIR__ . '/../near.php'; function run($e, $c) { return near(); }", "src/near.php", "<?php function near() { return 'near'; }"),
			func(f *fn.Function) { f.Handler = "src/deep/app.run" })
		require.Equal(t, "near", f.answer(t, ""))
	})

	t.Run("gives the context", func(t *testing.T) {
		f := index(t, `
function handler($event, $context) {
    $c = $context;
    return [$c['requestId'], $c['credentials']['accessKeyId'], $c['function']['name'], $c['function']['handler'], $c['function']['memory'], $c['function']['timeout'],
        $c['service']['name'], $c['service']['logProject'], $c['service']['qualifier'], $c['region'], $c['accountId'], $c['retryCount'],
        isset($c['tracing']), isset($c['http']), $c['instanceId'], $c['phase']];
}`)
		for range 2 {
			resp := f.call(t, "")
			var got []any
			require.NoError(t, json.Unmarshal(resp.Body, &got), "%s %v", resp.Body, resp.Fault)
			require.Equal(t, []any{resp.RequestID.String(), "", f.Name, "index.handler", 128.0, 10.0, "default", "", "LATEST", "local", "", 0.0,
				true, false, resp.InstanceID, "handler"}, got)
		}
	})

	t.Run("makes records of what is echoed and logged, with level and request", func(t *testing.T) {
		f := index(t, `
function handler($event, $context) {
    echo "one line\n", "two\n";
    print("no end");
    $GLOBALS['fcLogger']->debug("debug");
    $GLOBALS['fcLogger']->info("info\nof two lines");
    $GLOBALS['fcLogger']->warn("warn", ["a" => 1]);
    $GLOBALS['fcLogger']->error(["not text"]);
    error_log("to the error log");
    echo $undefined;
    echo @$silenced;
    trigger_error("mine", E_USER_NOTICE);
    return "\xff" === "\xff";
}`)
		require.Equal(t, "true", f.answer(t, ""))
		require.Equal(t, []string{
			"Invoke info one line", "Invoke info two", "Invoke debug debug", "Invoke info info\nof two lines", `Invoke warn warn {"a":1}`,
			"Invoke error Array\n(\n    [0] => not text\n)\n", "Invoke error to the error log",
			"Invoke warn PHP Warning:  Undefined variable $undefined in /code/index.php on line 11",
			"Invoke info PHP Notice:  mine in /code/index.php on line 13", "Invoke info no end",
		}, f.lines(t))
	})

	t.Run("reports throwables with type, message and a stack of the user's frames", func(t *testing.T) {
		f := index(t, `
class Mine extends Exception {}
function inner($n) { return intdiv(1, $n); }
function handler($event, $context) {
    if ($event === "undefined") return nothing_like_it();
    if ($event === "type") return strlen([]);
    if ($event === "mine") { try { inner(0); } catch (Throwable $e) { throw new Mine("my words", 7, $e); } }
    if ($event === "match") return match ($event) { 1 => 2 };
    if ($event === "eval") return eval("return 1 +;");
    if ($event === "include") return require "absent.php";
    if ($event === "own") \lull\fail("Own", "own words", ["a", "b"]);
    if ($event === "ok") return "ok";
    return inner(0);
}`)
		fault := f.fault(t, "")
		require.Equal(t, "DivisionByZeroError: Division by zero", fault.Error())
		require.Equal(t, fn.Unhandled, fault.Kind)
		require.Equal(t, []string{
			"DivisionByZeroError: Division by zero", "  at /code/index.php:4", "  in intdiv() at /code/index.php:4", "  in inner() at /code/index.php:14",
		}, fault.Stack)
		for event, want := range map[string]string{
			"undefined": "Error: Call to undefined function nothing_like_it()", "mine": "Mine: my words", "match": "UnhandledMatchError: Unhandled match case 'match'",
			"type": "TypeError: strlen(): Argument #1 ($str) must be of type string, array given",
			"eval": `ParseError: syntax error, unexpected token ";" in /code/index.php(10) : eval()'d code on line 1`,
		} {
			require.Equal(t, want, f.fault(t, event).Error())
			require.Equal(t, "ok", f.answer(t, "ok"))
		}
		require.Contains(t, strings.Join(f.fault(t, "mine").Stack, "\n"), "Caused by DivisionByZeroError: Division by zero\n  at /code/index.php:4")
		require.Equal(t, fn.Fault{Kind: fn.Handled, Type: "Own", Message: "own words", Stack: []string{"a", "b"}}, *f.fault(t, "own"))
		require.Contains(t, f.fault(t, "include").Message, "Failed opening required 'absent.php'")
		require.Equal(t, "ok", f.answer(t, "ok"))
	})

	t.Run("refuses code that does not load, with file and line", func(t *testing.T) {
		for name, c := range map[string]struct {
			files []string
			want  string
		}{
			"a syntax error":  {[]string{"index.php", "<?php\nfunction handler( {\n"}, "ParseError: syntax error, unexpected token \"{\", expecting variable in /code/index.php on line 2"},
			"no file":         {[]string{"main.php", "<?php"}, "there is no /code/index.php, which 'index.handler' names"},
			"no function":     {[]string{"index.php", "<?php function other() {}"}, "/code/index.php has no function 'handler', which 'index.handler' names"},
			"a failing start": {[]string{"index.php", "<?php\nthrow new Exception('no');\n"}, "Exception: no"},
			"an exit":         {[]string{"index.php", "<?php\nexit(2);\n"}, "the code called exit()"},
			"a fatal error":   {[]string{"index.php", "<?php\nfunction f() {}\nfunction f() {}\n"}, "Cannot redeclare f() (previously declared in /code/index.php:2) in /code/index.php on line 3"},
		} {
			_, err := php.put(treeOf(t, c.files...))
			require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err), name)
			require.ErrorContains(t, err, c.want, name)
		}
	})

	t.Run("survives what code does to itself", func(t *testing.T) {
		f := index(t, `
$n = 0;
function handler($event, $context) {
    global $n;
    $n++;
    switch ($event) {
    case "code": return file_put_contents("/code/index.php", "x");
    case "root": return scandir("/");
    case "host": return file_get_contents("/etc/passwd");
    case "socket": return fsockopen("127.0.0.1", 80);
    case "exec": exec("ls"); return false;
    case "kill": posix_kill(posix_getpid(), 9); return false;
    case "ob": ob_start(); echo "kept"; return false;
    case "handler": set_error_handler(null); restore_error_handler(); return false;
    case "time": set_time_limit(1); return false;
    case "answer": file_put_contents("/fc/reply", "nonsense"); return false;
    }
    return $n;
}`)
		n := 0
		for _, event := range []string{"code", "root", "host", "socket", "kill", "ob", "handler", "time", "answer"} {
			n++
			require.Equal(t, "false", f.answer(t, event), event)
			n++
			var got int
			require.NoError(t, json.Unmarshal([]byte(f.answer(t, "")), &got))
			require.Equal(t, n, got, "the instance goes on after %s", event)
		}
		require.Contains(t, f.lines(t), "Invoke warn PHP Warning:  file_put_contents(/code/index.php): Failed to open stream: Read-only file system in /code/index.php on line 8")
	})

	t.Run("replaces an instance that was ended, and says why", func(t *testing.T) {
		f := index(t, `
$n = 0;
function f() { return f(); }
function handler($event, $context) {
    global $n;
    $n++;
    switch ($event) {
    case "loop": while (true);
    case "catch": while (true) { try { while (true); } catch (Throwable $e) {} }
    case "sleep": sleep(100); break;
    case "exit": exit(3);
    case "die": die("good bye");
    case "redeclare": eval("function handler() {}"); break;
    case "error": trigger_error("mine", E_USER_ERROR); break;
    case "steal":
        $events = fopen("/fc/events", "r+");
        stream_set_read_buffer($events, 0);
        return fread($events, 65536);
    }
    return $n;
}`, timeout(time.Second))
		for _, c := range []struct{ event, typ, why string }{
			{"loop", "Timeout", "it was stopped at its deadline of 1s"}, {"catch", "Timeout", ""}, {"sleep", "Timeout", ""},
			{"exit", "Exit", "exit code 3: the code called exit()"}, {"die", "Exit", "exit code 0: the code called exit()"}, {"error", "Exit", "exit code 255"},
			{"redeclare", "Trap", "Cannot redeclare handler() (previously declared in /code/index.php:5)"}, {"steal", "Trap", "the interpreter did not answer"},
		} {
			fault := f.fault(t, c.event)
			require.Equal(t, c.typ, fault.Type, c.event)
			require.True(t, fault.Fatal)
			require.Contains(t, fault.Message, "Process exited unexpectedly before completing request")
			require.Contains(t, fault.Message, c.why)
			require.Equal(t, "1", f.answer(t, ""), "a new instance after %s", c.event)
		}
	})

	t.Run("ends a call whose recursion is in C, at the end of PHP's stack", func(t *testing.T) {
		f := index(t, `
function f($n) { return array_map(fn($x) => $x > 0 ? f($x - 1)[0] + 1 : 0, [$n]); }
function g($n) { return preg_replace_callback('/x/', fn($m) => $n > 0 ? g($n - 1) : 'x', 'x'); }
class Text { function __toString(): string { error_log("here"); return strrev(new Text); } }
function sorted($n) { $a = [2, 1]; usort($a, fn($x, $y) => $n > 0 ? sorted($n - 1) : 0); return 0; }
class Deep implements JsonSerializable { public function __construct(private $n) {} function jsonSerialize(): mixed { return $this->n > 0 ? json_decode(json_encode(new Deep($this->n - 1))) : 1; } }
function handler($event, $context) {
    [$how, $n] = explode(" ", $event);
    switch ($how) {
    case "map": return f($n);
    case "preg": return g($n);
    case "sort": return sorted($n);
    case "json": return new Deep($n);
    case "serialize": $d = 1; for ($i = 0; $i < $n; $i++) $d = [$d]; return strlen(serialize(unserialize(serialize($d), ["max_depth" => 0])));
    case "text": return (string)new Text;
    case "memory": return str_repeat("x", 1 << $n);
    }
    return "ok";
}`)
		for event, want := range map[string]string{"map 300": "[300]", "preg 300": "x", "sort 300": "0", "json 100": "1", "serialize 1000": "10004"} {
			require.Equal(t, want, f.answer(t, event), event)
		}
		for _, event := range []string{"map 1000000", "preg 1000000", "sort 1000000", "json 1000000", "serialize 10000", "text 0"} {
			fault := f.fault(t, event)
			require.Equal(t, fn.TypeTrap, fault.Type, event)
			require.Contains(t, fault.Error(), "the interpreter's stack of 4096 KiB is used up: data, or calls through built-in functions, are nested too deeply; nest them less", event)
			require.Equal(t, "ok", f.answer(t, "next 0"), "after %s", event)
		}
		fault := f.fault(t, "memory 30")
		require.Equal(t, fn.TypeTrap, fault.Type)
		require.NotContains(t, fault.Error(), "stack", "another trap")
	})

	t.Run("bounds memory, recursion and /tmp by the function's limit", func(t *testing.T) {
		f := index(t, `
function f($x) { return f($x + 1); }
function handler($event, $context) {
    if ($event === "memory") { $x = []; while (true) $x[] = str_repeat("x", 1 << 20); }
    if ($event === "recursion") return f(1);
    if ($event === "tmp") { $f = fopen("/tmp/f", "wb"); while (fwrite($f, str_repeat("x", 1 << 20)) !== false); return filesize("/tmp/f") <= 128 << 20; }
    return "ok";
}`, timeout(time.Minute))
		for event, want := range map[string]string{"memory": "of memory", "recursion": "of memory"} {
			fault := f.fault(t, event)
			require.Contains(t, []string{"OutOfMemory", "Trap"}, fault.Type)
			require.Regexp(t, "Out of memory|Allowed memory size of|memory limit of", fault.Message, want)
			require.Equal(t, "ok", f.answer(t, ""))
		}
		require.Equal(t, "true", f.answer(t, "tmp"))
		require.Equal(t, "ok", f.answer(t, ""))
	})

	t.Run("sleeps", func(t *testing.T) {
		f := index(t, `function handler($e, $c) { $t = microtime(true); usleep(20000); time_nanosleep(0, 20000000); return microtime(true) - $t >= 0.04; }`)
		require.Equal(t, "true", f.answer(t, ""))
	})

	t.Run("has its extensions and the function's environment", func(t *testing.T) {
		f := index(t, `
function handler($event, $context) {
    $db = new PDO("sqlite::memory:");
    $two = $db->query("select 1+1")->fetchColumn();
    return [(int)$two, hash("sha256", ""), mb_strlen("ä"), getenv("NAME"), simplexml_load_string("<a><b>x</b></a>")->b->__toString(),
        preg_replace("/a/", "b", "aa"), abs(time() - $context["deadline"] / 1000) < 60, getcwd(), PHP_INT_SIZE];
}`, env("NAME", "välue"))
		require.Equal(t, `[2,"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",1,"v\u00e4lue","x","bb",true,"/code",4]`, f.answer(t, ""))
	})

	t.Run("starts from an image with the code loaded, and each instance has its own randomness and /tmp", func(t *testing.T) {
		f := index(t, `
$loaded = microtime(true);
mt_rand();
function handler($event, $context) {
    $n = count(scandir("/tmp"));
    file_put_contents("/tmp/$n", "x");
    return [mt_rand(), random_int(0, PHP_INT_MAX), bin2hex(random_bytes(8)), uniqid(), $n, $GLOBALS['loaded']];
}`)
		require.Equal(t, "image", f.startsBy)
		seen := map[any]bool{}
		var loaded, entries any
		for i := range 4 {
			var got []any
			require.NoError(t, json.Unmarshal([]byte(f.answer(t, "")), &got))
			for _, x := range got[:4] {
				require.False(t, seen[x], "instance %d: %v was there before", i, x)
				seen[x] = true
			}
			require.True(t, i == 0 || got[4] == entries && got[5] == loaded, "%v", got)
			entries, loaded = got[4], got[5]
			require.Equal(t, map[bool]instance.Origin{true: instance.Image, false: instance.Reset}[i == 0], f.Instances(f.Key)[0].StartedBy)
			_, err := f.StopInstances(t.Context(), f.Key, "")
			require.NoError(t, err)
		}
	})

	t.Run("isolates requests from each other where that is asked for", func(t *testing.T) {
		f := index(t, `$n = 0; function handler($e, $c) { return ++$GLOBALS['n']; }`, func(f *fn.Function) { f.Isolation = fn.EachFresh })
		require.Equal(t, "1", f.answer(t, ""))
		require.Equal(t, "1", f.answer(t, ""))
	})
}

func TestPHP_RunsHooks(t *testing.T) {
	tree := treeOf(t, "index.php", `<?php
$n = 0;
function handler($event, $context) { return $GLOBALS['n'] += 2; }
`, "hooks/all.php", `<?php
function initializer($context) { echo "initializer {$context['phase']}"; }
function pre_freeze($context) { $GLOBALS['n']++; echo "pre_freeze {$context['function']['handler']}"; }
function pre_stop($context) { echo "pre_stop {$GLOBALS['n']}"; throw new Exception("ignored"); }
`)
	hooks := func(f *fn.Function) {
		f.Initializer.Handler, f.PreStop.Handler = "hooks/all.initializer", "hooks/all.pre_stop"
	}
	freeze := func(f *fn.Function) { f.PreFreeze.Handler = "hooks/all.pre_freeze" }

	t.Run("but not preFreeze, unless the operator allows it", func(t *testing.T) {
		php := newPHP(t, host.Config{})
		_, err := php.put(tree, hooks, freeze)
		require.ErrorContains(t, err, "InstanceLifecycleConfig.PreFreeze is not supported for runtime 'php8.2'")
		f := php.deploy(t, tree, hooks)
		require.Equal(t, "2", f.answer(t, ""))
		require.Equal(t, "4", f.answer(t, ""))
	})
	t.Run("and preFreeze where it is allowed", func(t *testing.T) {
		php := newPHP(t, host.Config{AllowPreFreeze: []string{"php"}})
		f := php.deploy(t, tree, hooks, freeze)
		for _, want := range []string{"2", "5", "8"} {
			require.Equal(t, want, f.answer(t, ""))
			until(t, "it rests", func() bool { i := php.Instances(f.Key); return len(i) == 1 && i[0].State == "paused" })
		}
		_, err := php.StopInstances(t.Context(), f.Key, "")
		require.NoError(t, err)
		until(t, "it is gone", func() bool { return len(php.Instances(f.Key)) == 0 })
		require.Equal(t, []string{
			"Initialize info initializer initializer", "PreFreeze info pre_freeze index.handler", "PreFreeze info pre_freeze index.handler",
			"PreFreeze info pre_freeze index.handler", "PreStop info pre_stop 9", "PreStop error Exception: ignored",
		}, f.lines(t))
	})
}
