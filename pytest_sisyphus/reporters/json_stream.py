"""A document as JSON in pieces, a step at a time: as one text it may be many megabytes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def json_chunks(
    document: Mapping[str, Any], dumps: Callable[[Any], str], *, line: str = ""
) -> Iterator[str]:
    """`line`: what is written before each part of the document and between its steps."""
    before = "{"
    for key, value in document.items():
        yield f"{before}{line}{dumps(key)}:{' ' if line else ''}"
        if key == "steps" and value:
            for index, step in enumerate(value):
                yield f"{',' if index else '['}{line}"
                yield dumps(step)
            yield f"{line}]"
        else:
            yield dumps(value)
        before = ","
    yield f"{line}}}"
