"""Why a path matched nothing, in a sentence that helps."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from . import syntax
from .text import kind_of, printable

_MOST: Final = 12
_LONGEST_NAME: Final = 40


def explain(text: str, segment: syntax.Segment, before: list[Any]) -> str:
    """`before`: the values that `segment` found nothing in."""
    wanted = next((one.text for one in segment.selectors if isinstance(one, syntax.Name)), None)
    there = _names_there(before, wanted) or _values_there(segment, before)
    return f"no match for {text}; at that level there is: {there}"


def names(known: Iterable[object], wanted: str | None) -> str:
    """`id, name`, the nearest first, with `did you mean` where one is near."""
    all_names = list(dict.fromkeys(map(str, known)))
    close = _close(wanted, all_names)
    ordered = close + [name for name in all_names if name not in close]
    shown = ", ".join(_short(name) for name in ordered[:_MOST])
    more = f" and {len(ordered) - _MOST} more" if len(ordered) > _MOST else ""
    hint = f"; did you mean {' or '.join(repr(_short(name)) for name in close)}?" if close else ""
    return f"{shown}{more}{hint}"


def _close(wanted: str | None, all_names: list[str]) -> list[str]:
    # difflib compares with every name: enough of them to be useful, few enough to be quick.
    some = all_names[:500]
    if wanted is None or len(wanted) > _LONGEST_NAME * 2:
        return []
    same = [name for name in some if name.lower() == wanted.lower()]
    return same or difflib.get_close_matches(wanted, some, n=2)


def _short(name: str) -> str:
    name = printable(name)
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _names_there(before: list[Any], wanted: str | None) -> str:
    mappings = [value for value in before[:50] if isinstance(value, Mapping) and value]
    return names((key for value in mappings for key in value), wanted) if mappings else ""


def _values_there(segment: syntax.Segment, before: list[Any]) -> str:
    if len(before) > 1:
        return f"{len(before)} values, none of which has it"
    value = before[0]
    if isinstance(value, dict | list | tuple) and not value:
        return f"nothing ({kind_of(value)} without items)"
    if not isinstance(value, list | tuple):
        return kind_of(value)
    if any(isinstance(one, syntax.Chosen) for one in segment.selectors):
        return f"a list of {len(value)}, none of which passes the filter"
    return f"a list of {len(value)}, [0] to [{len(value) - 1}]"
