"""Values that are made once in a session, also when several xdist workers want them."""

import fcntl
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_sisyphus.values import exact_json


class SessionCache:
    """JSON values by key. Workers of one run share them by files in `folder`; None: no workers."""

    def __init__(self, folder: Path | None = None) -> None:
        self._values: dict[str, Any] = {}
        self._folder = folder

    def get(self, key: str, make: Callable[[], Any]) -> Any:
        """The cached value, or what `make` returns. An error is raised and not cached."""
        if key not in self._values:
            self._values[key] = make() if self._folder is None else self._shared(key, make)
        return self._values[key]

    def _shared(self, key: str, make: Callable[[], Any]) -> Any:
        assert self._folder is not None  # noqa: S101 - for the type checker
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = hashlib.sha256(key.encode()).hexdigest()
        with (self._folder / name).open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # until the file is closed
            file.seek(0)
            text = file.read()
            if text:
                return exact_json.loads(text)
            value = make()
            file.write(exact_json.dumps(value))
            return value
