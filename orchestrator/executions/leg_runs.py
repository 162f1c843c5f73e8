"""The runs of legs: each leg is asked of the runner once, with a token of its own."""

import datetime as dt
import logging
import threading
import time
from typing import Any, Final

from orchestrator.clock import Clock
from orchestrator.db.engine import Database
from orchestrator.db.models import Execution
from orchestrator.executions import finalize, legs
from orchestrator.executions.receipts import columns_of, job_of
from orchestrator.i18n import marked, tr
from orchestrator.runners import gateway as runner_gateway
from orchestrator.runners.gateway import RunnerGateway
from orchestrator.runners.protocol import Job, Run, RunKey, RunnerRefused, TriggerReceipt
from orchestrator.secrets import Secret, digest, new_token
from orchestrator.status import OPEN, ExecutionStatus
from orchestrator.store import executions, leg_runs, transitions
from orchestrator.store.leg_runs import Followed
from orchestrator.store.session import WriteSession
from orchestrator.store.writer import Writer

log = logging.getLogger("sisyphus.trigger")

_MERGED: Final = marked(
    "Jenkins 将第 {index} 台与第 {other} 台执行机的触发合并为同一个排队项 #{item}，"
    "请检查任务的参数 SHARD_INDEX"
)


class LegRuns:
    def __init__(
        self,
        database: Database,
        writer: Writer,
        gateway: RunnerGateway,
        clock: Clock,
        *,
        base_url: str,
        instance_id: str,
    ) -> None:
        self._database = database
        self._writer = writer
        self._gateway = gateway
        self._clock = clock
        self._base_url = base_url
        self._me = instance_id
        #: set when there may be legs that nobody has asked the runner for.
        self.wanted = threading.Event()

    def begin(self, execution_id: int) -> None:
        """Ask for one leg, so that the answer takes as long as without legs; the others follow in
        the background. Where the runner refuses, for the next one, until it took one."""
        end = time.monotonic() + runner_gateway.SECONDS
        for shard_id in self.untriggered(execution_id):
            if self.trigger(shard_id) or time.monotonic() > end:
                break
        self.wanted.set()

    def untriggered(self, execution_id: int | None = None) -> list[int]:
        with self._database.reading() as session:
            return leg_runs.untriggered(session, self._gateway.name, self._me, execution_id)

    def trigger(self, shard_id: int) -> bool:
        """Have the runner run this leg, unless somebody else does; whether it took it."""
        token = new_token()
        claimed = self._writer.run(lambda s: self._claim(s, shard_id, token))
        if claimed is None:
            return False
        job = self._job(claimed, token)
        try:
            receipt = self._gateway.trigger(job)
        except RunnerRefused as refusal:
            reason = str(refusal)
            log.warning("execution %s: the runner refused: %s", job.key, reason)
            self._writer.run(lambda s: self._refuse(s, job, reason))
            return False
        stray = self._writer.run(lambda s: self._record(s, job, receipt))
        if stray is not None:
            self._gateway.cancel(stray)
        return True

    def renew_job(self, key: RunKey) -> Job:
        """The job as the runner had it, for what is left to deliver, also after the end."""
        token = new_token()

        def work(session: WriteSession) -> Followed:
            followed, now = leg_runs.lock(session, key.shard_id), self._clock.now()
            hashed = digest(token.reveal())
            leg_runs.update_fields(session, followed.leg, now, callback_token_hash=hashed)
            return followed

        return self._job(self._writer.run(work), token)

    def live(self, session: WriteSession, execution: Execution) -> list[Run]:
        """The runs of its legs that are, or may be, somewhere: of a lost one too, which only fell
        silent."""
        statuses = OPEN | {ExecutionStatus.CALLBACK_LOST}
        return [run_of_leg(one) for one in leg_runs.of_execution(session, execution, statuses)]

    def _claim(self, session: WriteSession, shard_id: int, token: Secret) -> Followed | None:
        followed, now = leg_runs.lock(session, shard_id), self._clock.now()
        owner = self._me if self._gateway.is_process_runner else None
        hashed = digest(token.reveal())
        if finalize.is_over(followed.execution):
            return None
        return followed if leg_runs.claim(session, followed.leg, hashed, owner, now) else None

    def _job(self, followed: Followed, token: Secret) -> Job:
        return job_of(followed.execution, token, self._base_url, **_leg_of(followed))

    def _refuse(self, session: WriteSession, job: Job, reason: str) -> None:
        execution = executions.lock(session, job.execution_id)
        legs.refused(session, execution, job.shard_id, self._clock.now(), reason)

    def _record(self, session: WriteSession, job: Job, receipt: TriggerReceipt) -> Run | None:
        """Note what the runner said; the run where it is to be stopped again, for it came too
        late."""
        followed, now = leg_runs.lock(session, job.shard_id), self._clock.now()
        execution, leg, columns = followed.execution, followed.leg, columns_of_leg(receipt)
        other = None
        if receipt.job_name is not None and receipt.queue_id is not None:
            other = leg_runs.shares_queue_item(session, leg, receipt.job_name, receipt.queue_id)
        if other is not None:
            why = tr(_MERGED, index=leg.shard_index, other=other, item=receipt.queue_id)
            log.warning("execution %s: %s", job.key, why)
            legs.refused(session, execution, leg.id, now, why)
            return None
        self._say_once(session, execution, receipt, now)
        if finalize.is_over(execution) or leg.status not in OPEN:
            leg_runs.update_fields(session, leg, now, **columns)
            return run_of_leg(leg_runs.get(session, leg.id)) if leg.start_time is None else None
        legs.accepted(session, execution, leg.id, now, **columns)
        return None

    @staticmethod
    def _say_once(
        session: WriteSession, execution: Execution, receipt: TriggerReceipt, now: dt.datetime
    ) -> None:
        """What a runner says of the first leg it took, it says of its execution."""
        if receipt.message and not execution.trigger_message and not finalize.is_over(execution):
            transitions.update_fields(session, execution.id, now, trigger_message=receipt.message)
            session.refresh(execution)


def columns_of_leg(receipt: TriggerReceipt) -> dict[str, Any]:
    """What the receipt knows, by the leg's columns."""
    columns = columns_of(receipt)
    columns.pop("trigger_message", None)
    return columns


def run_of_leg(followed: Followed) -> Run:
    leg = followed.leg
    return Run(
        execution_id=leg.execution_id,
        **_leg_of(followed),
        job_name=leg.jenkins_job_name or followed.execution.jenkins_job_name,
        queue_id=leg.jenkins_queue_id,
        build_number=leg.jenkins_build_number,
        build_url=leg.jenkins_build_url,
        process=leg.process,
    )


def _leg_of(followed: Followed) -> dict[str, Any]:
    leg = followed.leg
    return {
        "shard_id": leg.id,
        "shard_index": leg.shard_index,
        "shard_total": followed.execution.shard_total,
        "shard_attempt": leg.attempt,
        "after_build": followed.after_build,
    }
