"""Asks the runner, which may be somebody else's code: whatever it does becomes an answer.

What it says is shown to people, so secrets are taken out here.
"""

import dataclasses
import logging
from collections.abc import Callable
from typing import Final

from orchestrator.runners.protocol import Job, Phase, Run, Runner, RunnerRefused, Sighting, Ticket

from .overdue import Limited, OverdueError

log = logging.getLogger("sisyphus.runner")

#: takes secrets out of a text.
Hide = Callable[[str], str]

#: seconds for an answer; an execution whose trigger takes longer counts as not triggered.
SECONDS: Final = 60.0
#: triggers that may be overdue at once; of other calls, one says enough.
_TRIGGERS: Final = 8
_LATE: Final = "执行机没有及时应答"
_LATE_LOOK: Final = Sighting(phase=Phase.SILENT, reason=_LATE)
_BROKEN: Final = "执行机程序出错，详见服务日志"
_BROKEN_LOOK: Final = Sighting(phase=Phase.SILENT, reason=_BROKEN)


class RunnerCalls:
    def __init__(self, runner: Runner, hide: Hide) -> None:
        self._runner = runner
        self._hide = hide
        self._trigger = Limited("trigger", SECONDS, most=_TRIGGERS)
        self._state = Limited("state", SECONDS, most=1)
        self._cancel = Limited("cancel", SECONDS, most=1)

    def trigger(self, job: Job) -> Ticket:
        """The ticket, or `RunnerRefused` with a reason that may be shown."""
        try:
            ticket: object = self._trigger.call(lambda: self._runner.trigger(job))
        except RunnerRefused as refusal:
            raise RunnerRefused(self._hide(str(refusal))) from refusal
        except OverdueError as late:
            log.error("execution %d: the runner's %s", job.execution_id, late)  # noqa: TRY400
            raise RunnerRefused(_LATE) from late
        except Exception as error:  # somebody else's code: the execution must not stay in 1
            log.exception("execution %d: the runner failed to trigger it", job.execution_id)
            raise RunnerRefused(_BROKEN) from error
        if not isinstance(ticket, Ticket):
            self._wrong(job.execution_id, "trigger", Ticket, ticket)
            raise RunnerRefused(_BROKEN)
        return self._shown(ticket)

    def state(self, run: Run) -> Sighting:
        """What it says; when it cannot, that it is silent."""
        try:
            sighting: object = self._state.call(lambda: self._runner.state(run))
        except OverdueError as late:
            log.warning("execution %d: the runner's %s", run.execution_id, late)
            return _LATE_LOOK
        except Exception:  # somebody else's code: the executions behind this one must be looked at
            log.exception("execution %d: the runner could not say how it is", run.execution_id)
            return _BROKEN_LOOK
        if not isinstance(sighting, Sighting):
            self._wrong(run.execution_id, "state", Sighting, sighting)
            return _BROKEN_LOOK
        news = sighting.news and self._shown(sighting.news)
        return dataclasses.replace(sighting, reason=self._hide(sighting.reason), news=news)

    def cancel(self, run: Run) -> None:
        try:
            self._cancel.call(lambda: self._runner.cancel(run))
        except Exception:  # somebody else's code: the execution is cancelled all the same
            log.exception("execution %d: the runner could not stop it", run.execution_id)

    def _shown(self, ticket: Ticket) -> Ticket:
        return dataclasses.replace(ticket, message=self._hide(ticket.message))

    @staticmethod
    def _wrong(execution_id: int, method: str, wanted: type, given: object) -> None:
        log.error(
            "execution %d: the runner's %s() gave %s; it has to give a %s",
            *(execution_id, method, type(given).__name__, wanted.__name__),
        )
