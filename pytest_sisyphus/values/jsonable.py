"""Any value as plain JSON data: what JSON has no type for becomes text."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from pytest_sisyphus.values.surrogates import replace_surrogates

#: levels of nesting; `OMITTED` stands for what lies deeper.
MAX_DEPTH: Final = 100
OMITTED: Final = "…"
SEQUENCES: Final = (list, tuple, set, frozenset)
#: types that hold other values.
CONTAINERS: Final = (*SEQUENCES, Mapping)
_LEAVES: Final = (str, int, float, type(None), bytes, date)


def to_jsonable(value: Any, depth: int = 0) -> Any:
    """A copy as dict, list, str, int, float, bool and None, in linear time."""
    if isinstance(value, _LEAVES) or not isinstance(value, CONTAINERS):
        return scalar_to_json(value)
    if depth > MAX_DEPTH:
        return OMITTED
    if isinstance(value, Mapping):
        return {
            replace_surrogates(str(key)): to_jsonable(item, depth + 1)
            for key, item in value.items()
        }
    return [to_jsonable(item, depth + 1) for item in value]


def scalar_to_json(value: Any) -> Any:
    """The same for a value that holds no others."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return replace_surrogates(str(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if isinstance(value, date) else str(value)
