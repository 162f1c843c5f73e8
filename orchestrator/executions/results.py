"""Results of cases: the rows that they name, the rules by which they count, one write for many."""

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

from orchestrator.auth.backends import CallbackAuth
from orchestrator.clock import Clock
from orchestrator.errors import Conflict, InvalidCallbackCredentials, ServiceError, UnknownExecution
from orchestrator.executions.sanitize import sanitized
from orchestrator.executions.times import REVERSED, end_after
from orchestrator.i18n import marked, tr
from orchestrator.schemas.runner_requests import CaseResult
from orchestrator.status import TERMINAL, CaseStatus, EndedHow, ExecutionStatus, KeepExchanges
from orchestrator.store import exchanges, leg_queue, notifications, outcomes, transitions
from orchestrator.store import legs as leg_rows
from orchestrator.store.case_state import CaseState, LockedExecution
from orchestrator.store.legs import LegState
from orchestrator.store.session import WriteSession

OTHER_EXECUTION: Final = tr("executionNo 与该执行不符：是另一个执行")
STRANGER: Final = tr("未知的执行机：该 runnerId 没有以 start 加入该执行")
#: of legs that may begin nothing more.
_GONE: Final = frozenset({ExecutionStatus.CALLBACK_LOST, ExecutionStatus.CANCELED})
_NO_MORE: Final = marked("第 {shard} 台执行机已失联或终止，不能再开始用例")
_MISTIMED: Final = tr(REVERSED, end="finishedTime", start="startedTime")


@dataclasses.dataclass(eq=False, slots=True)  # frozen, it would take three times as long to make
class ResultBatch:
    """The results of one call, which are all of one execution."""

    execution_id: int
    runner_id: str | None
    results: Sequence[CaseResult]
    execution_no: str | None = None
    #: of the execution's own token, where the call was authenticated by that.
    token_hash: str | None = None

    @property
    def runner(self) -> tuple[int, str | None]:
        return self.execution_id, self.runner_id


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    execution_case_id: int | None
    case_id: int | None
    reason: str


@dataclasses.dataclass(eq=False, slots=True)
class ResultsAccepted:
    execution_id: int
    #: of the execution.
    status: int
    rejected: Sequence[Rejected] = ()
    #: stored, but for a part of it.
    warnings: Sequence[Rejected] = ()
    #: another verdict than the one that the case has: not stored.
    dropped: Sequence[Rejected] = ()
    #: of the leg that it came from, where there is one.
    shard_status: int | None = None

    @property
    def is_all(self) -> bool:
        """Whether all of it was stored."""
        return not (self.rejected or self.warnings or self.dropped)


#: by execution and runner.
_Legs = Mapping[tuple[int, str | None], LegState]


class _CaseIndex:
    """The rows that deliveries speak of, by their own id and by their case's."""

    def __init__(self) -> None:
        self._by_id: dict[int, CaseState] = {}
        self._by_case: dict[tuple[int, int], list[CaseState]] = defaultdict(list)

    @classmethod
    def read(cls, session: WriteSession, batches: Iterable[ResultBatch]) -> "_CaseIndex":
        """Rows that are named by their id are found by it; others by their case."""
        ids: set[int] = set()
        case_ids: dict[int, set[int]] = defaultdict(set)
        for batch in batches:
            for result in batch.results:
                if result.execution_case_id is not None:
                    ids.add(result.execution_case_id)
                elif result.case_id is not None:
                    case_ids[batch.execution_id].add(result.case_id)
        index, connection = cls(), session.connection()
        for row in outcomes.by_id(connection, ids):
            index._by_id[row.id] = row
        for execution_id, wanted in case_ids.items():
            for row in outcomes.by_case(connection, execution_id, wanted):
                known = index._by_id.setdefault(row.id, row)
                index._by_case[execution_id, row.case_id].append(known)
        return index

    def read_losses(self, session: WriteSession) -> None:
        """What rows say of legs that were lost with them stays, whatever comes."""
        lost = [row.id for row in self._by_id.values() if row.lost_count]
        if not lost:
            return
        for number, kept in leg_queue.kept_ext(session.connection(), lost).items():
            self._by_id[number].kept_ext = kept

    def by_execution(self) -> Mapping[int, Sequence[CaseState]]:
        found: dict[int, list[CaseState]] = defaultdict(list)
        for row in self._by_id.values():
            found[row.execution_id].append(row)
        return found

    def rows_of(self, execution_id: int, result: CaseResult) -> tuple[Sequence[CaseState], str]:
        """The rows that it means, else why there are none.

        A `caseId` without `planCaseId` means every row of that case.
        """
        if result.execution_case_id is None:
            wanted = result.plan_case_id
            rows = [
                row
                for row in self._by_case.get((execution_id, result.case_id or 0), ())
                if wanted is None or row.plan_case_id == wanted
            ]
            return rows, "" if rows else _unknown(result)
        row = self._by_id.get(result.execution_case_id)
        if row is None or row.execution_id != execution_id:
            return (), _unknown(result)
        contradiction = _contradiction(result, row)
        return ((), contradiction) if contradiction else ((row,), "")


class ResultRecorder:
    """Work for `Writer.run_joined`: all deliveries that wait, in one transaction.

    Whatever their number: one look at the executions, one at the cases, one UPDATE of each.
    """

    def __init__(
        self,
        clock: Clock,
        lease: dt.timedelta,
        callback_auth: CallbackAuth,
        keep: KeepExchanges,
        no_expiry_before: dt.datetime,
    ) -> None:
        self._no_expiry_before = no_expiry_before
        self._keep = keep
        self._clock = clock
        self._lease = lease
        self._callback_auth = callback_auth

    def __call__(
        self, session: WriteSession, batches: Sequence[ResultBatch]
    ) -> tuple[list[ResultsAccepted | ServiceError], set[int]]:
        """What became of each, and the executions that moved."""
        now, connection = self._clock.now(), session.connection()
        executions = outcomes.lock(connection, {one.execution_id for one in batches})
        legs: _Legs = {}
        if any(execution.shard_total > 1 for execution in executions.values()):
            legs = leg_rows.of_runners(connection, (one.runner for one in batches))
        refusals = [
            self._refusal(one, executions.get(one.execution_id), legs, now) for one in batches
        ]
        accepted = [one for one, no in zip(batches, refusals, strict=True) if no is None]
        index = _CaseIndex.read(session, accepted)
        if legs:
            index.read_losses(session)
        incomplete = [
            execution for execution in executions.values() if _lacks_results(session, execution)
        ]
        answers = [
            refusal or self._record(one, executions[one.execution_id], legs, index, now)
            for one, refusal in zip(batches, refusals, strict=True)
        ]
        cases = index.by_execution()
        parts = [(execution, cases.get(execution.id, ())) for execution in executions.values()]
        moved = outcomes.store(connection, parts, now)
        if legs:
            leg_rows.renew_alive(connection, legs.values(), now, now + self._lease)
        if self._keep != "none" and (kept := list(outcomes.exchanges_of(parts))):
            exchanges.keep(connection, kept, every_pass=self._keep == "all")
        for execution in incomplete:
            if not _lacks_results(session, execution):
                transitions.update_fields(session, execution.id, now, healed_time=now)
                notifications.enqueue_results_completed(session, execution.id, now)
        return answers, moved

    def _refusal(
        self,
        batch: ResultBatch,
        execution: LockedExecution | None,
        legs: _Legs,
        now: dt.datetime,
    ) -> ServiceError | None:
        """Why the batch is refused; None: it counts, and the lease of its runner is renewed."""
        hashed = batch.token_hash
        if hashed is not None and not self._callback_auth.accepts(execution, hashed):
            return InvalidCallbackCredentials()
        if execution is None:
            return UnknownExecution()
        if is_other_execution(execution, batch.execution_no):
            return UnknownExecution(OTHER_EXECUTION)
        if execution.shard_total > 1:
            return _refusal_of_leg(batch, execution, legs.get(batch.runner))
        if is_leased_by_other(execution, batch.runner_id, now, self._no_expiry_before):
            return bound_to_other(execution)
        if not execution.is_over:  # also before its `start`, which may have been lost
            execution.runner_id = execution.runner_id or batch.runner_id
            execution.lease_until, execution.alive = now + self._lease, True
        elif execution.ended_how == EndedHow.LEASE:
            execution.alive = True  # whatever becomes of its results: it does not hang
        return None

    @staticmethod
    def _record(
        batch: ResultBatch,
        execution: LockedExecution,
        legs: _Legs,
        index: _CaseIndex,
        now: dt.datetime,
    ) -> ResultsAccepted:
        """Record each result on the rows that it names; name those that count in part, or not."""
        rejected: list[Rejected] = []
        warnings: list[Rejected] = []
        dropped: list[Rejected] = []
        over, sharded = execution.is_over, execution.shard_total > 1
        leg = legs.get(batch.runner) if sharded else None
        for reported in batch.results:
            result, faults = sanitized(reported, execution, now)
            rows, refusal = index.rows_of(execution.id, result)
            for row in rows:
                if sharded and (reason := _not_its(row, leg, result)):
                    rejected.append(_of(row, reason))
                    continue
                if faults:
                    warnings += [_of(row, fault) for fault in faults]
                end = end_after(result.started_time or row.started_time, result.finished_time, now)
                moment = end.moment
                counts = row.record_result(result, leg, over=over, now=now, finished=moment)
                if not counts and row.contradicts(result):
                    dropped.append(_of(row, _unheeded(row, result)))
                if result.finished_time is not None and not end.certain:
                    warnings.append(_of(row, _MISTIMED))
            if refusal:
                named, case = result.execution_case_id, result.case_id
                rejected.append(Rejected(execution_case_id=named, case_id=case, reason=refusal))
        status = leg.status if leg is not None else None
        return ResultsAccepted(execution.id, execution.status, rejected, warnings, dropped, status)


def _refusal_of_leg(
    batch: ResultBatch, execution: LockedExecution, leg: LegState | None
) -> ServiceError | None:
    """A leg that is lost begins nothing more; what it had begun still counts."""
    if leg is None or (execution.is_over and leg.status != ExecutionStatus.CALLBACK_LOST):
        return None
    if leg.status == ExecutionStatus.RUNNING:
        leg.alive = execution.alive = True
    elif leg.status in _GONE and all(one.status == CaseStatus.RUNNING for one in batch.results):
        number, status = execution.id, execution.status
        return Conflict(tr(_NO_MORE, shard=leg.shard_index), execution_id=number, status=status)
    return None


def _not_its(row: CaseState, leg: LegState | None, result: CaseResult) -> str:
    """Why the leg may not say this of the case; empty where it may."""
    if leg is None:
        return STRANGER
    if result.status == CaseStatus.RUNNING and leg.status in _GONE:
        return tr(_NO_MORE, shard=leg.shard_index)
    if row.marked and leg_queue.was_lost_with(row.kept_ext, leg):
        return ""  # nobody ran it again, or who did was lost too: an outcome is better than a mark
    if row.shard_id is None:
        return tr("该用例未被领取")
    if row.shard_id != leg.id:
        return tr(
            "该用例由第 {owner} 台执行机领取，不接受第 {shard} 台的结果",
            owner=row.shard_index,
            shard=leg.shard_index,
        )
    return ""


class Bound(Protocol):
    """An execution, as far as a runner may have it."""

    @property
    def id(self) -> int | None: ...
    @property
    def status(self) -> int: ...
    @property
    def execution_no(self) -> str: ...
    @property
    def runner_id(self) -> str | None: ...
    @property
    def lease_until(self) -> dt.datetime | None: ...


def is_other_execution(execution: Bound, execution_no: str | None) -> bool:
    """Whether the runner means another execution, which had this id in a database of before."""
    return execution_no is not None and execution_no != execution.execution_no


def is_leased_by_other(
    execution: Bound, runner_id: str | None, now: dt.datetime, no_expiry_before: dt.datetime
) -> bool:
    """Whether another runner has it: until the lease of the one that bound it has run out, which
    one that lives could not renew while no service was there."""
    bound, until = execution.runner_id, execution.lease_until
    if runner_id is None or bound is None or runner_id == bound or until is None:
        return False
    return (until if execution.status in TERMINAL else max(until, no_expiry_before)) > now


def bound_to_other(execution: Bound) -> Conflict:
    return Conflict(
        tr("该执行已被其他执行机占用"), execution_id=execution.id or 0, status=execution.status
    )


def _lacks_results(session: WriteSession, execution: LockedExecution) -> bool:
    """Whether it ended in 8 and results are still missing."""
    lost = execution.status == ExecutionStatus.CALLBACK_LOST
    return lost and outcomes.lacks_results(session.connection(), execution.id)


def _of(row: CaseState, reason: str) -> Rejected:
    return Rejected(execution_case_id=row.id, case_id=row.case_id, reason=reason)


def _unheeded(row: CaseState, result: CaseResult) -> str:
    """Why a verdict does not count that came after a better one."""
    return tr(
        "结果未采用：该用例已有状态 {known}（retryCount {retry}），后到的状态 "
        "{late}（retryCount {late_retry}，resultId {result}）不改变它",
        known=row.status,
        retry=row.retry_count,
        late=result.status,
        late_retry=result.retry_count,
        result=result.result_id or tr("未传"),
    )


def _unknown(result: CaseResult) -> str:
    nameless = result.execution_case_id is None and result.case_id is None
    if nameless:
        return tr("executionCaseId、caseId 至少传一个")
    return tr("该用例不在本次执行中")


def _contradiction(result: CaseResult, row: CaseState) -> str:
    """Empty where its numbers mean one row."""
    pairs = (
        ("caseId", result.case_id, row.case_id),
        ("planCaseId", result.plan_case_id, row.plan_case_id),
    )
    for name, sent, stored in pairs:
        if sent is not None and stored is not None and sent != stored:
            return tr(
                "executionCaseId {row} 的 {field} 是 {stored}，与上报的 {field} {sent} 不一致",
                row=row.id,
                field=name,
                stored=stored,
                sent=sent,
            )
    return ""
