"""What a runner must do. It knows neither the store nor HTTP requests.

A runner that watches what it started calls `on_ended` when a run has ended; the watchdog asks
`state` for all others. Both may happen: the service takes the first and ignores the rest.
"""

import dataclasses
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from orchestrator.secrets import Secret


class RunKey(NamedTuple):
    """Which run: that of an execution, or of one of its legs."""

    execution_id: int
    #: unique to the leg and its attempt; 0: the execution has no legs.
    shard_id: int = 0
    #: the leg as a folder is named: its index, with the attempt of a replacement, `2` or `2-2`.
    leg: str = ""

    @classmethod
    def of(cls, given: "RunKey | int") -> "RunKey":
        return cls(given) if isinstance(given, int) else given

    def __str__(self) -> str:
        return f"{self.execution_id}, leg {self.leg}" if self.shard_id else str(self.execution_id)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _OfLeg:
    """What a job and a run say of the leg they are of."""

    execution_id: int
    #: 0: the execution has no legs.
    shard_id: int = 0
    #: from 1; 0: no legs.
    shard_index: int = 0
    shard_total: int = 1
    #: above 1: it replaces a lost one of the same index.
    shard_attempt: int = 1
    #: the newest build of the attempts before: this one's is newer.
    after_build: int = 0

    @property
    def key(self) -> RunKey:
        if not self.shard_id:
            return RunKey(self.execution_id)
        again = f"-{self.shard_attempt}" if self.shard_attempt > 1 else ""
        return RunKey(self.execution_id, self.shard_id, f"{self.shard_index}{again}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job(_OfLeg):
    """One execution, or one leg of it, to be run, with everything that its environment says."""

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
class TriggerReceipt:
    """What a runner that took a job knows about its run. None: not known (yet)."""

    job_name: str | None = None
    queue_id: int | None = None
    build_number: int | None = None
    build_url: str | None = None
    message: str = ""
    console_url: str | None = None
    report_url: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run(_OfLeg):
    """What the row of an execution, or of a leg, knows about where it runs."""

    job_name: str | None = None
    queue_id: int | None = None
    build_number: int | None = None
    build_url: str | None = None
    #: what `OnProcessStarted` said of it.
    process: str | None = None


class RunPhase(StrEnum):
    ACTIVE = "active"  # queued or running
    ENDED = "ended"  # ended or vanished
    CANCELED = "canceled"  # somebody stopped it where it runs
    NOT_FOUND = "not_found"  # not found now, which may pass
    UNREACHABLE = "unreachable"  # the runner cannot be asked now
    UNKNOWN = "unknown"  # this runner cannot tell: the lease decides


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunState:
    """What a runner knows of a run."""

    phase: RunPhase
    #: a sentence for people: why it waits, how it ended; empty where there is nothing to say.
    reason: str = ""
    #: what became known since the trigger; fills blanks only.
    updates: TriggerReceipt | None = None


class RunnerRefused(Exception):  # noqa: N818 -- named for what happened
    """The runner did not take the job; the message becomes the execution's `trigger_message`."""


#: called once for each run that ended: its key, and why, in a sentence for people. A runner that
#: knows no legs may say the execution's id.
OnRunEnded = Callable[[RunKey | int, str], None]
#: called once for each process that was started: its run's key (or the id), the process as text.
OnProcessStarted = Callable[[RunKey | int, str], None]
#: gives the job of a run once more, with a new callback token, which revokes the one before.
RenewJob = Callable[[RunKey | int], Job]


class Runner(Protocol):
    """Who runs pytest for executions. Its methods are called from several threads."""

    #: shown with the executions it ran.
    name: str

    def start(self, on_ended: OnRunEnded) -> None:
        """Start working; called once, before the first `trigger`."""

    def trigger(self, job: Job) -> TriggerReceipt:
        """Take the job or raise `RunnerRefused`; never wait for the run itself."""
        ...

    def cancel(self, run: Run) -> None:
        """Stop the run, wherever it is; nothing happens when it has ended."""

    def state(self, run: Run) -> RunState:
        """How the run is; where that is unknown, `RunPhase.UNKNOWN`."""
        ...

    def close(self) -> None:
        """End what was started here; `on_ended` is still called.

        A `ProcessRunner` says nothing of a run that has not started yet: the next service process
        finds it without an owner, and triggers it again.
        """


@runtime_checkable
class ShardedRunner(Runner, Protocol):
    """A runner that looks at the legs of its jobs and runs: several runs of one execution at once.

    Executions with several legs are refused to others.
    """

    sharded: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class PollInterval:
    """Seconds between two looks at one run: `first` after each change, slowing down to `last`."""

    first: float = 2.0
    last: float = 15.0


@runtime_checkable
class PolledRunner(Runner, Protocol):
    """A runner that notices no end by itself: `state` is called for each run at its interval."""

    poll_interval: PollInterval


@runtime_checkable
class CheckedRunner(Runner, Protocol):
    """`doctor` asks it whether it would take a run."""

    def check(self) -> str:
        """Words for the operator; `RunnerRefused` says what is wrong. Nothing is started."""
        ...


@runtime_checkable
class ProcessRunner(Runner, Protocol):
    """A runner whose runs are processes of the service process that started them.

    Another service process cannot tell how they are, and adopts them when that one has ended.
    """

    def on_process_started(self, callback: OnProcessStarted) -> None:
        """Take the callback for each process that is started; called once, before `start`."""

    def adopt(self, run: Run) -> bool:
        """Watch a run of a service process that has ended; False when the run has ended too, and
        left nothing to deliver."""
        ...

    def running(self) -> Collection[RunKey] | Collection[int]:
        """The keys of the runs whose processes run here (or the ids of their executions)."""
        ...

    def exit_reason(self, execution_id: int, /) -> str:
        """Why a run that cannot be adopted ended; for people, empty where it is not known.

        A `ShardedRunner` gets the run's key.
        """
        ...


@runtime_checkable
class ReplayingRunner(ProcessRunner, Protocol):
    """One that delivers the results that its runs left behind, also of runs that it adopted."""

    def set_job_renewal(self, renew_job: RenewJob) -> None:
        """Take the function that gives a job for that; called once, before `start`."""
