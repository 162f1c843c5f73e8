"""A document's JSON, a step at a time: a text of the whole may be many megabytes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def pieces(
    document: Mapping[str, Any], dumps: Callable[[Any], str], *, line: str = ""
) -> Iterator[str]:
    """`line`: what stands before each part of the document and between its steps."""
    before = "{"
    for key, value in document.items():
        yield f"{before}{line}{dumps(key)}:{' ' if line else ''}"
        yield from _steps(value, dumps, line) if key == "steps" and value else (dumps(value),)
        before = ","
    yield f"{line}}}"


def _steps(steps: list[Any], dumps: Callable[[Any], str], line: str) -> Iterator[str]:
    before = "["
    for step in steps:
        yield f"{before}{line}"
        yield dumps(step)
        before = ","
    yield f"{line}]"
