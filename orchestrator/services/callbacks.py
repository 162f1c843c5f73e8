"""What runners say: queued, start, heartbeat, results, finish, abort; and `pull`, what they ask."""

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlmodel import Session

from orchestrator.clock import Clock
from orchestrator.database import Database
from orchestrator.errors import NotNow, Unavailable, UnknownExecution
from orchestrator.models import Execution
from orchestrator.shapes.internal import (
    Abort,
    Finish,
    FromRunner,
    ManyResults,
    OneResult,
    Pull,
    Queued,
    Start,
)
from orchestrator.shapes.public import Paged
from orchestrator.status import MOVES, Event, ExecutionStatus
from orchestrator.store import cases, executions, moves
from orchestrator.writer import PATIENCE, Writer

from . import closing
from .access import CallbackDoor
from .moments import REVERSED, end_after, seconds
from .results import ANOTHER, Delivery, Intake, Taken, is_another, is_others, other_runner
from .runner_calls import Hide
from .vetting import hidden, vetted

A = TypeVar("A", bound=FromRunner)
T = TypeVar("T")
Step = Callable[[Session, Execution, A, dt.datetime], T]

_INCOMPLETE: Final = "执行结束时仍有用例未上报结果"
#: columns by the name of the request's field.
_BUILD: Final = {
    "jenkins_job_name": "job_name",
    "jenkins_build_number": "build_number",
    "jenkins_build_url": "build_url",
}
_QUEUED: Final = {"jenkins_queue_id": "queue_id", **_BUILD}
_START: Final = {"console_url": "console_url", "revision": "revision", **_BUILD}
_FINISH: Final = {"console_url": "console_url", "report_url": "report_url"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Heard:
    execution: Execution
    #: heeded, but not every word of it.
    warnings: Sequence[str] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finished(Heard):
    #: `(execution_case_id, case_id)` of those that lack a result.
    missing: Sequence[tuple[int, int]]


class Callbacks:
    def __init__(
        self,
        database: Database,
        writer: Writer,
        clock: Clock,
        *,
        lease: float,
        hide: Hide,
        door: CallbackDoor,
    ) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock
        self._lease = dt.timedelta(seconds=lease)
        self._hide = hide
        self._intake = Intake(clock, self._lease, door)

    def pull(self, ask: Pull) -> tuple[Any, Sequence[Any], int]:
        page = None
        if ask.page_no is not None or ask.page_size is not None:
            page = Paged(page_no=ask.page_no or 1, page_size=ask.page_size or 500)
        with self._database.reading() as session:
            execution = executions.shown(session, ask.execution_id)
            return execution, *cases.listed(session, ask.execution_id, None, page)

    def queued(self, ask: Queued) -> Heard:
        return _alive(self._hear(ask, _queued))

    def start(self, ask: Start) -> Heard:
        return _alive(self._hear(ask, self._start))

    def heartbeat(self, ask: FromRunner) -> Heard:
        return self._hear(ask, lambda _session, execution, _ask, _now: Heard(execution=execution))

    def results(self, ask: OneResult | ManyResults) -> Taken:
        delivery = self._delivery(ask, None)
        return self._writer.run_joined(self._intake, delivery, weight=len(delivery.results))

    async def deliver(self, ask: OneResult | ManyResults, token_hash: str | None) -> Taken:
        """As `results`, for an event loop; `token_hash`: see `Delivery`."""
        delivery = self._delivery(ask, token_hash)
        future = self._writer.join(self._intake, delivery, weight=len(delivery.results))
        # a timer alone: a context for it takes longer than all else here
        timer = asyncio.get_running_loop().call_later(PATIENCE, _give_up, future)
        try:
            return await future
        finally:
            timer.cancel()

    def _delivery(self, ask: OneResult | ManyResults, token_hash: str | None) -> Delivery:
        ask = hidden(ask, self._hide)
        return Delivery(
            execution_id=ask.execution_id,
            runner_id=ask.runner_id,
            results=ask.results if isinstance(ask, ManyResults) else [ask],
            execution_no=ask.execution_no,
            token_hash=token_hash,
        )

    def finish(self, ask: Finish) -> Finished:
        return self._hear(ask, _finish)

    def abort(self, ask: Abort) -> Heard:
        return self._hear(ask, _abort)

    def _hear(self, ask: A, step: Step[A, T]) -> T:
        """One callback: the row is held, the runner is the right one, its lease is renewed."""
        ask = hidden(ask, self._hide)

        def work(session: Session) -> T:
            now = self._clock.now()
            execution = executions.lock(session, ask.execution_id)
            if is_another(execution, ask.execution_no):
                raise UnknownExecution(ANOTHER)
            _refuse_other(execution, ask, now)
            answer = step(session, execution, ask, now)
            session.refresh(execution)
            if _holds(execution, ask):
                bound: dict[str, Any] = {"lease_until": now + self._lease}
                if execution.runner_id is None and ask.runner_id is not None:
                    bound |= {"runner_id": ask.runner_id}
                moves.amend(session, ask.execution_id, now, **bound)
                session.refresh(execution)
            return answer

        return self._writer.run(work)

    @staticmethod
    def _start(session: Session, execution: Execution, ask: Start, now: dt.datetime) -> Heard:
        ask, warnings = vetted(ask, execution, now)
        if closing.is_over(execution):
            return _remember_start(session, execution, ask, now)
        fields = _given(ask, _START)
        fields["start_fields"] = sorted({*execution.start_fields, *fields})
        fields["start_time"] = execution.start_time or ask.start_time or now
        fields["runner_id"] = ask.runner_id or execution.runner_id
        if execution.status in MOVES[Event.START].before:
            to = ExecutionStatus.RUNNING
            moves.advance(session, ask.execution_id, Event.START, to, now, **fields)
        else:
            moves.amend(session, ask.execution_id, now, **fields)
        return Heard(execution=execution, warnings=warnings)


def _give_up(future: "asyncio.Future[Any]") -> None:
    if not future.done():
        future.set_exception(Unavailable())


def _queued(session: Session, execution: Execution, ask: Queued, now: dt.datetime) -> Heard:
    """0/1 → 2; later calls fill in, but what `start` said itself stays."""
    ask, warnings = vetted(ask, execution, now)
    told = _given(ask, _QUEUED)
    fields = {name: value for name, value in told.items() if name not in execution.start_fields}
    if execution.status in MOVES[Event.ACCEPT].before:
        to = ExecutionStatus.QUEUED
        moves.advance(session, ask.execution_id, Event.ACCEPT, to, now, **fields)
    elif not closing.is_over(execution):
        moves.amend(session, ask.execution_id, now, **fields)
    return Heard(execution=execution, warnings=warnings)


def _remember_start(session: Session, execution: Execution, ask: Start, now: dt.datetime) -> Heard:
    """A `start` that comes after the end is refused, but the run's beginning is known now."""
    if execution.start_time is None and ask.start_time is not None:
        length = seconds(ask.start_time, execution.end_time)
        if length is not None:  # else a clock went wrong
            moves.amend(
                session, ask.execution_id, now, start_time=ask.start_time, duration_seconds=length
            )
    return Heard(execution=execution)


def _finish(session: Session, execution: Execution, ask: Finish, now: dt.datetime) -> Finished:
    ask, warnings = vetted(ask, execution, now)
    fields = _given(ask, _FINISH)
    if fields:
        moves.amend(session, ask.execution_id, now, **fields)
    missing = cases.without_result(session, ask.execution_id)
    warnings += _mistimed(execution, ask, now)
    if not missing:
        warnings += _miscounted(ask, cases.told(session, ask.execution_id))
    if not closing.is_over(execution) and (ask.is_final or not missing):
        closing.settle(
            session, execution, now, reason=_INCOMPLETE, end_time=ask.end_time, finished=True
        )
    return Finished(execution=execution, missing=missing, warnings=warnings)


def _miscounted(ask: Finish, told: Mapping[int, int]) -> list[str]:
    """Where the runner sent other results than are there: one was refused, or came before."""
    if ask.counts is None:
        return []
    there = {str(status): number for status, number in told.items()}
    return [
        f"counts 与已收到的结果不一致：状态 {status} 上报 {sent} 个，实有 {there.get(status, 0)} 个"
        for status in sorted({*ask.counts, *there})
        if (sent := ask.counts.get(status, 0)) != there.get(status, 0)
    ]


def _mistimed(execution: Execution, ask: Finish, now: dt.datetime) -> list[str]:
    if ask.end_time is None or end_after(execution.start_time, ask.end_time, now).certain:
        return []
    return ["endTime " + REVERSED.format(start="startTime")]


def _abort(session: Session, execution: Execution, ask: Abort, now: dt.datetime) -> Heard:
    if not closing.is_over(execution):
        to = ExecutionStatus(ask.status)
        closing.stop(session, execution, to, now, event=Event.ABORT, message=ask.message)
    return Heard(execution=execution)


def _given(ask: FromRunner, names: dict[str, str]) -> dict[str, Any]:
    told = {column: getattr(ask, field) for column, field in names.items()}
    return {column: value for column, value in told.items() if value is not None}


def _refuse_other(execution: Execution, ask: FromRunner, now: dt.datetime) -> None:
    """`NotNow` until the lease of the runner that bound the execution has run out."""
    if is_others(execution, ask.runner_id, now):
        raise other_runner(execution)


def _holds(execution: Execution, ask: FromRunner) -> bool:
    """Whether this is the word of a run that is at work, though its `start` may have been lost."""
    if execution.status == ExecutionStatus.RUNNING:
        return True
    return not closing.is_over(execution) and not isinstance(ask, Queued)


def _alive(heard: Heard) -> Heard:
    """`queued` and `start` after the end are refused, so that a runner stops."""
    execution = heard.execution
    if closing.is_over(execution):
        raise NotNow("该执行已结束", execution_id=execution.id or 0, status=execution.status)
    return heard
