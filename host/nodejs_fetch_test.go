package host_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/outbound"
)

// collector answers with what it got, and keeps count.
func collector(t *testing.T) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var got atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.Add(1)
		body, _ := io.ReadAll(r.Body)
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		switch r.URL.Path {
		case "/json":
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"method":%q,"type":%q,"own":%q,"body":%q}`, r.Method, r.Header.Get("Content-Type"), r.Header.Get("X-Own"), body)
		case "/bytes":
			w.Write([]byte{0, 255, 128})
		case "/away":
			http.Redirect(w, r, "/json", http.StatusFound)
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/slow":
			select {
			case <-time.After(300 * time.Millisecond):
				w.Write([]byte("late"))
			case <-r.Context().Done():
			}
		case "/never":
			<-r.Context().Done()
		}
	}))
	t.Cleanup(s.Close)
	return s, &got
}

func TestNodeJS_Fetch(t *testing.T) {
	node := newNodeJS(t, host.Config{Outbound: outbound.New(outbound.Config{})})
	s, got := collector(t)
	here := func(f *fn.Function) { f.AllowHosts = []string{s.Listener.Addr().String()} }

	t.Run("sends method, headers and body, and gives status, headers, text, JSON and bytes", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
const assert = require('assert');
const cases = {
  async post(base) {
    const r = await fetch(base + '/json', {method: 'post', headers: {'X-Own': 'yes', 'Content-Type': 'text/csv'}, body: 'a,b'});
    assert(r instanceof Response && r.ok && r.status === 200 && r.statusText === 'OK' && r.url === base + '/json' && !r.redirected);
    assert.deepStrictEqual([r.headers.get('Content-Type'), r.headers.getSetCookie().join(';'), r.headers.has('x-none')], ['application/json', 'a=1;b=2', false]);
    assert.deepStrictEqual(await r.clone().json(), {method: 'POST', type: 'text/csv', own: 'yes', body: 'a,b'});
    await r.text();
    await assert.rejects(r.text(), /already been read/);
  },
  async types(base) {
    const type = async body => (await (await fetch(new URL(base + '/json'), {method: 'PUT', body})).json());
    assert.deepStrictEqual(await type('ä'), {method: 'PUT', type: 'text/plain;charset=UTF-8', own: '', body: 'ä'});
    assert.deepStrictEqual(await type(new URLSearchParams({a: '1 2'})), {method: 'PUT', type: 'application/x-www-form-urlencoded;charset=UTF-8', own: '', body: 'a=1+2'});
    assert.strictEqual((await type(Buffer.from('raw'))).body, 'raw');
  },
  async bytes(base) {
    const r = await fetch(base + '/bytes');
    assert.deepStrictEqual([...new Uint8Array(await r.arrayBuffer())], [0, 255, 128]);
  },
  async redirects(base) {
    const followed = await fetch(base + '/away');
    assert(followed.redirected && followed.url === base + '/json');
    assert.strictEqual((await fetch(base + '/away', {redirect: 'manual'})).status, 302);
    await assert.rejects(fetch(base + '/away', {redirect: 'error'}), TypeError);
    const missing = await fetch(base + '/missing');
    assert(!missing.ok && missing.status === 404);
  },
  async beside(base) {
    let ticks = 0;
    const clock = setInterval(() => ticks++, 20);
    const began = Date.now();
    const all = await Promise.all([1, 2, 3, 4].map(() => fetch(base + '/slow').then(r => r.text())));
    clearInterval(clock);
    assert.deepStrictEqual(all, ['late', 'late', 'late', 'late']);
    assert(ticks > 2, 'timers ran meanwhile');
  },
  async signal(base) {
    const control = new AbortController();
    setTimeout(() => control.abort(), 20);
    await assert.rejects(fetch(base + '/never', {signal: control.signal}), {name: 'AbortError'});
    await assert.rejects(fetch(base + '/never', {signal: control.signal}), {name: 'AbortError'});
  },
  async refused() {
    const refused = async (pattern, ...args) => assert.rejects(fetch(...args), e => e instanceof TypeError && pattern.test(e.message) || assert.fail(e.message));
    await refused(/example.com/, 'http://example.com/');
    await refused(/Failed to parse URL/, 'file:///etc/passwd');
    await refused(/Content-Length/i, 'http://example.com/', {method: 'POST', headers: {'Content-Length': '1'}, body: 'x'});
    await refused(/cannot have body/, 'http://example.com/', {body: 'x'});
  },
};
exports.handler = async event => { const [name, base] = event.toString().split(' '); await cases[name](base); return 'ok'; };
`), here)
		for _, name := range []string{"post", "types", "bytes", "redirects", "beside", "signal", "refused"} {
			t.Run(name, func(t *testing.T) { require.Equal(t, "ok", f.answer(t, name+" "+s.URL)) })
		}
	})

	t.Run("serves http and https request and get", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
const http = require('http'), https = require('https'), assert = require('assert');
exports.handler = (event, context, callback) => {
  const base = event.toString(), {hostname, port} = new URL(base);
  const r = http.request({hostname, port, path: '/json', method: 'POST', headers: {'X-Own': 'yes'}}, response => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', piece => { text += piece; });
    response.on('end', () => {
      assert.strictEqual(response.statusCode, 200);
      assert.deepStrictEqual(response.headers['set-cookie'], ['a=1', 'b=2']);
      http.get(base + '/away', away => {
        away.resume();
        https.get('https://example.com/').on('error', e => callback(null, text + away.statusCode + /example.com/.test(e.message)));
      });
    });
  });
  r.setHeader('Content-Type', 'text/plain');
  r.write('one ');
  r.end('two');
};
`), here)
		require.Equal(t, `{"method":"POST","type":"text/plain","own":"yes","body":"one two"}302true`, f.answer(t, s.URL))
	})

	t.Run("sends in preFreeze, and not while code is loaded", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
let early;
fetch(process.env.BASE).catch(e => { early = e.message; });
exports.handler = async () => early;
exports.preFreeze = async () => { await fetch(process.env.BASE + '/json', {method: 'POST', body: 'points'}); };
`), here, env("BASE", s.URL), func(f *fn.Function) { f.PreFreeze.Handler = "index.preFreeze" })
		before := got.Load()
		require.Contains(t, f.answer(t, ""), "while code is loaded")
		until(t, "it has sent", func() bool { return got.Load() > before })
		until(t, "it is paused", func() bool { return node.Instances(f.Key)[0].State == "paused" })
	})

	t.Run("ends with the call that has sent", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
exports.handler = (event, context, callback) => {
  const [base, how] = event.toString().split(' ');
  const sent = fetch(base + '/never');
  if (how === 'leave') { sent.catch(() => {}); return callback(null, 'left'); }
};
`), here, timeout(time.Second))
		require.Equal(t, "left", f.answer(t, s.URL+" leave"))
		require.Equal(t, "left", f.answer(t, s.URL+" leave"))
		require.Equal(t, fn.TypeTimeout, f.fault(t, s.URL+" wait").Type)
		require.Equal(t, "left", f.answer(t, s.URL+" leave"))
	})

	t.Run("leaves the guest to other requests while it waits", func(t *testing.T) {
		f := node.deploy(t, treeOf(t, "index.js", `
let others = 0;
exports.handler = async event => {
  const [base, path] = event.toString().split(' ');
  if (!path) return 'other ' + ++others;
  const before = others;
  await (await fetch(base + path)).text();
  return others > before ? 'met' : 'alone';
};
`), func(f *fn.Function) {
			f.AllowHosts, f.Limits.Concurrency, f.Limits.MaxInstances = []string{"127.0.0.1"}, 10, 1
		})
		release := make(chan struct{})
		var held atomic.Int32
		holding := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			held.Add(1)
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}))
		defer holding.Close()
		waiting := make(chan string, 3)
		for range cap(waiting) {
			go func() { waiting <- string(f.call(t, holding.URL+" /").Body) }()
		}
		until(t, "they wait", func() bool { return held.Load() == 3 })
		require.Len(t, node.Instances(f.Key), 1)
		require.True(t, strings.HasPrefix(f.answer(t, holding.URL), "other"))
		close(release)
		for range cap(waiting) {
			require.Equal(t, "met", <-waiting)
		}
	})
}
