"""Which cases of a project's catalogue the entries of a plan mean."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from orchestrator.models import CatalogCase

from .places import Complaint, Place
from .reading import Entry

Cases = Sequence[CatalogCase]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chosen:
    case_id: int
    round_no: int | None
    #: kept, or given out, where the plan is stored.
    plan_case_id: int | None = None


def selected(
    entries: Iterable[tuple[Entry, Place]], project: int, catalogue: Cases
) -> tuple[list[Chosen], list[Complaint]]:
    """In the order of the entries; each case once a round, where it fits first."""
    chosen: list[Chosen] = []
    taken, named = _Rounds(), _Rounds()
    complaints = []
    for entry, place in entries:
        found = _FINDERS[entry.way](catalogue, getattr(entry, entry.way))
        if reason := _reason(entry, found, project):
            complaints.append(Complaint(place, reason))
            continue
        picked = [Chosen(case_id=c.case_id, round_no=no) for no in entry.rounds for c in found]
        picked = list(dict.fromkeys(picked))
        chosen += [one for one in picked if taken.before(one) is None]
        taken.add(picked, place)
        if entry.way in _NAMING:
            again = [(one, named.before(one)) for one in picked]
            complaints += [_again(one, place, before) for one, before in again if before]
            named.add(picked, place)
    return chosen, complaints


class _Rounds:
    """Where cases stand already; one without a round is in every round."""

    def __init__(self) -> None:
        self._places: dict[int, dict[int | None, Place]] = {}

    def before(self, one: Chosen) -> Place | None:
        """The first place of the same case that shares a round with this one."""
        rounds = self._places.get(one.case_id, {})
        if one.round_no is None:
            return next(iter(rounds.values()), None)
        return rounds.get(None) or rounds.get(one.round_no)

    def add(self, those: Iterable[Chosen], place: Place) -> None:
        for one in those:
            self._places.setdefault(one.case_id, {}).setdefault(one.round_no, place)


def _again(one: Chosen, place: Place, before: Place) -> Complaint:
    return Complaint(place, f"case {one.case_id} is already named in line {before.line}")


def _reason(entry: Entry, found: Cases, project: int) -> str:
    """Why the entry means nothing; empty when it does."""
    asked = f"{entry.way} {getattr(entry, entry.way)!r}"
    if not found:
        return f"{asked}: project {project} has no such case; has it been synced?"
    if entry.way in _NAMING and len(found) > 1:
        numbers = ", ".join(str(case.case_id) for case in found)
        return f"{asked} is the key of several cases ({numbers}); name them by id"
    return ""


def _by_id(catalogue: Cases, number: int) -> Cases:
    return [case for case in catalogue if case.case_id == number]


def _by_key(catalogue: Cases, key: str) -> Cases:
    return [case for case in catalogue if case.case_key == key]


def _by_tag(catalogue: Cases, tag: str) -> Cases:
    return [case for case in catalogue if case.enabled and tag in (case.tags or ())]


def _by_nodeid(catalogue: Cases, pattern: str) -> Cases:
    """`*` is any text, `?` any one letter; brackets are what they are in node ids."""
    parts = [{"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern]
    wanted = re.compile("".join(parts), re.DOTALL)
    return [c for c in catalogue if c.enabled and wanted.fullmatch(c.pytest_nodeid or "")]


_FINDERS: Final[Mapping[str, Callable[[Cases, Any], Cases]]] = {
    "id": _by_id,
    "key": _by_key,
    "tag": _by_tag,
    "nodeid": _by_nodeid,
}
#: ways that mean one case.
_NAMING: Final = ("id", "key")
