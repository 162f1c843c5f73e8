"""Words that the older engine read as YAML 1.1 does: `yes`, `010`, `12:30`, dates, `1e3`."""

import re
from typing import Any, Final

from pytest_sisyphus.convert.draft import Account, Draft
from pytest_sisyphus.convert.reading import was_read_as
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList, LocatedStr, Location
from pytest_sisyphus.source.yaml_1_1 import kind_in_yaml_1_1

#: which is the same key in JSON, as a number or as text.
_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]*")
_PLAIN: Final = re.compile(r"[^\s,\]}]*")


def say_what_was_read_otherwise(
    value: Any, at: Location, lines: list[str], account: Account
) -> None:
    """Of everything in `value`; `lines` are those of its file."""
    if isinstance(value, LocatedDict):
        for key, child in value.items():
            _say_of_key(key, value, lines, account)
            say_what_was_read_otherwise(child, value.locations[key], lines, account)
    elif isinstance(value, LocatedList):
        for child_at, child in zip(value.locations, value, strict=True):
            say_what_was_read_otherwise(child, child_at, lines, account)
    elif isinstance(value, LocatedStr):
        if value.is_plain and (kind := kind_in_yaml_1_1(value)):
            kind = tr(kind)
            account.said(at, tr("the older engine read this as {kind}; now it is text", kind=kind))
    elif isinstance(value, float) and not kind_in_yaml_1_1(_written(lines, at)):
        account.said(at, tr("the older engine read this as text; now it is a number"))


def say_of_encoding(draft: Draft, encoding: str) -> None:
    """`encoding`: of the file, if that is not UTF-8."""
    if encoding:
        draft.account.said(draft.case.location, was_read_as(encoding))


def _say_of_key(key: Any, mapping: LocatedDict, lines: list[str], account: Account) -> None:
    written = _written(lines, mapping.key_locations[key]).rstrip(":")
    kind = kind_in_yaml_1_1(written)
    if kind and key == written and not _NUMBER.fullmatch(written):
        kind = tr(kind)
        reason = tr("the older engine read the key {key!r} as {kind}", key=key, kind=kind)
        account.said(mapping.locations[key], reason)


def _written(lines: list[str], at: Location) -> str:
    found = _PLAIN.match(lines[at.line - 1], at.column - 1)
    return found[0] if found else ""
