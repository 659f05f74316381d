"""What runs before a user's code, and between it and the host.

The host's device files are its side of it:

    /fc/events        a read waits for the next event and gives it, a write is the answer
    /fc/reply         an answer, too: what is wrong with the code, if it does not load
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

import lull_json

CODE, BOOT = '/code', __file__
READ = 65536  # bytes that are asked for at once
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


class Lazy:
    """An attribute that is made when somebody first asks for it: most calls ask for few."""

    def __init__(self, make):
        self.make, self.name = make, make.__name__

    def __get__(self, context, owner=None):
        if context is None:
            return self
        value = context.__dict__[self.name] = self.make(context)
        return value


class Context:
    """The second argument of a handler, and the only one of a hook."""

    _json = {}  # what is the same in all calls of an instance; it is in attributes of the class, too
    _status, _headers, _http, phase = None, (), b'', 'handler'

    def __init__(self, times, request_id):
        self._call = times, request_id

    @Lazy
    def request_id(self):
        return self._call[1].decode()

    @property
    def requestId(self):
        return self.request_id

    @Lazy
    def deadline(self):
        """When the call's time is over, in milliseconds since 1970."""
        return int(self._call[0][11:])  # behind the event's length

    @Lazy
    def http(self):
        """The request as a dict (method, path, query, clientIP, headers), or None if it did not come by a URL."""
        return json.loads(self._http) if self._http else None

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
        self._headers = *self._headers, (str(name), str(value))

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


def begin(instance):
    """Begins an instance. Nearly all of its context is in the image already."""
    name, _, version = instance.decode().partition(' ')
    Context.instanceId = Context.instance_id = Context._json['instanceId'] = name
    service = Context._json['service']
    if service['versionId'] != version:
        service['versionId'] = version
        Context.service = Fields(service)
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


functions = {}  # by their names as events have them, in bytes
handlers = {}  # by the whole line of an event that tells what to call


def load(called):
    """Finds the function that file.function names. The file may be in folders, with / or . between them."""
    name = called.decode()
    module, function = file_of(name)
    found = getattr(module, function, None)
    if not callable(found):
        raise NotThere("%s has no function '%s', which '%s' names" % (module.__file__, function, name))
    functions[called] = found
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
    """Leaves out what is lull's: the frames that lead to the user's code, and those between it and the library."""
    while tb is not None and ours(tb):
        tb = tb.tb_next
    at = tb
    while at is not None:
        while at.tb_next is not None and at.tb_next.tb_frame.f_code.co_filename == lull_json.__file__:
            at.tb_next = at.tb_next.tb_next
        at = at.tb_next
    return tb


def ours(tb):
    file = tb.tb_frame.f_code.co_filename
    return file == BOOT or file == lull_json.__file__ or '<frozen importlib' in file


def as_json(answer):
    return lull_json.encode_answer(answer).encode()

# What makes bytes of what a handler has returned: bytes and text as they are, anything else as JSON.
BODIES = {bytes: bytes, str: encode, dict: as_json, list: as_json, bytearray: bytes, memoryview: bytes}


def body(answer):
    answer = finished(answer)
    for kind, make in BODIES.items():
        if isinstance(answer, kind):
            return make(answer)
    return as_json(answer)


def finished(answer):
    if not hasattr(answer, '__await__'):
        return answer
    import asyncio
    return asyncio.run(finish(answer))


async def finish(awaitable):
    return await awaitable


def answer_to(event):
    times, request_id, what, event = event.split(b'\n', 3)
    context = Context(times, request_id)
    try:
        handler = handlers.get(what) or turn(what, context)
        if handler is None:
            return other(context.phase, what, context)
        answer = handler(event, context)
        answer = BODIES.get(type(answer), body)(answer)
        if context._status is not None or context._headers:
            head = json.dumps({'status': context._status, 'headers': context._headers})
            return b'#' + encode(head) + b'\n' + answer
        return b'=' + answer
    except BaseException as e:
        return error(e)


def turn(what, context):
    """Takes the line of an event that tells what to call: the handler, or None for anything else. It is kept for further events, unless it tells more than that."""
    phase, qualifier, instance, http, name = what.split(b'\t', 4)
    if instance:
        begin(instance)
    if qualifier != b'LATEST':
        context.service = Fields({**Context._json['service'], 'qualifier': qualifier.decode()})
    if http:
        context._http = http
    if phase != b'handler':
        context.phase = phase.decode()
        return None
    handler = functions.get(name) or load(name)
    if what == b'handler\tLATEST\t\t\t' + name:
        handlers[what] = handler
    return handler


def other(phase, what, context):
    """Runs a hook, or tells which functions there are."""
    name = what.split(b'\t', 4)[4]
    if phase == 'functions':
        return b'=' + as_json(functions_of(name.decode()))
    finished((functions.get(name) or load(name))(context))
    return b'='


def one(event):
    if len(event) == READ:
        size = int(event[:10]) - READ
        parts = [event]
        while size > 0:
            parts.append(os.read(waiting.args[0], size))
            size -= len(parts[-1])
        event = b''.join(parts)
    reply = answer_to(event)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except Exception:
        sys.stdout, sys.stderr = stream(1), stream(2)
    try:
        os.write(waiting.args[0], reply)
    except OSError:  # the code has closed it
        waiting.__setstate__(opened())
        os.write(waiting.args[0], reply)


def opened():
    """What to call to wait for an event."""
    return os.read, (os.open('/fc/events', os.O_RDWR), READ), {}, {}


waiting = functools.partial(os.read)


def warm():
    """Runs the code of this file until the interpreter has adapted it, so that it need not in each instance."""
    functions[b'warm.up'] = lambda event, context: {'event': json.loads(event), 'request': context.request_id}
    for _ in range(100):
        answer_to(b'         0 0\n-\nhandler\tLATEST\t\t\twarm.up\n{}')
    del functions[b'warm.up']
    handlers.clear()


def main():
    sys.path.insert(0, CODE)
    sys.argv = ['']
    sys.stdout, sys.stderr = stream(1), stream(2)
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
    import _sitebuiltins
    builtins.exit = _sitebuiltins.Quitter('exit', 'Ctrl-D (i.e. EOF)')
    builtins.quit = _sitebuiltins.Quitter('quit', 'Ctrl-D (i.e. EOF)')
    import lull_shims
    lull_shims.install()
    lull_json.install()
    root = logging.getLogger()
    root.addHandler(Records())
    root.setLevel(logging.INFO)
    with open('/fc/context') as context:
        share(json.load(context))
    try:
        with open('/fc/functions', 'rb') as names:
            for name in names.read().split(b'\n'):
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
    waiting.__setstate__(opened())
    atexit.register(collections.deque, map(one, iter(waiting, b'')), 0)


main()
