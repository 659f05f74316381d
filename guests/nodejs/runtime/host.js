// The border to the host: one function, and the mailbox, a stretch of memory that both see. host/engine/quickjs_host.go has the other side.

const op = {
  log: 0, done: 1, fail: 2, write: 3, status: 4, header: 5, pull: 6, now: 7, random: 8, compile: 9, exit: 10, print: 11, text: 12, utf8: 13, push: 14, hash: 15,
  names: 16, enter: 17, owner: 18, instance: 19, fetch: 20, abort: 21, file: 22, kit: 23, zlib: 24, frame: 25,
};
const settings = JSON.parse(settingsText);
const room = mail.length;

// pushAll hands bytes over in pieces.
function pushAll(bytes) {
  for (let at = 0; at < bytes.length; at += room) {
    const piece = bytes.subarray(at, at + room);
    mail.set(piece);
    host(op.push, piece.length);
  }
}

// pullAll takes n bytes that are pending, of which the first piece is in the mailbox already if here is true.
function pullAll(n, here) {
  if (here && n <= room) return mail.slice(0, n);
  const bytes = new Uint8Array(n);
  for (let at = 0; at < n;) {
    const got = host(op.pull, at);
    if (got <= 0) break;
    bytes.set(mail.subarray(0, got), at);
    at += got;
  }
  return bytes;
}

// encode and decode are UTF-8, done by the interpreter's own C code.
function encode(text) {
  return pullAll(host(op.utf8, text), true);
}

function decode(bytes) {
  return host(op.text, bytes);
}

const now = () => host(op.now);

// made keeps what make has made.
function once(make) {
  let made, done = false;
  return () => {
    if (!done) {
      made = make();
      done = true;
    }
    return made;
  };
}

const bundled = {};
for (const [name, make] of Object.entries(globalThis.__lull_modules)) bundled[name] = once(make);
delete globalThis.__lull_modules;

function hidden(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false });
}
