// The context of a call, with the fields and names of Function Compute's Node.js runtime.
//
// Most handlers look at little of it, and to make it all costs as much as to run them. So a context is filled in when it is looked at first, and until then
// its target has what differs from call to call.

const phaseOf = Symbol('phase'), detailOf = Symbol('detail');

const lazyContext = {};
for (const name of ['set', 'has', 'deleteProperty', 'ownKeys', 'getOwnPropertyDescriptor', 'defineProperty', 'setPrototypeOf', 'preventExtensions', 'isExtensible']) {
  lazyContext[name] = (target, ...args) => {
    fill(target);
    return Reflect[name](target, ...args);
  };
}

function plain(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: true });
}

function fill(target) {
  if (!Object.hasOwn(target, phaseOf)) return;
  if (kit !== undefined && kit.target === target) kit = undefined; // no further call can have it
  const { deadline, [phaseOf]: phase, [detailOf]: detail } = target;
  delete target[phaseOf];
  delete target[detailOf];
  const { qualifier = 'LATEST', versionId = '', http } = detail === undefined ? {} : JSON.parse(detail);
  const filled = {
    phase: settings.phases[phase],
    credentials: { accessKeyId: '', accessKeySecret: '', securityToken: '' },
    function: { ...settings.function },
    service: { name: settings.service, logProject: '', logStore: '', qualifier, versionId },
    region: settings.region, accountId: settings.accountId, retryCount: 0,
    tracing: { openTracingSpanContext: '', openTracingSpanBaggages: {}, jaegerEndpoint: '' },
    instanceId: host(op.instance), waitsForEmptyEventLoopBeforeCallback: false,
  };
  if (http) filled.http = http;
  for (const name of Object.keys(filled)) plain(target, name, filled[name]);
  hidden(target, 'getRemainingTimeInMillis', () => Math.max(0, deadline - Date.now()));
}

const contextMethods = {
  get logger() { return new Logger(invocationOf(this)); },
  get response() {
    const invocation = invocationOf(this);
    return invocation.phase === handlerPhase ? new Answer(invocation) : undefined;
  },
};
// What is filled in is the context's own then, so each of these is asked once at most.
for (const name of ['phase', 'credentials', 'function', 'service', 'region', 'accountId', 'retryCount', 'tracing', 'instanceId', 'waitsForEmptyEventLoopBeforeCallback', 'http', 'getRemainingTimeInMillis']) {
  Object.defineProperty(contextMethods, name, { configurable: true, get() { return Object.getOwnPropertyDescriptor(this, name)?.value; }, set(value) { plain(this, name, value); } });
}
for (const name of ['logger', 'response']) Object.defineProperty(contextMethods, name, { enumerable: false });

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
  // What comes behind the answer is not heard.
  #tell(what, ...parts) {
    if (invocationOfId(this.#id)) told(host(what, this.#id, ...parts));
    return this;
  }
  setStatusCode(status) { return this.#tell(op.status, Number(status) | 0); }
  addHeader(name, value) { return this.#tell(op.header, String(name), String(value)); }
  write(chunk) {
    const text = answerOf(chunk);
    return text === undefined ? this : this.#tell(op.write, text);
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
