"""Executions that a dead service process left behind are adopted, started again, or closed.

Each process on the database has an id and says at every round that it is alive. An execution of a
runner that keeps its runs in its own process carries that id: only this one may judge the run,
until it is seen dead (its process on the same host, its silence on another). Then one of the
others takes the execution over with a guarded UPDATE.
"""

import datetime as dt
import logging
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from orchestrator.clock import Clock
from orchestrator.db.engine import Database
from orchestrator.db.models import Execution, ServiceInstance
from orchestrator.errors import Unavailable
from orchestrator.executions import finalize
from orchestrator.executions.leg_runs import run_of_leg
from orchestrator.executions.receipts import run_of
from orchestrator.executions.trigger import Trigger
from orchestrator.runners.gateway import RunnerGateway
from orchestrator.runners.processes import Process, this_host, this_process
from orchestrator.runners.protocol import ProcessRunner, RunKey, Runner
from orchestrator.runs.leg_watch import NOBODY, LegWatch
from orchestrator.runs.watchdog import Watchdog
from orchestrator.status import ExecutionStatus
from orchestrator.store import executions, instances, leg_runs
from orchestrator.store.writer import Writer

log = logging.getLogger("sisyphus.recovery")

#: to take over one execution, where something breaks that is not the database.
_TRIES = 3


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
        #: since when round follows round: whoever spoke before, perhaps nobody could hear it.
        self._listens_since = self._looked_at = clock.now()
        #: claimed, and not adopted to the end, as when the database went away between the two: the
        #: number of the next try.
        self._claimed: Counter[int] = Counter()
        #: executions of dead owners: since when that is known here.
        self._left_since: dict[int, dt.datetime] = {}

    def round(self) -> None:
        """Say that this process is alive; adopt what dead ones left, then forget them."""
        me = ServiceInstance(
            instance_id=self._me,
            process=str(this_process()),
            host=this_host(),
            seen_time=self._clock.now(),
        )
        self._writer.run(lambda session: instances.heartbeat(session, me))
        self._stop_ended()
        with self._database.reading() as session:
            known = instances.all_instances(session)
            left = instances.held_by_others(session, self._me)
        dead = [one for one in left if not self._is_alive(known.get(one.owner or ""))]
        for execution in self._mine_to_claim(dead, known):
            self._claimed[execution.id] = 1  # before: whether a commit came through may be unknown
            claim = partial(instances.claim, execution=execution, instance_id=self._me)
            if self._writer.run(claim):
                log.warning(
                    "execution %d is taken over: its service process %s is dead, or silent",
                    execution.id,
                    execution.owner,
                )
        self._adopt_claimed()
        holders = {execution.owner for execution in left}
        for instance_id, instance in known.items():
            if instance_id not in holders and not self._is_alive(instance):
                self._writer.run(partial(instances.forget, instance_id=instance_id))

    def _mine_to_claim(
        self, left: Sequence[Execution], known: Mapping[str, ServiceInstance]
    ) -> Sequence[Execution]:
        """Those of another runner only if none of the others that live comes for them: it could
        adopt them."""
        now = self._clock.now()
        self._left_since = {one.id: self._left_since.get(one.id, now) for one in left}
        is_alone = not any(self._is_alive(one) for name, one in known.items() if name != self._me)
        return [
            one
            for one in left
            if is_alone
            or one.runner == self._gateway.name
            or now > self._left_since[one.id] + self._silence
        ]

    def _adopt_claimed(self) -> None:
        for execution_id in sorted(self._claimed):
            try:
                self._adopt(execution_id)
            except Unavailable:
                raise
            except Exception:  # a background loop: one bad row must not stop those behind it
                log.exception("execution %d could not be taken over", execution_id)
                if self._claimed[execution_id] < _TRIES:
                    self._claimed[execution_id] += 1
                    continue
            del self._claimed[execution_id]

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

    def _stop_ended(self) -> None:
        """A cancel that another instance took reaches the process here; so does a loss: a process
        that hangs for ever would keep its place at the runner."""
        now = self._clock.now()
        if now - self._looked_at > self._silence / 2:
            self._listens_since = now
        self._looked_at = now
        running = self._gateway.running()
        if not running:
            return
        alone = [key.execution_id for key in running if not key.shard_id]
        of_legs = [key.shard_id for key in running if key.shard_id]
        with self._database.reading() as session:
            silent = now - self._silence
            if self._listens_since > silent:
                silent = dt.datetime.min.replace(tzinfo=now.tzinfo)
            runs = [run_of(execution) for execution in instances.to_stop(session, alone, silent)]
            runs += map(run_of_leg, leg_runs.to_stop(session, of_legs))
        for run in runs:
            self._gateway.cancel(run)

    def _adopt(self, execution_id: int) -> None:
        """May be done again where it was cut short."""
        with self._database.reading() as session:
            execution = executions.get(session, execution_id)
        if execution.owner != self._me or finalize.is_over(execution):
            return
        is_ours = self._keeper is not None and self._keeper.name == execution.runner
        if execution.shard_total > 1:
            adopt = self._keeper.adopt if is_ours and self._keeper else None
            self._legs.take_over(execution, adopt)
            return
        if RunKey(execution.id) in self._gateway.running():
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
