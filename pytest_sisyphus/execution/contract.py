"""The answer of `case/pull`: the execution and its cases, as records."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pytest_sisyphus.execution.exchanges import Keep
from pytest_sisyphus.execution.status import ResultStatus
from pytest_sisyphus.execution.text_limits import storable
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.record import record

_KEEPS: Mapping[object, Keep] = {"failed": "failed", "all": "all"}
UNFINISHED = frozenset({None, ResultStatus.PENDING, ResultStatus.RUNNING})


@record
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
    #: false where an earlier runner of this execution already reported the outcome.
    unfinished: bool

    @property
    def label(self) -> str:
        identity = self.case_key or str(self.case_id)
        return f"{identity} ({self.title})" if self.title else identity


@record
class Execution:
    id: int
    number: str
    #: of a plan's execution: its id and round, for people.
    plan: str = ""
    plan_round: str = ""
    env_code: str
    run_mode: Literal[1, 2]
    #: more than 1: how many legs, each a pytest run of its own, share the cases.
    shard_total: int = 1
    #: seconds without an answer after which a leg interrupts what it runs, because another leg may
    #: be given the case; None: nobody is.
    fence: float | None = None
    status: int
    #: of which cases the orchestrator keeps the exchanges.
    keep_exchanges: Keep = "none"
    cases: tuple[WantedCase, ...]

    @property
    def is_parallel(self) -> bool:
        return self.run_mode == 2

    @property
    def is_sharded(self) -> bool:
        return self.shard_total > 1

    def to_plain(self) -> dict[str, Any]:
        """Lists, mappings and scalars only: what execnet carries to a worker."""
        plain = dataclasses.asdict(self)
        plain["cases"] = list(plain["cases"])
        return plain

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Execution":
        cases = tuple(WantedCase(**case) for case in plain["cases"])
        return cls(**{**plain, "cases": cases})


def read_execution(page: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Execution:
    """The execution as any of its pages has it, with the cases of all pages. Raises KeyError,
    TypeError, ValueError, OverflowError for what is not the contract's."""
    cases = [
        WantedCase(
            execution_case_id=int(item["executionCaseId"]),
            case_id=_number(item.get("caseId")),
            plan_case_id=_number(item.get("planCaseId")),
            case_key=_text(item.get("caseKey")),
            title=_text(item.get("caseTitle")),
            run_order=_number(item.get("runOrder")) or 0,
            nodeid=_text(item.get("pytestNodeid")),
            unfinished=item.get("status") in UNFINISHED,
        )
        for item in items
    ]
    return Execution(
        id=int(page["executionId"]),
        number=_text(page.get("executionNo")),
        plan=_text(page.get("planId")),
        plan_round=_text(page.get("planRoundNo")),
        env_code=_text(page.get("envCode")),
        run_mode=2 if int(page.get("runMode") or 1) == 2 else 1,
        shard_total=int(page.get("shardTotal") or 1),
        fence=_fence(page.get("fenceSeconds")),
        status=int(page.get("status") or 0),
        keep_exchanges=_KEEPS.get(page.get("keepExchanges"), "none"),
        cases=tuple(sorted(cases, key=lambda case: case.run_order)),
    )


def _text(value: Any) -> str:
    """Without lone surrogates and NUL, which terminals, paths and xdist refuse. Raises TypeError
    for anything but a text, a number or null."""
    if not isinstance(value, str | int | None):
        raise TypeError(f"a text was expected, not a {type(value).__name__}")
    return storable(str(value or ""))


def _fence(value: Any) -> float | None:
    """Raises ValueError for what no clock comes to: a leg would run on beside another."""
    seconds = float(value or 0)
    if not 0 <= seconds < math.inf:
        raise ValueError(
            tr("fenceSeconds: expected a number of seconds, not {value!r}", value=value)
        )
    return seconds or None


def _number(value: Any) -> int | None:
    return None if value is None else int(value)
