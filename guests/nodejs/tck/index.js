'use strict';
// The guest of the conformance kit. abi/tck/README.md says what each case does.

const crypto = require('crypto');
const http = require('http');

const count = { handler: 0, initializer: 0, preFreeze: 0, preStop: 0 };
const armed = {};

{
  const [hook, ...action] = (process.env.LULL_TCK || '').split(' ');
  if (action.length) armed[hook] = action.join(' ');
}

const wait = ms => new Promise(done => setTimeout(done, ms));

function digest(bytes) {
  return `${bytes.length} sha256:${crypto.createHash('sha256').update(bytes).digest('hex')}`;
}

function field(context, name) {
  const http = context.http;
  switch (name) {
    case 'requestId': case 'instanceId': case 'phase': return context[name];
    case 'deadline': return String(context.deadline);
    case 'function': return context.function.name;
    case 'service': return context.service.name;
    case 'qualifier': case 'versionId': return context.service[name];
    case 'json': return JSON.stringify({ ...context, environmentVariables: process.env });
    case 'method': case 'path': case 'query': case 'clientIP': return http ? http[name] : '-1';
    case 'headers': return http ? Object.entries(http.headers).flatMap(([name, values]) => values.map(value => `${name}: ${value}\n`)).join('') : '-1';
  }
  return '-1';
}

// The numbers that the kit has for what fetch fails with.
const failedWith = { EMSGSIZE: -3, EINVAL: -4, EACCES: -5, ECONNREFUSED: -6, ETIMEDOUT: -7 };

// sent sends a request with the module http, which tells of headers as they came.
const sent = (url, options, payload) => new Promise((done, failed) => {
  const request = http.request(url, options, answer => {
    const pieces = [], raw = answer.rawHeaders;
    answer.on('data', piece => pieces.push(piece));
    answer.on('end', () => {
      const headers = raw.map((text, i) => i % 2 ? `${text}\n` : `${text}: `).join('');
      done(Buffer.concat([Buffer.from([answer.statusCode, url, headers, ''].join('\0')), ...pieces]));
    });
  });
  request.on('error', failed);
  request.end(payload);
});

const recurse = n => recurse(n + 1) + 1;
const hoard = [];

// Each case gets its words, the payload as a Buffer, and the context.
const cases = {
  cases: () => [...Object.keys(cases), 'initializer', 'preFreeze', 'preStop'].join('\n'),
  echo: (words, payload) => payload,
  context: ([name], payload, context) => field(context, name),
  chunks: ([times, size], payload, context) => {
    for (let i = 0; i < Number(times); i++) context.response.write(new Uint8Array(Number(size)).fill(97 + i % 26));
    return '';
  },
  status: (words, payload, context) => {
    for (const status of words) context.response.setStatusCode(Number(status));
    return 'ok';
  },
  headers: (words, payload, context) => {
    const parts = payload.toString().split('\0');
    for (let i = 0; i + 1 < parts.length; i += 2) context.response.addHeader(parts[i], parts[i + 1]);
    return 'ok';
  },
  unhandled: words => { throw new Error(words.join(' ')); },
  log: ([number], payload, context) => {
    context.logger[['debug', 'info', 'warn', 'error'][number]](payload.toString());
    return 'ok';
  },
  stdout: (words, payload) => { process.stdout.write(payload); return 'ok'; },
  stderr: (words, payload) => { process.stderr.write(payload); return 'ok'; },
  count: () => Object.entries(count).map(([name, n]) => `${name}=${n}`).join(' '),
  arm: ([hook, ...action]) => { armed[hook] = action.join(' '); return 'ok'; },
  exit: ([code]) => process.exit(Number(code)),
  loop: () => { for (;;); },
  sleep: async ([ms]) => { await wait(Number(ms)); return 'ok'; },
  recurse: () => String(recurse(0)),
  grow: () => { for (;;) hoard.push(new Uint8Array(1 << 20)); },
  env: ([name]) => process.env[name] ?? '',
  clock: () => String(Date.now()),
  fetch: async ([method, url, ms, follow], payload) => {
    const control = new AbortController(), headers = { 'X-Tck': 'a b' }, { signal } = control;
    if (Number(ms)) setTimeout(() => control.abort(), Number(ms));
    try {
      if (follow) {
        const answer = await fetch(url, { method, headers, signal, body: payload.length ? payload : undefined });
        return [answer.status, answer.url, '', await answer.text()].join('\0');
      }
      return await sent(url, { method, headers, signal }, payload);
    } catch (e) {
      return `${e.name === 'AbortError' ? -7 : failedWith[e.code] ?? -4}\0${e.message}`;
    }
  },
  random: () => crypto.randomBytes(16).toString('hex'),
};

// Those that fail by calling back with an error: that is handled, a throw is not.
const failures = {
  fail: ([type], payload) => {
    const [message, stack] = payload.toString().split('\0');
    return Object.assign(new Error(message), { name: type, stack });
  },
  error: words => new Error(words.join(' ')),
};
Object.assign(cases, failures);

exports.handler = (event, context, callback) => {
  count.handler++;
  const end = event.indexOf(10);
  const [mark, name, ...words] = event.subarray(0, end < 0 ? event.length : Math.min(end, 200)).toString().split(' ');
  if (mark !== 'tck' || !name) return callback(null, digest(event));
  const payload = end < 0 ? Buffer.alloc(0) : event.subarray(end + 1);
  if (!Object.hasOwn(cases, name)) throw new Error(`this guest has no case '${name}'`);
  const result = cases[name](words, payload, context);
  if (Object.hasOwn(failures, name)) return callback(result);
  if (result instanceof Promise) return result.then(value => callback(null, value));
  callback(null, result);
};

const hook = name => (context, callback) => {
  count[name]++;
  console.log(`tck ${name} ${count[name]}`);
  const [action, ...words] = (armed[name] || '').split(' '), text = words.join(' ');
  delete armed[name];
  switch (action) {
    case 'log': console.log(text); break;
    case 'context': console.log(`tck ${name} context ${context.phase} ${context.requestId}`); break;
    case 'fail': return callback(new Error(text));
    case 'unhandled': throw new Error(text);
    case 'exit': case 'loop': cases[action](words); break;
  }
  callback(null, '');
};

exports.initializer = hook('initializer');
exports.preFreeze = hook('preFreeze');
exports.preStop = hook('preStop');
