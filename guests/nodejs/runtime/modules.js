// require: CommonJS as in Node.js, for the modules of Node.js, files, folders, JSON and node_modules.

// unavailable is a module that can be required, and says what is missing when it is used. It has what tells that nothing of it is going on.
const unavailable = (name, why, having = {}) => once(() => {
  const refuse = function () { throw absent(`the module '${name}'`, why); };
  return new Proxy(function () {}, {
    get: (target, key) => {
      if (Object.hasOwn(having, key)) return having[key];
      if (key === '__esModule' || key === 'then' || typeof key === 'symbol') return undefined;
      return key === 'default' ? undefined : refuse;
    },
    apply: refuse, construct: refuse,
  });
});
const noNetwork = 'a function cannot open connections; fetch, http and https send requests to the hosts that it may reach';

const builtins = {
  assert: bundled.assert,
  'assert/strict': () => bundled.assert().strict,
  buffer: () => ({ ...bundled.buffer(), Buffer, constants: { MAX_LENGTH: 0x7fffffff, MAX_STRING_LENGTH: 0x1fffffff }, atob: globalThis.atob, btoa: globalThis.btoa }),
  console: () => globalThis.console,
  constants: () => ({}),
  crypto: cryptoModule,
  events: once(() => {
    const events = bundled.events();
    hidden(events, 'on', events.on || bundled.events().EventEmitter.on);
    return events;
  }),
  fs: fsModule,
  'fs/promises': () => fsModule().promises,
  http: httpModule,
  https: httpsModule,
  module: once(() => ({ builtinModules: Object.keys(builtins), createRequire: file => requireFrom(bundled.path().dirname(pathOf(file))) })),
  os: once(() => ({
    EOL: '\n', arch: () => 'wasm32', platform: () => 'linux', type: () => 'Linux', release: () => '', hostname: () => 'localhost', homedir: () => '/tmp', tmpdir: () => '/tmp',
    endianness: () => 'LE', cpus: () => [{ model: 'lull', speed: 0, times: {} }], totalmem: () => settings.memory * 1048576, freemem: () => 0, uptime: () => process.uptime(),
    loadavg: () => [0, 0, 0], networkInterfaces: () => ({}), userInfo: () => ({ uid: 0, gid: 0, username: 'root', homedir: '/tmp', shell: null }), constants: { signals: {}, errno: {} },
  })),
  path: once(() => {
    const path = bundled.path();
    path.posix ??= path;
    return path;
  }),
  'path/posix': () => builtins.path(),
  perf_hooks: once(() => ({ performance: globalThis.performance })),
  process: () => globalThis.process,
  punycode: unavailable('punycode', 'use the npm package'),
  querystring: bundled.querystring,
  stream: bundled.stream,
  'stream/promises': () => bundled.stream().promises,
  string_decoder: bundled.string_decoder,
  timers: () => ({ setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate }),
  'timers/promises': once(() => ({
    setTimeout: (ms, value) => new Promise(done => setTimeout(done, ms, value)),
    setImmediate: value => new Promise(done => setImmediate(done, value)),
  })),
  url: once(() => {
    const url = bundled.url(), { URL } = globalThis;
    return { ...url, URL, URLSearchParams: globalThis.URLSearchParams, fileURLToPath: u => decodeURIComponent(new URL(u).pathname), pathToFileURL: path => new URL('file://' + encodeURI(pathOf(path))) };
  }),
  util: once(() => {
    const util = bundled.util();
    util.TextEncoder ??= TextEncoder;
    util.TextDecoder ??= TextDecoder;
    util.isDeepStrictEqual ??= (a, b) => { try { bundled.assert().deepStrictEqual(a, b); return true; } catch { return false; } };
    util.stripVTControlCharacters ??= text => String(text).replace(/\u001b\[[0-9;]*[A-Za-z]/g, '');
    return util;
  }),
  'util/types': () => builtins.util().types,
  child_process: unavailable('child_process', 'a function cannot start other programs'),
  cluster: unavailable('cluster', 'there are no other processes', { isMaster: true, isPrimary: true, isWorker: false, workers: {} }),
  worker_threads: unavailable('worker_threads', 'there are no threads', {
    isMainThread: true, parentPort: null, workerData: null, threadId: 0, resourceLimits: {},
    MessageChannel: undefined, MessagePort: undefined, BroadcastChannel: undefined,
  }),
  diagnostics_channel: once(() => {
    const channels = new Map();
    const channel = name => {
      if (!channels.has(name)) channels.set(name, new Channel(name));
      return channels.get(name);
    };
    class Channel {
      #told = new Set();
      constructor(name) { this.name = name; }
      get hasSubscribers() { return this.#told.size > 0; }
      subscribe(tell) { this.#told.add(tell); }
      unsubscribe(tell) { return this.#told.delete(tell); }
      publish(message) { for (const tell of this.#told) tell(message, this.name); }
    }
    return {
      Channel, channel, hasSubscribers: name => channel(name).hasSubscribers,
      subscribe: (name, tell) => channel(name).subscribe(tell), unsubscribe: (name, tell) => channel(name).unsubscribe(tell),
    };
  }),
  async_hooks: asyncHooksModule,
  vm: vmModule,
  zlib: zlibModule,
  v8: unavailable('v8', 'the interpreter is QuickJS'),
  inspector: unavailable('inspector', 'there is no debugger', { url: () => undefined }),
  repl: unavailable('repl', 'there is no terminal'),
  readline: unavailable('readline', 'there is no terminal'),
  tty: once(() => ({ isatty: () => false })),
};
for (const name of ['net', 'tls', 'http2', 'dgram', 'dns', 'dns/promises']) builtins[name] = unavailable(name, noNetwork);

const cache = Object.create(null);
const extensions = ['.js', '.json', '.cjs', '.mjs'];

class Module {
  constructor(id) {
    Object.assign(this, { id, filename: id, path: bundled.path().dirname(id), exports: {}, loaded: false, children: [], paths: [] });
  }
}

function notFound(name, from) {
  return Object.assign(new Error(`Cannot find module '${name}'\nRequire stack:\n- ${from}`), { code: 'MODULE_NOT_FOUND', requireStack: [from] });
}

// fileAt finds the file that a path without or with an extension, or of a folder, stands for.
function fileAt(path) {
  const st = statOf(path);
  if (st && !st.folder) return path;
  for (const ext of extensions) {
    const found = statOf(path + ext);
    if (found && !found.folder) return path + ext;
  }
  if (!st) return undefined;
  const main = manifest(path)?.main;
  if (typeof main === 'string') {
    const found = fileAt(bundled.path().resolve(path, main));
    if (found) return found;
  }
  for (const ext of extensions) {
    const found = statOf(path + '/index' + ext);
    if (found && !found.folder) return path + '/index' + ext;
  }
  return undefined;
}

function manifest(folder) {
  if (!statOf(folder + '/package.json')) return undefined;
  const text = readText(folder + '/package.json');
  try {
    return JSON.parse(text);
  } catch (e) {
    e.message = `${folder}/package.json: ${e.message}`;
    throw e;
  }
}

// exported finds what the "exports" of a package say of a name in it, "." or "./...".
function exported(rules, name) {
  const choose = rule => {
    if (typeof rule === 'string') return rule;
    if (Array.isArray(rule)) return rule.map(choose).find(Boolean);
    if (rule && typeof rule === 'object') {
      for (const [condition, next] of Object.entries(rule)) {
        if (['require', 'node', 'default'].includes(condition)) {
          const found = choose(next);
          if (found) return found;
        }
      }
    }
    return undefined;
  };
  const map = typeof rules === 'object' && rules && !Array.isArray(rules) && Object.keys(rules).some(key => key.startsWith('.')) ? rules : { '.': rules };
  if (name in map) return choose(map[name]);
  for (const [pattern, rule] of Object.entries(map)) {
    const [before, after] = pattern.split('*');
    if (after === undefined || !name.startsWith(before) || !name.endsWith(after) || name.length < pattern.length) continue;
    return choose(rule)?.replaceAll('*', name.slice(before.length, name.length - after.length));
  }
  return undefined;
}

function resolve(name, folder) {
  const path = bundled.path();
  if (name.startsWith('/') || name === '.' || name === '..' || name.startsWith('./') || name.startsWith('../')) {
    return fileAt(path.resolve(folder, name));
  }
  const parts = name.split('/');
  const pkg = parts.splice(0, name.startsWith('@') ? 2 : 1).join('/'), rest = parts.join('/');
  for (let at = folder; ; at = path.dirname(at)) {
    const root = (at === '/' ? '' : at) + '/node_modules/' + pkg;
    if (statOf(root)?.folder) {
      const rules = manifest(root)?.exports;
      if (rules !== undefined && rules !== null) {
        const target = exported(rules, rest ? './' + rest : '.');
        if (!target) throw Object.assign(new Error(`Package subpath './${rest}' is not defined by "exports" in ${root}/package.json`), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
        return fileAt(path.resolve(root, target));
      }
      const found = fileAt(rest ? root + '/' + rest : root);
      if (found) return found;
    }
    const file = fileAt(root);
    if (file) return file;
    if (at === '/') return undefined;
  }
}

function load(file, parent) {
  if (cache[file]) return cache[file].exports;
  const module = cache[file] = new Module(file);
  hidden(module, 'parent', parent);
  if (parent) parent.children.push(module);
  try {
    if (file.endsWith('.json')) {
      try {
        module.exports = JSON.parse(readText(file).replace(/^\ufeff/, ''));
      } catch (e) {
        e.message = `${file}: ${e.message}`;
        throw e;
      }
    } else {
      let code = readText(file).replace(/^\ufeff/, '');
      if (code.startsWith('#!')) code = '//' + code;
      let run;
      try {
        run = host(op.compile, file, `(function (exports, require, module, __filename, __dirname) {${code}\n})`);
      } catch (e) {
        throw explained(e, file, code);
      }
      module.require = requireFrom(module.path, module);
      run.call(module.exports, module.exports, module.require, module, file, module.path);
    }
  } catch (e) {
    delete cache[file];
    throw e;
  }
  module.loaded = true;
  return module.exports;
}

// explained says of a syntax error where it is, and what to do about ES modules.
function explained(error, file, code) {
  if (!(error instanceof SyntaxError)) return error;
  const at = /:(\d+):?(\d+)?\)?\s*$/m.exec(String(error.stack).split('\n').find(line => line.includes(file)) || '');
  if (!error.message.includes(file)) error.message += ` (${file}${at ? ':' + at[1] : ''})`;
  if (file.endsWith('.mjs') || /^\s*(import\s+[\w{*'"]|export\s+)/m.test(code)) {
    error.message += '; this is an ES module: `lull build` makes a package of it that can be deployed';
  }
  return error;
}

function requireFrom(folder, parent) {
  const find = name => {
    if (typeof name !== 'string' || name === '') throw Object.assign(new TypeError('The "id" argument must be a non-empty string.'), { code: 'ERR_INVALID_ARG_TYPE' });
    const plain = name.startsWith('node:') ? name.slice(5) : name;
    if (Object.hasOwn(builtins, plain)) return { builtin: plain };
    const file = name.startsWith('node:') ? undefined : resolve(name, folder);
    if (!file) throw notFound(name, parent ? parent.filename : folder);
    return { file };
  };
  const require = name => {
    const { builtin, file } = find(name);
    return builtin ? builtins[builtin]() : load(file, parent);
  };
  require.resolve = name => {
    const { builtin, file } = find(name);
    return builtin ? name : file;
  };
  require.cache = cache;
  require.main = undefined;
  return require;
}
