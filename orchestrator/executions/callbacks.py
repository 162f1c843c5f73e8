"""The calls of runners: pull, queued, start, heartbeat, results, finish, abort."""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from orchestrator.auth.backends import CallbackAuth
from orchestrator.clock import Clock
from orchestrator.db.engine import Database
from orchestrator.db.models import Execution
from orchestrator.errors import Conflict, Unavailable, UnknownExecution
from orchestrator.executions import finalize
from orchestrator.executions.leg_callbacks import LegCallbacks
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
from orchestrator.executions.results import (
    OTHER_EXECUTION,
    ResultBatch,
    ResultRecorder,
    ResultsAccepted,
    bound_to_other,
    is_leased_by_other,
    is_other_execution,
)
from orchestrator.executions.sanitize import mask_request, sanitized
from orchestrator.executions.times import REVERSED, end_after, seconds
from orchestrator.i18n import tr
from orchestrator.runners.gateway import Mask
from orchestrator.schemas.requests import Paged
from orchestrator.schemas.runner_requests import (
    Abort,
    Finish,
    FromRunner,
    Lease,
    ManyResults,
    OneResult,
    Pull,
    Queued,
    Start,
)
from orchestrator.status import MOVES, EndedHow, Event, ExecutionStatus, KeepExchanges
from orchestrator.store import cases, executions, transitions
from orchestrator.store.session import WriteSession
from orchestrator.store.writer import PATIENCE, Writer

A = TypeVar("A", bound=FromRunner)
T = TypeVar("T")
Step = Callable[[WriteSession, Execution, A, dt.datetime], T]

#: by whether the service that runs it is being stopped.
_ABORTS: Final = {False: EndedHow.ABORT, True: EndedHow.STOP}


class Callbacks:
    def __init__(
        self,
        database: Database,
        writer: Writer,
        clock: Clock,
        *,
        lease: float,
        mask: Mask,
        callback_auth: CallbackAuth,
        instance_id: str,
        keep: KeepExchanges,
    ) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock
        self._lease = dt.timedelta(seconds=lease)
        self._mask = mask
        #: while this service was not there, nobody could renew a lease.
        self._no_expiry_before = clock.now() + self._lease
        self._recorder = ResultRecorder(
            clock, self._lease, callback_auth, keep, self._no_expiry_before
        )
        self._legs = LegCallbacks(self._lease, self._no_expiry_before)
        self._me = instance_id
        self._is_stopping = False

    def service_stops(self) -> None:
        """From now on, what ends early here ends because the service does."""
        self._is_stopping = True

    def pull(self, request: Pull) -> tuple[Any, Sequence[Any], int]:
        page = None
        if request.page_no is not None or request.page_size is not None:
            page = Paged(page_no=request.page_no or 1, page_size=request.page_size or 500)
        with self._database.reading() as session:
            execution = executions.shown(session, request.execution_id)
            return execution, *cases.listed(session, request.execution_id, None, page)

    def queued(self, request: Queued) -> CallbackResult:
        return _refuse_ended(self._handle(request, _queued, self._legs.queued))

    def start(self, request: Start) -> CallbackResult:
        return _refuse_ended(self._handle(request, self._start, self._legs.start))

    def heartbeat(self, request: FromRunner) -> CallbackResult:
        return self._handle(request, _acknowledge, self._legs.heartbeat)

    def lease(self, request: Lease) -> Leased:
        return self._handle(request, _refuse_lease, self._legs.lease)

    def results(self, request: OneResult | ManyResults) -> ResultsAccepted:
        batch = self._batch(request, None)
        return self._writer.run_joined(self._recorder, batch, weight=len(batch.results))

    async def deliver(
        self, request: OneResult | ManyResults, token_hash: str | None, body: bytes | None
    ) -> ResultsAccepted:
        """As `results`, for an event loop; `token_hash`: see `ResultBatch`; `body`: see
        `mask_request`."""
        batch = self._batch(request, token_hash, body)
        future = self._writer.submit_batched(self._recorder, batch, weight=len(batch.results))
        # a timer alone: a context for it takes longer than all else here
        timer = asyncio.get_running_loop().call_later(PATIENCE, _give_up, future)
        try:
            return await future
        finally:
            timer.cancel()

    def _batch(
        self, request: OneResult | ManyResults, token_hash: str | None, body: bytes | None = None
    ) -> ResultBatch:
        request = mask_request(request, self._mask, body)
        results = request.results if isinstance(request, ManyResults) else [request]
        return ResultBatch(
            request.execution_id, request.runner_id, results, request.execution_no, token_hash
        )

    def finish(self, request: Finish) -> Finished:
        return self._handle(request, _finish, self._legs.finish)

    def abort(self, request: Abort) -> CallbackResult:
        return self._handle(request, self._abort, self._abort_leg)

    def _abort_leg(
        self, session: WriteSession, execution: Execution, request: Abort, now: dt.datetime
    ) -> CallbackResult:
        is_ours = self._is_stopping and execution.owner == self._me
        return self._legs.abort(session, execution, request, now, _ABORTS[is_ours])

    def _abort(
        self, session: WriteSession, execution: Execution, request: Abort, now: dt.datetime
    ) -> CallbackResult:
        if not finalize.is_over(execution):
            is_ours = self._is_stopping and execution.owner == self._me
            to, ended = ExecutionStatus(request.status), finalize.Ended(how=_ABORTS[is_ours])
            event = Event.ABORT
            finalize.abort(
                session, execution, to, now, event=event, ended=ended, message=request.message
            )
        return CallbackResult(execution=execution)

    def _handle(self, request: A, step: Step[A, T], of_leg: Step[A, T]) -> T:
        """Do one call with its execution locked; a wrong runner is refused, the lease renewed.

        `of_leg` is done where the execution has legs, whose runners and leases are their own.
        """
        request = mask_request(request, self._mask)

        def work(session: WriteSession) -> T:
            now = self._clock.now()
            execution = executions.lock(session, request.execution_id)
            if is_other_execution(execution, request.execution_no):
                raise UnknownExecution(OTHER_EXECUTION)
            if execution.shard_total > 1:
                return of_leg(session, execution, request, now)
            earliest = self._no_expiry_before
            if is_leased_by_other(execution, request.runner_id, now, earliest):
                raise bound_to_other(execution)
            # one that was lost and speaks again is not stopped as one that hangs
            is_heard = execution.ended_how == EndedHow.LEASE or not finalize.is_over(execution)
            contact: dict[str, Any] = {"heard_time": now} if is_heard else {}
            answer = step(session, execution, request, now)
            session.refresh(execution)
            # Any call but `queued` shows that pytest runs: its `start` may have been lost.
            runs = not finalize.is_over(execution) and not isinstance(request, Queued)
            if runs or execution.status == ExecutionStatus.RUNNING:
                contact |= {"lease_until": now + self._lease}
                if execution.runner_id is None and request.runner_id is not None:
                    contact |= {"runner_id": request.runner_id}
            if contact:
                transitions.update_fields(session, request.execution_id, now, **contact)
                session.refresh(execution)
            return answer

        return self._writer.run(work)

    @staticmethod
    def _start(
        session: WriteSession, execution: Execution, request: Start, now: dt.datetime
    ) -> CallbackResult:
        request, warnings = sanitized(request, execution, now)
        if finalize.is_over(execution):
            return _remember_start(session, execution, request, now)
        fields = given(request, START)
        fields["start_fields"] = sorted({*execution.start_fields, *fields})
        fields["start_time"] = execution.start_time or request.start_time or now
        fields["runner_id"] = request.runner_id or execution.runner_id
        if execution.status in MOVES[Event.START].before:
            to = ExecutionStatus.RUNNING
            transitions.advance(session, request.execution_id, Event.START, to, now, **fields)
        else:
            transitions.update_fields(session, request.execution_id, now, **fields)
        return CallbackResult(execution=execution, warnings=warnings)


def _give_up(future: "asyncio.Future[Any]") -> None:
    if not future.done():
        future.set_exception(Unavailable())


def _acknowledge(
    _session: WriteSession, execution: Execution, _request: FromRunner, _now: dt.datetime
) -> CallbackResult:
    return CallbackResult(execution=execution)


def _refuse_lease(
    _session: WriteSession, execution: Execution, _request: Lease, _now: dt.datetime
) -> Leased:
    raise Conflict(
        tr("该执行不分片，没有可领取的队列"), execution_id=execution.id, status=execution.status
    )


def _queued(
    session: WriteSession, execution: Execution, request: Queued, now: dt.datetime
) -> CallbackResult:
    """0/1 → 2; later calls fill in, but what `start` said itself stays."""
    request, warnings = sanitized(request, execution, now)
    known = given(request, QUEUED).items()
    fields = {name: value for name, value in known if name not in execution.start_fields}
    if execution.status in MOVES[Event.ACCEPT].before:
        to = ExecutionStatus.QUEUED
        transitions.advance(session, request.execution_id, Event.ACCEPT, to, now, **fields)
    elif not finalize.is_over(execution):
        transitions.update_fields(session, request.execution_id, now, **fields)
    return CallbackResult(execution=execution, warnings=warnings)


def _remember_start(
    session: WriteSession, execution: Execution, request: Start, now: dt.datetime
) -> CallbackResult:
    """A `start` that comes after the end is refused, but the run's beginning is known now."""
    if execution.start_time is None and request.start_time is not None:
        length = seconds(request.start_time, execution.end_time)
        if length is not None:  # else a clock went wrong
            transitions.update_fields(
                session,
                request.execution_id,
                now,
                start_time=request.start_time,
                duration_seconds=length,
            )
    return CallbackResult(execution=execution)


def _finish(
    session: WriteSession, execution: Execution, request: Finish, now: dt.datetime
) -> Finished:
    request, warnings = sanitized(request, execution, now)
    fields = given(request, FINISH)
    if fields:
        transitions.update_fields(session, request.execution_id, now, **fields)
    missing = cases.without_result(session, request.execution_id)
    if (
        request.end_time is not None
        and not end_after(execution.start_time, request.end_time, now).certain
    ):
        warnings.append(tr(REVERSED, end="endTime", start="startTime"))
    if not missing:
        warnings += miscounted(request, cases.reported_counts(session, request.execution_id))
    if not finalize.is_over(execution) and (request.is_final or not missing):
        finalize.complete(
            session,
            execution,
            now,
            reason=INCOMPLETE,
            how=EndedHow.FINISH,
            end_time=request.end_time,
        )
    return Finished(execution=execution, missing=missing, warnings=warnings)


def _refuse_ended(result: CallbackResult) -> CallbackResult:
    """`queued` and `start` after the end are refused, so that a runner stops."""
    execution = result.execution
    if finalize.is_over(execution):
        raise Conflict(tr("该执行已结束"), execution_id=execution.id, status=execution.status)
    return result
