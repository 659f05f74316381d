"""What this build of CPython lacks, made with what the host has: sleeping, an event loop without sockets, and HTTP."""
import importlib.util
import os
import sys
import time


def sleep(seconds):
    microseconds = int(seconds * 1e6)
    if microseconds < 0:
        raise ValueError('sleep length must be non-negative')
    os.stat('/fc/sleep-%d' % microseconds)


def patch_asyncio(asyncio):
    import selectors

    class Selector(selectors._BaseSelectorImpl):
        def select(self, timeout=None):
            if timeout is None:
                raise RuntimeError('the event loop waits for something that cannot happen: there are no sockets, threads or signals here')
            if timeout > 0:
                sleep(timeout)
            return []

    class Loop(asyncio.SelectorEventLoop):
        def __init__(self, selector=None):
            super().__init__(selector or Selector())

        def _make_self_pipe(self):
            self._ssock = self._csock = None

        def _close_self_pipe(self):
            pass

        def _write_to_self(self):
            pass

    class Policy(asyncio.DefaultEventLoopPolicy):
        _loop_factory = Loop

    asyncio.set_event_loop_policy(Policy())


def patch_http_client(client):
    import lull_http
    lull_http.patch_http_client(client)


def patch_urllib3(connection):
    import lull_http
    lull_http.patch_urllib3(connection)


PATCHES = {'asyncio': patch_asyncio, 'http.client': patch_http_client, 'urllib3.connection': patch_urllib3}


class Finder:
    """Patches modules when they are imported: only who uses them pays."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in PATCHES:
            return None
        patch = PATCHES.pop(name)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            spec.loader = Loader(spec.loader, patch)
        return spec


class Loader:
    """Loads as another loader does, and patches."""

    def __init__(self, loader, patch):
        self.loader, self.patch = loader, patch

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.__loader__ = module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        self.patch(module)

    def __getattr__(self, name):
        return getattr(self.loader, name)


def install():
    time.sleep = sleep
    sys.meta_path.insert(0, Finder)
