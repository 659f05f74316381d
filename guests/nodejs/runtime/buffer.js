// Buffer is the npm package's; UTF-8, which all use, goes through the interpreter's own conversion, which is many times faster than a loop.

const { Buffer } = bundled.buffer();
const isUTF8 = encoding => encoding === undefined || encoding === null || encoding === '' || encoding === 'utf8' || encoding === 'utf-8' || encoding === 'UTF-8' || encoding === 'UTF8';

{
  const { from, byteLength } = Buffer;
  const { toString, write } = Buffer.prototype;
  Buffer.from = function (value, encoding, length) {
    if (typeof value === 'string' && isUTF8(encoding)) return own(encode(value));
    return from.call(Buffer, value, encoding, length);
  };
  Buffer.byteLength = (value, encoding) => typeof value === 'string' && isUTF8(encoding) ? encode(value).length : byteLength(value, encoding);
  Buffer.prototype.toString = function (encoding, start, end) {
    if (encoding === undefined && start === undefined && end === undefined) return host(op.text, this);
    if (!isUTF8(encoding)) return toString.call(this, encoding === 'base64url' ? 'base64' : encoding, start, end).replace(encoding === 'base64url' ? /[+/=]/g : /$^/, c => ({ '+': '-', '/': '_' })[c] ?? '');
    return decode(start === undefined && end === undefined ? this : this.subarray(start, end));
  };
  Buffer.prototype.toLocaleString = Buffer.prototype.toString;
  void write;
}

// own makes a Buffer of bytes that nobody else has.
function own(bytes) {
  return Object.setPrototypeOf(bytes, Buffer.prototype);
}

globalThis.Buffer = Buffer;
