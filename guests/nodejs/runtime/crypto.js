// crypto: random numbers, hashes and HMACs, which the host computes.

function randomBytesOf(n) {
  const bytes = new Uint8Array(n);
  for (let at = 0; at < n; at += room) {
    const piece = Math.min(room, n - at);
    host(op.random, piece);
    bytes.set(mail.subarray(0, piece), at);
  }
  return bytes;
}

const cryptoModule = once(() => {
  const later = (done, run) => {
    let error = null, value;
    try { value = run(); } catch (e) { error = e; }
    globalThis.setImmediate(() => done(error, value));
  };
  const input = (data, encoding) => typeof data === 'string' ? Buffer.from(data, encoding) : bytesOf(data);
  class Hash {
    constructor(algorithm, key, chunks = []) {
      hidden(this, 'algorithm', String(algorithm));
      hidden(this, 'key', key);
      hidden(this, 'chunks', chunks);
      hidden(this, 'ended', false);
    }
    update(data, encoding) {
      if (this.ended) throw Object.assign(new Error('Digest already called'), { code: 'ERR_CRYPTO_HASH_FINALIZED' });
      this.chunks.push(Uint8Array.from(input(data, encoding)));
      return this;
    }
    digest(encoding) {
      if (this.ended) throw Object.assign(new Error('Digest already called'), { code: 'ERR_CRYPTO_HASH_FINALIZED' });
      this.ended = true;
      if (this.key) pushAll(this.key);
      for (const chunk of this.chunks) pushAll(chunk);
      const n = host(op.hash, this.algorithm, this.key ? 1 : 0, this.key ? this.key.length : 0);
      if (n < 0) throw Object.assign(new Error('Digest method not supported'), { code: 'ERR_CRYPTO_INVALID_DIGEST' });
      const sum = own(mail.slice(0, n));
      return encoding && encoding !== 'buffer' ? sum.toString(encoding) : sum;
    }
    copy() { return new Hash(this.algorithm, this.key, [...this.chunks]); }
  }
  const known = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
  const make = (algorithm, key) => {
    if (!known.includes(String(algorithm).toLowerCase().replaceAll('-', ''))) throw Object.assign(new Error('Digest method not supported'), { code: 'ERR_CRYPTO_INVALID_DIGEST' });
    return new Hash(algorithm, key);
  };
  const randomInt = (low, high) => {
    if (high === undefined) [low, high] = [0, low];
    const range = high - low;
    if (!(Number.isSafeInteger(low) && Number.isSafeInteger(high) && range > 0 && range < 2 ** 48)) throw new RangeError('The range of randomInt is not valid');
    const limit = 2 ** 48 - 2 ** 48 % range;
    for (;;) {
      const value = randomBytesOf(6).reduce((sum, byte) => sum * 256 + byte, 0);
      if (value < limit) return low + value % range;
    }
  };
  const crypto = {
    createHash: algorithm => make(algorithm),
    createHmac: (algorithm, key) => make(algorithm, Uint8Array.from(input(key))),
    getHashes: () => [...known],
    randomBytes: (n, done) => done ? later(done, () => own(randomBytesOf(n))) : own(randomBytesOf(n)),
    randomFillSync: bytes => { bytesOf(bytes).set(randomBytesOf(bytes.byteLength)); return bytes; },
    randomInt: (low, high, done) => {
      if (typeof high === 'function') [high, done] = [undefined, high];
      return done ? later(done, () => randomInt(low, high)) : randomInt(low, high);
    },
    randomUUID: () => {
      const b = randomBytesOf(16);
      b[6] = b[6] & 0x0f | 0x40;
      b[8] = b[8] & 0x3f | 0x80;
      return own(b).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    },
    timingSafeEqual: (a, b) => {
      [a, b] = [bytesOf(a), bytesOf(b)];
      if (a.length !== b.length) throw new RangeError('Input buffers must have the same byte length');
      let difference = 0;
      for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
      return difference === 0;
    },
    getRandomValues: bytes => crypto.randomFillSync(bytes),
  };
  crypto.webcrypto = { getRandomValues: crypto.getRandomValues, randomUUID: crypto.randomUUID };
  return crypto;
});

globalThis.crypto ??= { getRandomValues: bytes => cryptoModule().getRandomValues(bytes), randomUUID: () => cryptoModule().randomUUID() };
