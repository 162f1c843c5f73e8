"""Triggers nothing: the execution waits until somebody runs `pytest --sisyphus-execution=ID`."""

from .protocol import Job, OnGone, Phase, Run, Sighting, Ticket


class ExternalRunner:
    name = "external"

    def listen(self, on_gone: OnGone) -> None:
        pass

    def trigger(self, job: Job) -> Ticket:  # noqa: ARG002 -- the port's signature
        return Ticket()

    def cancel(self, run: Run) -> None:
        """The runner learns it from the answer to its next call."""

    def state(self, run: Run) -> Sighting:  # noqa: ARG002 -- the port's signature
        """It waits as long as nobody comes; once it runs, the lease decides."""
        return Sighting(phase=Phase.THERE)

    def close(self) -> None:
        pass
