"""Run one case, run a plan, run again: make the execution, ask the runner, note its answer."""

import dataclasses
import datetime as dt
import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from orchestrator.auth.backends import IdempotentRequest, Principal
from orchestrator.clock import Clock
from orchestrator.db.models import Execution, IdempotencyKey
from orchestrator.errors import BadRequest, Conflict, TriggerFailed
from orchestrator.executions import drafts, finalize, legs
from orchestrator.executions.drafts import Draft
from orchestrator.executions.leg_runs import LegRuns
from orchestrator.executions.receipts import columns_of, job_of, run_of
from orchestrator.executions.waiting import EXTERNAL
from orchestrator.i18n import marked, recalled, tr
from orchestrator.runners.gateway import RunnerGateway
from orchestrator.runners.protocol import Job, Run, RunKey, RunnerRefused, TriggerReceipt
from orchestrator.schemas.base import RequestModel
from orchestrator.schemas.requests import Rerun, RunCase, RunPlan
from orchestrator.secrets import Secret, digest, new_token
from orchestrator.status import EndedHow, Event, ExecutionStatus
from orchestrator.store import cases, executions, tokens, transitions
from orchestrator.store.session import WriteSession
from orchestrator.store.writer import Writer

log = logging.getLogger("sisyphus.trigger")

_NO_LEGS: Final = marked("shards {shards}：执行机 {name} 不能分到多台；请用 shards 1")
_UNSTARTED: Final = (
    ExecutionStatus.WAITING,
    ExecutionStatus.TRIGGERING,
    ExecutionStatus.QUEUED,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LaunchResult:
    """What a transaction made, or found to be made already."""

    execution: Execution
    #: None: it was there before.
    token: Secret | None = None
    warnings: Sequence[str] = ()


class Trigger:
    def __init__(
        self,
        writer: Writer,
        gateway: RunnerGateway,
        clock: Clock,
        base_url: str,
        zone: ZoneInfo | None,
        *,
        instance_id: str,
        leg_runs: LegRuns,
        shard_relaunch: int,
    ) -> None:
        self._leg_runs = leg_runs
        self._shard_relaunch = shard_relaunch
        self._writer = writer
        self._gateway = gateway
        self._clock = clock
        self._base_url = base_url
        self._zone = zone
        self._owner = instance_id if gateway.is_process_runner else None
        self._numbers = executions.NumberSequence()

    def run_case(self, request: RunCase, principal: Principal) -> Execution:
        return self._launch(
            "case", request, principal, lambda session: drafts.of_case(session, request)
        ).execution

    def run_plan(self, request: RunPlan, principal: Principal) -> LaunchResult:
        return self._launch(
            "plan", request, principal, lambda session: drafts.of_plan(session, request)
        )

    def rerun(self, request: Rerun, principal: Principal) -> LaunchResult:
        return self._launch(
            "rerun", request, principal, lambda session: drafts.of_rerun(session, request)
        )

    def _launch(
        self,
        kind: str,
        request: RequestModel,
        principal: Principal,
        make: Callable[[WriteSession], Draft],
    ) -> LaunchResult:
        """Make the execution and have it run; with a known idempotency key, the first answer."""
        idempotent_request = principal.idempotent_request(kind, request.model_dump_json())

        def work(session: WriteSession) -> LaunchResult:
            if idempotent_request:
                known = tokens.request_of(session, idempotent_request.key)
                if known:
                    first = _first_answer(session, known, idempotent_request)
                    return LaunchResult(execution=first)
            now, token, draft = self._clock.now(), new_token(), make(session)
            execution = self._insert(session, draft, principal, token, now)
            if idempotent_request:
                tokens.remember_request(
                    session, idempotent_request.key, idempotent_request.request, execution.id, now
                )
            return LaunchResult(execution=execution, token=token, warnings=draft.warnings)

        launched = self._writer.run(work)
        execution = launched.execution
        if launched.token is not None:
            execution = self._ask_runner(execution, launched.token)
            if idempotent_request:
                key, answer = idempotent_request.key, execution.model_dump(mode="json")
                self._writer.run(lambda s: tokens.remember_answer(s, key, answer))
        if execution.status == ExecutionStatus.TRIGGER_FAILED:
            reason = recalled(execution.trigger_message)
            raise TriggerFailed(tr("触发失败：{reason}", reason=reason), execution)
        return dataclasses.replace(launched, execution=execution)

    def _insert(
        self,
        session: WriteSession,
        draft: Draft,
        principal: Principal,
        token: Secret,
        now: dt.datetime,
    ) -> Execution:
        if draft.shard_total > 1 and not self._gateway.is_sharded:
            raise BadRequest(tr(_NO_LEGS, shards=draft.shard_total, name=self._gateway.name))
        execution = Execution(
            execution_no="",
            status=ExecutionStatus.WAITING,
            trigger_by=principal.user_id,
            trigger_name=principal.name,
            created_time=now,
            updated_time=now,
            runner=self._gateway.name,
            owner=self._owner,
            callback_token_hash=digest(token.reveal()),
            file_key=secrets.token_hex(16),
            **draft.columns(),
        )
        if draft.shard_total > 1:
            page = f"{self._base_url}/files/{execution.file_key}/legs"
            execution.console_url = execution.report_url = page
            if self._gateway.name != EXTERNAL:
                execution.shard_relaunch = min(execution.shard_total, self._shard_relaunch)
        executions.create(session, execution, self._numbers, self._zone)
        cases.add(session, draft.rows(execution.id, now))
        transitions.recount(session, execution.id, now)
        if draft.shard_total > 1:
            legs.create(session, execution, now)
        transitions.advance(session, execution.id, Event.TRIGGER, ExecutionStatus.TRIGGERING, now)
        session.refresh(execution)
        return execution

    def _ask_runner(self, execution: Execution, token: Secret) -> Execution:
        if execution.shard_total > 1 and self._gateway.name != EXTERNAL:
            self._leg_runs.begin(execution.id)
            return self._writer.run(lambda session: executions.get(session, execution.id))
        try:
            receipt = self._gateway.trigger(job_of(execution, token, self._base_url))
        except RunnerRefused as refusal:
            reason = str(refusal)
            log.warning("execution %d: the runner refused: %s", execution.id, reason)
            return self._writer.run(lambda s: self._mark_refused(s, execution.id, reason))
        execution_id = execution.id
        execution = self._writer.run(lambda s: self._record_receipt(s, execution_id, receipt))
        if execution.status == ExecutionStatus.CANCELED:
            self._gateway.cancel(run_of(execution))  # cancelled while the runner was being asked
        return execution

    def _record_receipt(
        self, session: WriteSession, execution_id: int, receipt: TriggerReceipt
    ) -> Execution:
        """1 → 2; a `start` that was quicker keeps what it said itself."""
        now = self._clock.now()
        execution = executions.lock(session, execution_id)
        known = columns_of(receipt).items()
        fields = {name: value for name, value in known if name not in execution.start_fields}
        if execution.status == ExecutionStatus.TRIGGERING:
            to = ExecutionStatus.QUEUED
            transitions.advance(session, execution_id, Event.ACCEPT, to, now, **fields)
        else:
            transitions.update_fields(session, execution_id, now, **fields)
        session.refresh(execution)
        return execution

    def _mark_refused(self, session: WriteSession, execution_id: int, reason: str) -> Execution:
        execution = executions.lock(session, execution_id)
        to, now = ExecutionStatus.TRIGGER_FAILED, self._clock.now()
        if execution.status == ExecutionStatus.TRIGGERING:
            event, ended = Event.REFUSE, finalize.Ended(how=EndedHow.REFUSED)
            finalize.abort(session, execution, to, now, event=event, ended=ended, message=reason)
        elif execution.status == ExecutionStatus.QUEUED:  # taken once, by a service that is gone
            finalize.complete(session, execution, now, reason=reason, how=EndedHow.REFUSED)
        return execution

    def trigger_again(self, execution_id: int) -> Execution:
        """Ask the runner once more for what it never started, with a new token."""
        token = new_token()

        def work(session: WriteSession) -> Execution | None:
            execution, now = executions.lock(session, execution_id), self._clock.now()
            if execution.status not in _UNSTARTED or execution.process is not None:
                return None
            if execution.status == ExecutionStatus.WAITING:
                transitions.advance(
                    session, execution_id, Event.TRIGGER, ExecutionStatus.TRIGGERING, now
                )
            transitions.update_fields(
                session, execution_id, now, callback_token_hash=digest(token.reveal())
            )
            session.refresh(execution)
            return execution

        execution = self._writer.run(work)
        if execution is None:
            return self._writer.run(lambda session: executions.get(session, execution_id))
        return self._ask_runner(execution, token)

    def cancel(self, execution_id: int, principal: Principal) -> Execution:
        ended = finalize.Ended(how=EndedHow.CANCEL, by=principal.user_id, name=principal.name)

        def work(session: WriteSession) -> tuple[Execution, list[Run]]:
            execution = executions.lock(session, execution_id)
            runs = self._leg_runs.live(session, execution) if execution.shard_total > 1 else []
            to, now = ExecutionStatus.CANCELED, self._clock.now()
            finalize.abort(session, execution, to, now, event=Event.CANCEL, ended=ended)
            return execution, runs or [run_of(execution)]

        execution, runs = self._writer.run(work)
        for run in runs:
            self._gateway.cancel(run)
        return execution

    def fresh_token(self, execution_id: int) -> tuple[Execution, Secret]:
        """A new callback token for an unfinished execution; the old one dies."""

        def check(execution: Execution) -> None:
            if finalize.is_over(execution):
                raise Conflict(execution_id=execution_id, status=execution.status)

        return self._with_new_token(execution_id, check)

    def renew_job(self, run: RunKey | int) -> Job:
        """The job as the runner had it, for what is left to deliver, also after the end."""
        key = RunKey.of(run)
        if key.shard_id:
            return self._leg_runs.renew_job(key)
        execution, token = self._with_new_token(key.execution_id, lambda _execution: None)
        return job_of(execution, token, self._base_url)

    def _with_new_token(
        self, execution_id: int, check: Callable[[Execution], None]
    ) -> tuple[Execution, Secret]:
        token = new_token()

        def work(session: WriteSession) -> Execution:
            execution, now = executions.lock(session, execution_id), self._clock.now()
            check(execution)
            hashed = digest(token.reveal())
            transitions.update_fields(session, execution_id, now, callback_token_hash=hashed)
            return execution

        return self._writer.run(work), token


def _first_answer(
    session: WriteSession, known: IdempotencyKey, repeated: IdempotentRequest
) -> Execution:
    """The row as it was first shown; as it is now when that answer never went out."""
    if known.request_hash not in (None, repeated.request):
        raise Conflict(
            tr("该 Idempotency-Key 已用于另一个请求"),
            execution_id=known.execution_id,
            status=executions.get(session, known.execution_id).status,
        )
    if known.answer is None:
        return executions.get(session, known.execution_id)
    return Execution.model_validate(known.answer)
