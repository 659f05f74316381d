// Calls: the host dispatches one, and then runs jobs and timers until it has ended.

const active = new Map(); // invocations that have not ended, by id

// guarded runs code of an invocation; what it throws is the invocation's end.
function guarded(id, run) {
  try {
    return run();
  } catch (e) {
    if (globalThis.process.listenerCount('uncaughtException') > 0) {
      try {
        globalThis.process.emit('uncaughtException', e, 'uncaughtException');
        return undefined;
      } catch (second) {
        e = second;
      }
    }
    const invocation = active.get(id);
    if (invocation) fail(invocation, e, false);
    else host(op.log, level.error, 'Uncaught ' + shown(e));
    return undefined;
  }
}

function shown(thrown) {
  const [type, message, frames] = describe(thrown);
  return `${type}: ${message}${frames ? '\n' + frames.split('\n').map(line => '    ' + line).join('\n') : ''}`;
}

function fail(invocation, error, handled) {
  ended(invocation);
  host(op.fail, invocation.id, handled ? 1 : 0, ...describe(error));
}

function ended(invocation) {
  invocation.ended = true;
  active.delete(invocation.id);
}

// finish ends an invocation with a value.
function finish(invocation, value) {
  try {
    if (invocation.phase === 'handler') {
      if (invocation.http && value !== null && typeof value === 'object' && Number.isInteger(value.statusCode)) answerHTTP(invocation, value);
      else writeTo(invocation, value);
    }
  } catch (e) {
    return fail(invocation, e, false);
  }
  ended(invocation);
  host(op.done, invocation.id);
}

const handlers = new Map(); // by name, as configured

function handlerOf(name) {
  let found = handlers.get(name);
  if (!found) handlers.set(name, found = find(name));
  return found;
}

function find(name) {
  const dot = name.lastIndexOf('.');
  const path = dot > 0 ? name.slice(0, dot) : 'index', member = name.slice(dot + 1);
  const file = fileAt('/code/' + path);
  if (!file) throw Object.assign(new Error(`the package has no file ${path}.js for '${name}'`), { name: 'HandlerNotFound' });
  const found = load(file)[member];
  if (typeof found !== 'function') {
    const names = namesOf(file);
    throw Object.assign(new Error(`${file} does not export a function '${member}' (it exports: ${names.length ? names.join(', ') : 'none'})`), { name: 'HandlerNotFound' });
  }
  return found;
}

function namesOf(file) {
  const exports = load(file);
  return exports && (typeof exports === 'object' || typeof exports === 'function') ? Object.keys(exports).filter(key => typeof exports[key] === 'function') : [];
}

// callHandler calls the user's function. It ends by its callback, by a promise, or, if it takes no callback, by returning.
function callHandler(invocation, run, args, callbackAt) {
  const callback = (error, value) => {
    if (invocation.ended) return void host(op.log, level.warn, `the ${invocation.phase} called back again; what it said is lost`);
    if (error !== undefined && error !== null && error !== false) fail(invocation, error, true);
    else finish(invocation, value);
  };
  const result = run(...args, callback);
  if (result !== null && typeof result === 'object' && typeof result.then === 'function') {
    result.then(
      value => { if (!invocation.ended) finish(invocation, value); },
      error => { if (!invocation.ended) fail(invocation, error, false); });
  } else if (!invocation.ended && run.length <= callbackAt && (result !== undefined || invocation.phase !== 'handler')) {
    finish(invocation, result);
  }
}

hidden(globalThis, '__lull_dispatch', (id, phaseNumber, meta, length) => {
  const phase = settings.phases[phaseNumber];
  if (meta === undefined) { // the boot
    const invocation = { id, phase: 'start', ended: false };
    active.set(id, invocation);
    guarded(id, () => {
      for (const name of Object.values(settings.handlers)) if (name) handlerOf(name);
      finish(invocation);
    });
    return;
  }
  const invocation = new Invocation(id, phase, meta);
  if (!settings.overlap) active.clear(); // one that was given up
  active.set(id, invocation);
  guarded(id, () => {
    const run = handlerOf(settings.handlers[phase]);
    if (phase !== 'handler') return callHandler(invocation, run, [invocation.context], 1);
    callHandler(invocation, run, [own(pullAll(length, true)), invocation.context], 2);
  });
});

hidden(globalThis, '__lull_tick', tick);

hidden(globalThis, '__lull_reject', reason => {
  guarded(undefined, () => {
    if (globalThis.process.listenerCount('unhandledRejection') > 0) globalThis.process.emit('unhandledRejection', reason, undefined);
    else host(op.log, level.error, 'Unhandled promise rejection: ' + shown(reason));
  });
});

hidden(globalThis, '__lull_names', () => {
  const name = settings.handlers.handler, dot = name.lastIndexOf('.');
  host(op.names, namesOf(fileAt('/code/' + (dot > 0 ? name.slice(0, dot) : 'index'))).join('\n'));
});
