"""HTTP as Python's libraries do it, sent by the host: a function reaches the hosts that it was deployed for, and no others.

http.client has a Wire where it would have a socket, so that it, urllib.request and what stands on them need no change. urllib3, and with it
requests, makes its connections itself.
"""
import io
import os

CHUNK = 65536
DENIED, TIMED_OUT = -5, -7  # of the contract's numbers, those that Python has an exception for


def exchange(method, url, headers, body, timeout=None, follow=False):
    """Has the host send a request, and returns status, URL after redirects, header lines and body, all but the status as bytes. What fails is an OSError."""
    head = b'\n'.join([method + b' ' + url.encode()] + headers)
    milliseconds = max(1, int(timeout * 1000)) if isinstance(timeout, (int, float)) else 0  # 0: the call's deadline
    fd = os.open('/fc/fetch', os.O_RDWR)
    try:
        os.write(fd, b'%d %d %d\n' % (milliseconds, follow, len(head)) + head + body)
        answer = []
        while not answer or answer[-1]:
            answer.append(os.read(fd, CHUNK))
    finally:
        os.close(fd)
    line, _, rest = b''.join(answer).partition(b'\n')
    status, length = map(int, line.split())
    if status < 0:
        kind = {DENIED: PermissionError, TIMED_OUT: TimeoutError}.get(status, ConnectionError)
        failure = kind(rest.decode('utf-8', 'replace'))
        failure.number = status
        raise failure
    url, *lines = rest[:length].split(b'\n')[:-1]
    return status, url, lines, rest[length:]


class Wire:
    """What http.client takes for a connected socket. The request is sent when all of it has been written."""

    def __init__(self, scheme, host, port, timeout):
        self.base = '%s://%s:%d' % (scheme, '[%s]' % host if ':' in host else host, port)
        self.timeout, self.written, self.answer = timeout, b'', b''

    def sendall(self, data):
        self.written += bytes(data)
        head, end, body = self.written.partition(b'\r\n\r\n')
        if not end:
            return
        first, *lines = head.split(b'\r\n')
        fields = dict(line.lower().replace(b' ', b'').partition(b':')[::2] for line in lines)
        if fields.get(b'transfer-encoding') == b'chunked':
            body = joined(body)
            if body is None:
                return
        elif len(body) < int(fields.get(b'content-length', 0)):
            return
        self.written = b''
        method, target = first.split(b' ')[:2]
        self.answer = self.sent(method, target.decode('latin-1'), lines, body)

    def sent(self, method, target, lines, body):
        from http.client import responses
        status, _, headers, body = exchange(method, self.base + target if target.startswith('/') else target, lines, body, self.timeout)
        drop = {b'connection', b'keep-alive', b'transfer-encoding'}
        if method != b'HEAD':
            drop.add(b'content-length')
        kept = [line for line in headers if line.partition(b':')[0].lower() not in drop]
        if method != b'HEAD':
            kept.append(b'Content-Length: %d' % len(body))
        first = 'HTTP/1.1 %d %s' % (status, responses.get(status, ''))
        return b'\r\n'.join([first.encode(), b'Connection: close'] + kept) + b'\r\n\r\n' + body

    def makefile(self, *_, **__):
        return io.BufferedReader(io.BytesIO(self.answer))

    def settimeout(self, timeout):
        self.timeout = timeout

    def nothing(self, *_):
        pass

    close = shutdown = setsockopt = nothing


def joined(chunks):
    """Takes chunks out of their coding; None if the last one is not there yet."""
    body = b''
    while True:
        size, end, rest = chunks.partition(b'\r\n')
        if not end:
            return None
        size = int(size.partition(b';')[0], 16)
        if len(rest) < size + 2:
            return None
        if size == 0:
            return body
        body, chunks = body + rest[:size], rest[size + 2:]


def patch_http_client(client):
    def connect(self):
        if self._tunnel_host:
            raise OSError('there are no tunnels here: the host sends the requests')
        self.sock = Wire(self.scheme, self.host, self.port, self.timeout)

    client.HTTPConnection.connect = connect
    client.HTTPConnection.scheme = 'http'

    class HTTPSConnection(client.HTTPConnection):
        """Its TLS is the host's, which checks certificates; what is asked of it here has no effect."""
        default_port, scheme = client.HTTPS_PORT, 'https'

        def __init__(self, host, port=None, key_file=None, cert_file=None, timeout=None, source_address=None, *, context=None,
                     check_hostname=None, blocksize=8192):
            super().__init__(host, port, timeout, source_address, blocksize)

    if not hasattr(client, 'HTTPSConnection'):
        client.HTTPSConnection = HTTPSConnection
        client.__all__.append('HTTPSConnection')


def patch_urllib3(connection):
    http = connection.HTTPConnection
    http._new_conn = lambda self: Wire(self.scheme, self.host, self.port, self.timeout)
    http.scheme = 'http'

    class HTTPSConnection(http):
        default_port, scheme, is_verified = 443, 'https', True

        def __init__(self, host, port=None, **options):
            known = ('timeout', 'source_address', 'blocksize', 'socket_options', 'proxy', 'proxy_config')
            super().__init__(host, port or 443, **{k: v for k, v in options.items() if k in known})

        def set_cert(self, *_, **__):
            pass

    connection.HTTPSConnection = connection.VerifiedHTTPSConnection = HTTPSConnection
