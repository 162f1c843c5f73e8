"""Where a run is in Jenkins: by the numbers of its row, else by the parameters that it carries."""

import contextlib
from typing import Final

from orchestrator.runners.jenkins.client import JenkinsClient
from orchestrator.runners.jenkins.models import Build, NotFoundError, QueueItem
from orchestrator.runners.protocol import Job, Run

Seen = QueueItem | Build

_BUILDS_SEARCHED: Final = 50


class Finder:
    def __init__(self, client: JenkinsClient, base_url: str, default_job: str) -> None:
        self._client = client
        self._base_url = base_url
        self._default_job = default_job

    def job_of(self, run: Run) -> str:
        return run.job_name or self._default_job

    def locate(self, run: Run) -> Seen | None:
        """None: Jenkins shows nothing of it now, which alone does not prove that it is gone."""
        job = self.job_of(run)
        if not job:
            return None
        seen: Seen | None = None
        with contextlib.suppress(NotFoundError):  # queue items are forgotten after five minutes
            if run.build_number is not None:
                seen = _own(self._client.build(job, run.build_number), run)
            elif run.queue_id is not None:
                seen = self._followed(job, self._client.queue_item(run.queue_id), run)
        try:
            return seen or self._followed(job, self.search(job, run), run)
        except NotFoundError:
            return None

    def search(self, job: str, run: Run | Job) -> Seen | None:
        """Two services may both have an execution 13: their address is part of the mark."""
        wanted = {**_marks(run), "PLATFORM_BASE_URL": self._base_url}
        builds = max(_BUILDS_SEARCHED, 3 * run.shard_total)
        return self._client.find(job, wanted, builds=builds, after=run.after_build)

    def _followed(self, job: str, seen: Seen | None, run: Run) -> Seen | None:
        """From a queue item to its build; an item that neither waits nor became one is nothing."""
        if not isinstance(seen, QueueItem) or seen.cancelled:
            return seen
        if seen.build_number is not None:
            return _own(self._client.build(job, seen.build_number), run)
        return seen if seen.why else None


def _marks(run: Run | Job) -> dict[str, str]:
    """The parameters by which a build is that of this run."""
    legs = {"SHARD_INDEX": str(run.shard_index)} if run.shard_id else {}
    return {"EXECUTION_ID": str(run.execution_id), **legs}


def _own(build: Build, run: Run) -> Build | None:
    """The build, unless it says that it is another run's."""
    is_other = any(build.parameters.get(name, text) != text for name, text in _marks(run).items())
    return None if is_other else build
