"""Checks of the older engine's newer dialect: target, expression, comparator, expected."""

import json
import re
from typing import Any, Final

from pytest_sisyphus.convert.draft import Account
from pytest_sisyphus.convert.editing import put
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList

_TYPES: Final = {
    **{one: one for one in ("eq", "gt", "lt", "contains", "not_contains", "startswith")},
    "neq": "ne",
    "gte": "ge",
    "lte": "le",
    "endswith": "endswith",
    "matches": "regex",
    "type_match": "type",
    "length_eq": "len_eq",
    "length_gt": "len_gt",
    "length_lt": "len_lt",
    "is_null": "is_null",
    "is_not_null": "is_null",
}
#: (what is compared, expected) as a condition.
CONDITIONS: Final = {
    "eq": "{0} == {1}",
    "neq": "{0} != {1}",
    "gt": "{0} > {1}",
    "gte": "{0} >= {1}",
    "lt": "{0} < {1}",
    "lte": "{0} <= {1}",
    "startswith": "{0}.startswith({1})",
    "endswith": "{0}.endswith({1})",
    "contains": "{1} in {0}",
    "not_contains": "not ({1} in {0})",
    "length_eq": "({0} | length) == {1}",
    "length_gt": "({0} | length) > {1}",
    "length_lt": "({0} | length) < {1}",
    "is_null": "{0} == null",
    "is_not_null": "{0} != null",
}
_SOURCES: Final = {"header": "headers", "cookie": "cookies"}
_OF_RESPONSE: Final = ("status_code", "response_time")
_NAMES: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*|\[\d+\])*")
#: what a text inside a template must not hold.
_BRACE: Final = re.compile(r"[{}]")
_TEMPLATE: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def add_checks(held: Any, step: LocatedDict, account: Account, *, is_rows: bool) -> None:
    """`held`: one check or several. Those that cannot be converted are said."""
    for one in held if isinstance(held, LocatedList) else [held]:
        if not isinstance(one, LocatedDict):
            continue
        target = str(one.get("target", "json"))
        comparator = str(one.get("comparator", "eq"))
        if target == "env_variable":
            made = assert_of(one, str(one.get("expression")), account, is_whole=True)
        elif comparator in _TYPES and target in ("json", *_SOURCES, *_OF_RESPONSE):
            made = _check(one, target, comparator, is_rows=is_rows)
            _use(one, account)
            if target in _OF_RESPONSE and "expression" in one:
                reason = tr("{target} is one value", target=target)
                account.left_out(one["expression"], one.locations["expression"], reason)
        else:
            made = None
        if made is None:
            reason = tr(
                "no check of {target!r} by {comparator!r}", target=target, comparator=comparator
            )
            account.not_converted(one, one.location, reason)
        else:
            append(step, "validations", made)


def assert_of(
    one: LocatedDict, variable: str, account: Account, *, is_whole: bool = False
) -> LocatedDict | None:
    """A check of a variable (`is_whole`), or of the part that `expression` names; None: cannot."""
    condition = CONDITIONS.get(str(one.get("comparator", "eq")))
    inner = "" if is_whole else str(one.get("expression", "$")).removeprefix("$")
    value = f"{variable}{inner}"
    if condition is None or not _NAMES.fullmatch(value):
        return None
    expected = one.get("expected")
    name = _TEMPLATE.fullmatch(expected) if isinstance(expected, str) else None
    if name is None and (isinstance(expected, dict | list) or _BRACE.search(str(expected))):
        return None
    text = name[1] if name else json.dumps(expected, ensure_ascii=False, default=str)
    made = LocatedDict(one.location)
    condition = f"{{{{{condition.format(value, text)}}}}}"
    if "message" in one:
        several = LocatedList(one.location)
        several.put(condition, one.location)
        several.put(one["message"], one.locations["message"])
        put(made, "assert", several, one.location)
    else:
        put(made, "assert", condition, one.location)
    _use(one, account)
    return made


def rows_path(path: str) -> str:
    """A path into a list of rows, as one into the document of a database step."""
    if path in ("$.length", "$.length()"):
        return "$.row_count"
    return f"$.rows{path.removeprefix('$')}"


def append(step: LocatedDict, key: str, made: LocatedDict) -> None:
    if key not in step:
        put(step, key, LocatedList(made.location), made.location)
    step[key].put(made, made.location)


def _check(one: LocatedDict, target: str, comparator: str, *, is_rows: bool) -> LocatedDict:
    made = LocatedDict(one.location)
    at = one.location
    if target == "status_code" and comparator == "eq" and "message" not in one:
        put(made, "status_code", one.get("expected"), one.locations.get("expected", at))
        return made
    put(made, "type", _TYPES[comparator], at)
    path = str(one.get("expression", "$"))
    if target in _OF_RESPONSE:
        path = f"$.{target}"
        put(made, "source", "response", at)
    elif target in _SOURCES:
        put(made, "source", _SOURCES[target], at)
    elif is_rows:
        path = rows_path(path)
    put(made, "path", path, one.locations.get("expression", at))
    if comparator == "is_not_null":
        put(made, "expect", False, at)
    elif comparator != "is_null":
        put(made, "expect", one.get("expected"), one.locations.get("expected", at))
    if "message" in one:
        made.take(one, "message", new_key="description")
    return made


def _use(one: LocatedDict, account: Account) -> None:
    for key in ("target", "expression", "comparator", "expected", "message", "source_variable"):
        if key in one:
            account.used(one[key], one.locations[key])
    comparator = one.get("comparator")
    if comparator in ("is_null", "is_not_null") and "expected" in one:
        reason = tr("{comparator} compares with nothing", comparator=comparator)
        account.left_out(one["expected"], one.locations["expected"], reason)
