"""Why a path matched nothing, in a sentence that helps."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pytest_sisyphus.extract.jsonpath import syntax
from pytest_sisyphus.values.describe import kind_of
from pytest_sisyphus.values.surrogates import escape_surrogates

_MOST: Final = 12
_LONGEST_NAME: Final = 40


def explain(text: str, segment: syntax.Segment, before: list[Any]) -> str:
    """`before`: the values that `segment` found nothing in."""
    wanted = next(
        (one.text for one in segment.selectors if isinstance(one, syntax.NameSelector)), None
    )
    mappings = [value for value in before[:50] if isinstance(value, Mapping) and value]
    members = list_names((key for value in mappings for key in value), wanted)
    there = members or _values_there(segment, before)
    return f"no match for {text}; at that level there is: {there}"


def list_names(known: Iterable[object], wanted: str | None) -> str:
    """`id, name`, the nearest first, with `did you mean` where one is near."""
    all_names = list(dict.fromkeys(map(str, known)))
    close: list[str] = []
    if wanted is not None and len(wanted) <= _LONGEST_NAME * 2:
        # difflib compares with every name: enough of them to be useful, few enough to be quick.
        some = all_names[:500]
        same = [name for name in some if name.lower() == wanted.lower()]
        close = same or difflib.get_close_matches(wanted, some, n=2)
    ordered = close + [name for name in all_names if name not in close]
    shown = ", ".join(_short(name) for name in ordered[:_MOST])
    more = f" and {len(ordered) - _MOST} more" if len(ordered) > _MOST else ""
    hint = f"; did you mean {' or '.join(repr(_short(name)) for name in close)}?" if close else ""
    return f"{shown}{more}{hint}"


def _short(name: str) -> str:
    name = escape_surrogates(name)
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _values_there(segment: syntax.Segment, before: list[Any]) -> str:
    if len(before) > 1:
        return f"{len(before)} values, none of which has it"
    value = before[0]
    if isinstance(value, dict | list | tuple) and not value:
        return f"nothing ({kind_of(value)} without items)"
    if not isinstance(value, list | tuple):
        return kind_of(value)
    if any(isinstance(one, syntax.FilterSelector) for one in segment.selectors):
        return f"a list of {len(value)}, none of which passes the filter"
    return f"a list of {len(value)}, [0] to [{len(value) - 1}]"
