"""Secrets in Python objects, as fixtures give them: by the names of keys, fields and attributes."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_LEAVES = (str, bytes, int, float, type(None), type)
_LISTS = (list, tuple, set, frozenset)


def secrets_of(data: Any, is_secret: Callable[[object], bool]) -> Iterator[str]:
    """Every text and number that stands under a secret name. Objects may refer to each other.

    Of an object that is no mere data (a client, a session) only its own attributes are looked at,
    not the objects behind them: there is no end of those.
    """
    seen: dict[tuple[int, bool], Any] = {}
    waiting = [(data, False, False)]
    while waiting:
        value, secret, deep = waiting.pop()
        if isinstance(value, _LEAVES):
            yield from _texts(value) if secret else ()
            continue
        if (id(value), secret) in seen:
            continue
        seen[id(value), secret] = value  # kept, or another may get its id
        parts = _parts(value)
        if parts is not None:
            waiting += [
                (one, hidden, deep)
                for name, one in parts
                if (hidden := secret or is_secret(name)) or not isinstance(one, _LEAVES)
            ]
        elif not deep:
            attributes = dict(getattr(value, "__dict__", {}))  # none is computed for this
            waiting += [(one, is_secret(name), True) for name, one in attributes.items()]
            yield from _texts(value) if secret and not attributes else ()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, bytes):
        yield value.decode(errors="replace")
    elif not isinstance(value, bool | type | None):
        yield str(value)


def _parts(value: Any) -> Iterator[tuple[object, Any]] | None:
    """Names and values in what holds mere data; None for any other object."""
    if isinstance(value, Mapping):
        return iter(value.items())
    if isinstance(value, _LISTS):
        fields = getattr(value, "_fields", None) or [""] * len(value)
        return zip(fields, value, strict=True)
    if dataclasses.is_dataclass(value):
        names = (field.name for field in dataclasses.fields(value))
        return ((name, getattr(value, name, None)) for name in names)
    return None
