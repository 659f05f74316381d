// The context of a call, with the fields and names of Function Compute's Node.js runtime.
//
// Most handlers look at little of it, and to make it all costs as much as to run them. So a context is filled in when it is looked at first, and until then
// its target has what differs from call to call.

const lazyContext = {};
for (const name of ['set', 'has', 'deleteProperty', 'ownKeys', 'getOwnPropertyDescriptor', 'defineProperty', 'setPrototypeOf', 'preventExtensions', 'isExtensible']) {
  lazyContext[name] = (target, ...args) => {
    fill(target);
    return Reflect[name](target, ...args);
  };
}
lazyContext.get = (target, key, context) => {
  if (key === 'requestId') return target.requestId;
  fill(target);
  return Reflect.get(target, key, context);
};

function fill(target) {
  if ('instanceId' in target) return;
  const { deadline, phase, detail } = target;
  const { qualifier = 'LATEST', versionId = '', http } = detail === undefined ? {} : JSON.parse(detail);
  delete target.detail;
  Object.assign(target, {
    phase: settings.phases[phase],
    credentials: { accessKeyId: '', accessKeySecret: '', securityToken: '' },
    function: { ...settings.function },
    service: { name: settings.service, logProject: '', logStore: '', qualifier, versionId },
    region: settings.region, accountId: settings.accountId, retryCount: 0,
    tracing: { openTracingSpanContext: '', openTracingSpanBaggages: {}, jaegerEndpoint: '' },
    instanceId: host(op.instance), waitsForEmptyEventLoopBeforeCallback: false,
  });
  if (http) target.http = http;
  hidden(target, 'getRemainingTimeInMillis', () => Math.max(0, deadline - Date.now()));
}

const contextMethods = {
  get logger() { return new Logger(invocationOf(this)); },
  get response() {
    const invocation = invocationOf(this);
    return invocation.phase === phases.handler ? new Answer(invocation) : undefined;
  },
};
for (const name of Object.keys(contextMethods)) Object.defineProperty(contextMethods, name, { enumerable: false });

// invocationOf finds a call by its context. A method that was taken out of its context belongs to the call whose code runs.
function invocationOf(context) {
  for (const invocation of invocations) if (invocation.context === context && invocation.id !== 0) return invocation;
  return invocationOfId(ownerNow()) || ended;
}

class Logger {
  #id;
  constructor(of) { this.#id = of.id; }
  #say(at, args) {
    const running = ownerNow();
    enter(this.#id);
    host(op.log, at, format(args));
    enter(running);
  }
  debug(...args) { this.#say(level.debug, args); }
  info(...args) { this.#say(level.info, args); }
  log(...args) { this.#say(level.info, args); }
  warn(...args) { this.#say(level.warn, args); }
  error(...args) { this.#say(level.error, args); }
}

// Answer writes to the answer as it goes: lull's own, for what a returned value cannot say.
class Answer {
  #id;
  constructor(of) { this.#id = of.id; }
  setStatusCode(status) { told(host(op.status, this.#id, Number(status) | 0)); return this; }
  addHeader(name, value) { told(host(op.header, this.#id, String(name), String(value))); return this; }
  write(chunk) {
    const text = answerOf(chunk);
    if (text !== undefined) told(host(op.write, this.#id, text));
    return this;
  }
}

// told throws if the host has refused something. The request's error is then what the host says.
function told(refusal) {
  if (refusal < 0) throw new Error('the host has refused a part of the answer');
}

// answerOf is a value as it goes into an answer: text, bytes, or undefined for nothing.
function answerOf(value) {
  if (typeof value === 'string' || value === undefined) return value;
  if (value instanceof Uint8Array || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return bytesOf(value);
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`a ${typeof value} cannot be an answer`);
  return text;
}

// answerHTTP writes status and headers of an answer that is an object with a status code, as API gateways have it, and returns its body.
function answerHTTP(id, value) {
  told(host(op.status, id, value.statusCode));
  for (const [name, values] of Object.entries({ ...value.headers, ...value.multiValueHeaders })) {
    for (const one of Array.isArray(values) ? values : [values]) told(host(op.header, id, name, String(one)));
  }
  if (value.body === undefined || value.body === null) return undefined;
  return answerOf(value.isBase64Encoded ? Buffer.from(String(value.body), 'base64') : value.body);
}
