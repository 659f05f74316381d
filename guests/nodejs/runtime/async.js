// async_hooks: AsyncLocalStorage and AsyncResource.
//
// A frame says what each storage has; it is a Map that does not change. A timer runs in the frame in which it was set, and what a promise calls back in that in which then
// was asked. What goes on behind an await does not ask then of a promise, unless the promise's constructor is another than the interpreter's own: so that becomes a
// Proxy of it. Of jobs that are ready at once, such as that of nextTick, the host keeps the frame.

let frame;

function switchTo(next) {
  if (next === frame) return;
  host(op.frame, next);
  frame = next;
}

function within(next, run) {
  const before = frame;
  switchTo(next);
  try {
    return run();
  } finally {
    switchTo(before);
  }
}

// bound is run, in the frame of now.
function bound(run) {
  if (typeof run !== 'function') return run;
  const then = frame;
  return function (...args) {
    return within(then, () => run.apply(this, args));
  };
}

const followFrames = once(() => {
  const { then } = Promise.prototype;
  hidden(Promise.prototype, 'then', { then(done, failed) { return then.call(this, bound(done), bound(failed)); } }.then);
  hidden(globalThis, 'Promise', new Proxy(Promise, {}));
  hidden(Promise.prototype, 'constructor', globalThis.Promise);
});

const asyncHooksModule = once(() => {
  let ids = 1;
  class AsyncLocalStorage {
    constructor() { followFrames(); }
    getStore() { return frame?.get(this); }
    run(store, run, ...args) { return within(new Map(frame).set(this, store), () => run(...args)); }
    exit(run, ...args) { return this.run(undefined, run, ...args); }
    enterWith(store) { switchTo(new Map(frame).set(this, store)); }
    disable() { if (frame?.has(this)) this.enterWith(undefined); }
    static bind(run) { return bound(run); }
    static snapshot() { return bound((run, ...args) => run(...args)); }
  }
  class AsyncResource {
    #frame = frame;
    #id = ++ids;
    constructor(type) { this.type = type; }
    runInAsyncScope(run, self, ...args) { return within(this.#frame, () => run.apply(self, args)); }
    bind(run, self) { return (...args) => this.runInAsyncScope(run, self, ...args); }
    static bind(run, type, self) { return new AsyncResource(type).bind(run, self); }
    asyncId() { return this.#id; }
    triggerAsyncId() { return 0; }
    emitDestroy() { return this; }
  }
  return {
    AsyncLocalStorage, AsyncResource, executionAsyncId: () => 1, triggerAsyncId: () => 0, executionAsyncResource: () => ({}),
    createHook: () => { throw absent('async_hooks.createHook', 'the interpreter does not tell of asynchronous resources; AsyncLocalStorage works'); },
  };
});

hidden(globalThis, '__lull_reframe', next => { frame = next; });
