"""Launches pytest beside the service: a queue, a fixed number of slots, one session per run.

The child writes its console straight into a file, so that it survives the service; its token is
in its environment only. The process group is killed as a whole, and nothing of it outlives the run.
"""

import contextlib
import dataclasses
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from orchestrator.i18n import tr
from orchestrator.runners.artifacts import Artifacts, private, tail
from orchestrator.runners.process_group import Group
from orchestrator.runners.processes import Process, process
from orchestrator.runners.protocol import (
    Job,
    OnProcessStarted,
    OnRunEnded,
    RenewJob,
    Run,
    RunKey,
    RunnerRefused,
    RunPhase,
    RunState,
    TriggerReceipt,
)
from orchestrator.runners.spools import is_in_use, left_by, may_be_of
from orchestrator.secrets import Secret, mask

log = logging.getLogger("sisyphus.runner.local")

#: seconds between SIGTERM and SIGKILL.
GRACE: Final = 10.0
#: how long the child asks for its cases: a service that is started again must be back by then.
_PULL_SECONDS: Final = "120"
#: of a replay. How long it tries: its slot is waited for; who ends the execution: we do.
_REPLAY: Final[Mapping[str, str]] = {"SISYPHUS_LEAVE_OPEN": "1", "SISYPHUS_FLUSH_TIMEOUT": "10"}
#: where pytest was killed here: what ran then was canceled and did not fail.
_CUT: Final[Mapping[str, str]] = {**_REPLAY, "SISYPHUS_CUT_BY_RUNNER": "1"}
_TAIL_BYTES: Final = 4096
_REASON_CHARS: Final = 600


@dataclasses.dataclass(frozen=True, kw_only=True)
class LocalSettings:
    project_root: Path
    artifacts: Artifacts
    #: how a process beside the service reaches it; empty: as the job says.
    base_url: str = ""
    slots: int = 1
    grace: float = GRACE
    command: Sequence[str] = (sys.executable, "-m", "pytest")
    #: taken out of what is shown of a console.
    hidden: Sequence[Secret] = ()
    #: names of the service's own environment that no test may find in its.
    withheld: Collection[str] = ()


@dataclasses.dataclass(frozen=True)
class _Adopted:
    """In the place of a job: it takes a slot until its group is gone, and its rest delivered."""

    key: RunKey
    #: None: it is gone, and left something to deliver.
    group: Group | None


LOCAL: Final = "local"


class LocalRunner:
    name = LOCAL
    sharded = True

    def __init__(self, settings: LocalSettings) -> None:
        self._settings = settings
        self._queue: queue.SimpleQueue[Job | _Adopted | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        #: every run from `trigger` until its `on_ended`; None until its process is there.
        self._active_runs: dict[RunKey, Group | None] = {}
        self._canceled: set[RunKey] = set()
        self._closed = False
        self._slots: list[threading.Thread] = []
        self._on_process: OnProcessStarted = lambda _key, _process: None
        self._job_again: RenewJob | None = None
        #: legs leave their spools in one folder: who ends first may deliver those of others.
        self._delivering = threading.Lock()

    def set_job_renewal(self, renew_job: RenewJob) -> None:
        self._job_again = renew_job

    def on_process_started(self, callback: OnProcessStarted) -> None:
        self._on_process = callback

    def start(self, on_ended: OnRunEnded) -> None:
        self._slots = [
            threading.Thread(target=self._work, args=(on_ended,), name=f"sisyphus-slot-{n}")
            for n in range(self._settings.slots)
        ]
        for slot in self._slots:
            slot.start()

    def trigger(self, job: Job) -> TriggerReceipt:
        if not self._settings.project_root.is_dir():
            raise RunnerRefused(tr("项目目录不存在: {folder}", folder=self._settings.project_root))
        with self._lock:
            if self._closed:
                raise RunnerRefused(tr("服务正在关闭"))
            self._active_runs[job.key] = None
            self._queue.put(job)
        slots, message = self._settings.slots, ""
        if job.shard_total > slots:
            message = tr(
                "需要 {total} 台执行机，本机只有 {slots} 个执行位（--slots）",
                total=job.shard_total,
                slots=slots,
            )
        return TriggerReceipt(
            message=message, console_url=job.console_url, report_url=job.report_url
        )

    def adopt(self, run: Run) -> bool:
        known = Process.parse(run.process)
        group = Group.adopted(known) if known else None
        if group is None and not self._left_by(run.key):
            return False
        with self._lock:
            self._active_runs[run.key] = group
            self._queue.put(_Adopted(run.key, group))
        what = f"process {group.pid} is" if group else "what its pytest left on the disk is"
        log.info("execution %s: %s adopted", run.key, what)
        return True

    def running(self) -> Collection[RunKey]:
        with self._lock:
            return list(self._active_runs)

    def cancel(self, run: Run) -> None:
        with self._lock:
            if run.key not in self._active_runs or run.key in self._canceled:
                return  # what it left may be on its way: that is not stopped
            self._canceled.add(run.key)
            group = self._active_runs[run.key]
        if group is not None:
            group.stop(self._settings.grace)

    def state(self, run: Run) -> RunState:
        with self._lock:
            there = run.key in self._active_runs
        return RunState(phase=RunPhase.ACTIVE if there else RunPhase.UNKNOWN)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._canceled.update(self._active_runs)
            running = [group for group in self._active_runs.values() if group is not None]
        for group in running:
            group.stop(self._settings.grace)
        for _ in self._slots:
            self._queue.put(None)
        for slot in self._slots:
            slot.join()

    def _work(self, on_ended: OnRunEnded) -> None:
        while (job := self._queue.get()) is not None:
            try:
                try:
                    reason = self._run(job)
                finally:
                    is_over = self._forget(job.key)
                if is_over:
                    on_ended(job.key, reason)
            except Exception:  # a background loop: one lost end must not end the slot
                log.exception("execution %s ended but could not be closed", job.key)

    def _forget(self, key: RunKey) -> bool:
        """False for what had not started when the service closed: it stays here and queued, and the
        next service process finds it."""
        with self._lock:
            if self._closed and self._active_runs.get(key) is None:
                return False
            self._active_runs.pop(key, None)
            self._canceled.discard(key)
            return True

    def _run(self, job: Job | _Adopted) -> str:
        """Run the job to its end; why it ended, for people."""
        try:
            group = job.group if isinstance(job, _Adopted) else self._launch(job)
        except OSError as error:
            where = f": {error.filename}" if error.filename else ""
            return tr("无法启动 pytest: {why}", why=f"{error.strerror or error}{where}")
        if group is None and isinstance(job, Job):
            return tr("已取消，执行未开始")
        code = self._wait_for(job, group) if group else None
        with self._lock:
            # by what `Group.stop` sends, as far as the code can tell
            is_killed = code is None or -code in (signal.SIGTERM, signal.SIGKILL)
            is_cut = group is not None and job.key in self._canceled and is_killed
        words = self.exit_reason(job.key, code)
        return words + self._deliver_rest(job, _CUT if is_cut else _REPLAY)

    def _wait_for(self, job: Job | _Adopted, group: Group) -> int | None:
        if isinstance(job, Job):
            try:
                self._on_process(job.key, str(process(group.pid)))
            except Exception:  # a background loop: a successor judges the run by its lease
                log.exception("execution %s: its process could not be noted", job.key)
        code = group.wait()
        with contextlib.suppress(OSError):  # removed meanwhile, or somebody else's
            self._settings.artifacts.keep_private(job.key)
        how = "ended" if code is None else f"ended with {code}"  # adopted: its code is not ours
        log.info("execution %s: pytest %s", job.key, how)
        return code

    def _left_by(self, key: RunKey) -> list[Path]:
        """Of a leg: also what other legs left that do not live any more."""
        left = left_by(key.execution_id, self._settings.project_root.absolute())
        return [one for one in left if not (key.shard_id and is_in_use(one))]

    def _deliver_rest(self, job: Job | _Adopted, more: Mapping[str, str]) -> str:
        """Replay what pytest left on the disk: it was killed, or could not reach us at its end.

        For people: what is left even so; empty when nothing is.
        """
        with self._delivering if job.key.shard_id else contextlib.nullcontext():
            spools = self._replayed(job, more)
        left = ", ".join(str(spool) for spool in spools if spool.exists())
        if not left:
            return ""
        log.warning("execution %s: results that are not delivered are left in %s", job.key, left)
        return tr("；未送达的结果留在 {left}，可用 pytest --sisyphus-replay 补报", left=left)

    def _replayed(self, job: Job | _Adopted, more: Mapping[str, str]) -> list[Path]:
        """The spools that were tried."""
        spools = self._left_by(job.key)
        try:
            known = job if isinstance(job, Job) else None
            if spools and known is None and self._job_again:
                known = self._job_again(job.key)  # the token died with who had started it
            if known is not None:
                spools = [one for one in spools if may_be_of(one, known.execution_no)]
                for spool in spools:
                    self._replay(known, spool, more)
        except Exception:  # the run is over all the same, and its spools are named below
            log.exception("execution %s: its spools are not replayed", job.key)
        return spools

    def _replay(self, job: Job, spool: Path, more: Mapping[str, str]) -> None:
        command = [*self._settings.command, f"--sisyphus-replay={spool}"]
        with self._lock:
            if self._closed:
                return
            self._canceled.add(job.key)  # pytest itself is gone: a cancel has nothing to stop
            group = self._active_runs[job.key] = self._start(job, command, more)
        code = group.wait()
        log.info("execution %s: %s was replayed: %s", job.key, spool, code)

    def _launch(self, job: Job) -> Group | None:
        """The group, or None when it was cancelled while it waited."""
        folder = self._settings.artifacts.prepare(job.key)
        command = [
            *self._settings.command,
            f"--sisyphus-execution={job.execution_id}",
            "--sisyphus-report",
            f"html:{folder / 'report.html'}",
        ]
        with self._lock:
            if job.key in self._canceled:
                return None
            self._settings.artifacts.begin_console(job.key)
            group = self._active_runs[job.key] = self._start(job, command, {})
        log.info("execution %s: pytest started as process %d", job.key, group.pid)
        return group

    def _start(self, job: Job, command: Sequence[str], more: Mapping[str, str]) -> Group:
        path = self._settings.artifacts.console(job.key)
        kept = {n: text for n, text in os.environ.items() if n not in self._settings.withheld}
        with open(path, "ab", opener=private) as console:
            popen = subprocess.Popen(  # noqa: S603 -- our own command, no shell
                command,
                cwd=self._settings.project_root,
                env={**environment(job, self._settings.base_url or job.base_url, kept), **more},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Group.of_child(popen)

    def exit_reason(self, run: RunKey | int, code: int | None = None) -> str:
        text = tail(self._settings.artifacts.console(run), _TAIL_BYTES)
        lines = mask(text, self._settings.hidden).strip().splitlines()
        last = " | ".join(line.strip() for line in lines[-4:] if line.strip())[-_REASON_CHARS:]
        how = ""
        if code is not None:
            how = (
                tr("（被信号 {signal} 终止）", signal=-code)
                if code < 0
                else tr("（退出码 {code}）", code=code)
            )
        return tr("pytest 进程已结束") + how + (tr("：{reason}", reason=last) if last else "")


def environment(job: Job, base_url: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """What the child finds: Jenkins's names for the parameters, and the plugin's own address."""
    legs = {"SHARD_INDEX": str(job.shard_index), "SHARD_TOTAL": str(job.shard_total)}
    kept = {name: text for name, text in inherited.items() if name not in legs}
    return (kept | legs if job.shard_id else kept) | {
        "EXECUTION_ID": str(job.execution_id),
        "CALLBACK_TOKEN": job.callback_token.reveal(),
        "PLATFORM_BASE_URL": base_url,
        "SISYPHUS_URL": base_url,
        "ENV_CODE": job.env_code,
        "RUN_MODE": str(job.run_mode),
        "TRIGGER_TYPE": str(job.trigger_type),
        "PYTHONUNBUFFERED": "1",
        "SISYPHUS_PULL_TIMEOUT": inherited.get("SISYPHUS_PULL_TIMEOUT", _PULL_SECONDS),
    }
