"""The calls of a leg's runner, which is found by its `runnerId`; its execution is held."""

import datetime as dt
from typing import Any, Final

from orchestrator.db.models import Execution, ExecutionShard
from orchestrator.errors import BadRequest, Conflict
from orchestrator.executions import finalize, legs
from orchestrator.executions.reported import (
    FINISH,
    INCOMPLETE,
    QUEUED,
    START,
    CallbackResult,
    Finished,
    Leased,
    given,
    miscounted,
)
from orchestrator.executions.results import STRANGER
from orchestrator.executions.sanitize import sanitized
from orchestrator.executions.shard_queue import is_suspect, lease_seconds, taken
from orchestrator.i18n import marked, tr
from orchestrator.schemas.runner_requests import Abort, Finish, FromRunner, Lease, Queued, Start
from orchestrator.status import (
    MOVES,
    CaseStatus,
    EndedHow,
    Event,
    ExecutionStatus,
)
from orchestrator.store import cases, leg_queue, transitions
from orchestrator.store import legs as rows
from orchestrator.store.session import WriteSession

#: seconds until a leg asks again whether a case comes back.
_WAIT: Final = 5
#: cases that a lease is looked for in: usually, and at most.
_LEASED: Final = (50, 1000)
SUSPECT: Final = "suspect"
_TOO_OLD: Final = marked(
    "该执行分到 {total} 台执行机，start 需要 runnerId 与 slots：请升级执行机上的 pytest-sisyphus"
)
_NO_PLACE: Final = marked("该执行的 {total} 台执行机均已加入")
_TOO_MANY: Final = marked("shardIndex 不能大于 {total}：该执行分到 {total} 台执行机")
_TAKEN: Final = marked("第 {shard} 台执行机已由另一次运行担任，且仍在线")
_OTHER_INDEX: Final = marked("该 runnerId 已是第 {shard} 台执行机")
_DONE: Final = marked("第 {shard} 台执行机已执行完毕")
_ENDED: Final = marked("第 {shard} 台执行机已结束（{status}），不能再领取用例")
_SUPERSEDED: Final = tr("失联，由另一次运行接替")
_OTHER_CODE: Final = marked("代码版本 {revision} 与该执行的 {known} 不同")


class LegCallbacks:
    def __init__(self, lease: dt.timedelta, no_expiry_before: dt.datetime) -> None:
        self._lease = lease
        self._no_expiry_before = no_expiry_before

    def queued(
        self, session: WriteSession, execution: Execution, request: Queued, now: dt.datetime
    ) -> CallbackResult:
        """The leg that it names is queued; 0/1 → 2 of the execution."""
        request, warnings = sanitized(request, execution, now)
        newest = {leg.shard_index: leg for leg in rows.newest(session, execution.id)}
        leg = newest.get(request.shard_index or 0)
        if leg and leg.status == ExecutionStatus.TRIGGERING and not leg.callback_token_hash:
            leg = None  # nobody was asked for it yet: this is of the attempt before
        if leg is not None and not finalize.is_over(execution):
            legs.accepted(session, execution, leg.id, now, **given(request, QUEUED))
        elif execution.status in MOVES[Event.ACCEPT].before:
            to = ExecutionStatus.QUEUED
            transitions.advance(session, execution.id, Event.ACCEPT, to, now)
        session.refresh(execution)
        return CallbackResult(execution=execution, warnings=warnings, leg=leg)

    def start(
        self, session: WriteSession, execution: Execution, request: Start, now: dt.datetime
    ) -> CallbackResult:
        request, warnings = sanitized(request, execution, now)
        if finalize.is_over(execution):
            return CallbackResult(execution=execution)
        leg = _leg_for(session, execution, request, now, self._no_expiry_before)
        fields = given(request, START)
        fields["start_fields"] = sorted({*leg.start_fields, *fields})
        began = execution.start_time or request.start_time or now
        if execution.revision not in (None, request.revision) and request.revision is not None:
            known = execution.revision
            text = tr(_OTHER_CODE, revision=request.revision, known=known)
            warnings.append(text)
            fields["message"] = text
        rows.move(
            session,
            leg,
            ExecutionStatus.RUNNING,
            now,
            **fields,
            start_time=leg.start_time or request.start_time or now,
            runner_id=request.runner_id,
            slots=request.slots,
            heard_time=now,
            lease_until=now + self._lease,
        )
        if execution.status in MOVES[Event.START].before:
            to, revision = ExecutionStatus.RUNNING, execution.revision or request.revision
            event = Event.START
            transitions.advance(
                session, execution.id, event, to, now, start_time=began, revision=revision
            )
        elif execution.revision is None and request.revision is not None:
            transitions.update_fields(session, execution.id, now, revision=request.revision)
        self._heard(session, leg, now)
        session.refresh(execution)
        return CallbackResult(execution=execution, warnings=warnings, leg=leg)

    def heartbeat(
        self, session: WriteSession, execution: Execution, request: FromRunner, now: dt.datetime
    ) -> CallbackResult:
        leg = _its(session, execution, request)
        self._heard(session, leg, now)
        return CallbackResult(execution=execution, leg=leg)

    def finish(
        self, session: WriteSession, execution: Execution, request: Finish, now: dt.datetime
    ) -> Finished:
        request, warnings = sanitized(request, execution, now)
        leg = _its(session, execution, request)
        self._heard(session, leg, now)
        if fields := given(request, FINISH):
            rows.move(session, leg, ExecutionStatus(leg.status), now, **fields)
        missing = cases.without_result(session, execution.id, leg.id)
        if not missing:
            reported = cases.reported_counts(session, execution.id, leg.id)
            warnings += miscounted(request, reported)
        if _is_at_work(execution, leg) and (request.is_final or not missing):
            if missing:
                legs.lose(session, execution, leg.id, now, reason=INCOMPLETE, how=EndedHow.FINISH)
            else:
                to = transitions.verdict(transitions.counts(session, execution.id, shard_id=leg.id))
                rows.move(session, leg, to, now, end_time=now)
                legs.settle(session, execution, now, how=EndedHow.FINISH)
            session.refresh(execution)
            session.refresh(leg)
        return Finished(execution=execution, missing=missing, warnings=warnings, leg=leg)

    def abort(
        self,
        session: WriteSession,
        execution: Execution,
        request: Abort,
        now: dt.datetime,
        how: EndedHow,
    ) -> CallbackResult:
        """End this leg only: others go on."""
        leg = _its(session, execution, request)
        if _is_at_work(execution, leg):
            lost = request.status == ExecutionStatus.CALLBACK_LOST
            end = legs.lose if lost else legs.stopped
            end(session, execution, leg.id, now, reason=request.message or "", how=how)
            session.refresh(execution)
            session.refresh(leg)
        return CallbackResult(execution=execution, leg=leg)

    def lease(
        self, session: WriteSession, execution: Execution, request: Lease, now: dt.datetime
    ) -> Leased:
        """Cases of the queue; the same `leaseId` gets the same ones."""
        leg = _its(session, execution, request)
        if finalize.is_over(execution) and leg.status != ExecutionStatus.CALLBACK_LOST:
            return Leased(execution=execution, leg=leg, drained=True)
        _check_alive(leg, execution)
        self._heard(session, leg, now)
        items, suspect = [], False
        if request.lease_id in leg.lease_ids:
            items = leg_queue.leased(session, leg, request.lease_id)
        else:
            suspect = _is_suspect(session, leg)
            if suspect:
                leg_queue.give_back(session, leg, now)
            else:
                items = _next_cases(session, leg)
            leg_queue.lease(session, leg, request.lease_id, items, now)
        if items:
            return Leased(execution=execution, leg=leg, items=items)
        # what another leg has may come into the queue again, as long as it stands there
        retried = [CaseStatus.RUNNING] if execution.retry_lost else []
        waits = bool(leg_queue.head(session, execution.id, 1)) or leg_queue.others_hold(
            session, leg, [CaseStatus.PENDING, *retried]
        )
        return Leased(
            execution=execution,
            leg=leg,
            wait_seconds=_WAIT if waits else 0,
            drained=not waits,
            message=SUSPECT if suspect else None,
        )

    def _heard(self, session: WriteSession, leg: ExecutionShard, now: dt.datetime) -> None:
        if leg.status == ExecutionStatus.RUNNING:
            leg.heard_time, leg.lease_until = now, now + self._lease  # no news
            session.add(leg)
            transitions.update_fields(session, leg.execution_id, now, heard_time=now)


def _is_at_work(execution: Execution, leg: ExecutionShard) -> bool:
    return leg.status == ExecutionStatus.RUNNING and not finalize.is_over(execution)


def _conflict(text: str, execution: Execution) -> Conflict:
    return Conflict(text, execution_id=execution.id, status=execution.status)


def _check_alive(leg: ExecutionShard, execution: Execution) -> None:
    """`Conflict` where it is lost, or has ended: it gets nothing more."""
    if leg.status != ExecutionStatus.RUNNING:
        raise _conflict(tr(_ENDED, shard=leg.shard_index, status=leg.status), execution)


def _its(session: WriteSession, execution: Execution, request: FromRunner) -> ExecutionShard:
    """The leg of this runner; `Conflict` where it is none's."""
    leg = rows.of_runner(session, execution.id, request.runner_id)
    if leg is None or request.runner_id is None:
        raise _conflict(STRANGER, execution)
    return leg


def _leg_for(
    session: WriteSession,
    execution: Execution,
    request: Start,
    now: dt.datetime,
    no_expiry_before: dt.datetime,
) -> ExecutionShard:
    """The leg that this runner has or may have; a lost one is taken again as another attempt."""
    total = execution.shard_total
    if request.runner_id is None or request.slots is None:
        raise _conflict(tr(_TOO_OLD, total=total), execution)
    known = rows.of_runner(session, execution.id, request.runner_id)
    if known is not None:
        _check_alive(known, execution)
        if request.shard_index not in (None, known.shard_index):
            raise _conflict(tr(_OTHER_INDEX, shard=known.shard_index), execution)
        return known
    newest = rows.newest(session, execution.id)
    if request.shard_index is None:
        busy = legs.FINISHED | {ExecutionStatus.RUNNING}
        leg = next((leg for leg in newest if leg.status not in busy), None)
        if leg is None:
            raise _conflict(tr(_NO_PLACE, total=total), execution)
    elif request.shard_index > total:
        raise BadRequest(tr(_TOO_MANY, total=total))
    else:
        leg = newest[request.shard_index - 1]
    return _free(session, execution, leg, now, no_expiry_before)


def _free(
    session: WriteSession,
    execution: Execution,
    leg: ExecutionShard,
    now: dt.datetime,
    no_expiry_before: dt.datetime,
) -> ExecutionShard:
    """The leg, or its next attempt; `Conflict` while somebody has it, or where it is done."""
    if leg.status in legs.FINISHED:
        raise _conflict(tr(_DONE, shard=leg.shard_index), execution)
    if leg.status == ExecutionStatus.RUNNING:
        until = leg.lease_until and leg.lease_until + legs.patience(execution)
        if until is None or max(until, no_expiry_before) > now:
            raise _conflict(tr(_TAKEN, shard=leg.shard_index), execution)
        legs.mark_lost(session, execution, leg, now, reason=_SUPERSEDED)
    if leg.status in legs.EXPECTED:
        return leg
    queued, attempt = ExecutionStatus.QUEUED, leg.attempt + 1
    return rows.add(session, execution.id, leg.shard_index, queued, now, attempt=attempt)


def _next_cases(session: WriteSession, leg: ExecutionShard) -> list[int]:
    rest = leg_queue.queued_seconds(session, leg.execution_id)
    slots = rows.all_slots(session, leg.execution_id)
    wanted = lease_seconds(rest, slots=leg.slots or 1, all_slots=slots)
    ids: list[int] = []
    for most in _LEASED:
        ids = taken(leg_queue.head(session, leg.execution_id, most), wanted)
        if len(ids) < most:
            break
    return ids


def _is_suspect(session: WriteSession, leg: ExecutionShard) -> bool:
    """Whether the machine seems broken, while others go on that are not."""
    if leg_queue.has_passed(session, leg):  # nearly always
        return False
    verdicts = leg_queue.verdicts(session, leg.execution_id)
    own: Any = verdicts.get(leg.id, {})
    others = {True: 0, False: 0}
    for shard_id, of_leg in verdicts.items():
        if shard_id != leg.id:
            others = {passed: others[passed] + of_leg.get(passed, 0) for passed in others}
    if not is_suspect(own, others):
        return False
    return any(
        other.id != leg.id
        and other.status == ExecutionStatus.RUNNING
        and verdicts.get(other.id, {}).get(True)
        for other in rows.newest(session, leg.execution_id)
    )
