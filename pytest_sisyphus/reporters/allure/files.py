"""Allure's model → the files of its folder.

As the library's own file logger writes them, but without its generic copy of every object and its
streamed JSON: those cost a run of many small steps more than all the rest of the report.
"""

import contextlib
import os
import uuid
from pathlib import Path
from typing import Any, Final

import attr
from allure_commons.model2 import TestResult

from pytest_sisyphus.values import exact_json

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class ResultFiles:
    def __init__(self, folder: Path) -> None:
        self._folder = str(folder.absolute())

    def result(self, result: TestResult) -> None:
        """Readers see all of it or nothing; its attachments must be written before."""
        name = TestResult.file_pattern.format(prefix=uuid.uuid4())
        part = self._path(f".{name}.part")
        _write(part, exact_json.dumps(_plain(result), ensure_ascii=False))
        os.replace(part, self._path(name))  # noqa: PTH105 - Path would be made for each result

    def attachment(self, text: str) -> str:
        """Returns the name by which a result refers to it."""
        name = f"{uuid.uuid4()}-attachment.json"
        _write(self._path(name), text)
        return name

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"


def _plain(value: Any) -> Any:
    """The model as JSON has it, without what is empty."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if attr.has(type(value)):
        items = vars(value).items()
        return {name: _plain(item) for name, item in items if item or item is False}
    return value


def _write(path: str, text: str) -> None:
    """All of it or nothing: a disk that gets full takes the first half without an error."""
    rest = memoryview(text.encode("utf-8", "backslashreplace"))
    try:
        with open(os.open(path, _NEW, 0o666), "wb", buffering=0) as file:  # noqa: PTH123 - by its number
            while rest:
                rest = rest[file.write(rest) :]
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - as above
        raise
