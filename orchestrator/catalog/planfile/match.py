"""Which cases of a project's catalogue the entries of a plan mean."""

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from orchestrator.catalog.planfile.location import Diagnostic, Location
from orchestrator.catalog.planfile.reader import Entry
from orchestrator.db.models import CatalogCase
from orchestrator.i18n import tr

Cases = Sequence[CatalogCase]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SelectedCase:
    case_id: int
    round_no: int | None
    #: kept, or given out, where the plan is stored.
    plan_case_id: int | None = None


def selected(
    entries: Iterable[tuple[Entry, Location]], project: int, catalogue: Cases
) -> tuple[list[SelectedCase], list[Diagnostic]]:
    """In the order of the entries; each case once a round, where it fits first."""
    selected_cases: list[SelectedCase] = []
    taken, named = _Rounds(), _Rounds()
    diagnostics = []
    for entry, location in entries:
        found = _find(catalogue, entry.selector, getattr(entry, entry.selector))
        if reason := _reason(entry, found, project):
            diagnostics.append(Diagnostic(location, reason))
            continue
        picked = [
            SelectedCase(case_id=c.case_id, round_no=no) for no in entry.rounds for c in found
        ]
        picked = list(dict.fromkeys(picked))
        selected_cases += [one for one in picked if taken.before(one) is None]
        taken.add(picked, location)
        if entry.selector in _UNIQUE:
            for one in picked:
                if before := named.before(one):
                    reason = tr(
                        "case {case} is already named in line {line}",
                        case=one.case_id,
                        line=before.line,
                    )
                    diagnostics.append(Diagnostic(location, reason))
            named.add(picked, location)
    return selected_cases, diagnostics


class _Rounds:
    """Where cases stand already; one without a round is in every round."""

    def __init__(self) -> None:
        self._locations: dict[int, dict[int | None, Location]] = {}

    def before(self, one: SelectedCase) -> Location | None:
        """The first location of the same case that shares a round with this one."""
        rounds = self._locations.get(one.case_id, {})
        if one.round_no is None:
            return next(iter(rounds.values()), None)
        return rounds.get(None) or rounds.get(one.round_no)

    def add(self, those: Iterable[SelectedCase], location: Location) -> None:
        for one in those:
            self._locations.setdefault(one.case_id, {}).setdefault(one.round_no, location)


def _reason(entry: Entry, found: Cases, project: int) -> str:
    """Why the entry means nothing; empty when it does."""
    asked = f"{entry.selector} {getattr(entry, entry.selector)!r}"
    if not found:
        return tr(
            "{entry}: project {project} has no such case; has it been synced?",
            entry=asked,
            project=project,
        )
    if entry.selector in _UNIQUE and len(found) > 1:
        numbers = ", ".join(str(case.case_id) for case in found)
        return tr(
            "{entry} is the key of several cases ({numbers}); name them by id",
            entry=asked,
            numbers=numbers,
        )
    return ""


def _find(catalogue: Cases, selector: str, value: Any) -> Cases:
    if selector == "id":
        return [case for case in catalogue if case.case_id == value]
    if selector == "key":
        return [case for case in catalogue if case.case_key == value]
    enabled = [case for case in catalogue if case.enabled]
    if selector == "tag":
        return [case for case in enabled if value in (case.tags or ())]
    # of node ids `*` is any text, `?` any one letter; brackets are what they are
    parts = [{"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in value]
    pattern = re.compile("".join(parts), re.DOTALL)
    return [case for case in enabled if pattern.fullmatch(case.pytest_nodeid or "")]


#: selectors that mean one case.
_UNIQUE: Final = ("id", "key")
