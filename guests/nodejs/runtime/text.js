// TextEncoder and TextDecoder, for UTF-8, UTF-16LE and Latin-1.

globalThis.TextEncoder ??= class TextEncoder {
  get encoding() { return 'utf-8'; }
  encode(text = '') { return encode(String(text)); }
  encodeInto(text, into) {
    let bytes = encode(String(text));
    if (bytes.length > into.length) {
      let end = into.length;
      while (end > 0 && (bytes[end] & 0xc0) === 0x80) end--;
      bytes = bytes.subarray(0, end);
    }
    into.set(bytes);
    return { read: decode(bytes).length, written: bytes.length };
  }
};

const encodings = { 'utf-8': 'utf-8', utf8: 'utf-8', 'unicode-1-1-utf-8': 'utf-8', 'utf-16le': 'utf-16le', 'utf-16': 'utf-16le', ucs2: 'utf-16le', 'iso-8859-1': 'windows-1252', latin1: 'windows-1252', ascii: 'windows-1252', 'us-ascii': 'windows-1252', 'windows-1252': 'windows-1252' };

function bytesOf(data) {
  if (data === undefined) return new Uint8Array(0);
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError('an ArrayBuffer or a view of one is needed');
}

globalThis.TextDecoder ??= class TextDecoder {
  #rest = new Uint8Array(0);
  constructor(label = 'utf-8', options = {}) {
    this.encoding = encodings[String(label).trim().toLowerCase()];
    if (!this.encoding) throw new RangeError(`the encoding '${label}' is not supported`);
    this.fatal = !!options.fatal;
    this.ignoreBOM = !!options.ignoreBOM;
  }
  decode(data, options = {}) {
    let bytes = bytesOf(data);
    if (this.#rest.length) {
      const all = new Uint8Array(this.#rest.length + bytes.length);
      all.set(this.#rest);
      all.set(bytes, this.#rest.length);
      bytes = all;
    }
    this.#rest = new Uint8Array(0);
    if (options.stream) {
      const whole = this.#whole(bytes);
      this.#rest = bytes.slice(whole);
      bytes = bytes.subarray(0, whole);
    }
    let text;
    if (this.encoding === 'utf-8') text = decode(bytes);
    else text = bundled.buffer().Buffer.from(bytes).toString(this.encoding === 'utf-16le' ? 'utf16le' : 'latin1');
    if (this.fatal && text.includes('\ufffd') && this.encoding === 'utf-8') {
      const again = encode(text);
      if (again.length !== bytes.length || again.some((byte, i) => byte !== bytes[i])) throw new TypeError('the data is not valid UTF-8');
    }
    if (!this.ignoreBOM && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    return text;
  }
  // whole is how many bytes are whole characters.
  #whole(bytes) {
    if (this.encoding !== 'utf-8') return bytes.length & ~1;
    for (let back = 1; back <= 3 && back <= bytes.length; back++) {
      const byte = bytes[bytes.length - back];
      if (byte >= 0xc0) return byte >= (back === 1 ? 0xc0 : back === 2 ? 0xe0 : 0xf0) ? bytes.length - back : bytes.length;
      if (byte < 0x80) return bytes.length;
    }
    return bytes.length;
  }
};
