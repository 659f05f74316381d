// Errors as Node.js shows them: the stack begins with the error's name and message, and has none of our own frames.

Error.prepareStackTrace = (error, sites) => {
  let head = 'Error';
  try {
    head = String(error.name) + (error.message ? ': ' + error.message : '');
  } catch {}
  const lines = [head];
  for (const site of sites) {
    const file = site.getFileName();
    if (!file || file.startsWith('lull:') || site.isNative()) continue;
    const at = `${file}:${site.getLineNumber()}:${site.getColumnNumber()}`;
    const name = site.getFunctionName();
    lines.push(name ? `    at ${name} (${at})` : `    at ${at}`);
  }
  return lines.join('\n');
};
// What Node.js has of a call's place beside what the interpreter has: packages that warn of old uses ask for all of it.
{
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (error, sites) => Object.getPrototypeOf(sites[0]);
  const site = (() => new Error().stack)();
  Error.prepareStackTrace = prepareStackTrace;
  const nothing = () => undefined, no = () => false, none = () => null;
  for (const [name, answer] of Object.entries({
    getThis: nothing, getTypeName: none, getMethodName: none, getFunction: nothing, getEvalOrigin: nothing, getPromiseIndex: none,
    getScriptNameOrSourceURL() { return this.getFileName(); }, getScriptHash: () => '', isToplevel: () => true, isEval: no, isConstructor: no, isAsync: no, isPromiseAll: no,
  })) if (!(name in site)) hidden(site, name, answer);
}
if (!Error.captureStackTrace) Error.captureStackTrace = error => { error.stack = new Error().stack; };

// describe gives type, message and frames of anything that was thrown.
function describe(thrown) {
  try {
    if (thrown instanceof Error || (thrown !== null && typeof thrown === 'object' && 'message' in thrown)) {
      let stack = typeof thrown.stack === 'string' ? thrown.stack : '';
      const head = `${thrown.name}${thrown.message ? ': ' + thrown.message : ''}`;
      if (stack.startsWith(head)) stack = stack.slice(head.length);
      else if (/^[\w.]*(Error|Exception)?(: .*)?\n\s+at /.test(stack)) stack = stack.slice(stack.indexOf('\n'));
      const frames = stack.split('\n').map(line => line.trim()).filter(line => line && !line.includes('lull:'));
      const type = thrown.name ? String(thrown.name) : thrown.constructor && thrown.constructor.name || 'Error';
      return [type, String(thrown.message), frames.join('\n')];
    }
    return ['Error', typeof thrown === 'string' ? thrown : show(thrown), ''];
  } catch {
    return ['Error', 'something was thrown that cannot be shown', ''];
  }
}

// systemError is an error of the operating system, as the modules of Node.js throw it.
const fileErrors = ['EIO', 'ENOENT', 'EACCES', 'EEXIST', 'ENOTDIR', 'EISDIR', 'EINVAL', 'EROFS', 'ENOTEMPTY', 'EBADF', 'EPERM'];
const errorWords = {
  EIO: 'i/o error, or no space left', ENOENT: 'no such file or directory', EACCES: 'permission denied', EEXIST: 'file already exists',
  ENOTDIR: 'not a directory', EISDIR: 'illegal operation on a directory', EINVAL: 'invalid argument', EROFS: 'read-only file system',
  ENOTEMPTY: 'directory not empty', EBADF: 'bad file descriptor', EPERM: 'operation not permitted', ESRCH: 'no such process', ENOSYS: 'function not implemented',
};

function systemError(code, call, path) {
  const error = new Error(`${code}: ${errorWords[code] || 'unknown error'}, ${call}${path === undefined ? '' : ` '${path}'`}`);
  return Object.assign(error, { code, syscall: call, path });
}

// absent is an error for what cannot be had here.
function absent(what, why) {
  return Object.assign(new Error(`${what} is not available here: ${why}`), { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' });
}
