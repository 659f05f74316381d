// console: each call is one log record.

const level = { debug: 0, info: 1, warn: 2, error: 3 };

// show is how a value looks in a log.
function show(value) {
  try {
    if (typeof value === 'string') return value;
    if (value === null || typeof value !== 'object' && typeof value !== 'function') {
      return typeof value === 'bigint' ? value + 'n' : String(value);
    }
    if (value instanceof Error) return errorText(value);
    return bundled.util().inspect(value);
  } catch {
    return '[cannot be shown]';
  }
}

// errorText is an error with its stack, its own properties and its cause.
function errorText(error) {
  let text = typeof error.stack === 'string' && error.stack.includes('\n') ? error.stack : String(error);
  const own = Object.keys(error).filter(key => key !== 'stack' && key !== 'message' && key !== 'name');
  if (own.length) text += ' ' + bundled.util().inspect(Object.fromEntries(own.map(key => [key, error[key]])));
  if (error.cause instanceof Error) text += '\n  cause: ' + errorText(error.cause);
  return text;
}

function format(args) {
  if (args.length === 1) return show(args[0]);
  try {
    return bundled.util().format(...args.map(arg => typeof arg === 'bigint' || arg instanceof Error ? show(arg) : arg));
  } catch {
    return args.map(show).join(' ');
  }
}

{
  let indent = '';
  const counts = new Map(), timers = new Map();
  const say = (at, args) => {
    let text = format(args);
    if (indent) text = indent + text.replaceAll('\n', '\n' + indent);
    host(op.log, at, text);
  };
  const elapsed = (label, more) => {
    if (!timers.has(label)) return say(level.warn, [`there is no timer '${label}'`]);
    say(level.info, [`${label}: ${(now() - timers.get(label)).toFixed(3)}ms`, ...more]);
  };
  globalThis.console = {
    log: (...args) => say(level.info, args),
    info: (...args) => say(level.info, args),
    debug: (...args) => say(level.debug, args),
    warn: (...args) => say(level.warn, args),
    error: (...args) => say(level.error, args),
    trace: (...args) => say(level.error, ['Trace: ' + format(args) + '\n' + new Error().stack.split('\n').slice(1).join('\n')]),
    dir: value => say(level.info, [value]),
    table: value => say(level.info, [value]),
    assert: (ok, ...args) => { if (!ok) say(level.error, ['Assertion failed' + (args.length ? ':' : ''), ...args]); },
    count: (label = 'default') => { counts.set(label, (counts.get(label) || 0) + 1); say(level.info, [`${label}: ${counts.get(label)}`]); },
    countReset: (label = 'default') => { counts.delete(label); },
    group: (...args) => { if (args.length) say(level.info, args); indent += '  '; },
    groupEnd: () => { indent = indent.slice(2); },
    time: (label = 'default') => { timers.set(label, now()); },
    timeLog: (label = 'default', ...more) => elapsed(label, more),
    timeEnd: (label = 'default') => { elapsed(label, []); timers.delete(label); },
  };
  globalThis.console.groupCollapsed = globalThis.console.group;
}
