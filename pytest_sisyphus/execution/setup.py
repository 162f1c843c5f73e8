"""From the options to a session that runs an execution: fetch it, locate its cases, choose serial
or parallel, register the plugins.

Everything that can be known to go wrong goes wrong here, as a UsageError and before a test runs.
"""

import dataclasses
import math
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from pytest_sisyphus.clock import SystemClock
from pytest_sisyphus.config.options import ExecutionInfo, Options
from pytest_sisyphus.config.stash import OPTIONS
from pytest_sisyphus.execution.backoff import Backoff
from pytest_sisyphus.execution.case_lookup import CaseLocations, Suite, locate_cases
from pytest_sisyphus.execution.client import CallFailed, OrchestratorClient
from pytest_sisyphus.execution.contract import Execution
from pytest_sisyphus.execution.controller import ControllerPlugin, stop_reason
from pytest_sisyphus.execution.delivery import DeliveryQueue
from pytest_sisyphus.execution.distribution import choose_mode, slots
from pytest_sisyphus.execution.endpoints import START
from pytest_sisyphus.execution.fetch import connect, explain_failure, fetch_execution
from pytest_sisyphus.execution.leftovers import Leftovers, read_leftovers
from pytest_sisyphus.execution.run import ExecutionRun
from pytest_sisyphus.execution.selection import CaseSelection, argument_paths
from pytest_sisyphus.execution.sender import Sender
from pytest_sisyphus.execution.spool import FOLDER, Spool
from pytest_sisyphus.execution.worker_channels import WorkerChannels
from pytest_sisyphus.i18n import tr

#: seconds that the first `start` may hold up the session; then it goes by the sender.
START_SECONDS: Final = 5.0
#: seconds between two tries of a leg, whose tests wait for the answer.
LEG_LONGEST_PAUSE: Final = 5.0
#: characters of a revision that the orchestrator stores.
REVISION_LIMIT: Final = 255


def open_execution(config: pytest.Config, options: Options, number: int) -> ControllerPlugin | None:
    """None: the cases are only listed (--collect-only). Raises pytest.UsageError that says why the
    execution cannot be run."""
    client = connect(options, needed_by="--sisyphus-execution")
    execution = fetch_execution(client, number, SystemClock(), options.pull_timeout)
    if not execution.is_sharded and (options.shard or 1) > 1:
        raise pytest.UsageError(
            tr(
                "execution {number} is not divided into shards, so it has no leg "
                "{shard}: run it with `shards`, or leave --sisyphus-shard (SHARD_INDEX) "
                "out",
                number=number,
                shard=options.shard,
            )
        )
    notes = choose_mode(config, execution)
    unfinished = tuple(case for case in execution.cases if case.unfinished)
    if finished := len(execution.cases) - len(unfinished):  # by an earlier runner: they stay
        notes.append(
            tr(
                "{finished} of {total} cases already have their outcome",
                finished=finished,
                total=len(execution.cases),
            )
        )
    execution = dataclasses.replace(execution, cases=unfinished)
    if options.show_secrets:  # what is shown here must not go anywhere else
        execution = dataclasses.replace(execution, keep_exchanges="none")
    if execution.is_sharded:  # another leg's outcomes are sent in its name, by a replay
        leftovers = Leftovers(results={}, spools=())
    else:
        leftovers = read_leftovers(config.rootpath / FOLDER, execution)
        execution = leftovers.without(execution)
        notes += leftovers.notes()
    config.stash[OPTIONS] = dataclasses.replace(
        options,
        env_code=execution.env_code,
        execution_info=ExecutionInfo(
            number=execution.number, plan=execution.plan, plan_round=execution.plan_round
        ),
    )
    has_python = config.pluginmanager.has_plugin("python")  # not with `-p no:python`
    suite = Suite(
        root=config.rootpath,
        paths=tuple(dict.fromkeys(argument_paths(config))),
        python_files=tuple(config.getini("python_files")) if has_python else (),
        ignored_folders=tuple(config.getini("norecursedirs")),
    )
    locations = locate_cases(execution.cases, suite, invocation_dir=config.invocation_params.dir)
    plugin = None
    if not config.option.collectonly:
        setup = _Setup(config, options, client, execution, locations, leftovers)
        plugin = setup.controller_plugin(notes)
        config.pluginmanager.register(plugin, "sisyphus-controller")
    selection = CaseSelection(execution, locations.files, plugin.on_collected if plugin else None)
    selection.narrow_arguments(config)
    config.pluginmanager.register(selection, "sisyphus-selection")
    config.option.continue_on_collection_errors = True
    return plugin


@dataclasses.dataclass(frozen=True)
class _Setup:
    config: pytest.Config
    options: Options
    client: OrchestratorClient
    execution: Execution
    locations: CaseLocations
    leftovers: Leftovers
    runner_id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))

    def controller_plugin(self, notes: list[str]) -> ControllerPlugin:
        clock, is_leg = SystemClock(), self.execution.is_sharded
        spool = Spool(
            self.config.rootpath / FOLDER / f"{self.execution.id}-{self.runner_id}.jsonl",
            {
                "executionId": self.execution.id,
                "executionNo": self.execution.number,
                "runnerId": self.runner_id,
                "url": self.client.url,
            },
        )
        delivery = DeliveryQueue(
            self.client,
            execution_id=self.execution.id,
            execution_no=self.execution.number,
            runner_id=self.runner_id,
            clock=clock,
            backoff=Backoff(longest=LEG_LONGEST_PAUSE) if is_leg else Backoff(),
            spool=spool,
            longest_absence=self.options.queue_timeout if is_leg else math.inf,
            fence=self.execution.fence,
        )
        run_class: Callable[..., ExecutionRun] = ExecutionRun
        plugin_class: Callable[..., ControllerPlugin] = ControllerPlugin
        if is_leg:
            from pytest_sisyphus.execution.leg import LegRun  # noqa: PLC0415 - only in a leg
            from pytest_sisyphus.execution.leg_plugin import LegPlugin  # noqa: PLC0415 - likewise

            run_class, plugin_class = LegRun, LegPlugin
        run = run_class(
            self.execution,
            self.locations,
            url=self.client.url,
            runner_id=self.runner_id,
            sender=Sender(delivery, clock),
            spool=spool,
            leftovers=self.leftovers,
            clock=clock,
        )
        plugin = plugin_class(
            run,
            runner_id=self.runner_id,
            config=self.config,
            start=self.start,
            channels=WorkerChannels(self._workerinput()),
            flush_seconds=self.options.flush_timeout,
            strict=self.options.strict_delivery,
            notes=notes,
        )
        delivery.subscribe(
            on_response=plugin.on_response, on_conflict=plugin.on_conflict, leg=plugin.leg
        )
        return plugin

    def start(self, heard: Callable[[Mapping[str, Any]], None]) -> Mapping[str, Any] | None:
        """`heard` gets the answer. Returns the body, where the orchestrator is away for now. Raises
        UsageError when refused."""
        body: dict[str, Any] = {"startTime": SystemClock().now().astimezone().isoformat()}
        build = self.options.build
        console = f"{build.url.rstrip('/')}/console" if build.url else None
        fields = {
            "jobName": build.job_name or None,
            "buildNumber": build.number,
            "buildUrl": build.url or None,
            "consoleUrl": console,
            "revision": self.options.revision[:REVISION_LIMIT] or None,
        }
        body |= {name: value for name, value in fields.items() if value is not None}
        if self.execution.is_sharded:
            shard = {"shardIndex": self.options.shard} if self.options.shard else {}
            body |= {"slots": slots(self.config), **shard}
        identity = {"executionId": self.execution.id, "runnerId": self.runner_id}
        try:
            data = self.client.post(START, {**identity, **body}, START_SECONDS)
        except CallFailed as failure:
            if failure.transient:
                return body
            raise pytest.UsageError(explain_failure(failure, self.execution.id)) from failure
        heard(data)
        if reason := stop_reason(data):
            raise pytest.UsageError(
                tr("execution {id} cannot be run: {reason}", id=self.execution.id, reason=reason)
            )
        return None

    def _workerinput(self) -> dict[str, Any]:
        """What every worker must know; paths relative to the root, which a remote worker may have
        elsewhere."""
        root, files = self.config.rootpath, self.locations.files
        portable = None
        if files is not None:
            portable = [
                str(file.relative_to(root) if file.is_relative_to(root) else file)
                for file in sorted(files)
            ]
        return {"execution": self.execution.to_plain(), "files": portable}
