"""What a runner must do. It knows neither the store nor HTTP requests.

A runner that watches what it started tells `listen`'s callback when that is gone; the watchdog
asks `state` for all others. Both may happen: the service takes the first and ignores the rest.
"""

import dataclasses
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Protocol, runtime_checkable

from orchestrator.secret import Secret


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
    """One execution to be run, with everything that its environment says."""

    execution_id: int
    execution_no: str
    trigger_type: int
    env_code: str
    run_mode: int
    #: the Jenkins job that the request or its plan names.
    job_name: str | None
    callback_token: Secret
    #: where the run reports to: `http://host:port`.
    base_url: str
    #: where this service would show the run's console and report, if they are on this machine.
    console_url: str
    report_url: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ticket:
    """What a runner that accepted knows about the run. None: not known (yet)."""

    job_name: str | None = None
    queue_id: int | None = None
    build_number: int | None = None
    build_url: str | None = None
    message: str = ""
    console_url: str | None = None
    report_url: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """What the row of an execution knows about where it runs."""

    execution_id: int
    job_name: str | None = None
    queue_id: int | None = None
    build_number: int | None = None
    build_url: str | None = None
    #: what `OnProcess` said of it.
    process: str | None = None


class Phase(StrEnum):
    THERE = "there"  # queued or running
    GONE = "gone"  # ended or vanished
    CANCELED = "canceled"  # somebody stopped it where it runs
    ABSENT = "absent"  # not found now, which may pass
    SILENT = "silent"  # cannot be asked now
    UNKNOWN = "unknown"  # this runner cannot tell: the lease decides


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sighting:
    phase: Phase
    reason: str = ""
    #: what became known since the trigger; fills blanks only.
    news: Ticket | None = None


class RunnerRefused(Exception):  # noqa: N818 -- named for what happened
    """The runner did not take the job; the message says why and becomes `trigger_message`."""


#: told once for each run that ended: execution id and why, in a sentence for people.
OnGone = Callable[[int, str], None]
#: told once for each process that was started: execution id and the process as text.
OnProcess = Callable[[int, str], None]
#: the job of an execution once more, with a new callback token; that of before is dead then.
JobAgain = Callable[[int], Job]


class Runner(Protocol):
    name: str

    def listen(self, on_gone: OnGone) -> None:
        """Start working; called once, before the first `trigger`."""

    def trigger(self, job: Job) -> Ticket:
        """Take the job or raise `RunnerRefused`; never wait for the run itself."""
        ...

    def cancel(self, run: Run) -> None:
        """Stop it, wherever it is; nothing happens when it is not there."""

    def state(self, run: Run) -> Sighting: ...

    def close(self) -> None:
        """End what was started here; `on_gone` is still told.

        A `Keeper` says nothing of a run that has not started yet: the next service process finds
        it without an owner, and asks its runner again.
        """


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pace:
    """Seconds between two looks at one run: `first` after each change, slowing down to `last`."""

    first: float = 2.0
    last: float = 15.0


@runtime_checkable
class Polled(Runner, Protocol):
    """A runner that hears nothing by itself: `state` is asked for each run at its pace."""

    pace: Pace


@runtime_checkable
class Keeper(Runner, Protocol):
    """A runner whose runs are kept by its own service process.

    Another service process may not judge them, and has to adopt them when that one is gone.
    """

    def note(self, on_process: OnProcess) -> None:
        """Tell the process of each run from now on; called once, before `listen`."""

    def adopt(self, run: Run) -> bool:
        """Watch what a service that is gone left running; False when that has ended, and left
        nothing to see to."""
        ...

    def running(self) -> Collection[int]:
        """The executions that are kept here."""
        ...

    def last_words(self, execution_id: int) -> str:
        """Why a run that cannot be adopted ended, as far as it is known; for people."""
        ...


@runtime_checkable
class Replayer(Keeper, Protocol):
    """A keeper that delivers what its runs left undelivered, also those that it adopted."""

    def lend(self, job_again: JobAgain) -> None:
        """Where a job is to be had for that; called once, before `listen`."""
