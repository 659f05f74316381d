// zlib: the host packs and unpacks. What a stream is given is packed when it ends.

const zlibModule = once(() => {
  const { Transform } = bundled.stream();
  const constants = {
    Z_NO_FLUSH: 0, Z_PARTIAL_FLUSH: 1, Z_SYNC_FLUSH: 2, Z_FULL_FLUSH: 3, Z_FINISH: 4, Z_BLOCK: 5, Z_TREES: 6, Z_OK: 0, Z_STREAM_END: 1, Z_NEED_DICT: 2,
    Z_ERRNO: -1, Z_STREAM_ERROR: -2, Z_DATA_ERROR: -3, Z_MEM_ERROR: -4, Z_BUF_ERROR: -5, Z_VERSION_ERROR: -6, Z_NO_COMPRESSION: 0, Z_BEST_SPEED: 1,
    Z_BEST_COMPRESSION: 9, Z_DEFAULT_COMPRESSION: -1, Z_FILTERED: 1, Z_HUFFMAN_ONLY: 2, Z_RLE: 3, Z_FIXED: 4, Z_DEFAULT_STRATEGY: 0, Z_MIN_WINDOWBITS: 8,
    Z_MAX_WINDOWBITS: 15, Z_DEFAULT_WINDOWBITS: 15, Z_MIN_CHUNK: 64, Z_MAX_CHUNK: Infinity, Z_DEFAULT_CHUNK: 16384, Z_MIN_MEMLEVEL: 1, Z_MAX_MEMLEVEL: 9,
    Z_DEFAULT_MEMLEVEL: 8, Z_MIN_LEVEL: -1, Z_MAX_LEVEL: 9, Z_DEFAULT_LEVEL: -1,
  };
  const failures = { '-1': ['Z_DATA_ERROR', 'incorrect header check or data'], '-2': ['Z_BUF_ERROR', 'unexpected end of file'], '-3': ['ERR_BUFFER_TOO_LARGE', 'Cannot create a Buffer larger than the limit'] };

  const input = data => {
    if (typeof data === 'string') return encode(data);
    if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return bytesOf(data);
    throw Object.assign(new TypeError('The "buffer" argument must be of type string or an instance of Buffer, TypedArray, DataView, or ArrayBuffer.'), { code: 'ERR_INVALID_ARG_TYPE' });
  };
  const run = (how, data, { level = -1, maxOutputLength = 0x7fffffff, dictionary } = {}) => {
    if (!Number.isInteger(level) || level < -1 || level > 9) {
      throw Object.assign(new RangeError(`The value of "options.level" is out of range. It must be >= -1 and <= 9. Received ${level}`), { code: 'ERR_OUT_OF_RANGE' });
    }
    if (dictionary !== undefined) throw absent('a dictionary of zlib', 'the host packs without one');
    const bytes = input(data);
    if (how === 'unzip') how = bytes[0] === 0x1f && bytes[1] === 0x8b ? 'gunzip' : 'inflate';
    pushAll(bytes);
    const n = host(op.zlib, how, level, Math.min(maxOutputLength, 0x7fffffff));
    if (n >= 0) return own(pullAll(n, true));
    const [code, message] = failures[n];
    throw Object.assign(n === -3 ? new RangeError(message) : new Error(message), { code, errno: constants[code] });
  };

  class Zlib extends Transform {
    constructor(how, options = {}) {
      super(options);
      hidden(this, 'given', []);
      hidden(this, 'pack', () => run(how, Buffer.concat(this.given.splice(0)), options));
      this.bytesWritten = 0;
    }
    _transform(chunk, encoding, done) {
      this.given.push(chunk);
      this.bytesWritten += chunk.length;
      done();
    }
    _flush(done) {
      let packed;
      try { packed = this.pack(); } catch (e) { return done(e); }
      if (packed.length) this.push(packed);
      done();
    }
    flush(kind, done = kind) { if (typeof done === 'function') queueMicrotask(done); }
    close(done) { if (done) this.once('close', done); this.destroy(); }
  }

  const zlib = { constants, ...constants };
  for (const name of ['Gzip', 'Gunzip', 'Deflate', 'Inflate', 'DeflateRaw', 'InflateRaw', 'Unzip']) {
    const how = name[0].toLowerCase() + name.slice(1);
    zlib[name] = { [name]: class extends Zlib { constructor(options) { super(how, options); } } }[name];
    zlib['create' + name] = options => new zlib[name](options);
    zlib[how + 'Sync'] = (data, options) => run(how, data, options);
    zlib[how] = (data, options, done = options) => {
      const bytes = input(data); // a wrong argument is thrown here
      globalThis.setImmediate(() => {
        let error = null, packed;
        try { packed = run(how, bytes, done === options ? {} : options); } catch (e) { error = e; }
        done(error, packed);
      });
    };
  }
  // createBrotli... are missing: packages look for them to see whether there is Brotli.
  for (const name of ['brotliCompress', 'brotliDecompress']) {
    zlib[name] = zlib[name + 'Sync'] = () => { throw absent(`zlib.${name}`, 'there is no Brotli; gzip and deflate work'); };
  }
  return zlib;
});
