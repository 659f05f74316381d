// process, performance and the other globals of Node.js.

{
  const { EventEmitter } = bundled.events();
  const stream = fd => {
    const out = {
      fd, isTTY: false, writable: true,
      write(data, encoding, done) {
        if (typeof encoding === 'function') done = encoding;
        host(op.print, fd, typeof data === 'string' ? data : decode(bytesOf(data)));
        if (done) queueMicrotask(done);
        return true;
      },
      end(data) { if (data !== undefined) this.write(data); },
    };
    return Object.assign(Object.create(EventEmitter.prototype), out);
  };
  const stdin = Object.assign(Object.create(EventEmitter.prototype), { fd: 0, isTTY: false, read: () => null, setEncoding() { return this; }, resume() { return this; }, pause() { return this; } });
  const hrtime = before => {
    const ns = BigInt(Math.round(now() * 1e6));
    let seconds = Number(ns / 1000000000n), rest = Number(ns % 1000000000n);
    if (before) {
      seconds -= before[0];
      rest -= before[1];
      if (rest < 0) [seconds, rest] = [seconds - 1, rest + 1e9];
    }
    return [seconds, rest];
  };
  hrtime.bigint = () => BigInt(Math.round(now() * 1e6));
  const began = now();
  const signals = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGUSR1: 10, SIGSEGV: 11, SIGUSR2: 12, SIGTERM: 15 };
  Object.setPrototypeOf(globalThis.process, EventEmitter.prototype);
  Object.assign(globalThis.process, {
    env: { ...settings.env }, argv: ['node', '/code'], argv0: 'node', execArgv: [], execPath: '/usr/bin/node', title: 'node', pid: 1, ppid: 0,
    arch: 'wasm32', platform: 'linux', version: 'v20.0.0', versions: { node: '20.0.0', quickjs: 'ng' }, release: { name: 'node' }, config: {}, features: {},
    exitCode: undefined,
    cwd: () => '/code',
    chdir: () => { throw absent('process.chdir', 'the folder of a function is always /code'); },
    exit: code => { host(op.exit, Number(code ?? globalThis.process.exitCode ?? 0) | 0); },
    abort: () => { host(op.exit, 134); },
    kill: (pid, signal = 'SIGTERM') => {
      if (Number(pid) !== globalThis.process.pid) throw systemError('ESRCH', 'kill');
      const number = typeof signal === 'number' ? signal : signals[signal];
      if (number === undefined) throw Object.assign(new TypeError(`Unknown signal: ${signal}`), { code: 'ERR_UNKNOWN_SIGNAL' });
      if (number !== 0) host(op.exit, 128 + number);
      return true;
    },
    uptime: () => (now() - began) / 1000,
    hrtime,
    nextTick: (run, ...args) => {
      const owner = ownerNow();
      queueMicrotask(() => guarded(owner, () => run(...args)));
    },
    memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
    cpuUsage: () => ({ user: Math.round((now() - began) * 1000), system: 0 }),
    umask: () => 0o22, getuid: () => 0, geteuid: () => 0, getgid: () => 0, getegid: () => 0,
    emitWarning: warning => console.warn(String(warning && warning.stack || warning)),
    binding: () => { throw absent('process.binding', 'there is no Node.js underneath'); },
    stdout: stream(1), stderr: stream(2), stdin,
  });
  Object.defineProperty(globalThis.process, Symbol.toStringTag, { value: 'process', configurable: true }); // by which packages know Node.js
  globalThis.global = globalThis;
  for (const name of ['URL', 'URLSearchParams', 'structuredClone', 'AbortController', 'AbortSignal', 'EventTarget']) {
    if (globalThis[name]) continue;
    Object.defineProperty(globalThis, name, {
      configurable: true, enumerable: false,
      get() { return bundled[name](); },
      set(value) { hidden(globalThis, name, value); },
    });
  }
}
