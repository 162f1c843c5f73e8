"""From the options to a linked session: pull, find, choose serial or parallel, register.

Everything that can be known to go wrong goes wrong here, as a UsageError and before a test runs.
"""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from ..clock import SystemClock
from ..options import OPTIONS, Build, OfExecution, Options
from .client import CallFailed, Orchestrator
from .courier import Courier
from .endpoints import START
from .leftovers import Leftovers, left_by_earlier_runs
from .link import Link, stop_reason
from .mode import choose_mode
from .nodes import Nodes
from .outcomes import CollectedItem
from .pace import RealPace
from .pull import explained, pull, reach
from .pulled import Execution
from .retry import Backoff
from .run import Run
from .search import Places, Suite, find
from .selection import Selection, arguments
from .sender import Sender
from .spool import FOLDER, Spool

_LINK: Final = "sisyphus-link"
_SELECTION: Final = "sisyphus-selection"
#: seconds that the first `start` may hold up the session; then it goes by the sender.
START_SECONDS: Final = 5.0


def open_execution(config: pytest.Config, options: Options, number: int) -> Link | None:
    """Raises pytest.UsageError that says why. None: the cases are only listed (--collect-only)."""
    orchestrator = reach(options, needed_by="--sisyphus-execution")
    execution = pull(orchestrator, number, RealPace(), options.pull_timeout)
    notes = choose_mode(config, execution)
    execution = _unfinished(execution, notes)
    left = left_by_earlier_runs(config.rootpath / FOLDER, execution)
    execution = left.without(execution)
    notes += left.notes()
    config.stash[OPTIONS] = _told(options, execution)
    places = find(execution.cases, _suite(config), beside=config.invocation_params.dir)
    link = None
    if not config.option.collectonly:
        link = _Opening(config, options, orchestrator, execution, places, left).link(notes)
        config.pluginmanager.register(link, _LINK)
    selection = Selection(execution, places.files, link.found if link else _nobody_asks)
    selection.narrow(config)
    config.pluginmanager.register(selection, _SELECTION)
    config.option.continue_on_collection_errors = True
    return link


@dataclasses.dataclass(frozen=True)
class _Opening:
    config: pytest.Config
    options: Options
    orchestrator: Orchestrator
    execution: Execution
    places: Places
    left: Leftovers
    runner_id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))

    def link(self, notes: list[str]) -> Link:
        spool = self._spool()
        pace, link_of_courier = RealPace(), _Later()
        courier = Courier(
            self.orchestrator,
            execution_id=self.execution.id,
            execution_no=self.execution.number,
            runner_id=self.runner_id,
            pace=pace,
            backoff=Backoff(),
            spool=spool,
            told=link_of_courier.told,
            shut_out=link_of_courier.shut_out,
        )
        run = Run(
            self.execution,
            self.places,
            url=self.orchestrator.url,
            runner_id=self.runner_id,
            sender=Sender(courier, pace),
            spool=spool,
            left=self.left,
            clock=SystemClock(),
        )
        link_of_courier.link = Link(
            run,
            runner_id=self.runner_id,
            config=self.config,
            start=self.start,
            nodes=Nodes(self._for_workers()),
            flush_seconds=self.options.flush_timeout,
            strict=self.options.strict_delivery,
            notes=notes,
        )
        return link_of_courier.link

    def start(self) -> Mapping[str, Any] | None:
        """The body, where the orchestrator is away for now. Raises UsageError when refused."""
        now = SystemClock().now().astimezone().isoformat()
        body = {"startTime": now, **_build(self.options.build)}
        if self.options.revision:
            body["revision"] = self.options.revision[:REVISION_LIMIT]
        identity = {"executionId": self.execution.id, "runnerId": self.runner_id}
        try:
            data = self.orchestrator.post(START, {**identity, **body}, START_SECONDS)
        except CallFailed as failure:
            if failure.transient:
                return body
            raise pytest.UsageError(explained(failure, self.execution.id)) from failure
        if reason := stop_reason(data):
            raise pytest.UsageError(f"execution {self.execution.id} cannot be run: {reason}")
        return None

    def _spool(self) -> Spool:
        path = self.config.rootpath / FOLDER / f"{self.execution.id}-{self.runner_id}.jsonl"
        run = {
            "executionId": self.execution.id,
            "executionNo": self.execution.number,
            "runnerId": self.runner_id,
            "url": self.orchestrator.url,
        }
        return Spool(path, run)

    def _for_workers(self) -> dict[str, Any]:
        files = self.places.files
        return {
            "execution": self.execution.to_plain(),
            "files": None if files is None else [self._portable(file) for file in sorted(files)],
        }

    def _portable(self, file: Path) -> str:
        """Relative to the root, which a remote worker may have elsewhere."""
        root = self.config.rootpath
        return str(file.relative_to(root) if file.is_relative_to(root) else file)


#: characters of a revision that the orchestrator stores.
REVISION_LIMIT: Final = 255


class _Later:
    """The courier is made before the link that listens to it."""

    link: Link | None = None

    def told(self, data: Mapping[str, Any]) -> None:
        if self.link is not None:
            self.link.told(data)

    def shut_out(self, reason: str) -> None:
        if self.link is not None:
            self.link.shut_out(reason)


def _told(options: Options, execution: Execution) -> Options:
    """What the rest of the session may know of the execution."""
    head = OfExecution(
        number=execution.number, plan=execution.plan, plan_round=execution.plan_round
    )
    return dataclasses.replace(options, env_code=execution.env_code, of_execution=head)


def _build(build: Build) -> dict[str, Any]:
    console = f"{build.url.rstrip('/')}/console" if build.url else None
    fields = {
        "jobName": build.job_name or None,
        "buildNumber": build.number,
        "buildUrl": build.url or None,
        "consoleUrl": console,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _unfinished(execution: Execution, notes: list[str]) -> Execution:
    """An earlier runner of this execution may have brought outcomes: they stay."""
    cases = tuple(case for case in execution.cases if case.unfinished)
    done = len(execution.cases) - len(cases)
    if done:
        notes.append(f"{done} of {len(execution.cases)} cases already have their outcome")
    return dataclasses.replace(execution, cases=cases)


def _suite(config: pytest.Config) -> Suite:
    has_python = config.pluginmanager.has_plugin("python")  # not with `-p no:python`
    return Suite(
        root=config.rootpath,
        paths=tuple(dict.fromkeys(arguments(config))),
        python_files=tuple(config.getini("python_files")) if has_python else (),
        ignored_folders=tuple(config.getini("norecursedirs")),
    )


def _nobody_asks(_items: Sequence[CollectedItem], _deselected: Sequence[int]) -> None:
    return
