package host_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/logs"
)

func newNodeJS(t testing.TB, cfg host.Config) *language {
	return newLanguage(t, "quickjs", "nodejs16", cfg)
}

func TestNodeJS_Handlers(t *testing.T) {
	node := newNodeJS(t, host.Config{})
	index := func(t *testing.T, code string, changes ...change) *function {
		t.Helper()
		return node.deploy(t, treeOf(t, "index.js", code), changes...)
	}

	t.Run("answer what they call back with: bytes and text as they are, anything else as JSON", func(t *testing.T) {
		f := index(t, `exports.handler = (event, context, callback) => callback(null, eval(event.toString()));`)
		for event, want := range map[string]string{
			`Buffer.from([0, 255])`: "\x00\xff", `"\u00e4"`: "ä", `""`: "", `undefined`: "", `null`: "null", `({a: [1, 2.5, true]})`: `{"a":[1,2.5,true]}`,
			`7`: "7", `"\ud800"`: "\uFFFD", `new Uint8Array([97]).buffer`: "a", `new Date(0)`: `"1970-01-01T00:00:00.000Z"`,
		} {
			require.Equal(t, want, f.answer(t, event), event)
		}
	})

	t.Run("may be async, return promises, or take no callback and return", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
const wait = ms => new Promise(done => setTimeout(done, ms));
const kinds = {
  async async() { await wait(5); return 'async'; },
  promise: () => Promise.resolve().then(() => wait(1)).then(() => 'promise'),
  own: () => new (class extends Promise { then(...args) { return Promise.resolve('own').then(...args); } })(() => {}),
  thenable: () => ({ then(done) { setImmediate(done, 'thenable'); } }),
  returns: () => 'returned',
  later: callback => { setTimeout(callback, 5, null, 'later'); },
};
exports.handler = (event, context) => kinds[event]();
exports.callback = (event, context, callback) => { process.nextTick(callback, null, 'ticked'); };
`))
		for _, kind := range []string{"async", "promise", "thenable", "own"} {
			require.Equal(t, kind, f.answer(t, kind))
		}
		require.Equal(t, "returned", f.answer(t, "returns"))
		g := node.deploy(t, treeOf(t, "src/deep.index.js", `exports.handler = (event, context, callback) => { process.nextTick(callback, null, 'ticked'); };`),
			func(f *fn.Function) { f.Handler = "src/deep.index.handler" })
		require.Equal(t, "ticked", g.answer(t, ""))
	})

	t.Run("get the event as a Buffer, empty, binary and of 6 MiB", func(t *testing.T) {
		f := index(t, `
const assert = require('assert');
exports.handler = (event, context, callback) => {
  assert(Buffer.isBuffer(event) && event instanceof Uint8Array);
  callback(null, event);
};
`)
		for _, event := range []string{"", "\n\x00\xff", strings.Repeat("0123456789", 6<<20/10), strings.Repeat("x", 65536), strings.Repeat("y", 65537)} {
			require.True(t, f.answer(t, event) == event, "%d bytes", len(event))
		}
	})

	t.Run("keep modules and globals between requests", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "state.js", `exports.seen = [];`, "index.js", `
const state = require('./state');
let n = 0;
exports.handler = async () => { state.seen.push(++n); return require('./state').seen; };
`))
		require.Equal(t, "[1]", f.answer(t, ""))
		require.Equal(t, "[1,2]", f.answer(t, ""))
	})

	t.Run("have the context of Function Compute", func(t *testing.T) {
		f := index(t, `exports.handler = (event, context, callback) => callback(null, {context, env: process.env.KEY, left: context.getRemainingTimeInMillis()});`, env("KEY", "välue"))
		resp := f.call(t, "")
		var got struct {
			Env     string
			Left    float64
			Context struct {
				RequestID   string
				InstanceID  string
				Credentials map[string]string
				Function    struct {
					Name, Handler, Initializer string
					Memory, Timeout            int
				}
				Service struct{ Name, Qualifier, VersionID string }
				Region  string
				Tracing map[string]any
			}
		}
		require.NoError(t, json.Unmarshal(resp.Body, &got), "%s", resp.Body)
		require.Equal(t, "välue", got.Env)
		require.Equal(t, resp.RequestID.String(), got.Context.RequestID)
		require.Equal(t, resp.InstanceID, got.Context.InstanceID)
		require.Equal(t, f.Name, got.Context.Function.Name)
		require.Equal(t, "index.handler", got.Context.Function.Handler)
		require.Equal(t, 128, got.Context.Function.Memory)
		require.Equal(t, 10, got.Context.Function.Timeout)
		require.Equal(t, "default", got.Context.Service.Name)
		require.Equal(t, "LATEST", got.Context.Service.Qualifier)
		require.Equal(t, "local", got.Context.Region)
		require.Contains(t, got.Context.Credentials, "accessKeyId")
		require.Contains(t, got.Context.Tracing, "jaegerEndpoint")
		require.InDelta(t, 10000, got.Left, 5000)
	})

	t.Run("may keep their context and callback, which are then no other request's", func(t *testing.T) {
		f := index(t, `
const kept = [], seen = new WeakMap(), marked = new WeakSet();
exports.handler = (event, context, callback) => {
  const how = String(event), known = [seen.has(context), marked.has(callback), callback.mark === undefined, Object.hasOwn(context, 'extra')];
  if (how === 'weakly') { seen.set(context, 1); marked.add(callback); }
  if (how === 'marked') { callback.mark = 1; context.extra = 1; }
  if (how === 'kept') kept.push([context, callback]);
  if (how === 'late') { kept[0][1](null, 'too late'); return callback(null, JSON.stringify([kept.length, kept[0][0].requestId !== context.requestId, kept[0][0] !== context])); }
  callback(null, JSON.stringify(known));
};
`)
		for _, how := range []string{"", "weakly", "", "marked", "", "kept", "weakly", "marked", "kept"} {
			require.Equal(t, "[false,false,true,false]", f.answer(t, how), how)
		}
		require.Equal(t, "[2,true,true]", f.answer(t, "late"))
		require.Equal(t, "[false,false,true,false]", f.answer(t, ""))
	})

	t.Run("are not heard behind their answer", func(t *testing.T) {
		f := index(t, `
exports.handler = (event, context, callback) => {
  const { response } = context;
  callback(null, 'answer');
  response.write('behind it');
  callback(new Error('again'));
  if (String(event) === 'promise') return Promise.resolve('of a promise');
  throw new Error('behind it');
};
`)
		require.Equal(t, "answer", f.answer(t, ""))
		require.Equal(t, "answer", f.answer(t, "promise"))
	})

	t.Run("report errors with type, message and stack", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "lib/deep.js", "exports.fail = () => {\n  undefined.x;\n};\n", "index.js", `
const kinds = {
  throws() { throw new RangeError('too far'); },
  async rejects() { await null; throw new TypeError('no'); },
  deep() { require('./lib/deep').fail(); },
  text() { throw 'only text'; },
  nothing() { throw undefined; },
  object() { throw {code: 7}; },
  custom() { class OrderError extends Error {} ; throw new OrderError('late'); },
  named() { const e = new Error('m'); e.name = 'NamedError'; throw e; },
  timer() { setTimeout(() => { throw new Error('in a timer'); }, 1); return new Promise(() => {}); },
  async awaits() { await Promise.reject(new Error('inner')); },
  circle() { const o = {}; o.o = o; return o; },
  bigint() { return {n: 1n}; },
  symbol() { return Symbol('s'); },
  func() { return () => 1; },
};
exports.handler = event => kinds[event]();
exports.calls = (event, context, callback) => callback(new TypeError('handled'));
`))
		for event, want := range map[string][2]string{
			"throws": {"RangeError", "too far"}, "rejects": {"TypeError", "no"}, "deep": {"TypeError", "undefined"}, "text": {"Error", "only text"},
			"nothing": {"Error", "undefined"}, "object": {"Error", "code"}, "custom": {"Error", "late"}, "named": {"NamedError", "m"},
			"timer": {"Error", "in a timer"}, "awaits": {"Error", "inner"}, "circle": {"TypeError", "circular"}, "bigint": {"TypeError", "BigInt"},
			"symbol": {"TypeError", "symbol cannot be an answer"}, "func": {"TypeError", "function cannot be an answer"},
		} {
			fault := f.fault(t, event)
			require.Equal(t, fn.Unhandled, fault.Kind, event)
			require.Equal(t, want[0], fault.Type, event)
			require.Contains(t, fault.Message, want[1], event)
			require.False(t, fault.Fatal, event)
		}
		stack := f.fault(t, "deep").Stack
		require.NotEmpty(t, stack)
		require.Contains(t, stack[0], "/code/lib/deep.js:2:", "%q", stack)
		require.NotContains(t, strings.Join(stack, "\n"), "lull:")
		g := index(t, `exports.handler = (event, context, callback) => callback(new TypeError('said no'));`)
		fault := g.fault(t, "")
		require.Equal(t, fn.Handled, fault.Kind)
		require.Equal(t, [2]string{"TypeError", "said no"}, [2]string{fault.Type, fault.Message})
		g = index(t, `exports.handler = (event, context, callback) => callback('text');`)
		require.Equal(t, "text", g.fault(t, "").Message)
		require.Equal(t, "text", g.fault(t, "").Message, "the instance goes on")
	})

	t.Run("that never end are told at once, those that end twice are answered once", func(t *testing.T) {
		f := index(t, `
exports.handler = (event, context, callback) => {
  if (event == 'twice') { callback(null, 'one'); callback(null, 'two'); callback(new Error('three')); }
  if (event == 'late') { callback(null, 'one'); setTimeout(() => callback(null, 'two'), 1); }
};
`)
		fault := f.fault(t, "never")
		require.Equal(t, "HandlerDidNotComplete", fault.Type)
		require.Equal(t, "one", f.answer(t, "twice"))
		require.Contains(t, strings.Join(f.lines(t), "\n"), "called back again")
		require.Equal(t, "one", f.answer(t, "late"))
		require.Equal(t, "one", f.answer(t, "twice"), "a timer that is left does no harm")
	})

	t.Run("answer over HTTP with status, headers and body", func(t *testing.T) {
		f := index(t, `
exports.handler = (event, context, callback) => {
  const {method, path, query, headers} = context.http || {};
  callback(null, {statusCode: 201, headers: {'X-A': 'b', 'Set-Cookie': ['a=1', 'b=2']}, body: [method, path, query, headers && headers['X-In'], event.toString()].join(' ')});
};
`)
		resp, err := f.Invoke(t.Context(), f.Name, fn.Request{Body: []byte("body"), HTTP: httpRequest{}})
		require.NoError(t, err)
		require.Nil(t, resp.Fault)
		require.Equal(t, 201, resp.Status)
		require.Equal(t, []fn.Header{{Name: "X-A", Value: "b"}, {Name: "Set-Cookie", Value: "a=1"}, {Name: "Set-Cookie", Value: "b=2"}}, resp.Header)
		require.Equal(t, "PUT /a/b x=1 in body", string(resp.Body))
		require.Contains(t, f.answer(t, "e"), `"statusCode":201`, "an event has no status: the object is the answer")
	})
}

// httpRequest is one to answer.
type httpRequest struct{}

func (httpRequest) Method() string   { return http.MethodPut }
func (httpRequest) Path() string     { return "/a/b" }
func (httpRequest) Query() string    { return "x=1" }
func (httpRequest) ClientIP() string { return "127.0.0.1" }
func (httpRequest) AppendHeaders(b []byte) []byte {
	return append(b, "X-In: in\n"...)
}

func TestNodeJS_Modules(t *testing.T) {
	node := newNodeJS(t, host.Config{})

	t.Run("are found as in Node.js", func(t *testing.T) {
		f := node.deploy(t, treeOf(t,
			"index.js", `
const path = require('path');
exports.handler = () => JSON.stringify([
  require('./a'), require('./b.js'), require('./dir'), require('./data'), require('./data.json').x, require('left'), require('left/sub'), require('@scope/pkg'),
  require('exp'), require('exp/feature'), require('mained'), require('./dir/up'), require('node:path') === path, __filename, __dirname, module.id === __filename,
  require.resolve('left'), typeof require('./cycle1').two,
]);
`,
			"a.js", `module.exports = 'a';`, "b.js", `exports.b = 1;`, "dir/index.js", `module.exports = 'dir';`, "dir/up.js", `module.exports = require('../a') + require('left');`,
			"data.json", `{"x": 1}`, "node_modules/left/index.js", `module.exports = 'left';`, "node_modules/left/sub.js", `module.exports = 'sub';`,
			"node_modules/@scope/pkg/index.js", `module.exports = 'scoped';`,
			"node_modules/exp/package.json", `{"exports": {".": {"import": "./no.mjs", "require": "./yes.js"}, "./feature": "./f.js"}}`,
			"node_modules/exp/yes.js", `module.exports = 'exports';`, "node_modules/exp/f.js", `module.exports = 'feature';`,
			"node_modules/mained/package.json", `{"main": "lib/main"}`, "node_modules/mained/lib/main.js", `module.exports = 'main';`,
			"cycle1.js", `exports.one = 1; exports.two = require('./cycle2');`, "cycle2.js", `exports.one = require('./cycle1').one;`,
		))
		require.JSONEq(t, `["a", {"b": 1}, "dir", {"x": 1}, 1, "left", "sub", "scoped", "exports", "feature", "main", "aleft", true, "/code/index.js", "/code", true,
			"/code/node_modules/left/index.js", "object"]`, f.answer(t, ""))
	})

	t.Run("that are missing or wrong are told at deploy with file and line", func(t *testing.T) {
		for name, c := range map[string]struct {
			tree []byte
			says []string
		}{
			"a syntax error":           {treeOf(t, "index.js", "let a;\nlet b = ;\n"), []string{"SyntaxError", "/code/index.js:2"}},
			"a syntax error elsewhere": {treeOf(t, "index.js", "require('./x');", "x.js", "\n\nlet a = ;\n"), []string{"SyntaxError", "/code/x.js:3"}},
			"no such file":             {treeOf(t, "other.js", ""), []string{"HandlerNotFound", "index.js", "index.handler"}},
			"no such function":         {treeOf(t, "index.js", "exports.main = () => 1;"), []string{"HandlerNotFound", "'handler'", "main"}},
			"not a function":           {treeOf(t, "index.js", "exports.handler = 5;"), []string{"HandlerNotFound"}},
			"a module that is missing": {treeOf(t, "index.js", "require('express');"), []string{"Cannot find module 'express'", "/code/index.js"}},
			"an error while it loads":  {treeOf(t, "index.js", "\nundefined.x;"), []string{"TypeError"}},
			"JSON that is none":        {treeOf(t, "index.js", "require('./a.json');", "a.json", "{"), []string{"SyntaxError", "/code/a.json"}},
			"an ES module":             {treeOf(t, "index.js", "export const handler = () => 1;"), []string{"SyntaxError", "lull build"}},
			"it exits":                 {treeOf(t, "index.js", "process.exit(3);"), []string{"exit code 3"}},
		} {
			_, err := node.put(c.tree)
			require.Error(t, err, name)
			require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err), name)
			for _, says := range c.says {
				require.ErrorContains(t, err, says, name)
			}
		}
	})

	t.Run("of Node.js work", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "data/hello.txt", "hello\n", "index.js", `
const assert = require('assert');
const checks = {
  buffer() {
    assert.strictEqual(Buffer.from('aGk=', 'base64').toString(), 'hi');
    assert.strictEqual(Buffer.from('hä').toString('hex'), '68c3a4');
    assert.strictEqual(Buffer.concat([Buffer.from('a'), Buffer.alloc(2, 'b')]).toString('latin1'), 'abb');
    assert.strictEqual(Buffer.byteLength('ä'), 2);
    assert.strictEqual(Buffer.from([0xff, 0x61]).toString(), '\ufffda');
    assert.strictEqual(Buffer.from('_-8', 'base64').toString('hex'), 'ffef'.slice(0, 4));
    assert.strictEqual(Buffer.from('abc').subarray(1).toString(), 'bc');
    assert.deepStrictEqual(Buffer.from('ab').toJSON(), {type: 'Buffer', data: [97, 98]});
    assert(Buffer.from('a').equals(Buffer.from('a')));
  },
  text() {
    assert.deepStrictEqual([...new TextEncoder().encode('ä€')], [0xc3, 0xa4, 0xe2, 0x82, 0xac]);
    assert.strictEqual(new TextDecoder().decode(new Uint8Array([0xe2, 0x82, 0xac])), '€');
    const d = new TextDecoder();
    assert.strictEqual(d.decode(new Uint8Array([0xe2, 0x82]), {stream: true}) + d.decode(new Uint8Array([0xac])), '€');
    assert.throws(() => new TextDecoder('utf-8', {fatal: true}).decode(new Uint8Array([0xff])), TypeError);
    assert.throws(() => new TextDecoder('klingon'), RangeError);
  },
  url() {
    const u = new URL('https://user:pw@example.org:8080/a/b?x=1&y=2#h');
    assert.deepStrictEqual([u.host, u.pathname, u.searchParams.get('y'), u.hash], ['example.org:8080', '/a/b', '2', '#h']);
    assert.strictEqual(require('url').parse('http://a/b?c').query, 'c');
    assert.strictEqual(new URLSearchParams({a: 'b c'}).toString(), 'a=b+c');
    assert.throws(() => new URL('nonsense'));
  },
  events() {
    const {EventEmitter} = require('events'), e = new EventEmitter(), got = [];
    e.on('x', v => got.push(v)); e.once('x', v => got.push(-v)); e.emit('x', 1); e.emit('x', 2);
    assert.deepStrictEqual(got, [1, -1, 2]);
  },
  async util() {
    const util = require('util');
    assert.strictEqual(util.format('%s %d %j', 'a', 1, {b: 2}), 'a 1 {"b":2}');
    assert(util.inspect({a: {b: [1, 'x']}}).includes("'x'"));
    assert.strictEqual(await util.promisify((a, done) => done(null, a + 1))(1), 2);
    assert(util.types.isDate(new Date()) || util.isDate);
    assert(util.isDeepStrictEqual({a: 1}, {a: 1}));
  },
  path() {
    const path = require('path');
    assert.strictEqual(path.join('/a', '../b', 'c.js'), '/b/c.js');
    assert.deepStrictEqual([path.basename('/a/b.js', '.js'), path.extname('b.js'), path.dirname('/a/b')], ['b', '.js', '/a']);
  },
  async fs() {
    const fs = require('fs');
    assert.strictEqual(fs.readFileSync('data/hello.txt', 'utf8'), 'hello\n');
    assert.strictEqual(fs.readFileSync(__dirname + '/data/hello.txt').length, 6);
    assert.deepStrictEqual(fs.readdirSync('/code').sort(), ['data', 'index.js']);
    assert(fs.statSync('/code/data').isDirectory() && fs.existsSync('/code/index.js') && !fs.existsSync('/code/no') && !fs.existsSync('/etc/passwd'));
    for (const run of [() => fs.writeFileSync('/code/x', '1'), () => fs.unlinkSync('/code/index.js'), () => fs.mkdirSync('/code/d'), () => fs.appendFileSync('/code/index.js', 'x')])
      assert.throws(run, e => e.code === 'EROFS', run.toString());
    assert.throws(() => fs.readFileSync('/etc/passwd'), {code: 'ENOENT'});
    assert.throws(() => fs.readFileSync('/code/../etc/passwd'), {code: 'ENOENT'});
    assert.throws(() => fs.writeFileSync('/etc/x', ''), {code: 'EACCES'});
    assert.throws(() => fs.readFileSync('/code/data'), {code: 'EISDIR'});
    fs.mkdirSync('/tmp/a/b', {recursive: true});
    fs.writeFileSync('/tmp/a/b/c', 'one'); fs.appendFileSync('/tmp/a/b/c', ' two');
    assert.strictEqual(fs.readFileSync('/tmp/a/b/c', 'utf8'), 'one two');
    assert.throws(() => fs.writeFileSync('/tmp/a/b/c', '', {flag: 'wx'}), {code: 'EEXIST'});
    fs.renameSync('/tmp/a/b/c', '/tmp/d'); fs.copyFileSync('/tmp/d', '/tmp/e');
    assert.deepStrictEqual(fs.readdirSync('/tmp'), ['a', 'd', 'e']);
    fs.rmSync('/tmp/a', {recursive: true}); fs.unlinkSync('/tmp/d');
    assert.strictEqual(await fs.promises.readFile('/tmp/e', 'utf8'), 'one two');
    assert.strictEqual(await new Promise((ok, no) => fs.readFile('/tmp/e', 'utf8', (e, d) => e ? no(e) : ok(d))), 'one two');
    const big = Buffer.alloc(300000, 'x'); fs.writeFileSync('/tmp/big', big);
    assert(fs.readFileSync('/tmp/big').equals(big));
    let piped = ''; for await (const chunk of fs.createReadStream('/tmp/e', 'utf8')) piped += chunk;
    assert.strictEqual(piped, 'one two');
    fs.rmSync('/tmp/e'); fs.rmSync('/tmp/big');
  },
  crypto() {
    const crypto = require('crypto');
    assert.strictEqual(crypto.createHash('sha256').update('a').update(Buffer.from('bc')).digest('hex'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    assert.strictEqual(crypto.createHash('md5').update('').digest('base64'), '1B2M2Y8AsgTpgAmY7PhCfg==');
    assert.strictEqual(crypto.createHmac('sha1', 'key').update('data').digest('hex'), '104152c5bfdca07bc633eebd46199f0255c9f49d');
    assert.strictEqual(crypto.createHash('sha512').update(Buffer.alloc(200000)).digest().length, 64);
    assert.throws(() => crypto.createHash('rot13'));
    assert.match(crypto.randomUUID(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.strictEqual(crypto.randomBytes(100000).length, 100000);
    const n = crypto.randomInt(5, 8); assert(n >= 5 && n < 8);
    assert(crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('a')));
  },
  assert() {
    assert.throws(() => assert.strictEqual(1, 2), assert.AssertionError);
    assert.throws(() => assert.deepStrictEqual({a: 1}, {a: 2}));
    assert.deepStrictEqual(new Map([[1, {a: 2}]]), new Map([[1, {a: 2}]]));
  },
  async stream() {
    const {Readable, Transform, pipeline} = require('stream');
    const up = new Transform({transform(c, e, done) { done(null, c.toString().toUpperCase()); }});
    let got = '';
    await new Promise((ok, no) => pipeline(Readable.from(['a', 'b']), up, e => e ? no(e) : ok()).on('data', c => got += c));
    assert.strictEqual(got, 'AB');
  },
  async timers() {
    const order = [];
    await new Promise(done => {
      setTimeout(() => { order.push('timeout'); done(); }, 5);
      const i = setInterval(() => order.push('interval') == 2 && clearInterval(i), 1);
      setImmediate(() => order.push('immediate'));
      process.nextTick(() => order.push('tick'));
      clearTimeout(setTimeout(() => order.push('never'), 1));
    });
    assert.deepStrictEqual([order[0], order[1], order[order.length - 1]], ['tick', 'immediate', 'timeout']);
    assert(!order.includes('never'));
    await require('timers/promises').setTimeout(1);
    const began = process.hrtime.bigint(), wall = Date.now();
    await new Promise(done => setTimeout(done, 30));
    assert(process.hrtime.bigint() - began >= 30000000n);
    assert(Date.now() - wall >= 29 && Math.abs(Date.now() - wall) < 20000);
  },
  process() {
    assert.strictEqual(process.cwd(), '/code');
    assert.strictEqual(typeof process.version, 'string');
    assert.strictEqual(process.env.HOME, undefined);
    assert.strictEqual(process.platform, 'linux');
    assert.strictEqual(structuredClone({a: new Date(0)}).a.getTime(), 0);
    assert.strictEqual(require('os').tmpdir(), '/tmp');
    assert.strictEqual(require('querystring').parse('a=1').a, '1');
  },
  async zlib() {
    const zlib = require('zlib'), {promisify} = require('util'), {pipeline} = require('stream/promises');
    const text = 'hello, hello, hello, ' .repeat(20000);
    for (const [pack, unpack] of [['gzip', 'gunzip'], ['deflate', 'inflate'], ['deflateRaw', 'inflateRaw'], ['gzip', 'unzip'], ['deflate', 'unzip']]) {
      const packed = zlib[pack + 'Sync'](text, {level: 9});
      assert(Buffer.isBuffer(packed) && packed.length < text.length / 50, pack);
      assert(zlib[unpack + 'Sync'](packed).toString() === text, pack);
      assert((await promisify(zlib[unpack])(await promisify(zlib[pack])(text))).toString() === text, pack);
      assert.throws(() => zlib[unpack + 'Sync'](packed.subarray(0, packed.length - 9)), {code: 'Z_BUF_ERROR'});
      assert.throws(() => zlib[unpack + 'Sync'](packed, {maxOutputLength: 1000}), {code: 'ERR_BUFFER_TOO_LARGE'});
    }
    assert.strictEqual(zlib.gunzipSync(Buffer.from('H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==', 'base64')).toString(), 'hello');
    const twice = Buffer.concat([zlib.gzipSync('one, '), zlib.gzipSync('two'), Buffer.from('garbage')]);
    assert.strictEqual(zlib.gunzipSync(twice).toString(), 'one, two');
    assert.strictEqual(zlib.gunzipSync(zlib.gzipSync('')).length, 0);
    assert.throws(() => zlib.gunzipSync('none'), {code: 'Z_BUF_ERROR'});
    assert.throws(() => zlib.gunzipSync('this is no gzip'), {code: 'Z_DATA_ERROR'});
    await assert.rejects(promisify(zlib.inflate)(Buffer.from('this is no deflate')), {code: 'Z_DATA_ERROR'});
    assert.throws(() => zlib.gzip(5, () => {}), {code: 'ERR_INVALID_ARG_TYPE'});
    assert.throws(() => zlib.gzipSync('', {level: 10}), {code: 'ERR_OUT_OF_RANGE'});
    const {Readable, Writable} = require('stream'), got = [];
    await pipeline(Readable.from([Buffer.from('a'), Buffer.from('b')]), zlib.createGzip(), zlib.createGunzip(), new Writable({write(chunk, e, done) { got.push(chunk); done(); }}));
    assert.strictEqual(Buffer.concat(got).toString(), 'ab');
    await assert.rejects(pipeline(Readable.from([Buffer.from('this is no gzip')]), zlib.createGunzip(), new Writable({write(c, e, done) { done(); }})), {code: 'Z_DATA_ERROR'});
    assert.throws(() => zlib.brotliCompressSync('a'), /no Brotli/);
    assert.strictEqual(zlib.createBrotliDecompress, undefined);
  },
  vm() {
    const vm = require('vm');
    globalThis.given = 20;
    assert.strictEqual(vm.runInThisContext('var made = given + 1; made * 2'), 42);
    assert.strictEqual(made, 21);
    const script = new vm.Script('given += 1', {filename: 'counter.js'});
    assert.strictEqual(script.runInThisContext() + script.runInThisContext(), 43);
    assert.strictEqual(vm.compileFunction('return a + b', ['a', 'b'])(1, 2), 3);
    assert.throws(() => new vm.Script('let = = 1', 'wrong.js'), e => e instanceof SyntaxError && /wrong.js:1/.test(e.message));
    assert.throws(() => vm.runInThisContext('undefined.x', 'thrown.js'), e => e instanceof TypeError && /thrown.js:1/.test(e.stack));
    for (const name of ['createContext', 'runInContext', 'runInNewContext']) assert.throws(() => vm[name]('1', {}), /one global scope/);
    assert.throws(() => script.runInNewContext({}), /one global scope/);
  },
  small() {
    const {StringDecoder} = require('string_decoder'), d = new StringDecoder('utf8');
    assert.strictEqual(d.write(Buffer.from([0xe2, 0x82])) + d.write(Buffer.from([0xac])), '€');
    assert.deepStrictEqual({...require('querystring').parse('a=1&a=2&b=%20')}, {a: ['1', '2'], b: ' '});
    assert.strictEqual(require('querystring').stringify({a: [1, 2], b: ' '}), 'a=1&a=2&b=%20');
    assert.strictEqual(require('os').EOL, '\n');
    assert(require('perf_hooks').performance.now() > 0);
    const channel = require('diagnostics_channel').channel('c'), told = [];
    channel.subscribe(m => told.push(m)); channel.publish('m'); assert.deepStrictEqual([told, channel.hasSubscribers], [['m'], true]);
    const threads = require('worker_threads'); assert(threads.isMainThread && threads.parentPort === null);
    assert(require('cluster').isPrimary);
  },
  absent() {
    for (const [name, use] of [['net', m => m.connect(1)], ['child_process', m => m.execSync('ls')], ['http', m => m.createServer()], ['worker_threads', m => new m.Worker('a')],
      ['dns', m => m.lookup('a')], ['tls', m => m.connect(1)], ['http2', m => m.connect('a')], ['v8', m => m.serialize(1)], ['readline', m => m.createInterface()], ['cluster', m => m.fork()]])
      assert.throws(() => use(require(name)), e => /not available here/.test(e.message), name);
    assert.throws(() => process.kill(2), {code: 'ESRCH'});
    assert(process.kill(process.pid, 0));
    return fetch('http://a').then(() => assert.fail('it fetched'), e => assert(e instanceof TypeError && /without a client for outbound HTTP/.test(e.message), e.message));
  },
};
exports.handler = async event => event == 'names' ? Object.keys(checks).join(' ') : (await checks[event](), 'ok');
`))
		for name := range strings.FieldsSeq(f.answer(t, "names")) {
			t.Run(name, func(t *testing.T) { require.Equal(t, "ok", f.answer(t, name)) })
		}
	})
}

func TestNodeJS_Instances(t *testing.T) {
	node := newNodeJS(t, host.Config{})

	t.Run("start from an image with the code loaded, and with random numbers of their own", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
const loaded = require('crypto').randomUUID();
exports.handler = () => JSON.stringify({loaded, random: [Math.random(), Math.random()], uuid: require('crypto').randomUUID(), wall: Date.now()});
`))
		require.Equal(t, "image", f.startsBy)
		seen := map[string]bool{}
		var loaded string
		for range 4 {
			var got struct {
				Loaded string
				Random []float64
				UUID   string
				Wall   int64
			}
			require.NoError(t, json.Unmarshal([]byte(f.answer(t, "")), &got))
			if loaded == "" {
				loaded = got.Loaded
			}
			require.Equal(t, loaded, got.Loaded, "it was loaded once, at deploy")
			key, err := json.Marshal(got.Random)
			require.NoError(t, err)
			require.False(t, seen[string(key)] || seen[got.UUID], "the same numbers in two instances")
			seen[string(key)], seen[got.UUID] = true, true
			require.WithinDuration(t, time.Now(), time.UnixMilli(got.Wall), 10*time.Second)
			_, err = node.StopInstances(t.Context(), f.Key, "")
			require.NoError(t, err)
		}
	})

	t.Run("have a /tmp of their own", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
const fs = require('fs');
exports.handler = event => { const had = fs.readdirSync('/tmp').join(); fs.writeFileSync('/tmp/' + event, 'x'); return had; };
`))
		require.Equal(t, "", f.answer(t, "a"))
		require.Equal(t, "a", f.answer(t, "b"))
		_, err := node.StopInstances(t.Context(), f.Key, "")
		require.NoError(t, err)
		require.Equal(t, "", f.answer(t, "c"))
	})

	t.Run("run initializer, preFreeze and preStop, with callbacks or promises", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
let n = 0;
exports.initializer = (context, callback) => { n = 0; console.log('init', context.requestId.length); callback(null, ''); };
exports.handler = (event, context, callback) => { n += 2; callback(null, String(n)); };
`, "hooks.js", `
exports.preFreeze = (context, callback) => { require('./index'); globalThis.frozen = (globalThis.frozen || 0) + 1; console.log('freeze', globalThis.frozen); callback(null, ''); };
exports.preStop = async context => { await new Promise(done => setTimeout(done, 2)); console.warn('stop', context.function.handler); };
`), func(f *fn.Function) {
			f.Initializer.Handler, f.PreFreeze.Handler, f.PreStop.Handler = "index.initializer", "hooks.preFreeze", "hooks.preStop"
		})
		require.Equal(t, "2", f.answer(t, ""))
		until(t, "it is paused", func() bool { return node.Instances(f.Key)[0].State == "paused" })
		require.Equal(t, "4", f.answer(t, ""))
		_, err := node.StopInstances(t.Context(), f.Key, "")
		require.NoError(t, err)
		require.Equal(t, []string{"Initialize info init 36", "PreFreeze info freeze 1", "PreFreeze info freeze 2", "PreStop warn stop index.handler"}, f.lines(t))
	})

	t.Run("log what is said to the request it belongs to, with its level", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
exports.handler = (event, context, callback) => {
  console.log('log', {a: [1]}, 2n, 'ü'); console.debug('debug'); console.warn('warn'); console.error(new TypeError('err')); console.info('%s-%d', 'a', 5);
  context.logger.warn('logger'); process.stdout.write('out\npart'); process.stdout.write('ial\n'); process.stderr.write('err\n'); console.log('two\nlines');
  Promise.reject(new Error('nobody'));
  callback(null, '');
};
`))
		f.answer(t, "")
		lines := f.lines(t)
		for i, want := range []string{
			"info log { a: [ 1 ] } 2n ü", "debug debug", "warn warn", "error TypeError: err", "info a-5", "warn logger", "info out", "info partial", "error err", "info two\nlines",
			"error Unhandled promise rejection: Error: nobody",
		} {
			require.Contains(t, lines[i], "Invoke "+want, "%q", lines)
		}
		require.Contains(t, lines[3], "/code/index.js:3")
	})
}

func TestNodeJS_BadCode(t *testing.T) {
	node := newNodeJS(t, host.Config{})
	tree := treeOf(t, "index.js", `
const bad = {
  loop() { for (;;); },
  async jobs() { for (;;) await null; },
  recurse() { const f = n => f(n + 1) + 1; try { f(0); } catch (e) { return e instanceof RangeError ? 'caught' : String(e); } },
  deep() { const f = n => f(n + 1) + 1; return f(0); },
  deepJSON() { let o = []; for (let i = 0; i < 1e4; i++) o = [o]; return o; },
  memory() { const all = []; for (;;) all.push(new Uint8Array(1 << 20)); },
  string() { let s = 'x'; for (;;) s += s; },
  buffer() { return Buffer.alloc(2 ** 31); },
  exit() { process.exit(7); },
  abort() { process.abort(); },
  kill() { process.kill(process.pid); },
  fork() { require('child_process').fork('/code/index.js'); },
  spawn() { require('child_process').spawn('ls'); },
  latin1() { process.stdout.write(Buffer.from([0x67, 0x72, 0xfc, 0x6e, 0x0a])); process.stderr.write(Buffer.from([0xff, 0x0a])); return 'printed'; },
  regexp() { return /^(a+)+$/.test('a'.repeat(40) + 'b'); },
  huge() { return new Uint8Array(40 << 20); },
  interval() { setInterval(() => {}, 1); return new Promise(() => {}); },
  prototype() { Object.prototype.toString = null; Array.prototype.map = null; return 'ok'; },
  fine() { return 'fine'; },
};
exports.handler = event => bad[event]();
`)
	f, patient := node.deploy(t, tree, timeout(time.Second)), node.deploy(t, tree, timeout(time.Minute))
	for event, want := range map[string]string{
		"loop": fn.TypeTimeout, "jobs": fn.TypeTimeout, "deep": "RangeError", "memory": fn.TypeOutOfMemory,
		"exit": fn.TypeExit, "abort": fn.TypeExit, "kill": fn.TypeExit, "fork": "Error", "spawn": "Error", "regexp": fn.TypeTimeout, "huge": fn.TypeABI, "interval": fn.TypeTimeout,
	} {
		t.Run(event, func(t *testing.T) {
			f := f
			if want != fn.TypeTimeout {
				f = patient
			}
			fault := f.fault(t, event)
			require.Equal(t, want, fault.Type, fault.Message)
			require.Equal(t, "fine", f.answer(t, "fine"))
		})
	}
	for _, event := range []string{"string", "buffer"} {
		t.Run(event, func(t *testing.T) {
			require.NotNil(t, patient.call(t, event).Fault)
			require.Equal(t, "fine", patient.answer(t, "fine"))
		})
	}
	t.Run("output in an unknown encoding", func(t *testing.T) {
		require.Equal(t, "printed", patient.answer(t, "latin1"))
		require.Contains(t, patient.lines(t), "Invoke info gr\uFFFDn")
		require.Contains(t, patient.lines(t), "Invoke error \uFFFD")
		require.Equal(t, "fine", patient.answer(t, "fine"))
	})
	require.Equal(t, "caught", patient.answer(t, "recurse"))
	require.Len(t, patient.answer(t, "deepJSON"), 20_002)
	require.Equal(t, "ok", patient.answer(t, "prototype"))
	require.Equal(t, "fine", patient.answer(t, "fine"))
}

func TestNodeJS_Overlap(t *testing.T) {
	node := newNodeJS(t, host.Config{})
	shared := func(f *fn.Function) { f.Limits.Concurrency, f.Limits.MaxInstances = 20, 1 }
	// calls runs events beside each other and returns the answers in their order.
	calls := func(f *function, events ...string) []*fn.Response {
		responses := make([]*fn.Response, len(events))
		var all sync.WaitGroup
		for i, event := range events {
			all.Go(func() { responses[i] = f.call(t, event) })
		}
		all.Wait()
		return responses
	}

	t.Run("requests meet in one instance, with one preFreeze after the last", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
let waiting = [], frozen = 0;
// Nobody is answered before all are there.
exports.handler = (event, context) => new Promise(done => {
  waiting.push(done);
  if (waiting.length == 10) { waiting.forEach((done, i) => done('met' + frozen)); waiting = []; }
});
exports.preFreeze = async () => { frozen++; };
`), shared, func(f *fn.Function) { f.PreFreeze.Handler = "index.preFreeze" })
		for round := range 3 {
			ids := map[string]bool{}
			for _, resp := range calls(f, make([]string, 10)...) {
				require.Nil(t, resp.Fault)
				require.Equal(t, fmt.Sprintf("met%d", round), string(resp.Body))
				ids[resp.InstanceID] = true
			}
			require.Len(t, ids, 1)
			until(t, "it is paused", func() bool { return node.Instances(f.Key)[0].State == "paused" })
		}
	})

	t.Run("log lines and answers go to their own requests, behind every await", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
const wait = ms => new Promise(done => setTimeout(done, ms));
exports.handler = async (event, context) => {
  for (let i = 0; i < 5; i++) {
    console.log('step', i, String(event));
    await null;
    await wait(Math.random() * 10);
    context.logger.warn('logger', String(event));
    setTimeout(() => console.log('timer', String(event)), 1);
  }
  await wait(5);
  return context.requestId + ' ' + event;
};
`), shared)
		events := strings.Fields("a b c d e f g h i j")
		for i, resp := range calls(f, events...) {
			require.Nil(t, resp.Fault)
			require.Equal(t, resp.RequestID.String()+" "+events[i], string(resp.Body))
			records, err := f.Logs(f.Key, logs.Filter{RequestID: resp.RequestID.String()})
			require.NoError(t, err)
			n := 0
			for _, r := range records {
				if !strings.HasPrefix(r.Message, "FC ") {
					n++
					require.True(t, strings.HasSuffix(r.Message, " "+events[i]), "%s has the line %q", events[i], r.Message)
				}
			}
			require.Equal(t, 15, n)
		}
	})

	t.Run("an error, a bad answer or a missed deadline is one request's own", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
const wait = ms => new Promise(done => setTimeout(done, ms));
exports.handler = async (event, context) => {
  await wait(20);
  if (event == 'throw') throw new RangeError('mine');
  if (event == 'timer') { setTimeout(() => { throw new TypeError('in a timer'); }, 1); await wait(1e6); }
  if (event == 'status') context.response.setStatusCode(99);
  if (event == 'never') await new Promise(() => {});
  if (event == 'reject') Promise.reject(new Error('lost'));
  await wait(50);
  return 'fine';
};
`), shared, timeout(2*time.Second))
		events := []string{"a", "throw", "timer", "status", "b", "never", "reject"}
		got := map[string]string{}
		for i, resp := range calls(f, events...) {
			got[events[i]] = string(resp.Body)
			if resp.Fault != nil {
				got[events[i]] = resp.Fault.Type
			}
		}
		require.Equal(t, map[string]string{
			"a": "fine", "b": "fine", "reject": "fine", "throw": "RangeError", "timer": "TypeError", "status": fn.TypeABI, "never": fn.TypeTimeout,
		}, got)
		require.Equal(t, "fine", f.answer(t, "again"), "another instance: the one with the missed deadline takes no more requests")
	})

	t.Run("a loop is interrupted at its deadline, and those who wait beside it go on", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
exports.handler = async event => {
  if (event == 'spin') { await null; for (;;); }
  await new Promise(done => setTimeout(done, 200));
  return 'fine';
};
`), shared, timeout(time.Second))
		var spin *fn.Response
		var both sync.WaitGroup
		both.Go(func() { spin = f.call(t, "spin") })
		time.Sleep(500 * time.Millisecond) // its deadline is before that of the next
		require.Equal(t, "fine", f.answer(t, "wait"))
		both.Wait()
		require.Equal(t, fn.TypeTimeout, spin.Fault.Type)
		require.Equal(t, "fine", f.answer(t, "wait"))
	})

	t.Run("a guest that dies takes all its requests with it, and the next start anew", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
exports.handler = async event => { await new Promise(done => setTimeout(done, 20)); if (event == 'exit') process.exit(4); await new Promise(done => setTimeout(done, 1000)); return 'fine'; };
`), shared)
		for _, resp := range calls(f, "a", "b", "exit") {
			require.NotNil(t, resp.Fault)
			require.Equal(t, fn.TypeExit, resp.Fault.Type)
		}
		require.Equal(t, "fine", f.answer(t, "a"))
	})

	t.Run("many requests at once are all answered", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
exports.handler = async event => { await new Promise(done => setTimeout(done, Number(event) % 7)); return String(event); };
`), func(f *fn.Function) { f.Limits.Concurrency, f.Limits.MaxInstances = 10, 3 }, timeout(time.Minute))
		var events []string
		for i := range 200 {
			events = append(events, strconv.Itoa(i))
		}
		for i, resp := range calls(f, events...) {
			require.Nil(t, resp.Fault)
			require.Equal(t, events[i], string(resp.Body))
		}
	})
}
