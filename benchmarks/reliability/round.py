"""One round: an execution is started, something of it is killed, and what is left is looked at."""

import contextlib
import dataclasses
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.reliability import processes, project
from benchmarks.reliability.checks import Seen, violations
from benchmarks.reliability.scenario import BOTH, GROUP, ORCHESTRATOR, PYTEST, WORKER
from benchmarks.reliability.waiting import NeverCameError, until


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    violations: tuple[tuple[str, str], ...]
    #: something was there to be killed.
    hit: bool
    #: seconds from the kill to the execution's end.
    over_after: float
    #: results that the runner left in its spool, and that were delivered from there.
    replayed: int


class Round:
    def __init__(self, service, scenario, at_work):
        """`at_work`: a semaphore that the round holds, and lends while it only waits."""
        self.service = service
        self.at_work = at_work
        self.scenario = scenario
        self.folder = service.project
        self.execution = None
        self.started = None
        self.hit = self.was_there = False
        self.over_after = 0.0

    def play(self):
        complaints, before = self.service.complaints(), self._executions()
        try:
            self._trigger()
            self._kill_in_time()
            lived = self._end()
            found, replayed = self._verified(self._executions() - before, lived=lived)
        except NeverCameError as error:
            return Outcome(
                violations=(("unfinished", f"waited in vain for {error}"),),
                hit=self.hit,
                over_after=self.over_after,
                replayed=0,
            )
        broken = self.service.complaints() - complaints
        if broken:
            found += (("service", f"{broken} tracebacks in {self.service.folder}/stderr"),)
        return Outcome(
            violations=found, hit=self.hit, over_after=self.over_after, replayed=replayed
        )

    def _executions(self):
        return self.service.get("/execution/list", pageSize=1)["total"]

    # the run

    def _trigger(self):
        seed, mode = f"seed-{self.scenario.seed}", self.scenario.run_mode
        row = self.service.post("/plan/run", planId=1, envCode=seed, runMode=mode)
        self.execution = row["id"]
        if self.scenario.runner == "external":
            self.started = self.service.pytest(self.execution)

    @property
    def _argument(self):
        return f"--sisyphus-execution={self.execution}"

    def _pytest(self):
        """Its number, or None while, or when, it is not there."""
        if self.started is not None:
            return self.started.pid if self.started.poll() is None else None
        return next(iter(processes.running(self._argument, self.folder)), None)

    # the kill

    def _kill_in_time(self):
        scenario = self.scenario
        if scenario.target != ORCHESTRATOR or scenario.tests:
            until(self._is_the_moment, "the moment to kill")
        time.sleep(scenario.delay)
        self.hit = bool(_KILLS[scenario.target](self))

    def _is_the_moment(self):
        """Or pytest is over, and the moment never comes."""
        account = project.Account.read(self.folder, self.execution)
        said = account.over if self.scenario.tests == len(project.CASES) else account.begun
        pid = self._pytest()
        self.was_there = self.was_there or pid is not None
        if pid is None or said.total() < self.scenario.tests:
            return self.was_there and pid is None
        return self.scenario.target != WORKER or processes.workers(pid)

    # what can be killed; whether it was there

    def kill_pytest(self):
        pid = self._pytest()
        return pid and self._with_workers(pid, processes.kill)

    def kill_group(self):
        pid = self._pytest()
        return pid and self._with_workers(pid, processes.kill_group)

    def _with_workers(self, pid, kill):
        """Workers see that their controller is gone, and end."""
        everyone = [pid, *processes.workers(pid)]
        done = kill(pid)
        self._reap()
        until(lambda: not any(map(processes.is_running, everyone)), f"the end of {everyone}")
        return done

    def _reap(self):
        if self.started is not None:
            self.started.wait(60)

    def kill_worker(self):
        pid = self._pytest()
        workers = processes.workers(pid) if pid else []
        return workers and processes.kill(workers[int(self.scenario.worker * len(workers))])

    def kill_orchestrator(self):
        self.service.kill()
        time.sleep(self.scenario.away)
        self.service.start()
        return True

    def kill_both(self):
        self.service.kill()
        done = self.kill_group()
        self.service.start()
        return done

    # the end

    def _end(self):
        """Everything is restarted that an operator would; whether a pytest lived to its end."""
        began = time.monotonic()
        died = self.hit and self.scenario.pytest_dies
        under_lease = died and self.scenario.runner == "external"
        if under_lease:
            under_lease = died = not self._is_started_again()
        with self._idle() if under_lease else contextlib.nullcontext():
            until(lambda: self.service.is_over(self.execution), "the execution's end", pause=0.05)
            self.over_after = time.monotonic() - began
        until(lambda: self._pytest() is None, "the end of pytest", pause=0.02)
        return not died

    @contextlib.contextmanager
    def _idle(self):
        self.at_work.release()
        try:
            yield
        finally:
            self.at_work.acquire()

    def _is_started_again(self):
        """What was killed before it said that it began waits for the next runner."""
        if self.service.detail(self.execution)["status"] > 2:
            return False
        self.started = self.service.pytest(self.execution)
        return True

    # what is left

    def _verified(self, executions, *, lived):
        spools = sorted((self.folder / ".sisyphus" / "spool").glob(f"{self.execution}-*.jsonl"))
        kept = spooled(spools) if spools else None
        look = Seen(
            detail=self.service.detail(self.execution),
            rows=self.service.rows(self.execution),
            account=project.Account.read(self.folder, self.execution),
            spooled=kept,
            pytest_lived=lived,
            replayed=False,
            runner_replays=self.scenario.runner == "local",
            executions=executions,
        )
        found = [*violations(look), *self._replay(spools)]
        after = dataclasses.replace(
            look,
            detail=self.service.detail(self.execution),
            rows=self.service.rows(self.execution),
            replayed=True,
        )
        if after.detail["status"] != look.detail["status"]:
            found.append(("untrue", "the end of the execution changed"))
        return tuple(dict.fromkeys([*found, *violations(after)])), len(kept or ())

    def _replay(self, spools):
        for path in spools:
            try:
                copy = Path(shutil.copy(path, self.folder))
            except FileNotFoundError:  # the local runner's own replay was first
                continue
            yield from self._delivered(path)
            if self.scenario.repeated:
                yield from self._delivered(copy)

    def _delivered(self, path):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", f"--sisyphus-replay={path}"],
            cwd=self.folder,
            env=self.service.environ_of(self.execution),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if not path.exists() and self.scenario.runner == "local":
            return  # the runner's own replay may have been first: the rows tell what came of it
        if done.returncode or path.exists():
            yield "lost", f"--sisyphus-replay={path}: {done.returncode}, {done.stdout}{done.stderr}"


_KILLS = {
    PYTEST: Round.kill_pytest,
    GROUP: Round.kill_group,
    WORKER: Round.kill_worker,
    ORCHESTRATOR: Round.kill_orchestrator,
    BOTH: Round.kill_both,
}


def spooled(paths):
    """case row → status of every result that was safe on the disk; a torn last line is none."""
    found = {}
    for path in paths:
        for line in path.read_bytes().split(b"\n"):
            record = _record(line)
            if record.get("kind") == "result":
                found[record["body"]["executionCaseId"]] = record["body"]["status"]
    return found


def _record(line):
    try:
        return json.loads(line)["record"]
    except ValueError:
        return {}
