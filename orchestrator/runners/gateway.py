"""The service's way to its runner, which may be somebody else's code.

Every call has a time limit, whatever it raises becomes an answer, and secrets are taken out of what
it says, as that is shown to people.
"""

import dataclasses
import logging
from collections.abc import Callable
from typing import Any, Final

from orchestrator.concurrency.call_timeout import Limited, OverdueError
from orchestrator.i18n import tr
from orchestrator.runners.protocol import (
    Job,
    PolledRunner,
    ProcessRunner,
    Run,
    RunKey,
    Runner,
    RunnerRefused,
    RunPhase,
    RunState,
    ShardedRunner,
    TriggerReceipt,
)

log = logging.getLogger("sisyphus.runner")

#: takes secrets out of a text.
Mask = Callable[[str], str]

#: seconds for an answer; an execution whose trigger takes longer counts as not triggered.
SECONDS: Final = 60.0
#: triggers that may be overdue at once; of other calls, one says enough.
_TRIGGERS: Final = 8
_LATE: Final = tr("执行机没有及时响应")
_LATE_LOOK: Final = RunState(phase=RunPhase.UNREACHABLE, reason=_LATE)
_BROKEN: Final = tr("执行机程序出错，详见服务日志")
_BROKEN_LOOK: Final = RunState(phase=RunPhase.UNREACHABLE, reason=_BROKEN)


class RunnerGateway:
    def __init__(self, runner: Runner, mask: Mask) -> None:
        self._runner = runner
        self.mask = mask
        self.name = runner.name
        self.is_polled = isinstance(runner, PolledRunner)
        #: its runs live in the process of the service that started them.
        self.is_process_runner = isinstance(runner, ProcessRunner)
        #: it can have several runs of one execution, its legs, at once.
        self.is_sharded = isinstance(runner, ShardedRunner) and runner.sharded
        self._trigger = Limited("trigger", SECONDS, most=_TRIGGERS)
        self._state = Limited("state", SECONDS, most=1)
        self._cancel = Limited("cancel", SECONDS, most=1)

    def trigger(self, job: Job) -> TriggerReceipt:
        """The receipt, or `RunnerRefused` with a reason that may be shown."""
        try:
            receipt: object = self._trigger.call(lambda: self._runner.trigger(job))
        except RunnerRefused as refusal:
            raise RunnerRefused(self.mask(str(refusal))) from refusal
        except OverdueError as late:
            log.error("execution %s: the runner's %s", job.key, late)  # noqa: TRY400
            raise RunnerRefused(_LATE) from late
        except Exception as error:  # somebody else's code: the execution must not stay in 1
            log.exception("execution %s: the runner failed to trigger it", job.key)
            raise RunnerRefused(_BROKEN) from error
        if not isinstance(receipt, TriggerReceipt):
            self._wrong(job.key, "trigger", TriggerReceipt, receipt)
            raise RunnerRefused(_BROKEN)
        return self._shown(receipt)

    def state(self, run: Run) -> RunState:
        """What it says; when it cannot, that it is silent."""
        try:
            state: object = self._state.call(lambda: self._runner.state(run))
        except OverdueError as late:
            log.warning("execution %s: the runner's %s", run.key, late)
            return _LATE_LOOK
        except Exception:  # somebody else's code: the executions behind this one must be looked at
            log.exception("execution %s: the runner could not say how it is", run.key)
            return _BROKEN_LOOK
        if not isinstance(state, RunState):
            self._wrong(run.key, "state", RunState, state)
            return _BROKEN_LOOK
        updates = state.updates and self._shown(state.updates)
        return dataclasses.replace(state, reason=self.mask(state.reason), updates=updates)

    def cancel(self, run: Run) -> None:
        try:
            self._cancel.call(lambda: self._runner.cancel(run))
        except Exception:  # somebody else's code: the execution is cancelled all the same
            log.exception("execution %s: the runner could not stop it", run.key)

    def exit_reason(self, run: Run) -> str:
        """Why a run of a process runner that cannot be adopted ended."""
        keeper: Any = self._runner
        return str(keeper.exit_reason(run.key if self.is_sharded else run.execution_id))

    def running(self) -> list[RunKey]:
        """The runs whose processes are children of this service process."""
        there = self._runner.running() if isinstance(self._runner, ProcessRunner) else ()
        return [RunKey.of(one) for one in there]

    def _shown(self, receipt: TriggerReceipt) -> TriggerReceipt:
        return dataclasses.replace(receipt, message=self.mask(receipt.message))

    @staticmethod
    def _wrong(key: RunKey, method: str, wanted: type, given: object) -> None:
        log.error(
            "execution %s: the runner's %s() gave %s; it has to give a %s",
            *(key, method, type(given).__name__, wanted.__name__),
        )
