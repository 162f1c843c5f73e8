"""Values that are made once in a session, also when several xdist workers want them."""

import contextlib
import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from . import jsontext


class Once:
    """JSON values by key. Workers of one run share them by files in `folder`."""

    def __init__(self, folder: Path | None = None) -> None:
        self._made: dict[str, Any] = {}
        self._folder = folder

    def get(self, key: str, make: Callable[[], Any]) -> Any:
        """Whatever `make` raises passes; the next who asks tries again."""
        if key not in self._made:
            self._made[key] = make() if self._folder is None else self._shared(key, make)
        return self._made[key]

    def _shared(self, key: str, make: Callable[[], Any]) -> Any:
        assert self._folder is not None  # noqa: S101 - for the type checker
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = hashlib.sha256(key.encode()).hexdigest()
        with (self._folder / name).open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # until the file is closed
            file.seek(0)
            text = file.read()
            if text:
                return jsontext.loads(text)
            value = make()
            file.write(jsontext.dumps(value))
            return value


_ONCE = pytest.StashKey[Once]()


def once(config: pytest.Config) -> Once:
    """The session's own."""
    if _ONCE not in config.stash:
        run = getattr(config, "workerinput", {}).get("testrunuid")
        folder = Path(tempfile.gettempdir()) / f"sisyphus-{run}" if run else None
        config.stash[_ONCE] = Once(folder)
        if folder is not None:
            config.add_cleanup(lambda: _remove(folder))
    return config.stash[_ONCE]


def _remove(folder: Path) -> None:
    """By the first worker that ends: by then all have collected."""
    with contextlib.suppress(OSError):
        shutil.rmtree(folder)
