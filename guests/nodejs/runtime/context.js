// The context of a call, with the fields and names of Function Compute's Node.js runtime.

class Invocation {
  constructor(id, phase, meta) {
    this.id = id;
    this.phase = phase;
    this.ended = false;
    const [requestId, instanceId, qualifier, versionId, deadline, http] = meta.split('\u001f');
    this.context = {
      requestId,
      credentials: { accessKeyId: '', accessKeySecret: '', securityToken: '' },
      function: { ...settings.function },
      service: { name: settings.service, logProject: '', logStore: '', qualifier, versionId },
      region: settings.region, accountId: settings.accountId, retryCount: 0,
      tracing: { openTracingSpanContext: '', openTracingSpanBaggages: {}, jaegerEndpoint: '' },
      instanceId, phase, deadline: Number(deadline), waitsForEmptyEventLoopBeforeCallback: false,
    };
    hidden(this.context, 'logger', new Logger(this));
    hidden(this.context, 'getRemainingTimeInMillis', () => Math.max(0, Number(deadline) - Date.now()));
    if (phase === 'handler') hidden(this.context, 'response', new Answer(this));
    this.http = http !== undefined;
    if (this.http) this.context.http = httpOf(http);
  }
}

class Logger {
  #of;
  constructor(of) { this.#of = of; }
  #say(at, args) {
    const running = host(op.owner);
    host(op.enter, this.#of.id);
    host(op.log, at, format(args));
    host(op.enter, running);
  }
  debug(...args) { this.#say(level.debug, args); }
  info(...args) { this.#say(level.info, args); }
  log(...args) { this.#say(level.info, args); }
  warn(...args) { this.#say(level.warn, args); }
  error(...args) { this.#say(level.error, args); }
}

// Answer writes to the answer as it goes: lull's own, for what a returned value cannot say.
class Answer {
  #of;
  constructor(of) { this.#of = of; }
  setStatusCode(status) { told(host(op.status, this.#of.id, Number(status) | 0)); return this; }
  addHeader(name, value) { told(host(op.header, this.#of.id, String(name), String(value))); return this; }
  write(chunk) { writeTo(this.#of, chunk); return this; }
}

function httpOf(text) {
  const [method, path, query, clientIP, block] = JSON.parse(text);
  const headers = {};
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) (headers[line.slice(0, colon)] ??= []).push(line.slice(colon + 2));
  }
  return { method, path, query, clientIP, headers };
}

// told throws if the host has refused something. The request's error is then what the host says.
function told(refusal) {
  if (refusal < 0) throw new Error('the host has refused a part of the answer');
}

// writeTo appends to the answer.
function writeTo(invocation, value) {
  if (typeof value === 'string') told(host(op.write, invocation.id, value));
  else if (value instanceof Uint8Array || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    const bytes = bytesOf(value);
    for (let at = 0; at < bytes.length; at += room) {
      const piece = bytes.subarray(at, at + room);
      mail.set(piece);
      told(host(op.writeMail, invocation.id, piece.length));
    }
  } else if (value !== undefined) {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`a ${typeof value} cannot be an answer`);
    told(host(op.write, invocation.id, text));
  }
}

// answerHTTP writes an answer that is an object with a status code, as API gateways have it.
function answerHTTP(invocation, value) {
  told(host(op.status, invocation.id, value.statusCode));
  for (const [name, values] of Object.entries({ ...value.headers, ...value.multiValueHeaders })) {
    for (const one of Array.isArray(values) ? values : [values]) told(host(op.header, invocation.id, name, String(one)));
  }
  if (value.body === undefined || value.body === null) return;
  writeTo(invocation, value.isBase64Encoded ? Buffer.from(String(value.body), 'base64') : value.body);
}
