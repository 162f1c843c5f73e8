"""Triggers nothing: the execution waits until somebody runs `pytest --sisyphus-execution=ID`."""

from orchestrator.runners.protocol import Job, OnRunEnded, Run, RunPhase, RunState, TriggerReceipt


class ExternalRunner:
    name = "external"
    sharded = True

    def start(self, on_ended: OnRunEnded) -> None:
        pass

    def trigger(self, job: Job) -> TriggerReceipt:  # noqa: ARG002 -- the port's signature
        return TriggerReceipt()

    def cancel(self, run: Run) -> None:
        """The runner learns it from the answer to its next call."""

    def state(self, run: Run) -> RunState:  # noqa: ARG002 -- the port's signature
        """It waits as long as nobody comes; once it runs, the lease decides."""
        return RunState(phase=RunPhase.ACTIVE)

    def close(self) -> None:
        pass
