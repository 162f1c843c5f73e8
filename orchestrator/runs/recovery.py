"""Executions that a dead service process left behind are adopted, started again, or closed.

Each process on the database has an id and says at every round that it is alive. An execution of a
runner that keeps its runs in its own process carries that id: only this one may judge the run,
until it is seen dead (its process on the same host, its silence on another). Then one of the
others takes the execution over with a guarded UPDATE.
"""

import datetime as dt
import logging
import uuid
from functools import partial

from orchestrator.clock import Clock
from orchestrator.db.engine import Database
from orchestrator.db.models import Execution, ServiceInstance
from orchestrator.executions.leg_runs import run_of_leg
from orchestrator.executions.receipts import run_of
from orchestrator.executions.trigger import Trigger
from orchestrator.runners.gateway import RunnerGateway
from orchestrator.runners.processes import Process, this_host, this_process
from orchestrator.runners.protocol import ProcessRunner, Runner
from orchestrator.runs.legs import NOBODY, LegWatch
from orchestrator.runs.watchdog import Watchdog
from orchestrator.status import ExecutionStatus
from orchestrator.store import instances, leg_runs
from orchestrator.store.writer import Writer

log = logging.getLogger("sisyphus.recovery")


def new_instance_id() -> str:
    return uuid.uuid4().hex


class Recovery:
    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        runner: Runner,
        gateway: RunnerGateway,
        clock: Clock,
        trigger: Trigger,
        watchdog: Watchdog,
        legs: LegWatch,
        instance_id: str,
        silence: float,
    ) -> None:
        self._database = database
        self._writer = writer
        self._gateway = gateway
        self._keeper = runner if isinstance(runner, ProcessRunner) else None
        self._clock = clock
        self._trigger = trigger
        self._watchdog = watchdog
        self._legs = legs
        self._me = instance_id
        self._silence = dt.timedelta(seconds=silence)

    def round(self) -> None:
        """Say that this process is alive; adopt what dead ones left, then forget them."""
        me = ServiceInstance(
            instance_id=self._me,
            process=str(this_process()),
            host=this_host(),
            seen_time=self._clock.now(),
        )
        self._writer.run(lambda session: instances.heartbeat(session, me))
        self._stop_canceled()
        with self._database.reading() as session:
            known = instances.all_instances(session)
            left = instances.held_by_others(session, self._me)
        for execution in left:
            if not self._is_alive(known.get(execution.owner or "")):
                self._adopt(execution)
        holders = {execution.owner for execution in left}
        for instance_id, instance in known.items():
            if instance_id not in holders and not self._is_alive(instance):
                self._writer.run(partial(instances.forget, instance_id=instance_id))

    def others(self) -> list[str]:
        """Other processes on this database that seem to live, as `number at host`."""
        with self._database.reading() as session:
            known = instances.all_instances(session)
        living = (one for name, one in known.items() if name != self._me and self._is_alive(one))
        return sorted(f"{one.process.partition(':')[0]} at {one.host}" for one in living)

    def leave(self) -> None:
        self._writer.run(lambda session: instances.forget(session, self._me))

    def _is_alive(self, instance: ServiceInstance | None) -> bool:
        if instance is None:
            return False
        process = Process.parse(instance.process)
        if process is not None and process.is_here and process.mark:
            return process.is_alive
        return self._clock.now() <= instance.seen_time + self._silence

    def _stop_canceled(self) -> None:
        """A cancel that another instance took reaches the process here."""
        running = self._gateway.running()
        if not running:
            return
        alone = [key.execution_id for key in running if not key.shard_id]
        of_legs = [key.shard_id for key in running if key.shard_id]
        with self._database.reading() as session:
            runs = [run_of(execution) for execution in instances.canceled(session, alone)]
            runs += map(run_of_leg, leg_runs.canceled(session, of_legs))
        for run in runs:
            self._gateway.cancel(run)

    def _adopt(self, execution: Execution) -> None:
        if not self._writer.run(lambda session: instances.claim(session, execution, self._me)):
            return
        log.warning("execution %d is taken over from %s", execution.id, execution.owner)
        is_ours = self._keeper is not None and self._keeper.name == execution.runner
        if execution.shard_total > 1:
            adopt = self._keeper.adopt if is_ours and self._keeper else None
            self._legs.take_over(execution, adopt)
            return
        process = Process.parse(execution.process)
        unstarted = process is None and execution.status != ExecutionStatus.RUNNING
        if self._keeper is None or self._keeper.name != execution.runner:
            self._adopt_remote(execution)
        elif unstarted:
            self._trigger.trigger_again(execution.id)
        elif process is None or not process.is_here:
            self._adopt_remote(execution)
        elif not self._keeper.adopt(run_of(execution)):
            self._close(execution, self._gateway.exit_reason(run_of(execution)))

    def _adopt_remote(self, execution: Execution) -> None:
        """Its process cannot be seen from here: what reports to us goes on under its lease."""
        if execution.status != ExecutionStatus.RUNNING:
            self._close(execution, NOBODY)

    def _close(self, execution: Execution, reason: str) -> None:
        self._watchdog.runner_gone(execution.id, reason)
