"""Has a Jenkins job run pytest: triggers it once, sees how its build fares, stops it.

Each answer of Jenkins and what becomes of it is a row of the table in `docs/en/jenkins.md`.
"""

import dataclasses
import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from orchestrator.errors import Doubt
from orchestrator.i18n import said_by, tr
from orchestrator.runners.jenkins.client import JenkinsClient
from orchestrator.runners.jenkins.finder import Finder, Seen
from orchestrator.runners.jenkins.models import JenkinsError, QueueItem, UnclearError
from orchestrator.runners.jenkins.stopper import Stopper
from orchestrator.runners.protocol import (
    Job,
    OnRunEnded,
    PollInterval,
    Run,
    RunKey,
    RunnerRefused,
    RunPhase,
    RunState,
    TriggerReceipt,
)

log = logging.getLogger("sisyphus.runner.jenkins")

_ABORTED: Final = "ABORTED"
_OPENING: Final = "CALLBACK_TOKEN"
#: what a build has to be told.
_PARAMETERS: Final = ("EXECUTION_ID", _OPENING, "PLATFORM_BASE_URL")
#: kinds of parameters whose values a build's page shows.
_SHOWN: Final = ("StringParameterDefinition", "TextParameterDefinition")
#: without them in its definition, all builds of a job would be the same leg.
_LEG_PARAMETERS: Final = ("SHARD_INDEX", "SHARD_TOTAL")


@dataclasses.dataclass(frozen=True, kw_only=True)
class JenkinsSettings:
    #: how builds reach the service; also part of how a build is recognised.
    base_url: str
    #: the job for executions whose request and plan name none.
    default_job: str = ""
    #: TEST_TARGET of every build: the folders in which pytest looks for cases.
    test_target: str = ""
    poll_interval: PollInterval = dataclasses.field(default_factory=PollInterval)
    #: seconds that a trigger with an unclear outcome is looked for, and between two looks.
    patience: float = 8.0
    search_pause: float = 1.0
    #: seconds after which a run that Jenkins knows nothing of counts as vanished.
    missing_grace: float = 90.0


class JenkinsRunner:
    name = "jenkins"
    sharded = True

    def __init__(
        self,
        settings: JenkinsSettings,
        client: JenkinsClient,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.poll_interval = settings.poll_interval
        self._settings = settings
        self._client = client
        self._monotonic = monotonic
        self._finder = Finder(client, settings.base_url, settings.default_job)
        self._stopper = Stopper(client, self._finder, pause=settings.poll_interval.first)
        self._lock = threading.Lock()
        #: since when Jenkins shows nothing of a run.
        self._missing: dict[RunKey, float] = {}

    def start(self, on_ended: OnRunEnded) -> None:  # noqa: ARG002 -- it is polled
        self._stopper.start()

    def trigger(self, job: Job) -> TriggerReceipt:
        name = (job.job_name or self._settings.default_job).strip("/")
        if not name:
            raise RunnerRefused(tr("未指定 Jenkins 任务：请求、计划与服务默认值均为空"))
        try:
            if job.shard_index > 1:
                self._check_declared(name)
            return self._triggered(name, job)
        except JenkinsError as error:
            raise RunnerRefused(
                tr("Jenkins 任务 {name}：{why}", name=name, why=str(error))
            ) from error

    def check(self) -> str:
        """Asks for the job's definition: address, login and right to read it, its parameters.

        `Doubt` where its builds would show their token.
        """
        name = self._settings.default_job.strip("/")
        if not name:
            return tr("没有默认任务（--jenkins-job），未向 Jenkins 查询")
        try:
            declared = self._client.declared_parameters(name)
        except JenkinsError as error:
            raise RunnerRefused(
                tr("Jenkins 任务 {name}：{why}", name=name, why=said_by(error))
            ) from error
        lacking = [one for one in _PARAMETERS if one not in declared]
        if lacking:
            raise RunnerRefused(
                tr(
                    "Jenkins 任务 {name} 没有声明参数 {lacking}；请按 deploy/Jenkinsfile 添加",
                    name=name,
                    lacking=", ".join(lacking),
                )
            )
        if declared[_OPENING] in _SHOWN:
            raise Doubt(
                tr(
                    "Jenkins 任务 {name} 的参数 {parameter} 是字符串参数，"
                    "能看到构建的人都能看到令牌；请按 deploy/Jenkinsfile 改为密码参数",
                    name=name,
                    parameter=_OPENING,
                )
            )
        return tr("Jenkins 任务 {name} 已声明构建所需的参数", name=name)

    def cancel(self, run: Run) -> None:
        self._stopper.add(run)

    def state(self, run: Run) -> RunState:
        try:
            seen = self._finder.locate(run)
        except JenkinsError as error:
            return RunState(phase=RunPhase.UNREACHABLE, reason=str(error))
        if seen is None:
            return self._vanished(run)
        self._forget(run.key)
        updates = self._receipt(self._finder.job_of(run), seen)
        phase, reason = RunPhase.ACTIVE, ""
        if isinstance(seen, QueueItem):
            reason = seen.why
            if seen.cancelled:
                phase, reason = RunPhase.CANCELED, tr("在 Jenkins 队列中被取消")
        elif not seen.building:
            phase = RunPhase.CANCELED if seen.result == _ABORTED else RunPhase.ENDED
            reason = tr(
                "Jenkins 构建 #{number} 已结束：{result}",
                number=seen.number,
                result=seen.result or tr("没有结果"),
            )
        return RunState(phase=phase, reason=reason, updates=updates)

    def close(self) -> None:
        self._client.close()
        self._stopper.close()

    def _check_declared(self, name: str) -> None:
        declared = self._client.declared_parameters(name)
        lacking = [parameter for parameter in _LEG_PARAMETERS if parameter not in declared]
        if lacking:
            raise RunnerRefused(
                tr(
                    "Jenkins 任务 {name} 没有声明参数 {lacking}，只能运行第 1 台执行机；"
                    "请按 deploy/Jenkinsfile 为任务添加这些字符串参数",
                    name=name,
                    lacking=", ".join(lacking),
                )
            )

    def _triggered(self, name: str, job: Job) -> TriggerReceipt:
        """A POST whose outcome is unclear is searched for, and then sent a last time."""
        parameters = parameters_of(job, self._settings)
        try:
            return self._accepted(name, self._client.trigger(name, parameters))
        except UnclearError as error:
            log.warning("execution %s: trigger unclear: %s", job.key, error)
        found = self._searched(name, job)
        if found is not None:
            return self._receipt(name, found)
        return self._accepted(name, self._client.trigger(name, parameters))

    def _searched(self, name: str, job: Job) -> Seen | None:
        """None: Jenkins answered, and has nothing of it. Raises when it does not answer."""
        end = self._monotonic() + self._settings.patience
        while True:
            try:
                return self._finder.search(name, job)
            except JenkinsError:
                if self._monotonic() >= end:
                    raise
            self._client.wait(self._settings.search_pause)

    def _accepted(self, name: str, queue_id: int | None) -> TriggerReceipt:
        """Without a number in the answer, polling finds it by its parameters."""
        message = "" if queue_id is None else self._client.item_url(queue_id)
        return TriggerReceipt(job_name=name, queue_id=queue_id, message=message)

    def _receipt(self, name: str, seen: Seen) -> TriggerReceipt:
        if isinstance(seen, QueueItem):
            return self._accepted(name, seen.id)
        url = seen.url or self._client.build_url(name, seen.number)
        shows_report = seen.report is not None and not seen.building
        return dataclasses.replace(
            self._accepted(name, seen.queue_id),
            build_number=seen.number,
            build_url=url,
            console_url=f"{url}console",
            report_url=f"{url}{seen.report}" if shows_report else None,
        )

    def _vanished(self, run: Run) -> RunState:
        """A 404 alone proves nothing: the run is gone when nothing was found for a while."""
        now = self._monotonic()
        grace = self._settings.missing_grace
        with self._lock:
            stale = [key for key, since in self._missing.items() if now - since > 10 * grace]
            for key in stale:  # closed otherwise
                del self._missing[key]
            since = self._missing.setdefault(run.key, now)
        if now - since < grace:
            return RunState(phase=RunPhase.NOT_FOUND, reason=tr("Jenkins 中暂未找到该执行"))
        self._forget(run.key)
        return RunState(phase=RunPhase.ENDED, reason=tr("Jenkins 中已找不到该执行的排队项或构建"))

    def _forget(self, key: RunKey) -> None:
        with self._lock:
            self._missing.pop(key, None)


def parameters_of(job: Job, settings: JenkinsSettings) -> dict[str, str]:
    """What the job's definition declares, and what pytest finds in its environment."""
    leg = (str(job.shard_index), str(job.shard_total))
    legs = dict(zip(_LEG_PARAMETERS, leg, strict=True)) if job.shard_id else {}
    return {
        "EXECUTION_ID": str(job.execution_id),
        "CALLBACK_TOKEN": job.callback_token.reveal(),
        "PLATFORM_BASE_URL": settings.base_url,
        "ENV_CODE": job.env_code,
        "RUN_MODE": str(job.run_mode),
        "TRIGGER_TYPE": str(job.trigger_type),
        "TEST_TARGET": settings.test_target,
        **legs,
    }
