"""Why a path matched nothing, in a sentence that helps."""

import difflib
import itertools
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pytest_sisyphus.extensions.registry import did_you_mean, followed
from pytest_sisyphus.extract.jsonpath import syntax
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.describe import kind_of
from pytest_sisyphus.values.full_width import sign_hint
from pytest_sisyphus.values.surrogates import escape_surrogates

_MOST: Final = 12
_LONGEST_NAME: Final = 40
#: signs of paths that hardly any name has.
_WIDE: Final = frozenset("．［］＊＄￥‘’“”")


def explain(text: str, segment: syntax.Segment, before: list[Any]) -> str:
    """`before`: the values that `segment` found nothing in."""
    wanted = next(
        (one.text for one in segment.selectors if isinstance(one, syntax.NameSelector)), None
    )
    mappings = [value for value in before[:50] if isinstance(value, Mapping) and value]
    members = list_names((key for value in mappings for key in value), wanted)
    there = members or _values_there(segment, before)
    said = tr("no match for {path}; at that level there is: {there}", path=text, there=there)
    return followed(said, sign_hint(next((sign for sign in wanted or "" if sign in _WIDE), "")))


def list_names(known: Iterable[object], wanted: str | None) -> str:
    """`id, name`, the nearest first, with `did you mean` where one is near."""
    all_names = list(dict.fromkeys(map(str, known)))
    close = [] if wanted is None else nearest(all_names, wanted)
    ordered = close + [name for name in all_names if name not in close]
    shown = tr(", ").join(_short(name) for name in ordered[:_MOST])
    if len(ordered) > _MOST:
        shown = tr("{names} and {count} more", names=shown, count=len(ordered) - _MOST)
    return f"{shown}{did_you_mean([_short(name) for name in close])}"


def nearest(known: Iterable[object], wanted: str) -> list[str]:
    if len(wanted) > _LONGEST_NAME * 2:
        return []
    # difflib compares with every name: enough of them to be useful, few enough to be quick.
    some = list(itertools.islice(dict.fromkeys(map(str, known)), 500))
    same = [name for name in some if name.lower() == wanted.lower()]
    return same or difflib.get_close_matches(wanted, some, n=2)


def _short(name: str) -> str:
    name = escape_surrogates(name)
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _values_there(segment: syntax.Segment, before: list[Any]) -> str:
    if len(before) > 1:
        return tr("{count} values, none of which has it", count=len(before))
    value = before[0]
    if isinstance(value, dict | list | tuple) and not value:
        return tr("nothing ({kind} without items)", kind=kind_of(value))
    if not isinstance(value, list | tuple):
        return kind_of(value)
    if any(isinstance(one, syntax.FilterSelector) for one in segment.selectors):
        return tr("a list of {count}, none of which passes the filter", count=len(value))
    return tr("a list of {count}, [0] to [{last}]", count=len(value), last=len(value) - 1)
