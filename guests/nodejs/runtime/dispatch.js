// Calls: the host dispatches one, and then runs jobs and timers until it has ended.

const overlap = settings.overlap, handlerPhase = settings.phases.indexOf('handler');

// Invocations that have not ended, and, with id 0, places for further ones. Who keeps one keeps its id, too.
const invocations = [];
const ended = { id: 0, phase: 0, context: undefined, http: false };

function begun(id, phase, context, http) {
  let invocation;
  for (let i = 0; i < invocations.length; i++) {
    if (invocations[i].id === 0 || !overlap) { // one that was given up
      invocation = invocations[i];
      break;
    }
  }
  if (!invocation) invocations.push(invocation = { id, phase, context, http });
  invocation.id = newest = id;
  invocation.phase = phase;
  invocation.context = context;
  invocation.http = http;
  return invocation;
}

function invocationOfId(id) {
  for (let i = 0; i < invocations.length; i++) if (invocations[i].id === id) return invocations[i];
  return undefined;
}

// ownerNow is the invocation whose code runs, and enter makes another one's code run. The host knows where they overlap.
let newest = 0;
const ownerNow = overlap ? () => host(op.owner) : () => newest;
const enter = overlap ? id => void host(op.enter, id) : () => {};

function end(invocation) {
  invocation.id = 0;
  invocation.context = undefined;
}

// guarded runs code of an invocation; what it throws is the invocation's end.
function guarded(id, run) {
  try {
    return run();
  } catch (e) {
    thrownBy(id, e);
    return undefined;
  }
}

function thrownBy(id, e) {
  if (globalThis.process.listenerCount('uncaughtException') > 0) {
    try {
      globalThis.process.emit('uncaughtException', e, 'uncaughtException');
      return;
    } catch (second) {
      e = second;
    }
  }
  const invocation = id && invocationOfId(id);
  if (invocation) fail(invocation, e, false);
  else host(op.log, level.error, 'Uncaught ' + shown(e));
}

function shown(thrown) {
  const [type, message, frames] = describe(thrown);
  return `${type}: ${message}${frames ? '\n' + frames.split('\n').map(line => '    ' + line).join('\n') : ''}`;
}

function fail(invocation, error, handled) {
  const { id } = invocation;
  end(invocation);
  host(op.fail, id, handled ? 1 : 0, ...describe(error));
}

// finish ends an invocation with a value.
function finish(invocation, value) {
  const { id } = invocation;
  let answer;
  try {
    if (value === undefined || invocation.phase !== handlerPhase) answer = undefined;
    else if (typeof value === 'string') answer = value;
    else {
      const inHTTP = value !== null && typeof value === 'object' && Number.isInteger(value.statusCode) && invocation.http;
      answer = inHTTP ? answerHTTP(id, value) : answerOf(value);
    }
  } catch (e) {
    if (invocation.id === id) fail(invocation, e, false);
    return;
  }
  end(invocation);
  if (id === inside && (answer === undefined || typeof answer === 'string')) said = answer === undefined ? null : answer;
  else if (answer === undefined) host(op.done, id);
  else host(op.done, id, answer);
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

const plainThen = Promise.prototype.then;
const handlers = []; // by phase; undefined where there is none

// A kit is what a call needs and what most leave behind as it was: a context and a callback. The next call gets them again, if the host sees that nobody has
// kept them: to make them is a quarter of all that a small call costs.
let kit;

function prepare() {
  const target = { __proto__: contextMethods, requestId: undefined, deadline: 0, [phaseOf]: 0, [detailOf]: undefined };
  const call = { id: 0, phase: 0, invocation: undefined };
  const callback = (error, value) => {
    const { id, invocation } = call;
    if (invocation.id !== id) return void host(op.log, level.warn, `the ${settings.phases[call.phase]} called back again; what it said is lost`);
    if (error !== undefined && error !== null && error !== false) fail(invocation, error, true);
    else finish(invocation, value);
  };
  kit = { target, context: new Proxy(target, lazyContext), call, callback };
  if (!overlap) host(op.kit, kit.context, callback);
}

// While a dispatch runs, and nothing else can, what its invocation answers goes back to the host as its result: null for nothing.
let inside = 0, said;

hidden(globalThis, '__lull_dispatch', (id, phase, event, requestId, deadline, detail, again) => {
  if (requestId === undefined) { // the boot
    guarded(begun(id, phase).id, () => {
      settings.handlers.forEach((name, phase) => { if (name) handlers[phase] = find(name); });
      finish(invocationOfId(id));
    });
    return undefined;
  }
  if (!again || kit === undefined) prepare();
  const { target, context, call, callback } = kit;
  target.requestId = requestId;
  target.deadline = deadline;
  target[phaseOf] = call.phase = phase;
  target[detailOf] = detail;
  call.id = id;
  const invocation = call.invocation = begun(id, phase, context, detail !== undefined && detail.startsWith('{"http":'));
  if (!overlap) inside = id;
  let result;
  try {
    const run = handlers[phase];
    // It ends by its callback, by a promise, or, if it takes no callback, by returning.
    const inHandler = phase === handlerPhase;
    result = inHandler ? run(own(event), context, callback) : run(context, callback);
    if (result === undefined && inHandler) {
      // it has called back, or will
    } else if (result instanceof Promise && result.then === plainThen && !overlap) { // the host looks at it, and calls __lull_settle
      inside = 0;
      if (said !== undefined) host(op.done, id, ...said === null ? [] : [said]);
      said = undefined;
      return result;
    } else if (result !== null && typeof result === 'object' && typeof result.then === 'function') {
      result.then(
        value => { if (invocation.id === id) finish(invocation, value); },
        error => { if (invocation.id === id) fail(invocation, error, false); });
    } else if (invocation.id === id && run.length <= (inHandler ? 2 : 1)) {
      finish(invocation, result);
    }
  } catch (e) {
    thrownBy(id, e);
  }
  const answer = said;
  inside = 0;
  said = undefined;
  return answer;
});

hidden(globalThis, '__lull_prepare', prepare);

hidden(globalThis, '__lull_settle', (id, failed, value) => {
  const invocation = invocationOfId(id);
  if (!invocation) return; // it has called back
  if (failed) fail(invocation, value, false);
  else finish(invocation, value);
});

hidden(globalThis, '__lull_tick', tick);

hidden(globalThis, '__lull_reject', reason => {
  guarded(undefined, () => {
    if (globalThis.process.listenerCount('unhandledRejection') > 0) globalThis.process.emit('unhandledRejection', reason, undefined);
    else host(op.log, level.error, 'Unhandled promise rejection: ' + shown(reason));
  });
});

// What logs of values need is made before the image is, not in each instance.
format(['%s', {}]);

hidden(globalThis, '__lull_names', () => {
  const name = settings.handlers[handlerPhase], dot = name.lastIndexOf('.');
  host(op.names, namesOf(fileAt('/code/' + (dot > 0 ? name.slice(0, dot) : 'index'))).join('\n'));
});
