"""What the orchestrator wants run: the answer of `case/pull` as frozen nouns."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .masking import storable
from .status import CaseStatus

_UNFINISHED = frozenset({None, CaseStatus.PENDING, CaseStatus.RUNNING})


@dataclasses.dataclass(frozen=True, kw_only=True)
class WantedCase:
    #: the row of this case in this execution; unique, where a case id may come twice.
    execution_case_id: int
    case_id: int | None
    plan_case_id: int | None
    case_key: str
    title: str
    run_order: int
    #: where it was seen last; a locator, not an identity.
    nodeid: str
    #: false where an earlier runner of this execution already brought the outcome.
    unfinished: bool

    @property
    def label(self) -> str:
        identity = self.case_key or str(self.case_id)
        return f"{identity} ({self.title})" if self.title else identity


@dataclasses.dataclass(frozen=True, kw_only=True)
class Execution:
    id: int
    number: str
    #: of a plan's execution: its id and round, for people.
    plan: str = ""
    plan_round: str = ""
    env_code: str
    run_mode: Literal[1, 2]
    status: int
    cases: tuple[WantedCase, ...]

    @property
    def is_parallel(self) -> bool:
        return self.run_mode == 2

    def to_plain(self) -> dict[str, Any]:
        """Lists, mappings and scalars only: what execnet carries to a worker."""
        plain = dataclasses.asdict(self)
        plain["cases"] = list(plain["cases"])
        return plain

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Execution":
        cases = tuple(WantedCase(**case) for case in plain["cases"])
        return cls(**{**plain, "cases": cases})


def read_execution(head: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Execution:
    """Raises KeyError, TypeError, ValueError, OverflowError for what is not the contract's."""
    cases = sorted(map(_wanted, items), key=lambda case: case.run_order)
    return Execution(
        id=int(head["executionId"]),
        number=_text(head.get("executionNo")),
        plan=_text(head.get("planId")),
        plan_round=_text(head.get("planRoundNo")),
        env_code=_text(head.get("envCode")),
        run_mode=2 if int(head.get("runMode") or 1) == 2 else 1,
        status=int(head.get("status") or 0),
        cases=tuple(cases),
    )


def _wanted(item: Mapping[str, Any]) -> WantedCase:
    return WantedCase(
        execution_case_id=int(item["executionCaseId"]),
        case_id=_number(item.get("caseId")),
        plan_case_id=_number(item.get("planCaseId")),
        case_key=_text(item.get("caseKey")),
        title=_text(item.get("caseTitle")),
        run_order=_number(item.get("runOrder")) or 0,
        nodeid=_text(item.get("pytestNodeid")),
        unfinished=item.get("status") in _UNFINISHED,
    )


def _text(value: Any) -> str:
    """Fit for terminals, paths and xdist: not every JSON text is."""
    if not isinstance(value, str | int | None):
        raise TypeError(f"a text was expected, not a {type(value).__name__}")
    return storable(str(value or ""))


def _number(value: Any) -> int | None:
    return None if value is None else int(value)
