package host_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
)

func TestNodeJS_AsyncLocalStorage(t *testing.T) {
	node := newNodeJS(t, host.Config{})
	const code = `
const assert = require('assert'), {AsyncLocalStorage, AsyncResource} = require('async_hooks'), {EventEmitter} = require('events');
const als = new AsyncLocalStorage(), other = new AsyncLocalStorage();
const wait = ms => new Promise(done => setTimeout(done, ms));
let open; // resolved by somebody else than who waits
const checks = {
  async await_() { // of values, promises that are settled, pending or rejected, and thenables
    await null; assert.strictEqual(als.getStore(), 'a');
    await Promise.resolve(1); assert.strictEqual(als.getStore(), 'a');
    await wait(1); assert.strictEqual(als.getStore(), 'a');
    await Promise.reject(1).catch(() => {}); assert.strictEqual(als.getStore(), 'a');
    try { await Promise.reject(1); } catch { assert.strictEqual(als.getStore(), 'a'); }
    assert.strictEqual(await {then(done) { done(als.getStore()); }}, 'a');
    for await (const x of (async function* () { yield 1; await wait(1); yield 2; })()) assert.strictEqual(als.getStore(), 'a');
    await Promise.all([wait(1), null]); assert.strictEqual(als.getStore(), 'a');
  },
  async nested() {
    const seen = [];
    const deep = async name => { await null; seen.push(als.getStore() === name); await wait(1); seen.push(als.getStore() === name); };
    await Promise.all([als.run('b', deep, 'b'), als.run('c', deep, 'c'), deep('a'), other.run('x', async () => { await wait(1); assert.deepStrictEqual([als.getStore(), other.getStore()], ['a', 'x']); })]);
    assert.deepStrictEqual([seen, als.getStore(), other.getStore()], [Array(6).fill(true), 'a', undefined]);
    als.exit(() => assert.strictEqual(als.getStore(), undefined));
    als.enterWith('d'); assert.strictEqual(als.getStore(), 'd');
    await null; assert.strictEqual(als.getStore(), 'd');
    assert.throws(() => als.run('e', () => { throw new Error(als.getStore()); }), /^Error: e$/);
    assert.strictEqual(als.getStore(), 'd');
  },
  async resolvedByOthers() {
    const gate = new Promise(done => { open = done; });
    const waits = als.run('w', async () => { await gate; return als.getStore(); }), then = als.run('t', () => gate.then(() => als.getStore()));
    als.run('opener', () => open());
    assert.deepStrictEqual(await Promise.all([waits, then]), ['w', 't']);
  },
  async callbacks() {
    const seen = [], see = name => () => seen.push(name + als.getStore());
    als.run('1', () => { setTimeout(see('timeout'), 1); setImmediate(see('immediate')); process.nextTick(see('tick')); queueMicrotask(see('microtask')); });
    const snapshot = als.run('2', () => AsyncLocalStorage.snapshot()), resource = als.run('3', () => new AsyncResource('R'));
    await wait(5);
    assert.deepStrictEqual(seen.sort(), ['immediate1', 'microtask1', 'tick1', 'timeout1']);
    assert.strictEqual(snapshot(() => als.getStore()), '2');
    assert.strictEqual(resource.runInAsyncScope((a, b) => als.getStore() + a + b, null, 4, 5), '345');
    const e = new EventEmitter(); e.on('x', als.run('6', () => AsyncResource.bind(() => seen.push(als.getStore())))); e.emit('x');
    assert.strictEqual(seen.pop(), '6');
  },
  async promisesAreWhatTheyWere() {
    class Own extends Promise {}
    const p = (async () => 1)();
    assert(p instanceof Promise && p.constructor === Promise && Promise.resolve(p) === p && new Own(() => {}) instanceof Promise);
    assert(Own.resolve(1) instanceof Own && Own.resolve(1).then(() => 2) instanceof Own);
    assert.deepStrictEqual(await Promise.allSettled([p, Promise.reject(2)]), [{status: 'fulfilled', value: 1}, {status: 'rejected', reason: 2}]);
    assert.strictEqual(await p.finally(() => 7), 1);
    assert.throws(() => require('async_hooks').createHook({}), /not available here/);
  },
};
exports.handler = async event => {
  const name = String(event);
  if (name === 'names') return Object.keys(checks);
  assert.strictEqual(als.getStore(), undefined); // of the request before
  if (checks[name]) await als.run('a', checks[name]);
  else await als.run(name, async () => { for (let i = 0; i < 5; i++) { await (i % 2 ? wait(1) : null); assert.strictEqual(als.getStore(), name); } });
  assert.strictEqual(als.getStore(), undefined);
  return 'ok';
};
`
	tree := treeOf(t, "index.js", code)

	t.Run("is kept through promises, awaits, timers and ticks", func(t *testing.T) {
		f := node.deploy(t, tree)
		for _, name := range []string{"await_", "nested", "resolvedByOthers", "callbacks", "promisesAreWhatTheyWere", "await_"} {
			require.Equal(t, "ok", f.answer(t, name), name)
		}
	})

	t.Run("is each request's own where they overlap", func(t *testing.T) {
		f := node.deploy(t, tree, func(f *fn.Function) { f.Limits.Concurrency, f.Limits.MaxInstances = 20, 1 })
		var all sync.WaitGroup
		for i := range 60 {
			all.Go(func() {
				name := []string{"await_", "nested", "resolvedByOthers", "callbacks", fmt.Sprint("request ", i)}[i%5]
				if resp := f.call(t, name); string(resp.Body) != "ok" {
					t.Errorf("%s: %s", name, resp.Body)
				}
			})
		}
		all.Wait()
	})
}
