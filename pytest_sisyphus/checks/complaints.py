"""What is wrong with an `expect` that can be seen before anything runs."""

import re
from collections.abc import Sequence
from typing import Any, Final

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extract.patterns import is_found_everywhere
from pytest_sisyphus.extract.text import kind_of, text_of
from pytest_sisyphus.registry import near

from .ordering import is_orderable, order
from .showing import show
from .types import TYPES

#: `2xx`, `404`.
STATUS: Final = re.compile(r"[1-5]xx|[1-9]\d\d", re.IGNORECASE)
_BETWEEN: Final = "in short `between: [path, [min, max]]`"
LENGTH: Final = re.compile(r"\d{1,18}")


def orderable(expected: Any) -> str | None:
    if is_orderable(expected):
        return None
    return f"expect must be a number, numeric text or an ISO date, got {_shown(expected)}"


def interval(expected: Any) -> str | None:
    if not isinstance(expected, list | tuple) or len(expected) != 2:
        return f"expect must be [min, max] ({_BETWEEN}), got {_shown(expected)}"
    try:
        if order(expected[0], expected[1]) > 0:
            return f"expect must be [min, max], but {show(expected[0])} is the greater one"
    except ConfigError as error:
        return str(error)
    return None


def sought(expected: Any) -> str | None:
    """Of what is looked for in a text."""
    if not isinstance(expected, str):
        return f"expect must be text, got {_shown(expected)}"
    return None if expected else "expect is empty text, which every text contains"


def pattern(expected: Any) -> str | None:
    if complaint := sought(expected):
        return complaint
    try:
        found_everywhere = is_found_everywhere(str(expected))
    except ConfigError as error:
        return str(error)
    if found_everywhere:
        return f"the pattern {show(expected, 60)} is found in every text, for it takes nothing too"
    return None


def listed(expected: Any) -> str | None:
    if not isinstance(expected, list | tuple):
        return f"expect must be a list, got {_shown(expected)}"
    return None if expected else "expect is an empty list, of which nothing is a member"


def stray(actual: Sequence[Any], expected: Any) -> str | None:
    """Of what is looked for where nothing of its kind is: it could never be found."""
    return _stray_container(actual, expected) or _stray_scalar(actual, expected)


def _stray_scalar(actual: Sequence[Any], expected: Any) -> str | None:
    """Not null: an element may well be missing."""
    is_scalar = isinstance(expected, str | int | float)
    if not is_scalar or not actual or not all(isinstance(one, dict) for one in actual):
        return None
    return (
        f"cannot look for {_shown(expected)} among {len(actual)} mappings, which are no plain "
        f"values; write a path to what is in each of them, such as $.list[*].name"
    )


def _stray_container(actual: Sequence[Any], expected: Any) -> str | None:
    kind = next((one for one in (dict, (list, tuple)) if isinstance(expected, one)), None)
    if kind is None or not actual or any(isinstance(one, kind) for one in actual):
        return None
    hint = "write the value itself" if kind is dict else "write one check for each of its values"
    return (
        f"cannot look for {_shown(expected)} among values of which none is {kind_of(expected)}, "
        f"such as {_shown(actual[0])}; {hint}"
    )


def nested(actual: Any, expected: Sequence[Any]) -> str | None:
    """Of a list in a list: `[[admin, root]]`."""
    is_scalar = isinstance(actual, str | int | float)
    if is_scalar and expected and all(isinstance(one, dict | list | tuple) for one in expected):
        return f"{_shown(actual)} is never one of {show(expected, 60)}, which holds no plain value"
    return None


def type_name(expected: Any) -> str | None:
    if expected is None or (isinstance(expected, str) and expected in TYPES):
        return None
    if not isinstance(expected, str):
        return f"expect must be the name of a type, got {_shown(expected)}"
    hint = near(expected, TYPES)
    known = "" if "did you mean" in hint else f"; known: {', '.join(TYPES)}"
    return f"no type {str(expected)!r}{hint}{known}"


def length(expected: Any) -> str | None:
    if as_length(expected) is not None:
        return None
    return f"expect must be a length, a whole number from 0 on, got {_shown(expected)}"


def least_length(expected: Any) -> str | None:
    if complaint := length(expected):
        return complaint
    if as_length(expected) == 0:
        return "expect is 0, and no length is less; write exists, or is_empty with false"
    return None


def as_length(expected: Any) -> int | None:
    if isinstance(expected, str):
        return int(expected) if LENGTH.fullmatch(expected) else None
    if isinstance(expected, bool) or not isinstance(expected, int | float):
        return None
    return int(expected) if 0 <= expected < 1e18 and expected == int(expected) else None


def boolean(expected: Any) -> str | None:
    if isinstance(expected, bool):
        return None
    return f"expect must be true or false, got {_shown(expected)}"


def status(expected: Any) -> str | None:
    wanted = expected if isinstance(expected, list | tuple) else [expected]
    if not wanted:
        return "expect must hold at least one status code"
    for one in wanted:
        if isinstance(one, bool) or not STATUS.fullmatch(text_of(one)):
            return f"expect must be a status code, `2xx`, or a list of those, got {_shown(one)}"
    return None


def _shown(value: Any) -> str:
    return kind_of(value) if value is None else f"{show(value, 60)} ({kind_of(value)})"
