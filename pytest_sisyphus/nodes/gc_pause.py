"""Python's garbage collection, which starts whenever many objects were made: paused, kept short."""

import atexit
import contextlib
import functools
import gc
import io
import socket
import sys
import types
from collections.abc import Iterator
from typing import Any, Final

import pytest

#: Python itself flushes them.
_STREAMS: Final = frozenset(["<stdin>", "<stdout>", "<stderr>"])


@contextlib.contextmanager
def gc_paused() -> Iterator[None]:
    """While objects are made that stay: collecting takes a third of the time, and frees nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class FreezeCollected:
    """A plugin object: where there are YAML cases, garbage collection leaves out our modules and
    the collected items, which stay to the end anyway, and everything when the interpreter ends:
    a twelfth of the time of one case, a fifth of that of collecting 10 000."""

    def __init__(self) -> None:
        self._is_frozen = False

    @contextlib.contextmanager
    def loading(self) -> Iterator[None]:
        """Around the import of what cases need."""
        with gc_paused():
            yield
            if not self._is_frozen:
                self._freeze()

    @functools.cached_property
    def _is_alone(self) -> bool:
        """Thawing ours would thaw what somebody has frozen before, too. Counted once: it takes a
        look at each of those objects."""
        return not gc.get_freeze_count()

    def _freeze(self) -> None:
        # Hypothesis asks who refers to its random generator: nobody, if that is frozen, and warns.
        if self._is_alone and "hypothesis" not in sys.modules:
            gc.freeze()
            self._is_frozen = True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if not any(hasattr(item, "sisyphus_release") for item in session.items):
            return
        self._freeze()
        _freeze_at_exit()

    def unfreeze(self) -> None:
        """Let what was frozen be collected again: the process may go on after the session."""
        if self._is_frozen:
            gc.unfreeze()


@functools.cache
def _freeze_at_exit() -> None:
    atexit.register(_freeze)


def _freeze() -> None:
    """Unless some object has to be finalized, such as a file that somebody left open: frozen
    objects are not, and what is buffered for the file would be lost."""
    objects = gc.get_objects()
    kinds = {kind for kind in set(map(type, objects)) if hasattr(kind, "__del__")}
    if not any(type(one) in kinds and _needs_finalizing(one) for one in objects):
        gc.freeze()


def _needs_finalizing(one: Any) -> bool:
    if not isinstance(one, io.IOBase):
        return not isinstance(one, types.GeneratorType | socket.socket)
    if isinstance(one, io.StringIO | io.BytesIO) or getattr(one, "name", None) in _STREAMS:
        return False
    try:  # a file that is written has a buffer
        return not one.closed and one.writable()
    except ValueError:  # it was detached from what it wrote to
        return False
