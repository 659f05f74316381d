"""What runs before a user's code, and between it and the host.

The host's device files are its side of it:

    /fc/next          opening it waits for the next event; reading gives it, writing before it is closed answers it
    /fc/reply         an answer, too, where the event's own file is no longer open
    /fc/log/LEVEL     what is written is one record of the function's log
    /fc/sleep-N       a stat of it sleeps N microseconds

The host waits for this interpreter where nothing of Python is on the stack, only functions in C: so that waiting, and the image taken there, cost
running code nothing. This is why the loop is an atexit callback made of deque, map, iter and partial.
"""
import atexit
import builtins
import collections
import functools
import gc
import importlib.util
import io
import json
import logging
import os
import sys
import traceback

CODE, BOOT = '/code', __file__
LEVELS = ((logging.ERROR, 'error'), (logging.WARNING, 'warn'), (logging.INFO, 'info'), (0, 'debug'))


class Failure(Exception):
    """An error that the handler reports in its own words: see Context.fail."""

    def __init__(self, error_type, message, stack):
        super().__init__(message)
        self.error_type, self.stack = error_type, stack


class Fields:
    """Attributes in Python's spelling and, as the original platform has them, in the one of JSON."""

    def __init__(self, values):
        for name, value in values.items():
            setattr(self, name, value)
            snake = ''.join('_' + c.lower() if c.isupper() else c for c in name)
            setattr(self, snake, value)


class Context:
    """The second argument of a handler, and the only one of a hook."""

    _json = {}  # what is the same in all calls of an instance; it is in attributes of the class, too

    def __init__(self, phase, request_id, deadline, qualifier, http):
        self.phase = phase
        self.request_id = self.requestId = request_id
        self.deadline = int(deadline)  # milliseconds since 1970
        self._http = http
        self._status, self._headers = None, []
        if qualifier != 'LATEST':
            self.service = Fields({**Context._json['service'], 'qualifier': qualifier})

    @property
    def http(self):
        """The request as a dict (method, path, query, clientIP, headers), or None if it did not come by a URL."""
        if isinstance(self._http, bytes):
            self._http = json.loads(self._http) if self._http else None
        return self._http

    def to_json(self):
        out = {**Context._json, 'requestId': self.request_id, 'phase': self.phase, 'deadline': self.deadline}
        out['service'] = {**out['service'], 'qualifier': self.service.qualifier}
        if self.http is not None:
            out['http'] = self.http
        return json.dumps(out)

    def set_status(self, status):
        """Sets the status of the answer to a request that came by a URL. The host refuses what is no status, also if another one follows."""
        if self._status is None or 200 <= self._status <= 599:
            self._status = int(status)

    def add_header(self, name, value):
        """Adds a header to such an answer."""
        self._headers.append((str(name), str(value)))

    def fail(self, error_type, message, stack=()):
        """Ends the call with an error of this type, message and stack, as one that the handler has handled."""
        raise Failure(str(error_type), str(message), [str(line) for line in stack])


def share(context):
    """Takes the part of a context that is the same in all calls."""
    for name in ('requestId', 'phase', 'deadline', 'http'):
        context.pop(name, None)
    Context._json = context
    shared = Fields({k: Fields(v) if k in ('credentials', 'function', 'service') else v for k, v in context.items()})
    for name, value in vars(shared).items():
        setattr(Context, name, value)
    Context.logger = logging.getLogger()


def begin(context):
    """Begins an instance. Nearly all of its context is in the image already."""
    if context['service']['versionId'] != Context._json['service']['versionId']:
        share(context)
    Context.instanceId = Context.instance_id = Context._json['instanceId'] = context['instanceId']
    random, uuid = sys.modules.get('random'), sys.modules.get('uuid')
    if random is not None:  # what must not be the same in two instances
        random.seed()
    if uuid is not None:
        uuid._node = uuid._last_timestamp = None


def device(name, data):
    fd = os.open(name, os.O_WRONLY)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)


def encode(text):
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode('utf-8', 'surrogateescape' if all('\udc80' <= c <= '\udcff' for c in text if '\ud800' <= c <= '\udfff') else 'replace')


class Records(logging.Handler):
    """Log records become the host's, with their level."""

    def emit(self, record):
        try:
            for least, name in LEVELS:
                if record.levelno >= least:
                    device('/fc/log/' + name, encode(self.format(record)))
                    return
        except Exception:
            self.handleError(record)


def stream(fd):
    return io.TextIOWrapper(io.BufferedWriter(io.FileIO(fd, 'w', closefd=False)), 'utf-8', 'backslashreplace', line_buffering=True)


class NotThere(Exception):
    """A file or a function that the configuration names."""


functions = {}


def load(name):
    """Finds the function that file.function names. The file may be in folders, with / or . between them."""
    if name in functions:
        return functions[name]
    module, function = file_of(name)
    found = getattr(module, function, None)
    if not callable(found):
        raise NotThere("%s has no function '%s', which '%s' names" % (module.__file__, function, name))
    functions[name] = found
    return found


def file_of(name):
    """Loads the file of file.function, and returns it with the function's name, which may be empty."""
    file, _, function = name.rpartition('.')
    if not file:
        raise NotThere("'%s' is not of the form file.function" % name)
    parts = [p for p in file.replace('.', '/').split('/') if p]
    return module_of('.'.join(parts), '/'.join([CODE] + parts), name), function


def module_of(name, path, asked):
    for file in (path + '.py', path + '/__init__.py'):
        if os.path.isfile(file):
            break
    else:
        raise NotThere("there is no %s.py, which '%s' names" % (path, asked))
    there = sys.modules.get(name)
    if there is not None and getattr(there, '__file__', None) == file:
        return there
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    # A file may have the name of a module that the interpreter has loaded already; that one stays what others import.
    sys.modules.setdefault(name, module)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if sys.modules.get(name) is module:
            del sys.modules[name]
        raise
    return module


def functions_of(name):
    module, _ = file_of(name)
    return [n for n, value in vars(module).items() if callable(value) and not n.startswith('__')]


def error(e):
    """Describes an exception as the host wants it. Frames of this file are left out."""
    if isinstance(e, Failure):
        return b'!' + encode(json.dumps({'handled': True, 'type': e.error_type, 'message': str(e), 'stack': e.stack}))
    kind, text = type(e).__name__, None
    if isinstance(e, SystemExit):
        text = 'the code called sys.exit(%s)' % ('' if e.code is None else repr(e.code))
    elif isinstance(e, NotThere):
        kind = 'HandlerNotFound'
    try:
        text = str(e) if text is None else text
    except Exception as broken:
        text = '<the exception has no text: %s>' % type(broken).__name__
    e.__traceback__ = trim(e.__traceback__)
    try:
        lines = [] if isinstance(e, NotThere) else ''.join(traceback.format_exception(e)).splitlines()
    except Exception:
        lines = []
    return b'!' + encode(json.dumps({'type': kind, 'message': text, 'stack': lines}))


def trim(tb):
    while tb is not None and (tb.tb_frame.f_code.co_filename == BOOT or '<frozen importlib' in tb.tb_frame.f_code.co_filename):
        tb = tb.tb_next
    return tb


def body(answer):
    """Makes bytes of what a handler has returned: bytes and str as they are, anything else as JSON."""
    if isinstance(answer, bytes):
        return answer
    if isinstance(answer, str):
        return encode(answer)
    if isinstance(answer, (bytearray, memoryview)):
        return bytes(answer)
    return json.dumps(answer).encode()


def run(function, *arguments):
    answer = function(*arguments)
    if hasattr(answer, '__await__'):
        import asyncio
        return asyncio.run(finish(answer))
    return answer


async def finish(awaitable):
    return await awaitable


def answer_to(event):
    _, phase, request_id, deadline, qualifier, name, shared, http, event = event.split(b'\n', 8)
    if phase == b'functions':
        return b'=' + json.dumps(functions_of(name.decode())).encode()
    if shared:
        begin(json.loads(shared))
    phase = phase.decode()
    context = Context(phase, request_id.decode(), deadline, qualifier.decode(), http)
    try:
        function = load(name.decode())
        if phase != 'handler':
            run(function, context)
            return b'='
        answer = body(run(function, event, context))
        if context._status is not None or context._headers:
            head = json.dumps({'status': context._status, 'headers': context._headers})
            return b'#' + encode(head) + b'\n' + answer
        return b'=' + answer
    except BaseException as e:
        return error(e)


def one(fd):
    event = os.read(fd, 65536)
    size = int(event[:event.index(b'\n')])
    if len(event) < size:
        parts = [event]
        size -= len(event)
        while size > 0:
            parts.append(os.read(fd, size))
            size -= len(parts[-1])
        event = b''.join(parts)
    reply = answer_to(event)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except Exception:
        sys.stdout, sys.stderr = stream(1), stream(2)
    try:
        os.write(fd, reply)
        os.close(fd)
    except OSError:  # the code has closed it
        device('/fc/reply', reply)


def warm():
    """Runs the code of this file until the interpreter has adapted it, so that it need not in each instance."""
    functions['warm.up'] = lambda event, context: {'event': event.decode()}
    for _ in range(100):
        answer_to(b'0\nhandler\n-\n0\nLATEST\nwarm.up\n\n\n{}')
    del functions['warm.up']


def main():
    sys.path.insert(0, CODE)
    sys.argv = ['']
    sys.stdout, sys.stderr = stream(1), stream(2)
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
    import _sitebuiltins
    builtins.exit = _sitebuiltins.Quitter('exit', 'Ctrl-D (i.e. EOF)')
    builtins.quit = _sitebuiltins.Quitter('quit', 'Ctrl-D (i.e. EOF)')
    import shims
    shims.install()
    root = logging.getLogger()
    root.addHandler(Records())
    root.setLevel(logging.INFO)
    with open('/fc/context') as context:
        share(json.load(context))
    try:
        with open('/fc/functions') as names:
            for name in names.read().split('\n'):
                load(name)
    except BaseException as e:
        sys.stdout.flush()
        device('/fc/reply', error(e))
        os._exit(1)
    sys.stdout.flush()
    warm()
    # Room for what handlers allocate: an instance whose memory has grown cannot be reset.
    room = [bytearray(1 << 20) for _ in range(4)]
    del room
    gc.collect()
    gc.freeze()  # a collection need not touch, and so copy, what the image has
    atexit.register(collections.deque, map(one, iter(functools.partial(os.open, '/fc/next', os.O_RDWR), -1)), 0)


main()
