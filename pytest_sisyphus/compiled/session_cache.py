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
        if key in self._values:
            return self._values[key]
        if self._folder is None:
            self._values[key] = made = make()
            return made
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = hashlib.sha256(key.encode()).hexdigest()
        with (self._folder / name).open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # until the file is closed
            file.seek(0)
            text = file.read()
            value = exact_json.loads(text) if text else make()
            if not text:
                file.write(exact_json.dumps(value))
        self._values[key] = value
        return value
