"""What is wrong with an `expect` that can be seen before anything runs."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pytest_sisyphus.checks.equality import path_of
from pytest_sisyphus.checks.formatting import show
from pytest_sisyphus.checks.ordering import is_orderable, order
from pytest_sisyphus.checks.types import TYPES
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.extract.regex import is_found_everywhere
from pytest_sisyphus.extract.text import compact_text
from pytest_sisyphus.values.describe import kind_of

#: `2xx`, `404`.
STATUS: Final = re.compile(r"[1-5]xx|[1-9]\d\d", re.IGNORECASE)
_BETWEEN: Final = "in short `between: [path, [min, max]]`"
_NONE: Final = "for none write is_empty with its path, as in is_empty: $.items"
_SHOWN_KEYS: Final = 5
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


def non_empty_text(expected: Any) -> str | None:
    """Of what is looked for in a text."""
    if not isinstance(expected, str):
        return f"expect must be text, got {_shown(expected)}"
    return None if expected else "expect is empty text, which every text contains"


def pattern(expected: Any) -> str | None:
    if problem := non_empty_text(expected):
        return problem
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


def list_of_members(expected: Any) -> str | None:
    if isinstance(expected, list | tuple):
        return None
    return f"expect must be a list of all members, in any order, got {_shown(expected)}"


def part(expected: Any) -> str | None:
    """Of what match looks for."""
    if not isinstance(expected, dict | list | tuple):
        got = _shown(expected)
        return f"expect must be a mapping or a list, a part of what is there, got {got}; write eq"
    if expected:
        return None
    return f"expect is {kind_of(expected)} without anything, which is part of every one; {_NONE}"


def empty_parts(expected: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The lists and mappings without anything inside of what match looks for: the keys that lead to
    each, and what is wrong with it."""
    pending: list[tuple[tuple[str | int, ...], Any]] = [((), expected)]
    while pending:
        keys, value = pending.pop()
        if keys and not value:
            kind = kind_of(value).removeprefix("a ")
            end = path_of(keys[-_SHOWN_KEYS:])
            yield keys, f"at {end}: an empty {kind} is part of every {kind}; {_NONE}"
        items = value.items() if isinstance(value, dict) else enumerate(value)
        pending += [
            ((*keys, key), item) for key, item in items if isinstance(item, dict | list | tuple)
        ]


def incompatible_member(actual: Sequence[Any], expected: Any) -> str | None:
    """Of what is looked for where nothing of its kind is: it could never be found. Null could be
    anywhere."""
    if not actual:
        return None
    if isinstance(expected, str | int | float):
        if not all(isinstance(one, dict) for one in actual):
            return None
        return (
            f"cannot look for {_shown(expected)} among {len(actual)} mappings, which are no plain "
            f"values; write a path to what is in each of them, such as $.list[*].name"
        )
    kind = next((one for one in (dict, (list, tuple)) if isinstance(expected, one)), None)
    if kind is None or any(isinstance(one, kind) for one in actual):
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
    if problem := length(expected):
        return problem
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
        if isinstance(one, bool) or not STATUS.fullmatch(compact_text(one)):
            return f"expect must be a status code, `2xx`, or a list of those, got {_shown(one)}"
    return None


def _shown(value: Any) -> str:
    return kind_of(value) if value is None else f"{show(value, 60)} ({kind_of(value)})"
