// Timers run while a call waits. Between calls nothing runs: a timer that is due then runs in the next call.

const timers = new Map();
let immediates = [];
let timerCount = 0;

class Timeout {
  constructor(run, ms, args, repeat) {
    if (typeof run !== 'function') throw Object.assign(new TypeError('The "callback" argument must be of type function.'), { code: 'ERR_INVALID_ARG_TYPE' });
    ms = Number(ms);
    this.ms = ms >= 1 && ms <= 0x7fffffff ? Math.trunc(ms) : 1;
    hidden(this, 'run', run);
    hidden(this, 'args', args);
    hidden(this, 'id', ++timerCount);
    hidden(this, 'at', now() + this.ms);
    hidden(this, 'repeat', repeat);
    hidden(this, 'owner', host(op.owner));
    timers.set(this.id, this);
  }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
  refresh() {
    this.at = now() + this.ms;
    timers.set(this.id, this);
    return this;
  }
  close() { timers.delete(this.id); return this; }
  [Symbol.toPrimitive]() { return this.id; }
}

class Immediate {
  constructor(run, args) {
    if (typeof run !== 'function') throw Object.assign(new TypeError('The "callback" argument must be of type function.'), { code: 'ERR_INVALID_ARG_TYPE' });
    hidden(this, 'run', run);
    hidden(this, 'args', args);
    hidden(this, 'owner', host(op.owner));
    immediates.push(this);
  }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
}

const clear = timer => {
  if (timer instanceof Immediate) immediates = immediates.filter(i => i !== timer);
  else if (timer !== undefined && timer !== null) timers.delete(timer instanceof Timeout ? timer.id : Number(timer));
};

globalThis.setTimeout = (run, ms, ...args) => new Timeout(run, ms, args, false);
globalThis.setInterval = (run, ms, ...args) => new Timeout(run, ms, args, true);
globalThis.setImmediate = (run, ...args) => new Immediate(run, args);
globalThis.clearTimeout = globalThis.clearInterval = globalThis.clearImmediate = clear;

// tick runs one thing that is due and returns 0, or the milliseconds until the next one is, or -1 if there is none.
function tick() {
  if (immediates.length) {
    const next = immediates.shift();
    host(op.enter, next.owner);
    guarded(next.owner, () => next.run(...next.args));
    return 0;
  }
  let next;
  for (const timer of timers.values()) if (!next || timer.at < next.at) next = timer;
  if (!next) return -1;
  const time = now();
  if (next.at > time) return Math.min(Math.ceil(next.at - time), 1 << 30);
  if (next.repeat) next.at = time + next.ms;
  else timers.delete(next.id);
  host(op.enter, next.owner);
  guarded(next.owner, () => next.run(...next.args));
  return 0;
}
