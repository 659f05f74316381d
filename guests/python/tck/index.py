"""The guest of the conformance kit. abi/tck/README.md says what each case does."""
import hashlib
import logging
import os
import sys
import time

count = dict.fromkeys(['handler', 'initializer', 'preFreeze', 'preStop'], 0)
armed = {}

log = logging.getLogger()
log.setLevel(logging.DEBUG)
if ' ' in os.environ.get('LULL_TCK', ''):
    name, action = os.environ['LULL_TCK'].split(' ', 1)
    armed[name] = action


def digest(data):
    return '%d sha256:%s' % (len(data), hashlib.sha256(data).hexdigest())


def context_field(c, name):
    http = c.http or {}
    values = {
        'requestId': c.request_id, 'function': c.function.name, 'service': c.service.name, 'qualifier': c.service.qualifier,
        'versionId': c.service.version_id, 'instanceId': c.instance_id, 'phase': c.phase, 'deadline': c.deadline, 'json': c.to_json(),
    }
    if c.http is not None:
        values.update({k: http[k] for k in ('method', 'path', 'query', 'clientIP')})
        values['headers'] = ''.join('%s: %s\n' % (n, v) for n, vs in http['headers'].items() for v in vs)
    return str(values.get(name, -1))


def chunks(c, payload, n, size):
    # The answer is given whole, and no host takes one of more than 40 MiB.
    out = bytearray()
    for i in range(int(n)):
        out += bytes([97 + i % 26]) * int(size)
        if len(out) > 40 << 20:
            break
    return bytes(out)


def status(c, payload, *statuses):
    for s in statuses:
        c.set_status(s)
    return 'ok'


def headers(c, payload):
    parts = payload.decode().split('\0')
    for name, value in zip(parts[::2], parts[1::2]):
        c.add_header(name, value)
    return 'ok'


def fail(c, payload, kind):
    message, _, stack = payload.decode().partition('\0')
    c.fail(kind, message, stack.split('\n'))


def unhandled(c, payload, *words):
    raise ValueError(' '.join(words))


def arm(c, payload, hook, *words):
    armed[hook] = ' '.join(words)
    return 'ok'


def log_case(c, payload, level):
    log.log([logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR][int(level)], payload.decode('utf-8', 'surrogateescape'))
    return 'ok'


def printed(stream):
    def case(c, payload):
        stream().buffer.write(payload)
        stream().flush()
        return 'ok'
    return case


def loop(c, payload, *_):
    while True:
        pass


def sleep(c, payload, ms):
    time.sleep(int(ms) / 1000)
    return 'ok'


def recurse(c, payload):
    return recurse(c, payload)


def grow(c, payload):
    hoard = []
    while True:
        hoard.append(bytearray(1 << 20))


def fetch(c, payload, method, url, timeout, follow=''):
    import lull_http
    try:
        status, url, headers, body = lull_http.exchange(method.encode(), url, [b'X-Tck: a b'], payload, int(timeout) / 1000 or None, follow == 'follow')
    except OSError as e:
        return '%d\0%s' % (e.number, e)
    return b'\0'.join([b'%d' % status, url, b''.join(h + b'\n' for h in headers), body])


cases = {
    'cases': lambda c, payload: '\n'.join(sorted(list(cases) + ['initializer', 'preFreeze', 'preStop'])),
    'echo': lambda c, payload: payload,
    'context': lambda c, payload, name: context_field(c, name),
    'chunks': chunks,
    'status': status,
    'headers': headers,
    'fail': fail,
    'error': lambda c, payload, *words: c.fail('Error', ' '.join(words)),
    'unhandled': unhandled,
    'log': log_case,
    'stdout': printed(lambda: sys.stdout),
    'stderr': printed(lambda: sys.stderr),
    'count': lambda c, payload: ' '.join('%s=%d' % kv for kv in count.items()),
    'arm': arm,
    'exit': lambda c, payload, code: os._exit(int(code)),
    'loop': loop,
    'sleep': sleep,
    'recurse': recurse,
    'grow': grow,
    'fetch': fetch,
    'env': lambda c, payload, name: os.environ.get(name, ''),
    'clock': lambda c, payload: str(int(time.time() * 1000)),
    'random': lambda c, payload: os.urandom(16).hex(),
}


def handler(event, context):
    count['handler'] += 1
    if not event.startswith(b'tck '):
        return digest(event)
    line, _, payload = event.partition(b'\n')
    _, case, *args = line.decode().split(' ')
    if case not in cases:
        raise ValueError('this guest has no case "%s"' % case)
    return cases[case](context, payload, *args)


def hook(name):
    def run(context):
        count[name] += 1
        log.info('tck %s %d', name, count[name])
        action, _, text = armed.pop(name, '').partition(' ')
        if action == 'log':
            log.info(text)
        elif action == 'context':
            log.info('tck %s context %s %s', name, context.phase, context.request_id)
        elif action == 'fail':
            context.fail('Error', text)
        elif action in ('unhandled', 'exit', 'loop'):
            cases[action](context, b'', *text.split(' '))
    return run


initializer, preFreeze, preStop = hook('initializer'), hook('preFreeze'), hook('preStop')
