"""Run one case, run a plan, run again: make the execution, ask the runner, note its answer."""

import dataclasses
import datetime as dt
import logging
import secrets
from collections.abc import Callable
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import Session

from orchestrator.clock import Clock
from orchestrator.errors import NotNow, TriggerFailed
from orchestrator.models import Execution, IdempotencyKey
from orchestrator.runners.protocol import Job, Keeper, Run, Runner, RunnerRefused, Ticket
from orchestrator.secret import Secret, digest, new_token
from orchestrator.shapes.public import Rerun, RunCase, RunPlan
from orchestrator.shapes.shape import Shape
from orchestrator.status import Event, ExecutionStatus
from orchestrator.store import cases, executions, moves, tokens
from orchestrator.writer import Writer

from . import closing, drafts
from .access import Caller, Repetition
from .drafts import Draft
from .runner_calls import Hide, RunnerCalls
from .vetting import is_web

log = logging.getLogger("sisyphus.trigger")

_FILE_PATHS: Final = {"console_url": "console", "report_url": "report"}
_UNSTARTED: Final = (
    ExecutionStatus.WAITING,
    ExecutionStatus.TRIGGERING,
    ExecutionStatus.QUEUED,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Launched:
    """What a transaction made, or found to be made already."""

    execution: Execution
    #: None: it was there before.
    token: Secret | None = None


class Trigger:
    def __init__(
        self,
        writer: Writer,
        runner: Runner,
        clock: Clock,
        base_url: str,
        zone: ZoneInfo | None,
        *,
        instance_id: str,
        hide: Hide,
    ) -> None:
        self._writer = writer
        self._calls = RunnerCalls(runner, hide)
        self._runner_name = runner.name
        self._clock = clock
        self._base_url = base_url
        self._zone = zone
        self._owner = instance_id if isinstance(runner, Keeper) else None
        self._numbers = executions.Numbers()

    def run_case(self, ask: RunCase, caller: Caller) -> Execution:
        return self._launch("case", ask, caller, lambda session: drafts.of_case(session, ask))

    def run_plan(self, ask: RunPlan, caller: Caller) -> Execution:
        return self._launch("plan", ask, caller, lambda session: drafts.of_plan(session, ask))

    def rerun(self, ask: Rerun, caller: Caller) -> Execution:
        return self._launch("rerun", ask, caller, lambda session: drafts.of_rerun(session, ask))

    def _launch(
        self, kind: str, ask: Shape, caller: Caller, draft: Callable[[Session], Draft]
    ) -> Execution:
        """Make the execution and have it run; with a known idempotency key, the first answer."""
        repetition = caller.repetition(kind, ask.model_dump_json())
        launched = self._writer.run(lambda session: self._make(session, repetition, caller, draft))
        execution = launched.execution
        if launched.token is not None:
            execution = self._ask_runner(execution, launched.token)
            if repetition:
                key, answer = repetition.key, execution.model_dump(mode="json")
                self._writer.run(lambda s: tokens.remember_answer(s, key, answer))
        if execution.status == ExecutionStatus.TRIGGER_FAILED:
            raise TriggerFailed(f"触发失败：{execution.trigger_message}", execution)
        return execution

    def again(self, execution_id: int) -> Execution:
        """Ask the runner once more for what it never started, with a new token."""
        token = new_token()

        def work(session: Session) -> Execution | None:
            execution, now = executions.lock(session, execution_id), self._clock.now()
            if execution.status not in _UNSTARTED or execution.process is not None:
                return None
            if execution.status == ExecutionStatus.WAITING:
                moves.advance(session, execution_id, Event.TRIGGER, ExecutionStatus.TRIGGERING, now)
            moves.amend(session, execution_id, now, callback_token_hash=digest(token.reveal()))
            session.refresh(execution)
            return execution

        execution = self._writer.run(work)
        if execution is None:
            return self._writer.run(lambda session: executions.get(session, execution_id))
        return self._ask_runner(execution, token)

    def job_again(self, execution_id: int) -> Job:
        """The job as the runner had it, for what is left to deliver, also after the end."""
        token = new_token()

        def work(session: Session) -> Execution:
            execution = executions.lock(session, execution_id)
            hashed = digest(token.reveal())
            moves.amend(session, execution_id, self._clock.now(), callback_token_hash=hashed)
            return execution

        return self._job(self._writer.run(work), token)

    def _make(
        self,
        session: Session,
        repetition: Repetition | None,
        caller: Caller,
        draft: Callable[[Session], Draft],
    ) -> Launched:
        known = tokens.request_of(session, repetition.key) if repetition else None
        if repetition and known:
            return Launched(execution=_first_answer(session, known, repetition))
        now, token = self._clock.now(), new_token()
        execution = self._inserted(session, draft(session), caller, token, now)
        if repetition:
            tokens.remember_request(
                session, repetition.key, repetition.request, _id(execution), now
            )
        return Launched(execution=execution, token=token)

    def _inserted(
        self, session: Session, draft: Draft, caller: Caller, token: Secret, now: dt.datetime
    ) -> Execution:
        execution = Execution(
            execution_no="",
            status=ExecutionStatus.WAITING,
            trigger_by=caller.user_id,
            created_time=now,
            updated_time=now,
            runner=self._runner_name,
            owner=self._owner,
            callback_token_hash=digest(token.reveal()),
            file_key=secrets.token_hex(16),
            **draft.columns(),
        )
        executions.create(session, execution, self._numbers, self._zone)
        cases.add(session, draft.rows(_id(execution), now))
        moves.recount(session, _id(execution), now)
        moves.advance(session, _id(execution), Event.TRIGGER, ExecutionStatus.TRIGGERING, now)
        session.refresh(execution)
        return execution

    def _ask_runner(self, execution: Execution, token: Secret) -> Execution:
        try:
            ticket = self._calls.trigger(self._job(execution, token))
        except RunnerRefused as refusal:
            reason = str(refusal)
            log.warning("execution %d: the runner refused: %s", _id(execution), reason)
            return self._writer.run(lambda s: self._refused(s, _id(execution), reason))
        return self._accepted(_id(execution), ticket)

    def _job(self, execution: Execution, token: Secret) -> Job:
        files = f"{self._base_url}/files/{execution.file_key}"
        return Job(
            execution_id=_id(execution),
            execution_no=execution.execution_no,
            trigger_type=execution.trigger_type,
            env_code=execution.env_code,
            run_mode=execution.run_mode,
            job_name=execution.jenkins_job_name,
            callback_token=token,
            base_url=self._base_url,
            **{field: f"{files}/{name}" for field, name in _FILE_PATHS.items()},
        )

    def _accepted(self, execution_id: int, ticket: Ticket) -> Execution:
        execution = self._writer.run(lambda s: self._note(s, execution_id, ticket))
        if execution.status == ExecutionStatus.CANCELED:
            self._calls.cancel(run_of(execution))  # cancelled while the runner was being asked
        return execution

    def _note(self, session: Session, execution_id: int, ticket: Ticket) -> Execution:
        """1 → 2; a `start` that was quicker keeps what it said itself."""
        now = self._clock.now()
        execution = executions.lock(session, execution_id)
        told = columns_of(ticket).items()
        fields = {name: value for name, value in told if name not in execution.start_fields}
        if execution.status == ExecutionStatus.TRIGGERING:
            to = ExecutionStatus.QUEUED
            moves.advance(session, execution_id, Event.ACCEPT, to, now, **fields)
        else:
            moves.amend(session, execution_id, now, **fields)
        session.refresh(execution)
        return execution

    def _refused(self, session: Session, execution_id: int, reason: str) -> Execution:
        execution = executions.lock(session, execution_id)
        to, now = ExecutionStatus.TRIGGER_FAILED, self._clock.now()
        if execution.status == ExecutionStatus.TRIGGERING:
            closing.stop(session, execution, to, now, event=Event.REFUSE, message=reason)
        elif execution.status == ExecutionStatus.QUEUED:  # taken once, by a service that is gone
            closing.settle(session, execution, now, reason=reason)
        return execution

    def cancel(self, execution_id: int) -> Execution:
        execution = self._writer.run(lambda session: self._canceled(session, execution_id))
        self._calls.cancel(run_of(execution))
        return execution

    def _canceled(self, session: Session, execution_id: int) -> Execution:
        execution = executions.lock(session, execution_id)
        to = ExecutionStatus.CANCELED
        closing.stop(session, execution, to, self._clock.now(), event=Event.CANCEL)
        return execution

    def fresh_token(self, execution_id: int) -> tuple[Execution, Secret]:
        """A new callback token for an unfinished execution; the old one dies."""
        token = new_token()

        def work(session: Session) -> Execution:
            execution = executions.lock(session, execution_id)
            if closing.is_over(execution):
                raise NotNow(execution_id=execution_id, status=execution.status)
            hashed = digest(token.reveal())
            moves.amend(session, execution_id, self._clock.now(), callback_token_hash=hashed)
            return execution

        return self._writer.run(work), token


def _first_answer(session: Session, known: IdempotencyKey, asked: Repetition) -> Execution:
    """The row as it was first shown; as it is now when that answer never went out."""
    if known.request_hash not in (None, asked.request):
        raise NotNow(
            "该 Idempotency-Key 已用于另一个请求",
            execution_id=known.execution_id,
            status=executions.get(session, known.execution_id).status,
        )
    if known.answer is None:
        return executions.get(session, known.execution_id)
    return Execution.model_validate(known.answer)


def columns_of(ticket: Ticket) -> dict[str, Any]:
    """What the ticket knows, by the execution's columns; of addresses only those of the web."""
    told = {
        "jenkins_job_name": ticket.job_name,
        "jenkins_queue_id": ticket.queue_id,
        "jenkins_build_number": ticket.build_number,
        "trigger_message": ticket.message or None,
    }
    addresses = {
        "jenkins_build_url": ticket.build_url,
        "console_url": ticket.console_url,
        "report_url": ticket.report_url,
    }
    told |= {column: url for column, url in addresses.items() if url and is_web(url)}
    return {column: value for column, value in told.items() if value is not None}


def run_of(execution: Execution) -> Run:
    return Run(
        execution_id=_id(execution),
        job_name=execution.jenkins_job_name,
        queue_id=execution.jenkins_queue_id,
        build_number=execution.jenkins_build_number,
        build_url=execution.jenkins_build_url,
        process=execution.process,
    )


def _id(execution: Execution) -> int:
    if execution.id is None:
        raise ValueError("an execution without an id was never stored")
    return execution.id
