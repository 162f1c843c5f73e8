"""Changes to located values that keep their places."""

import re
import warnings
from collections.abc import Callable, Container, Iterator
from typing import Any, Final

from pytest_sisyphus.convert.draft import Account, Fate, Include, leaves
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList, LocatedStr, Location
from pytest_sisyphus.source.diagnostics import Diagnostic, SpecError
from pytest_sisyphus.spec.context import SisyphusWarning

#: lists whose elements are dropped as a whole.
_WHOLE: Final = frozenset(
    ["validations", "validate", "assertions", "sub_validations", "extractors", "rules"]
)


def rename(mapping: LocatedDict, old: str, new: str) -> None:
    """Rename a key and leave it where it stands; what was called `new` before is lost."""
    source = LocatedDict(mapping.location).merge(mapping)
    mapping.clear()
    for key in source:
        if key != new:
            mapping.take(source, key, new_key=new if key == old else None)


def put(mapping: LocatedDict, key: str, value: Any, at: Location) -> None:
    mapping.put(key, value, location=at, key_location=at)


def placed(value: Any, at: Location) -> Any:
    """A copy, of which everything is at one place."""
    if isinstance(value, dict):
        return LocatedDict.of({key: placed(one, at) for key, one in value.items()}, at)
    if isinstance(value, list):
        made = LocatedList(at)
        for one in value:
            made.put(placed(one, at), at)
        return made
    return value


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


def name_step(step: LocatedDict, number: int, account: Account, *, prefix: str = "step") -> None:
    """Here each has a name."""
    if "name" not in step:
        name = f"{prefix} {number}"
        put(step, "name", name, step.location)
        account.said(step.location, tr("this step had no name; it is now {name!r}", name=name))


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
            account.said(at, tr("a step before it has this name; it is now {name!r}", name=made))


def leave_out_anchors(document: LocatedDict, known: Container[str], account: Account) -> list[str]:
    """The keys that are not `known`, and only hold what stands elsewhere by an anchor of theirs."""
    found: list[str] = []
    for key in document:
        if key in known:
            continue
        elsewhere = {
            at
            for other in document
            if other != key
            for at, _ in leaves(document[other], document.locations[other], "")
        }
        mine = {at for at, _ in leaves(document[key], document.locations[key], "")}
        if mine & elsewhere:
            found.append(key)
            for at in sorted(mine - elsewhere):
                account.left_out(None, at, tr("of an anchor, and nothing takes it"))
    return found


def drop_what_is_refused(
    case: LocatedDict,
    account: Account,
    read: Callable[[LocatedDict], object],
    *,
    tell: Callable[[Any, Location, str], bool] = lambda *_: False,
    kept: Container[str] = (),
) -> None:
    """Takes out of a case whatever `read` refuses with a SpecError, but its keys `kept`.

    `tell` says whether what is refused stands in another file, and then tells of it. Raises
    SpecError, with what was not converted before and what was refused at first, when nothing is
    left.
    """
    first: SpecError | None = None
    before = [
        Diagnostic(location=one.location, message=one.reason, key_path=one.path)
        for one in account.notes
        if one.fate is Fate.NOT_CONVERTED
    ]
    while True:
        try:
            with warnings.catch_warnings():
                # whoever validates or runs what is written is warned
                warnings.simplefilter("ignore", SisyphusWarning)
                read(case)
        except SpecError as error:
            first = first or error
            mine = [one for one in error.diagnostics if not _is_told(case, one, account, tell)]
            # from the back: the numbers of what stands before stay
            is_less = _drop_all(case, mine, account, kept)
            if not mine:
                return
            if not is_less:
                raise SpecError([*before, *first.diagnostics]) from None
        else:
            return


def _is_told(
    case: LocatedDict,
    complaint: Diagnostic,
    account: Account,
    tell: Callable[[Any, Location, str], bool],
) -> bool:
    """Who includes it tells of what stands in a file of other data, which has no account."""
    way = [*_way(case, complaint)]
    places = [container.locations[key] for container, key, _ in way] or [complaint.location]
    value = way[-1][2] if way else case
    message = complaint.message
    for at in reversed(places):
        if tell(value, at, message):
            return True
        if at.file == case.location.file:
            break
        # without its key path, which changes when a step before it is dropped
        message = f"{complaint.location.exact}: {complaint.message}"
    is_included = message != complaint.message
    if is_included:
        account.not_converted(value, at, message)
    return is_included


def _drop_all(
    case: LocatedDict, complaints: list[Diagnostic], account: Account, kept: Container[str]
) -> bool:
    """Each entry once, whatever is said of it besides; whether one was there."""
    dropped: set[tuple[Any, ...]] = set()
    is_less = False
    by_keys = [(tuple(_keys(one.key_path)), one) for one in complaints]
    by_keys.sort(
        key=lambda pair: [(key, 0) if isinstance(key, str) else ("", key) for key in pair[0]],
        reverse=True,
    )
    for _, one in by_keys:
        way = tuple(key for _, key, _ in _way(case, one))
        if way not in dropped:
            dropped.add(way)
            is_less |= _drop(case, one, account, kept)
    return is_less


def _drop(case: LocatedDict, complaint: Diagnostic, account: Account, kept: Container[str]) -> bool:
    # what holds that which the complaint is about, its key there, and it
    container, key, value = [(None, None, case), *_way(case, complaint)][-1]
    if container is None or (container is case and key in kept):
        return False
    account.not_converted(value, container.locations[key], complaint.message)
    del container[key]
    if isinstance(container, LocatedList):
        del container.locations[key]
    return True


def _way(case: LocatedDict, complaint: Diagnostic) -> Iterator[tuple[Any, Any, Any]]:
    """The same of everything around it, from the outermost."""
    value: Any = case
    above: Any = None
    is_of_a_key = _is_of_a_key(case, complaint)
    for one in _keys(complaint.key_path):
        if isinstance(value, list):
            is_there = isinstance(one, int) and one < len(value)
        else:
            is_there = isinstance(value, dict) and one in value
        if not is_there:
            break
        container, value = value, value[one]
        yield container, one, value
        if isinstance(one, int) and above in _WHOLE and not is_of_a_key:
            break  # half a check would be another check
        above = one


def _is_of_a_key(case: LocatedDict, complaint: Diagnostic) -> bool:
    """One without which its mapping is what the older engine made of it."""
    *above, last = _keys(complaint.key_path) or [None]
    value: Any = case
    for one in above:
        is_there = isinstance(one, int) and isinstance(value, list) and one < len(value)
        value = value[one] if is_there else value.get(one) if isinstance(value, dict) else None
    is_one_of_several = isinstance(value, LocatedDict) and last in value and len(value) > 1
    return is_one_of_several and value.key_locations[last] == complaint.location


def _keys(path: str) -> list[Any]:
    """`steps[2].validations[0]` → `["steps", 2, "validations", 0]`."""
    found = re.finditer(r"\[(\d+)\]|([^.\[\]]+)", path)
    return [int(one[1]) if one[1] else one[2] for one in found]
