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
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.describe import kind_of
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: `2xx`, `404`.
STATUS: Final = lazy_pattern(r"[1-5]xx|[1-9]\d\d", re.IGNORECASE)
_SHOWN_KEYS: Final = 5
LENGTH: Final = lazy_pattern(r"\d{1,18}")


def orderable(expected: Any) -> str | None:
    if is_orderable(expected):
        return None
    return tr(
        "expect must be a number, numeric text or an ISO date, got {got}", got=_shown(expected)
    )


def interval(expected: Any) -> str | None:
    if not isinstance(expected, list | tuple) or len(expected) != 2:
        return tr(
            "expect must be [min, max] (in short `between: [path, [min, max]]`), got {got}",
            got=_shown(expected),
        )
    try:
        if order(expected[0], expected[1]) > 0:
            return tr(
                "expect must be [min, max], but {greater} is the greater one",
                greater=show(expected[0]),
            )
    except ConfigError as error:
        return str(error)
    return None


def non_empty_text(expected: Any) -> str | None:
    """What is wrong with a text that another text is to contain."""
    if not isinstance(expected, str):
        return tr("expect must be text, got {got}", got=_shown(expected))
    return None if expected else tr("expect is empty text, which every text contains")


def pattern(expected: Any) -> str | None:
    if problem := non_empty_text(expected):
        return problem
    try:
        found_everywhere = is_found_everywhere(str(expected))
    except ConfigError as error:
        return str(error)
    if found_everywhere:
        return tr(
            "the pattern {pattern} is found in every text, for it takes nothing too",
            pattern=show(expected, 60),
        )
    return None


def listed(expected: Any) -> str | None:
    if not isinstance(expected, list | tuple):
        return tr("expect must be a list, got {got}", got=_shown(expected))
    return None if expected else tr("expect is an empty list, of which nothing is a member")


def list_of_members(expected: Any) -> str | None:
    if isinstance(expected, list | tuple):
        return None
    return tr("expect must be a list of all members, in any order, got {got}", got=_shown(expected))


def part(expected: Any) -> str | None:
    """What is wrong with what `match` looks for."""
    if not isinstance(expected, dict | list | tuple):
        return tr(
            "expect must be a mapping or a list, a part of what is there, got {got}; write eq",
            got=_shown(expected),
        )
    if expected:
        return None
    return tr(
        "expect is {kind} without anything, which is part of every one; for none write is_empty "
        "with its path, as in is_empty: $.items",
        kind=kind_of(expected),
    )


def empty_parts(expected: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The lists and mappings without anything inside of what match looks for: the keys that lead to
    each, and what is wrong with it."""
    pending: list[tuple[tuple[str | int, ...], Any]] = [((), expected)]
    while pending:
        keys, value = pending.pop()
        if keys and not value:
            problem = tr(
                "at {place}: an empty mapping is part of every mapping; for none write is_empty "
                "with its path, as in is_empty: $.items"
                if isinstance(value, dict)
                else "at {place}: an empty list is part of every list; for none write is_empty "
                "with its path, as in is_empty: $.items",
                place=path_of(keys[-_SHOWN_KEYS:]),
            )
            yield keys, problem
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
        return tr(
            "cannot look for {wanted} among {count} mappings, which are no plain values; write a "
            "path to what is in each of them, such as $.list[*].name",
            wanted=_shown(expected),
            count=len(actual),
        )
    kind = next((one for one in (dict, (list, tuple)) if isinstance(expected, one)), None)
    if kind is None or any(isinstance(one, kind) for one in actual):
        return None
    return tr(
        "cannot look for {wanted} among values of which none is {kind}, such as {got}; "
        "write the value itself"
        if kind is dict
        else "cannot look for {wanted} among values of which none is {kind}, such as {got}; "
        "write one check for each of its values",
        wanted=_shown(expected),
        kind=kind_of(expected),
        got=_shown(actual[0]),
    )


def nested(actual: Any, expected: Sequence[Any]) -> str | None:
    """Why a plain value is never in a list that holds only lists or mappings: `[[admin, root]]`."""
    is_scalar = isinstance(actual, str | int | float)
    if is_scalar and expected and all(isinstance(one, dict | list | tuple) for one in expected):
        return tr(
            "{got} is never one of {wanted}, which holds no plain value",
            got=_shown(actual),
            wanted=show(expected, 60),
        )
    return None


def type_name(expected: Any) -> str | None:
    if expected is None or (isinstance(expected, str) and expected in TYPES):
        return None
    if not isinstance(expected, str):
        return tr("expect must be the name of a type, got {got}", got=_shown(expected))
    hint = near(expected, TYPES) or tr("; known: {names}", names=tr(", ").join(TYPES))
    return tr("no type {name!r}{hint}", name=str(expected), hint=hint)


def length(expected: Any) -> str | None:
    if as_length(expected) is not None:
        return None
    return tr("expect must be a length, a whole number from 0 on, got {got}", got=_shown(expected))


def least_length(expected: Any) -> str | None:
    if problem := length(expected):
        return problem
    if as_length(expected) == 0:
        return tr("expect is 0, and no length is less; write exists, or is_empty with false")
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
    return tr("expect must be true or false, got {got}", got=_shown(expected))


def status(expected: Any) -> str | None:
    wanted = expected if isinstance(expected, list | tuple) else [expected]
    if not wanted:
        return tr("expect must hold at least one status code")
    for one in wanted:
        if isinstance(one, bool) or not STATUS.fullmatch(compact_text(one)):
            return tr(
                "expect must be a status code, `2xx`, or a list of those, got {got}",
                got=_shown(one),
            )
    return None


def _shown(value: Any) -> str:
    if value is None:
        return kind_of(value)
    return tr("{value} ({kind})", value=show(value, 60), kind=kind_of(value))
