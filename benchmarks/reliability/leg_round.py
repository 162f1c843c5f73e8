"""One round of legs: machines share an execution, some of it is killed; what is left is judged."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

from benchmarks.reliability import processes, project
from benchmarks.reliability.checks import (
    COUNTED,
    COUNTERS,
    DOUBLE,
    LOST,
    TAKEN_ALONG,
    TERMINAL,
    UNFINISHED,
    UNTRUE,
)
from benchmarks.reliability.leg_scenario import (
    ASKED,
    BOTH,
    CASES,
    GROUP,
    LEG,
    SERVICE,
    STOPPED,
    TWO,
    WORKER,
)
from benchmarks.reliability.round import Outcome, spooled
from benchmarks.reliability.waiting import PATIENCE, NeverCameError, until

LEG_LOST = 8
BLOCKED, CANCELED = 4, 7


class LegRound:
    def __init__(self, service, scenario, at_work):
        """`at_work`: a semaphore that the round holds, and lends while it only waits."""
        self.service = service
        self.scenario = scenario
        self.at_work = at_work
        self.folder = service.project
        self.execution = None
        self.legs = []
        #: legs that were killed or stopped.
        self.struck = set()

    def play(self):
        complaints = self.service.complaints()
        over_after, replayed = 0.0, 0
        try:
            self._begin()
            self._strike()
            began = time.monotonic()
            self._end()
            over_after = time.monotonic() - began
            found, replayed = self._verified()
        except NeverCameError as error:
            found = [(UNFINISHED, f"waited in vain for {error}")]
        finally:
            self._sweep_up()
        broken = self.service.complaints() - complaints
        if broken:
            found.append(("service", f"{broken} tracebacks in {self.service.folder}/stderr"))
        hit = bool(self.struck) or self.scenario.target in {WORKER, SERVICE}
        return Outcome(
            violations=tuple(dict.fromkeys(found)),
            hit=hit,
            over_after=over_after,
            replayed=replayed,
        )

    def _begin(self):
        scene = self.scenario
        row = self.service.post(
            "/plan/run", planId=1, envCode=f"seed-{scene.seed}", shards=scene.shards
        )
        self.execution = row["id"]
        for _ in range(scene.shards):
            self.legs.append(self.service.pytest(self.execution, f"-n{scene.workers}"))

    @property
    def _account(self):
        return project.Account.read(self.folder, self.execution)

    # the kill

    def _strike(self):
        scene = self.scenario

        def is_the_moment():
            return self._account.begun.total() >= scene.tests or not self._living()

        until(is_the_moment, "the moment to kill", pause=0.02)
        time.sleep(scene.delay)
        living = self._living()
        first = int(scene.chosen * len(living))
        chosen = (living[first:] + living[:first])[: 2 if scene.target == TWO else 1]
        if scene.target in {SERVICE, BOTH}:
            self.service.kill()
        for leg in chosen if scene.target != SERVICE else ():
            self._hit(leg)
        if scene.target in {SERVICE, BOTH}:
            time.sleep(scene.away)
            self.service.start()

    def _living(self):
        return [leg for leg in self.legs if leg.poll() is None]

    def _hit(self, leg):
        if self.scenario.target == WORKER:
            workers = processes.workers(leg.pid)
            if workers:
                processes.kill(workers[int(self.scenario.chosen * len(workers))])
            return
        how = {
            LEG: lambda: processes.kill(leg.pid),
            BOTH: lambda: processes.kill(leg.pid),
            GROUP: lambda: processes.kill_group(leg.pid),
            TWO: lambda: processes.kill_group(leg.pid),
            STOPPED: lambda: os.killpg(leg.pid, signal.SIGSTOP),
            ASKED: leg.terminate,
        }
        if how[self.scenario.target]() is not False:
            self.struck.add(leg)

    # the end

    def _end(self):
        self.at_work.release()
        try:
            if self.scenario.target == STOPPED:
                until(self._is_given_up, "the end of the lease", pause=0.5)
                for leg in self.struck:
                    os.killpg(leg.pid, signal.SIGCONT)
            # what is looked at more often costs the service more than its legs do
            until(lambda: self.service.is_over(self.execution), "the execution's end", pause=0.5)
            until(lambda: not self._living(), "the end of all legs", pause=0.1)
        finally:
            self.at_work.acquire()

    def _is_given_up(self):
        """Its lease is over, or it was stopped when it had no part any more."""
        detail = self.service.detail(self.execution)
        lost = any(leg["status"] == LEG_LOST for leg in detail["shards"])
        return lost or detail["status"] in TERMINAL

    def _sweep_up(self):
        for leg in self.legs:
            processes.kill_group(leg.pid)
            leg.wait(60)

    # what is left

    def _verified(self):
        detail, rows = self.service.detail(self.execution), self.service.rows(self.execution)
        found = [*self._settled(detail, rows), *self._bounded(detail, rows)]
        spools = sorted((self.folder / ".sisyphus" / "spool").glob(f"{self.execution}-*.jsonl"))
        kept = spooled(spools)
        for path in spools:
            found += self._delivered(path)
        rows = self.service.rows(self.execution)
        found += self._settled(self.service.detail(self.execution), rows)
        for row in rows:
            if kept.get(row["id"], row["status"]) != row["status"]:
                status = kept[row["id"]]
                text = f"row {row['id']}: {status} in a spool, {row['status']} in the database"
                found.append((LOST, text))
            elif row["status"] in {BLOCKED, CANCELED} and self._account.over[row["case_id"]]:
                found += self._unheard(row)
        return found, len(kept)

    def _settled(self, detail, rows):
        """What holds at every look."""
        account = self._account
        statuses = Counter(row["status"] for row in rows)
        if detail["status"] not in TERMINAL or statuses[0] or statuses[1]:
            yield UNFINISHED, f"execution in {detail['status']}, its cases in {dict(statuses)}"
        if [statuses[n] for n in range(len(COUNTED))] != [detail["summary"][n] for n in COUNTED]:
            yield COUNTERS, f"{detail['summary']} of rows in {dict(statuses)}"
        if sorted(row["case_id"] for row in rows) != list(CASES):
            yield DOUBLE, f"rows of the cases {sorted(row['case_id'] for row in rows)}"
        for case, times in account.begun.items():
            if times > 1:
                yield DOUBLE, f"case {case} ran {times} times"
        for row in rows:
            case, status = row["case_id"], row["status"]
            own = account.ran[case] and status == project.expected(case)
            crashed = "crashed" in row["error_message"] or TAKEN_ALONG in row["error_message"]
            if not (own or crashed or status in {BLOCKED, CANCELED}):
                yield UNTRUE, f"case {case} in {status}: {row['error_message']}"

    def _bounded(self, detail, rows):
        """While somebody is there to go on, a lost leg takes two cases a slot at most."""
        slots = max(1, self.scenario.workers)
        left = [row for row in rows if row["status"] in {BLOCKED, CANCELED}]
        ends = {leg["status"] for leg in detail["shards"]}
        if ends & {4, 5} and len(left) > 2 * slots * max(1, len(self.struck)):
            yield LOST, f"{len(left)} cases were taken along: {[row['case_id'] for row in left]}"
        if not self.struck and self.scenario.target != WORKER and left:
            yield LOST, f"no leg was struck, and {[row['case_id'] for row in left]} have no outcome"

    def _unheard(self, row):
        """A test had its end on the disk, and its leg's spool had not: one a slot, at the kill."""
        slots = max(1, self.scenario.workers) * max(1, len(self.struck))
        ended = [
            one["case_id"]
            for one in self.service.rows(self.execution)
            if one["status"] in {BLOCKED, CANCELED} and self._account.over[one["case_id"]]
        ]
        if len(ended) > 2 * slots:
            yield LOST, f"{ended} had ended, and nobody knows (case {row['case_id']})"

    def _delivered(self, path):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", f"--sisyphus-replay={path}"],
            cwd=self.folder,
            env=self.service.environ_of(self.execution),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode or path.exists():
            yield LOST, f"--sisyphus-replay={path}: {done.returncode}, {done.stdout}{done.stderr}"
