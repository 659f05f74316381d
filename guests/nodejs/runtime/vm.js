// vm: scripts in the one global scope that there is.

const vmModule = once(() => {
  const fileOf = (options, otherwise = 'evalmachine.<anonymous>') => String((typeof options === 'string' ? options : options?.filename) ?? otherwise);
  const alone = name => () => { throw absent(`vm.${name}`, 'there is one global scope, and code cannot get another; runInThisContext, Script and compileFunction work'); };
  class Script {
    constructor(code, options) {
      hidden(this, 'code', String(code));
      hidden(this, 'file', fileOf(options));
      try {
        host(op.compile, this.file, `if (0) {${this.code}\n}`); // for its syntax errors
      } catch (e) {
        throw explained(e, this.file, this.code);
      }
    }
    runInThisContext() { return host(op.compile, this.file, this.code); }
    runInContext() { return alone('Script.runInContext')(); }
    runInNewContext() { return alone('Script.runInNewContext')(); }
    createCachedData() { return Buffer.alloc(0); }
  }
  return {
    Script,
    runInThisContext: (code, options) => new Script(code, options).runInThisContext(),
    compileFunction: (code, params = [], options = {}) => host(op.compile, fileOf(options, ''), `(function (${params.join(',')}) {${code}\n})`),
    isContext: () => false,
    createContext: alone('createContext'), runInContext: alone('runInContext'), runInNewContext: alone('runInNewContext'),
    measureMemory: alone('measureMemory'), constants: {},
  };
});
