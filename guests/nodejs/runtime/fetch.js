// fetch: the host sends the request, and the script goes on until the answer is there. The host decides what a function may reach.

const waiting = new Map(); // what becomes of requests that are on their way, by number

class Headers {
  #values = new Map();
  constructor(from) {
    if (from === undefined || from === null) return;
    const entries = typeof from.entries === 'function' && !Array.isArray(from) ? from.entries() : Array.isArray(from) ? from : Object.entries(from);
    for (const [name, value] of entries) for (const one of Array.isArray(value) ? value : [value]) this.append(name, one);
  }
  append(name, value) {
    const key = String(name).toLowerCase(), values = this.#values.get(key);
    if (values) values.push(String(value).trim());
    else this.#values.set(key, [String(value).trim()]);
  }
  set(name, value) { this.#values.set(String(name).toLowerCase(), [String(value).trim()]); }
  get(name) { return this.#values.get(String(name).toLowerCase())?.join(', ') ?? null; }
  getSetCookie() { return [...this.#values.get('set-cookie') ?? []]; }
  has(name) { return this.#values.has(String(name).toLowerCase()); }
  delete(name) { this.#values.delete(String(name).toLowerCase()); }
  forEach(run, self) { for (const [name, value] of this) run.call(self, value, name, this); }
  *entries() {
    for (const [name, values] of [...this.#values].sort(([a], [b]) => a < b ? -1 : 1)) {
      if (name === 'set-cookie') for (const value of values) yield [name, value];
      else yield [name, values.join(', ')];
    }
  }
  *keys() { for (const [name] of this.entries()) yield name; }
  *values() { for (const [, value] of this.entries()) yield value; }
  [Symbol.iterator]() { return this.entries(); }
}

// bodyOf gives a body as bytes, and the type that it has if nobody says another.
function bodyOf(body) {
  if (body === undefined || body === null) return [undefined, undefined];
  if (typeof body === 'string') return [encode(body), 'text/plain;charset=UTF-8'];
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return [bytesOf(body), undefined];
  if (body instanceof globalThis.URLSearchParams) return [encode(String(body)), 'application/x-www-form-urlencoded;charset=UTF-8'];
  return [encode(String(body)), 'text/plain;charset=UTF-8'];
}

class Response {
  #bytes;
  constructor(body, { status = 200, statusText = '', headers } = {}) {
    const [bytes, type] = bodyOf(body);
    this.#bytes = bytes || new Uint8Array(0);
    this.status = status;
    this.statusText = statusText;
    this.headers = new Headers(headers);
    if (type && !this.headers.has('content-type')) this.headers.set('content-type', type);
    this.url = '';
    this.redirected = false;
    this.type = 'default';
    this.bodyUsed = false;
  }
  get ok() { return this.status >= 200 && this.status <= 299; }
  #take() {
    if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read');
    this.bodyUsed = true;
    return this.#bytes;
  }
  async text() { return decode(this.#take()).replace(/^\ufeff/, ''); }
  async json() { return JSON.parse(await this.text()); }
  async bytes() { return this.#take().slice(); }
  async arrayBuffer() { return this.#take().slice().buffer; }
  clone() {
    if (this.bodyUsed) throw new TypeError('Response.clone: Body has already been consumed.');
    const { url, redirected } = this;
    return Object.assign(new Response(this.#bytes, this), { url, redirected });
  }
}

function aborted(signal) {
  return signal.reason ?? Object.assign(new Error('This operation was aborted'), { name: 'AbortError', code: 20 });
}

// send hands a request to the host. The promise is of [status, address, lines of headers, bytes].
function send(method, url, headers, bytes, follow, signal) {
  return new Promise((done, failed) => {
    if (signal?.aborted) return failed(aborted(signal));
    let head = `${method} ${url}\n`;
    for (const [name, value] of headers) head += `${name}: ${value}\n`;
    const id = host(op.fetch, head, bytes, follow ? 1 : 0, 0);
    const abort = () => {
      waiting.delete(id);
      host(op.abort, id);
      failed(aborted(signal));
    };
    signal?.addEventListener('abort', abort);
    waiting.set(id, (status, ...answer) => {
      signal?.removeEventListener('abort', abort);
      if (status < 0) failed(Object.assign(new TypeError('fetch failed: ' + answer[0]), { code: sendErrors[status] }));
      else done([status, ...answer]);
    });
  });
}

const sendErrors = { '-2': 'EPERM', '-3': 'EMSGSIZE', '-4': 'EINVAL', '-5': 'EACCES', '-6': 'ECONNREFUSED', '-7': 'ETIMEDOUT' };

hidden(globalThis, '__lull_fetched', (id, status, ...answer) => {
  const settle = waiting.get(id);
  waiting.delete(id);
  if (settle && status !== undefined) settle(status, ...answer); // undefined: the call that has sent it is over
});

function headersOf(lines) {
  const headers = new Headers();
  for (const line of lines.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1));
  }
  return headers;
}

globalThis.Headers = Headers;
globalThis.Response = Response;
globalThis.fetch = async (input, options = {}) => {
  const { method = 'GET', headers, body, redirect = 'follow', signal } = typeof input === 'object' && !(input instanceof globalThis.URL) ? { ...input, ...options } : options;
  const url = String(typeof input === 'object' && input.url || input);
  if (!/^https?:\/\//i.test(url)) throw new TypeError(`Failed to parse URL from ${url}`);
  const [bytes, type] = bodyOf(body);
  if (bytes && /^(get|head)$/i.test(method)) throw new TypeError('Request with GET/HEAD method cannot have body.');
  const sent = new Headers(headers);
  if (type && !sent.has('content-type')) sent.set('content-type', type);
  const name = /^(get|head|post|put|delete|options|patch)$/i.test(method) ? method.toUpperCase() : method;
  const [status, address, lines, answer] = await send(name, url, sent, bytes, redirect === 'follow', signal);
  if (redirect === 'error' && status >= 300 && status <= 399) throw new TypeError('fetch failed: unexpected redirect');
  return Object.assign(new Response(answer, { status, statusText: statusTexts[status] || '', headers: headersOf(lines) }), { url: address, redirected: address !== url });
};

const statusTexts = {
  200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 206: 'Partial Content', 301: 'Moved Permanently', 302: 'Found', 303: 'See Other', 304: 'Not Modified',
  307: 'Temporary Redirect', 308: 'Permanent Redirect', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 408: 'Request Timeout',
  409: 'Conflict', 410: 'Gone', 413: 'Payload Too Large', 415: 'Unsupported Media Type', 422: 'Unprocessable Entity', 429: 'Too Many Requests', 500: 'Internal Server Error',
  501: 'Not Implemented', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout',
};
