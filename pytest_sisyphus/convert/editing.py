"""Changes to located values that keep their places."""

import re
from collections.abc import Callable
from typing import Any, Final

from pytest_sisyphus.convert.draft import Account, Include
from pytest_sisyphus.location import LocatedDict, LocatedList, LocatedStr, Location
from pytest_sisyphus.source.case_file import read_case
from pytest_sisyphus.source.diagnostics import Diagnostic, SpecError
from pytest_sisyphus.spec.context import ValidationContext

#: lists whose elements are dropped as a whole.
_WHOLE: Final = frozenset(
    ["validations", "validate", "assertions", "sub_validations", "extractors", "rules"]
)


def rename(mapping: LocatedDict, old: str, new: str) -> None:
    """In its place; what was called `new` before is lost."""
    source = LocatedDict(mapping.location).merge(mapping)
    mapping.clear()
    for key in source:
        if key != new:
            mapping.take(source, key, new_key=new if key == old else None)


def put(mapping: LocatedDict, key: str, value: Any, at: Location) -> None:
    mapping.put(key, value, location=at, key_location=at)


def with_texts(value: Any, change: Callable[[str], str], *, but: frozenset[str]) -> Any:
    """Changes every text in nested data, in place; keys too; but values of the keys `but`."""
    if isinstance(value, LocatedDict):
        for key in [*value]:
            if key not in but:
                value[key] = with_texts(value[key], change, but=but)
            if (changed := change(key)) != key:
                rename(value, key, changed)
    elif isinstance(value, LocatedList):
        value[:] = [with_texts(one, change, but=but) for one in value]
    elif isinstance(value, str) and not isinstance(value, Include):
        text = change(value)
        return LocatedStr(text, value.location) if isinstance(value, LocatedStr) else text
    return value


def unique_step_names(steps: Any, account: Account) -> None:
    """Two steps of one name cannot be told apart here."""
    taken: set[str] = set()
    for step in steps if isinstance(steps, LocatedList) else ():
        name = step.get("name") if isinstance(step, LocatedDict) else None
        if not isinstance(name, str):
            continue
        made, number = str(name), 1
        while made in taken:
            number += 1
            made = f"{name} ({number})"
        taken.add(made)
        if made != name:
            at = step.locations["name"]
            step["name"] = LocatedStr(made, at)
            account.said(at, f"a step before it has this name; it is now {made!r}")


def holds_includes(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(holds_includes, value.values()))
    if isinstance(value, list):
        return any(map(holds_includes, value))
    return isinstance(value, Include)


def drop_what_is_refused(
    case: LocatedDict, account: Account, validation: ValidationContext, file: str
) -> None:
    """Takes out of a case whatever the dialect refuses. Raises SpecError when nothing is left."""
    while True:
        try:
            read_case(case, validation, file, None)
        except SpecError as error:
            # from the back: the numbers of what stands before stay
            before = len(account.notes)
            _drop_all(case, error.diagnostics, account)
            if len(account.notes) == before:
                raise
        else:
            return


def _drop_all(case: LocatedDict, complaints: list[Diagnostic], account: Account) -> None:
    """Each entry once, whatever is said of it besides."""
    dropped: set[tuple[Any, ...]] = set()
    by_keys = [(tuple(_keys(one.key_path)), one) for one in complaints]
    by_keys.sort(
        key=lambda pair: [(key, 0) if isinstance(key, str) else ("", key) for key in pair[0]],
        reverse=True,
    )
    for keys, one in by_keys:
        whole = next((n for n, key in enumerate(keys) if key in _WHOLE), len(keys))
        if keys[: whole + 2] not in dropped:
            dropped.add(keys[: whole + 2])
            _drop(case, one, account)


def _drop(case: LocatedDict, complaint: Diagnostic, account: Account) -> None:
    container: Any = None
    key: Any = None
    value: Any = case
    above: Any = None
    for one in _keys(complaint.key_path):
        if isinstance(value, list):
            is_there = isinstance(one, int) and one < len(value)
        else:
            is_there = isinstance(value, dict) and one in value
        if not is_there:
            break
        container, key, value = value, one, value[one]
        if isinstance(one, int) and above in _WHOLE:
            break  # half a check would be another check
        above = one
    if container is None or (container is case and key in ("name", "steps")):
        return
    account.not_converted(value, container.locations[key], complaint.message)
    del container[key]
    if isinstance(container, LocatedList):
        del container.locations[key]


def _keys(path: str) -> list[Any]:
    """`steps[2].validations[0]` → `["steps", 2, "validations", 0]`."""
    found = re.finditer(r"\[(\d+)\]|([^.\[\]]+)", path)
    return [int(one[1]) if one[1] else one[2] for one in found]
