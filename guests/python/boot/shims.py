"""What this build of CPython lacks, made with what the host has: sleeping, and an event loop without sockets."""
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


class Finder:
    """Patches asyncio when it is imported: only who uses it pays."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != 'asyncio':
            return None
        sys.meta_path.remove(Finder)
        spec = importlib.util.find_spec(name)
        spec.loader = Loader(spec.loader)
        return spec


class Loader:
    """Loads as another loader does, and patches."""

    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.__loader__ = module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        patch_asyncio(module)

    def __getattr__(self, name):
        return getattr(self.loader, name)


def install():
    time.sleep = sleep
    sys.meta_path.insert(0, Finder)
