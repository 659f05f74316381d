// http and https, the client's side: request and get, over what fetch uses.

const clientOf = scheme => once(() => {
  const { Readable, Writable } = bundled.stream();

  class IncomingMessage extends Readable {
    constructor([status, , lines, bytes]) {
      super({ read() {} });
      const headers = headersOf(lines);
      this.statusCode = status;
      this.statusMessage = statusTexts[status] || '';
      this.httpVersion = '1.1';
      this.headers = Object.fromEntries(headers);
      if (headers.has('set-cookie')) this.headers['set-cookie'] = headers.getSetCookie();
      this.rawHeaders = lines.split('\n').filter(Boolean).flatMap(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
      this.complete = true;
      if (bytes.length) this.push(own(bytes));
      this.push(null);
    }
    setTimeout() { return this; }
  }

  class ClientRequest extends Writable {
    #headers;
    #chunks = [];
    #abort = new globalThis.AbortController();
    constructor(url, { method = 'GET', headers, timeout, signal, auth } = {}) {
      super({ autoDestroy: false }); // that would be when the request has been sent
      this.url = url;
      this.method = String(method).toUpperCase();
      this.#headers = new Headers(headers);
      if (auth) this.#headers.set('authorization', 'Basic ' + Buffer.from(auth).toString('base64'));
      if (timeout) this.setTimeout(timeout);
      signal?.addEventListener('abort', () => this.destroy(aborted(signal)));
      for (const name of ['host', 'connection', 'content-length', 'transfer-encoding']) this.#headers.delete(name); // the host's own
    }
    setHeader(name, value) { if (!/^(host|connection|content-length|transfer-encoding)$/i.test(name)) this.#headers.set(name, value); return this; }
    getHeader(name) { return this.#headers.get(name) ?? undefined; }
    removeHeader(name) { this.#headers.delete(name); }
    flushHeaders() {}
    setNoDelay() { return this; }
    setSocketKeepAlive() { return this; }
    setTimeout(ms, done) {
      if (done) this.once('timeout', done);
      const timer = setTimeout(() => this.emit('timeout'), ms);
      this.once('close', () => clearTimeout(timer));
      this.once('response', () => clearTimeout(timer));
      return this;
    }
    abort() { this.destroy(); }
    _write(chunk, encoding, done) {
      this.#chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
      done();
    }
    _final(done) {
      const body = this.#chunks.length ? Buffer.concat(this.#chunks) : undefined;
      send(this.method, this.url, this.#headers, body, false, this.#abort.signal).then(
        answer => {
          if (this.destroyed) return;
          const message = new IncomingMessage(answer);
          message.once('close', () => this.destroy());
          this.emit('response', message);
        },
        error => { if (!this.destroyed) this.destroy(error); });
      done();
    }
    _destroy(error, done) {
      this.#abort.abort();
      done(error);
    }
  }

  const addressOf = options => {
    const { protocol = scheme + ':', hostname, host: name = 'localhost', port, path = '/' } = options;
    return `${protocol}//${hostname || String(name).replace(/:\d+$/, '')}${port ? ':' + port : /:\d+$/.exec(hostname ? '' : name) || ''}${path}`;
  };
  const request = (input, options, done) => {
    if (typeof options === 'function') [options, done] = [undefined, options];
    const from = typeof input === 'string' || input instanceof globalThis.URL ? undefined : input;
    const made = new ClientRequest(from ? addressOf(from) : String(input), from || options);
    if (done) made.once('response', done);
    return made;
  };
  // Frameworks take methods from these two when they are loaded; there is no server that makes one.
  const noServer = () => { throw absent(`${scheme}.createServer`, 'a function is called, it does not listen'); };
  class ServerResponse extends Writable { constructor() { super(); noServer(); } }
  class Server { constructor() { noServer(); } }
  class Agent { constructor(options) { this.options = { ...options }; } destroy() {} }
  return {
    request, Agent, ClientRequest, IncomingMessage, globalAgent: new Agent(), METHODS: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'], STATUS_CODES: statusTexts,
    get(...args) {
      const made = request(...args);
      made.end();
      return made;
    },
    createServer: noServer, Server, ServerResponse, OutgoingMessage: ServerResponse, maxHeaderSize: 16384,
  };
});
const httpModule = clientOf('http'), httpsModule = clientOf('https');
