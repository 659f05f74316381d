// Timers run while a call waits. Between calls nothing runs: a timer that is due then runs in the next call.

const timers = new Map(); // what is set, by number
let immediates = [];
let timerCount = 0;

function runnable(run) {
  if (typeof run !== 'function') throw Object.assign(new TypeError('The "callback" argument must be of type function.'), { code: 'ERR_INVALID_ARG_TYPE' });
}

class Timeout {
  #set;
  constructor(run, ms, args, repeat) {
    runnable(run);
    ms = Number(ms);
    ms = ms >= 1 && ms <= 0x7fffffff ? Math.trunc(ms) : 1;
    const id = ++timerCount;
    timers.set(id, this.#set = { id, run, args, ms, repeat, at: now() + ms, owner: ownerNow(), frame });
  }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
  refresh() {
    this.#set.at = now() + this.#set.ms;
    timers.set(this.#set.id, this.#set);
    return this;
  }
  close() { timers.delete(this.#set.id); return this; }
  [Symbol.toPrimitive]() { return this.#set.id; }
}

class Immediate {
  #set;
  constructor(run, args) {
    runnable(run);
    immediates.push(this.#set = { run, args, owner: ownerNow(), frame });
  }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
  close() { immediates = immediates.filter(i => i !== this.#set); }
}

const clear = timer => {
  if (timer instanceof Timeout || timer instanceof Immediate) timer.close();
  else if (timer !== undefined && timer !== null) timers.delete(Number(timer));
};

globalThis.setTimeout = (run, ms, ...args) => new Timeout(run, ms, args, false);
globalThis.setInterval = (run, ms, ...args) => new Timeout(run, ms, args, true);
globalThis.setImmediate = (run, ...args) => new Immediate(run, args);
globalThis.clearTimeout = globalThis.clearInterval = globalThis.clearImmediate = clear;

// tick runs one thing that is due and returns 0, or the milliseconds until the next one is, or -1 if there is none.
function tick() {
  if (immediates.length) return due(immediates.shift());
  let next;
  for (const timer of timers.values()) if (!next || timer.at < next.at) next = timer;
  if (!next) return -1;
  const time = now();
  if (next.at > time) return Math.min(Math.ceil(next.at - time), 1 << 30);
  if (next.repeat) next.at = time + next.ms;
  else timers.delete(next.id);
  return due(next);
}

function due({ run, args, owner, frame: of }) {
  enter(owner);
  switchTo(of); // and the host back
  guarded(owner, () => run(...args));
  return 0;
}
