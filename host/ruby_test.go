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
)

func newRuby(t testing.TB, cfg host.Config) *language {
	return newLanguage(t, "ruby", "ruby3.4", cfg)
}

func TestRuby(t *testing.T) {
	ruby := newRuby(t, host.Config{})
	index := func(t *testing.T, code string, changes ...change) *function {
		t.Helper()
		return ruby.deploy(t, treeOf(t, "index.rb", code), changes...)
	}

	t.Run("answers what the handler returns: a string as it is, anything else as JSON", func(t *testing.T) {
		f := index(t, "def handler(event:, context:) = eval(event)\n")
		for event, want := range map[string]string{
			`"\x00\xff".b`: "\x00\xff", `"ä"`: "ä", `""`: "", `nil`: "null", `{a: [1, 2.5, true]}`: `{"a":[1,2.5,true]}`, `7`: "7",
			`"\xff" + "ä"`: "\xff\u00e4", `"ä".encode("UTF-16LE")`: "\xe4\x00", `"x" * 100_000`: strings.Repeat("x", 100_000), `"x" * 65_531`: strings.Repeat("x", 65_531),
		} {
			require.True(t, f.answer(t, event) == want, event)
		}
	})

	t.Run("gives the event as a string, empty, binary and of 6 MiB", func(t *testing.T) {
		f := index(t, `
def handler(event:, context:)
  raise "what is this" unless event.encoding == (event.dup.force_encoding("UTF-8").valid_encoding? ? Encoding::UTF_8 : Encoding::BINARY)
  event
end
`)
		for _, event := range []string{"", "\n\n\x00\xff", "ä", strings.Repeat("\n12345678901234567890abcdefghij", 6<<20/31), strings.Repeat("x", 65536)} {
			require.True(t, f.answer(t, event) == event, "%d bytes", len(event))
		}
	})

	t.Run("keeps globals between requests, and finds own files, folders and handlers with other parameters", func(t *testing.T) {
		tree := treeOf(t, "index.rb", `
require "lib/state"
require_relative "near"
$n = 0
def handler(event:, context:) = [$n += 1, State::X, NEAR]
def positional(event, context) = "#{event} #{context.phase}"
def one(event) = event
def only(event:) = event
def all(**given) = given.keys
def none = "none"
`, "near.rb", "NEAR = 'near'\n", "lib/state.rb", "module State; X = 1; end\n", "src/deep/app.rb", "def run(event:, context:) = __FILE__\n")
		f := ruby.deploy(t, tree)
		require.Equal(t, `[1,1,"near"]`, f.answer(t, ""))
		require.Equal(t, `[2,1,"near"]`, f.answer(t, ""))
		for handler, want := range map[string]string{
			"src/deep/app.run": "/code/src/deep/app.rb", "index.positional": "x handler", "index.one": "x", "index.only": "x", "index.all": `["event","context"]`, "index.none": "none",
		} {
			f := ruby.deploy(t, tree, func(f *fn.Function) { f.Handler = handler })
			require.Equal(t, want, f.answer(t, "x"), handler)
		}
	})

	t.Run("gives the context", func(t *testing.T) {
		f := index(t, `
def handler(event:, context:)
  c = context
  [c.request_id, c.credentials["accessKeyId"], c.function["name"], c.function["handler"], c.function["memory"], c.function["timeout"], c.service["name"],
   c["service"]["qualifier"], c.region, c.account_id, c.retry_count, c.tracing["openTracingSpanBaggages"], c.http, c.remaining_time_in_millis.between?(1, 10_000), c.to_json]
end
`)
		for range 2 {
			resp := f.call(t, "")
			var got []any
			require.NoError(t, json.Unmarshal(resp.Body, &got), "%s %v", resp.Body, resp.Fault)
			require.Equal(t, []any{resp.RequestID.String(), "", f.Name, "index.handler", 128.0, 10.0, "default", "LATEST", "local", "", 0.0, map[string]any{}, nil, true}, got[:14])
			var whole struct{ RequestID, InstanceID, Phase string }
			require.NoError(t, json.Unmarshal([]byte(got[14].(string)), &whole))
			require.Equal(t, resp.RequestID.String(), whole.RequestID)
			require.Equal(t, resp.InstanceID, whole.InstanceID)
			require.Equal(t, "handler", whole.Phase)
		}
	})

	t.Run("makes records of what is printed and logged, with level and request", func(t *testing.T) {
		f := index(t, `
require "logger"
MINE = Logger.new($stdout, progname: "mine")
OWN = Logger.new(STDERR, formatter: proc { |severity, _, _, text| "<#{severity} #{text}>\n" })
def handler(event:, context:)
  puts "one", "line"
  warn "careful"
  MINE.debug { "details" }
  MINE.info("info")
  OWN.error("own")
  context.logger.warn("warn\nof two lines")
  context.logger.level = Logger::WARN
  context.logger.info("below the level")
  begin
    1 / 0
  rescue ZeroDivisionError => e
    MINE.fatal(e)
  end
  $stderr.puts "raw \xff"
  print "no end"
end
`)
		f.answer(t, "")
		lines := f.lines(t)
		require.Equal(t, []string{
			"Invoke info one", "Invoke info line", "Invoke warn careful", "Invoke debug mine: details", "Invoke info mine: info", "Invoke error <ERROR own>",
			"Invoke warn warn\nof two lines",
		}, lines[:7])
		require.Contains(t, lines[7], "Invoke error mine: /code/index.rb:15:in 'Integer#/': divided by 0 (ZeroDivisionError)")
		require.Equal(t, []string{"Invoke error raw \uFFFD", "Invoke info no end"}, lines[8:])
	})

	t.Run("reports exceptions with class, message and a backtrace of the user's frames", func(t *testing.T) {
		f := index(t, `
class Odd < StandardError
  def message = raise("no text")
end
def inner(n) = 1 / n
def handler(event:, context:)
  case event
  when "odd" then raise Odd
  when "cause"
    begin
      inner(0)
    rescue ZeroDivisionError
      raise KeyError, "k"
    end
  when "base" then raise Exception, "at the root"
  when "interrupt" then raise Interrupt
  when "require" then require "nothing_like_it"
  when "binary" then raise "\xff\xfe"
  when "throw" then throw :nobody
  when "name" then no_such_name
  when "own" then context.fail("Mine", "my words", ["a", "b"])
  when "ok" then "ok"
  else inner(0)
  end
end
`)
		fault := f.fault(t, "")
		require.Equal(t, fn.Fault{Kind: fn.Unhandled, Type: "ZeroDivisionError", Message: "divided by 0", Stack: []string{
			"/code/index.rb:5:in 'Integer#/'", "/code/index.rb:5:in 'Object#inner'", "/code/index.rb:23:in 'Object#handler'",
		}}, *fault)
		require.Contains(t, f.fault(t, "cause").Stack, "caused by ZeroDivisionError: divided by 0")
		for event, want := range map[string]string{
			"odd": "Odd: <no text: RuntimeError>", "cause": "KeyError: k", "base": "Exception: at the root", "interrupt": "Interrupt: Interrupt",
			"require": "LoadError: cannot load such file -- nothing_like_it", "binary": "RuntimeError: \uFFFD\uFFFD", "throw": "UncaughtThrowError: uncaught throw :nobody",
			"name": "NameError: undefined local variable or method 'no_such_name' for main",
		} {
			require.Equal(t, want, f.fault(t, event).Error())
			require.Equal(t, "ok", f.answer(t, "ok"))
		}
		require.Equal(t, fn.Fault{Kind: fn.Handled, Type: "Mine", Message: "my words", Stack: []string{"a", "b"}}, *f.fault(t, "own"))
	})

	t.Run("refuses code that does not load, with file and line", func(t *testing.T) {
		for name, c := range map[string]struct {
			files []string
			want  []string
		}{
			"a syntax error":    {[]string{"index.rb", "x = 1\ndef handler(\nend\n"}, []string{"SyntaxError", "/code/index.rb:3"}},
			"a failing require": {[]string{"index.rb", "require 'absent'\n"}, []string{"LoadError", "absent"}},
			"no file":           {[]string{"main.rb", "x = 1\n"}, []string{"there is no /code/index.rb", "index.handler"}},
			"no function":       {[]string{"index.rb", "def handle = 1\n"}, []string{"/code/index.rb has no function 'handler'"}},
			"an exit":           {[]string{"index.rb", "exit 2\n"}, []string{"SystemExit", "exit(2)"}},
			"an exception":      {[]string{"index.rb", "raise 'not today'\n"}, []string{"RuntimeError", "not today"}},
			"not UTF-8":         {[]string{"index.rb", "x = '\xff'; y = \xff\n"}, []string{"SyntaxError", "/code/index.rb:1"}},
		} {
			_, err := ruby.put(treeOf(t, c.files...))
			require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err), name)
			for _, want := range c.want {
				require.ErrorContains(t, err, want, name)
			}
		}
		_, err := ruby.put(treeOf(t, "index.rb", "def handler(event:) = 1\n"), func(f *fn.Function) { f.PreStop.Handler = "hooks.stop" })
		require.ErrorContains(t, err, "there is no /code/hooks.rb, which 'hooks.stop' names")
		_, err = ruby.put(treeOf(t, "index.rb", ""), func(f *fn.Function) { f.Handler = "../boot/boot.load" })
		require.ErrorContains(t, err, "there is no /boot/boot.rb")
		_, err = ruby.put(treeOf(t, "index.rb", ""), func(f *fn.Function) { f.Handler = "index.puts" })
		require.ErrorContains(t, err, "has no function 'puts'")
	})

	t.Run("survives what code does to itself", func(t *testing.T) {
		f := index(t, `
$n = 0
def deep = deep
def handler(event:, context:)
  $n += 1
  eval(event)
  $n
end
`)
		n := 0
		for _, c := range []struct{ event, want string }{
			{"exit 3", "SystemExit: the code called exit(3)"},
			{"abort", "SystemExit: the code called exit(1)"},
			{"Thread.exit", "SystemExit: the code called exit(0)"},
			{"deep", "SystemStackError: stack level too deep"},
			{"raise NoMemoryError", "NoMemoryError: NoMemoryError"},
			{"Thread.new { 1 }", "NotImplementedError: initialize() function is unimplemented on this machine"},
			{"fork", "NotImplementedError: fork: there are no processes here"},
			{"Process.fork", "NotImplementedError: fork: there are no processes here"},
			{"Process.kill(9, $$)", "NotImplementedError: kill: there are no processes here"},
			{"system('ls')", "NotImplementedError: system: there are no processes here"},
			{"`ls`", "NotImplementedError: `: there are no processes here"},
			{"IO.popen('ls')", "NotImplementedError: popen: there are no processes here"},
			{"require 'socket'", "LoadError: cannot load such file -- socket"},
			{"File.write('/code/index.rb', '')", "Errno::EROFS: Read-only file system @ rb_sysopen - /code/index.rb"},
			{"Dir.children('/')", "Errno::ENOENT: No such file or directory @ dir_initialize - /"},
			{"File.read('/etc/passwd')", "Errno::ENOENT: No such file or directory @ rb_sysopen - /etc/passwd"},
			{"File.read('/fc/events')", "Errno::ENOENT: No such file or directory @ rb_sysopen - /fc/events"},
			{"return BasicObject.new", "NoMethodError: undefined method 'is_a?' for an instance of BasicObject"},
			{"return Float::NAN", "JSON::GeneratorError: NaN not allowed in JSON"},
			{"a = []; a << a; return a", "JSON::NestingError: nesting of 100 is too deep"},
			{`return ["\xff"]`, "JSON::GeneratorError: source sequence is illegal/malformed utf-8"},
			{"STDIN.close", ""}, {"STDOUT.close", ""}, {"begin; $stderr = nil; rescue TypeError; end", ""}, {"$stdout = Class.new { def write(*) = raise }.new", ""}, {"File.write('/fc/reply', 'nonsense')", ""},
			{"GC.start", ""}, {"srand(1)", ""}, {"at_exit { puts 'never' }", ""}, {"ObjectSpace.each_object(IO) { |io| io.close unless io.closed? }", ""},
		} {
			n++
			if c.want == "" {
				require.Equal(t, fmt.Sprint(n), f.answer(t, c.event), c.event)
			} else {
				require.Equal(t, c.want, f.fault(t, c.event).Error())
			}
			n++
			require.Equal(t, fmt.Sprint(n), f.answer(t, "puts 'said'"), "the instance goes on after %s", c.event)
		}
	})

	t.Run("replaces an instance that was ended, and says why", func(t *testing.T) {
		f := index(t, `
$n = 0
def handler(event:, context:)
  $n += 1
  eval(event)
  $n
end
`, timeout(time.Second))
		for event, want := range map[string]string{
			"loop {}": "Timeout", "while true; end": "Timeout", "begin; loop { }; rescue Exception; retry; end while true": "Timeout", "sleep": "Timeout", "sleep 100": "Timeout",
			"exit! 4": "Exit", "(3 ** 20_000_000).to_s": "Timeout", "require 'js'; JS.eval('1')": "Trap",
		} {
			fault := f.fault(t, event)
			require.Equal(t, want, fault.Type, "%s: %s", event, fault.Message)
			require.True(t, fault.Fatal)
			require.Contains(t, fault.Message, "Process exited unexpectedly before completing request")
			require.Equal(t, "1", f.answer(t, ""), "a new instance after %s", event)
		}
		require.Contains(t, f.fault(t, "require 'js'; JS.eval('1')").Message, "there is no JavaScript here")
	})

	t.Run("bounds memory and /tmp by the function's limit", func(t *testing.T) {
		f := index(t, `
def handler(event:, context:)
  case event
  when "memory"
    hoard = []
    loop { hoard << "x" * (1 << 20) }
  when "tmp"
    File.open("/tmp/f", "wb") { |f| loop { f.write("x" * (1 << 20)) } }
  end
  "ok"
end
`, timeout(time.Minute))
		require.Equal(t, fn.TypeOutOfMemory, f.fault(t, "memory").Type)
		require.Equal(t, "ok", f.answer(t, ""))
		f.fault(t, "tmp")
		require.Equal(t, "ok", f.answer(t, ""))
	})

	t.Run("has the standard library, clocks, sleep, fibers and the function's environment", func(t *testing.T) {
		f := index(t, `
%w[base64 csv date digest erb set stringio time uri yaml zlib].each { |name| require name }
def handler(event:, context:)
  began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  sleep 0.02
  raise "no sleep" if Process.clock_gettime(Process::CLOCK_MONOTONIC) - began < 0.02
  raise "no clock" if (Time.now.to_f - context.deadline / 1000.0).abs > 60
  raise "LULL_FUNCTIONS" if ENV["LULL_FUNCTIONS"]
  fiber = Fiber.new { |x| Fiber.yield(x + 1); 3 }
  [Digest::SHA256.hexdigest("")[0, 8], ENV["NAME"], YAML.load("a: 1"), Zlib::Inflate.inflate(Zlib::Deflate.deflate("x")), fiber.resume(1), fiber.resume,
   catch(:out) { throw :out, "thrown" }, CSV.parse("a,b"), ERB.new("<%= 1 + 1 %>").result]
end
`, env("NAME", "välue"))
		require.Equal(t, `["e3b0c442","välue",{"a":1},"x",2,3,"thrown",[["a","b"]],"2"]`, f.answer(t, ""))
	})

	t.Run("starts from an image with the code loaded, and each instance has its own randomness and /tmp", func(t *testing.T) {
		f := index(t, `
require "securerandom"
LOADED = Time.now.to_f
rand
def handler(event:, context:)
  n = Dir.children("/tmp").size
  File.write("/tmp/#{n}", "x")
  [rand, [*1..1000].shuffle.first(5).join, Random.new.rand, Random.urandom(8).unpack1("H*"), SecureRandom.uuid, n, LOADED]
end
`)
		require.Equal(t, "image", f.startsBy)
		seen := map[any]bool{}
		var loaded any
		for i := range 4 { // from the image, then from a slot that was reset
			var got []any
			require.NoError(t, json.Unmarshal([]byte(f.answer(t, "")), &got))
			for _, x := range got[:5] {
				require.False(t, seen[x], "instance %d: %v was there before", i, x)
				seen[x] = true
			}
			require.Equal(t, 0.0, got[5])
			require.True(t, i == 0 || got[6] == loaded, "the code was loaded again")
			loaded = got[6]
			_, err := f.StopInstances(t.Context(), f.Key, "")
			require.NoError(t, err)
		}
	})

	t.Run("isolates requests from each other where that is asked for", func(t *testing.T) {
		f := index(t, `
$n = 0
def handler(event:, context:)
  $n += 1
  raise "no" if event == "fail"
  $n
end
`, func(f *fn.Function) { f.Isolation = fn.EachFresh })
		require.Equal(t, "1", f.answer(t, ""))
		f.fault(t, "fail")
		require.Equal(t, "1", f.answer(t, ""))
	})
}

func TestRuby_RunsHooks(t *testing.T) {
	ruby := newRuby(t, host.Config{})
	f := ruby.deploy(t, treeOf(t, "index.rb", "$n = 0\ndef handler(event:, context:) = $n += 2\n", "hooks/all.rb", `
def initializer(context:) = puts("initializer #{context.phase}")
def pre_freeze(context:)
  $n += 1
  puts "pre_freeze #{context.function["handler"]}"
end
def pre_stop(context)
  puts "pre_stop #{$n}"
  raise ArgumentError, "ignored"
end
`), func(f *fn.Function) {
		f.Initializer.Handler, f.PreFreeze.Handler, f.PreStop.Handler = "hooks/all.initializer", "hooks/all.pre_freeze", "hooks/all.pre_stop"
	})
	s := &scene{Host: ruby.Host, t: t}
	for _, want := range []string{"2", "5", "8"} {
		require.Equal(t, want, f.answer(t, ""))
		until(t, "it rests", func() bool { i := s.Instances(f.Key); return len(i) == 1 && i[0].State == "paused" })
	}
	_, err := ruby.StopInstances(t.Context(), f.Key, "")
	require.NoError(t, err)
	until(t, "it is gone", func() bool { return len(s.Instances(f.Key)) == 0 })
	require.Equal(t, []string{
		"Initialize info initializer initializer", "PreFreeze info pre_freeze index.handler", "PreFreeze info pre_freeze index.handler",
		"PreFreeze info pre_freeze index.handler", "PreStop info pre_stop 9", "PreStop error ArgumentError: ignored",
	}, f.lines(t))
}
