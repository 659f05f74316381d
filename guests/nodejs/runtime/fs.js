// fs: /code is read-only, /tmp is the instance's own and in memory. All is done at once; the asynchronous forms only answer later.

const fileOps = { read: 0, write: 1, stat: 2, list: 3, mkdir: 4, rmdir: 5, unlink: 6, rename: 7 };

function fileCall(operation, call, path, more) {
  const answer = host(op.file, fileOps[operation], path, more ?? 0);
  if (typeof answer === 'number' && answer < 0) throw systemError(fileErrors[-1 - answer] || 'EIO', call, path);
  return answer;
}

// pathOf gives an absolute path.
function pathOf(path) {
  if (path instanceof Uint8Array) path = decode(path);
  else if (typeof path === 'object' && path && path.protocol === 'file:') path = decodeURIComponent(path.pathname);
  if (typeof path !== 'string') throw Object.assign(new TypeError('The "path" argument must be of type string or an instance of Buffer or URL.'), { code: 'ERR_INVALID_ARG_TYPE' });
  if (path.includes('\0')) throw Object.assign(new TypeError('The argument "path" must be a string without null bytes.'), { code: 'ERR_INVALID_ARG_VALUE' });
  return bundled.path().resolve('/code', path);
}

// statOf is undefined for what is not there.
function statOf(path) {
  const answer = host(op.file, fileOps.stat, path, 0);
  if (typeof answer === 'number') return undefined;
  const [kind, size, modified] = answer.split(' ');
  return { folder: kind === 'd', size: Number(size), modified: Number(modified) };
}

function readText(path) {
  return decode(pullAll(fileCall('read', 'open', path)));
}

class Stats {
  constructor(st) {
    const time = new Date(st.modified);
    Object.assign(this, {
      dev: 1, ino: 0, mode: st.folder ? 0o40755 : 0o100644, nlink: 1, uid: 0, gid: 0, rdev: 0, size: st.size, blksize: 4096, blocks: Math.ceil(st.size / 512),
      atimeMs: st.modified, mtimeMs: st.modified, ctimeMs: st.modified, birthtimeMs: st.modified, atime: time, mtime: time, ctime: time, birthtime: time,
    });
  }
  isDirectory() { return (this.mode & 0o170000) === 0o40000; }
  isFile() { return !this.isDirectory(); }
  isSymbolicLink() { return false; }
  isFIFO() { return false; }
  isSocket() { return false; }
  isBlockDevice() { return false; }
  isCharacterDevice() { return false; }
}

class Dirent {
  constructor(name, folder, path) { Object.assign(this, { name, parentPath: path, path }); hidden(this, 'folder', folder); }
  isDirectory() { return this.folder; }
  isFile() { return !this.folder; }
  isSymbolicLink() { return false; }
}

const fsModule = once(() => {
  const encodingOf = options => typeof options === 'string' ? options : options && options.encoding;
  const missing = (call, path) => systemError('ENOENT', call, path);
  const write = (path, data, options, append) => {
    const flag = options && options.flag || (append ? 'a' : 'w');
    pushAll(typeof data === 'string' ? Buffer.from(data, encodingOf(options) || 'utf8') : bytesOf(data));
    fileCall('write', 'open', pathOf(path), flag.startsWith('a') ? 1 : flag.includes('x') ? 2 : 0);
  };
  const sync = {
    readFile(path, options) {
      const bytes = own(pullAll(fileCall('read', 'open', pathOf(path))));
      const encoding = encodingOf(options);
      return encoding && encoding !== 'buffer' ? bytes.toString(encoding) : bytes;
    },
    writeFile: (path, data, options) => write(path, data, options, false),
    appendFile: (path, data, options) => write(path, data, options, true),
    stat(path, options) {
      const st = statOf(pathOf(path));
      if (!st) {
        if (options && options.throwIfNoEntry === false) return undefined;
        throw missing('stat', path);
      }
      return new Stats(st);
    },
    access(path, mode = 0) {
      const full = pathOf(path);
      if (!statOf(full)) throw missing('access', path);
      if (mode & 2 && !full.startsWith('/tmp')) throw systemError('EROFS', 'access', path);
    },
    readdir(path, options) {
      const full = pathOf(path);
      const entries = fileCall('list', 'scandir', full).split('\n').filter(Boolean).map(line => [line[0] === 'd', line.slice(2)]);
      if (options && options.recursive) {
        const all = [];
        const walk = (at, prefix) => {
          for (const entry of sync.readdir(at, { withFileTypes: true })) {
            all.push([entry.folder, prefix + entry.name]);
            if (entry.folder) walk(at + '/' + entry.name, prefix + entry.name + '/');
          }
        };
        walk(full, '');
        return options.withFileTypes ? all.map(([folder, name]) => new Dirent(name, folder, full)) : all.map(([, name]) => name);
      }
      return options && options.withFileTypes ? entries.map(([folder, name]) => new Dirent(name, folder, full)) : entries.map(([, name]) => name);
    },
    mkdir(path, options) {
      const full = pathOf(path);
      if (!(options && options.recursive)) return void fileCall('mkdir', 'mkdir', full);
      let first;
      const parts = full.split('/').filter(Boolean);
      for (let i = 1; i <= parts.length; i++) {
        const at = '/' + parts.slice(0, i).join('/');
        const st = statOf(at);
        if (st && !st.folder) throw systemError('ENOTDIR', 'mkdir', path);
        if (!st) {
          fileCall('mkdir', 'mkdir', at);
          first ??= at;
        }
      }
      return first;
    },
    rmdir(path, options) { return options && options.recursive ? sync.rm(path, { recursive: true }) : void fileCall('rmdir', 'rmdir', pathOf(path)); },
    unlink: path => void fileCall('unlink', 'unlink', pathOf(path)),
    rm(path, options = {}) {
      const full = pathOf(path), st = statOf(full);
      if (!st) {
        if (options.force) return;
        throw missing('rm', path);
      }
      if (!st.folder) return void fileCall('unlink', 'rm', full);
      if (!options.recursive) throw systemError('EISDIR', 'rm', path);
      for (const name of sync.readdir(full)) sync.rm(full + '/' + name, options);
      fileCall('rmdir', 'rm', full);
    },
    rename: (from, to) => void fileCall('rename', 'rename', pathOf(from), pathOf(to)),
    copyFile: (from, to) => sync.writeFile(to, sync.readFile(from)),
    truncate(path, length = 0) {
      const old = sync.readFile(path), bytes = Buffer.alloc(length);
      old.copy(bytes);
      sync.writeFile(path, bytes);
    },
    realpath(path) {
      const full = pathOf(path);
      if (!statOf(full) && full !== '/') throw missing('realpath', path);
      return full;
    },
    mkdtemp(prefix) {
      const path = prefix + Buffer.from(randomBytesOf(6)).toString('hex').slice(0, 6);
      sync.mkdir(path);
      return path;
    },
    chmod(path) { if (!pathOf(path).startsWith('/tmp')) throw systemError('EROFS', 'chmod', path); },
    utimes(path) { if (!pathOf(path).startsWith('/tmp')) throw systemError('EROFS', 'utime', path); },
    symlink: (to, path) => { throw systemError('EPERM', 'symlink', path); },
    link: (to, path) => { throw systemError('EPERM', 'link', path); },
    readlink: path => { throw systemError('EINVAL', 'readlink', path); },
  };
  sync.lstat = sync.stat;
  const fs = { constants: { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 }, promises: {}, Stats, Dirent };
  fs.promises.constants = fs.constants;
  for (const [name, run] of Object.entries(sync)) {
    fs[name + 'Sync'] = run;
    fs[name] = (...args) => {
      const done = args.pop();
      if (typeof done !== 'function') throw Object.assign(new TypeError('The "cb" argument must be of type function.'), { code: 'ERR_INVALID_ARG_TYPE' });
      let error = null, value;
      try { value = run(...args); } catch (e) { error = e; }
      globalThis.setImmediate(() => error ? done(error) : done(null, value));
    };
    fs.promises[name] = async (...args) => run(...args);
  }
  fs.existsSync = path => { try { return pathOf(path) === '/' || !!statOf(pathOf(path)); } catch { return false; } };
  fs.exists = (path, done) => globalThis.setImmediate(() => done(fs.existsSync(path)));
  fs.createReadStream = (path, options) => {
    const { Readable } = bundled.stream();
    let bytes;
    return new Readable({
      encoding: encodingOf(options) || undefined,
      read() {
        if (bytes) return;
        try { bytes = sync.readFile(path); } catch (e) { this.destroy(e); return; }
        if (options && (options.start !== undefined || options.end !== undefined)) bytes = bytes.subarray(options.start || 0, options.end === undefined ? undefined : options.end + 1);
        for (let at = 0; at < bytes.length; at += 65536) this.push(bytes.subarray(at, at + 65536));
        this.push(null);
      },
    });
  };
  fs.createWriteStream = (path, options) => {
    const { Writable } = bundled.stream();
    let begun = !!(options && options.flags && options.flags.startsWith('a'));
    return new Writable({
      write(chunk, encoding, done) {
        try {
          write(path, chunk, undefined, begun);
          begun = true;
          done();
        } catch (e) { done(e); }
      },
      final(done) {
        try {
          if (!begun) write(path, '', undefined, false);
          done();
        } catch (e) { done(e); }
      },
    });
  };
  return fs;
});
