"""The service is killed for a minute while a run goes on: nothing lost, and no test waits for it

Two runs go side by side on services of their own; one of the services is killed and started again.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.reliability import project
from benchmarks.reliability.service import Service
from benchmarks.reliability.waiting import until

#: seconds that a test takes, and that the run has before and after the outage.
TEST, MARGIN = 0.25, 8.0
COUNTED = ("total", "passed", "failed", "skipped")
MODES = {"serial": (1, 1), "-n2": (2, 2)}


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks outage", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long it is away")
    given = parser.parse_args()
    return max(_measured(name, *mode, given.seconds) for name, mode in MODES.items())


def _measured(name, run_mode, processes, seconds):
    cases = range(1, int((seconds + 2 * MARGIN) * processes / TEST) + 1)
    with tempfile.TemporaryDirectory(prefix="outage-") as folder:
        beside, hit = runs = [Run(Path(folder) / which, cases) for which in ("beside", "hit")]
        try:
            for run in runs:
                run.begin(run_mode)
            away = hit.outage(seconds)
            for run in runs:
                run.wait()
            print(f"   {name}: {len(cases)} tests, the service away for {away[1] - away[0]:.1f} s")
            print(f"      {hit.waiting} results had waited for it; {hit.delivered()}")
            _compare(beside, hit, away)
            return 1 if hit.wrong() or beside.wrong() else 0
        finally:
            for run in runs:
                run.service.stop()


def _compare(beside, hit, away):
    there, gone = (run.between_tests(*away) for run in (beside, hit))
    print(f"      from test to test: {gone:.2f} ms without a service, {there:.2f} ms beside it")
    print(f"      whole run: {hit.seconds:.2f} s, {beside.seconds:.2f} s beside it")


class Run:
    def __init__(self, folder, cases):
        self.cases = cases
        self.waiting = 0
        project.write(folder / "project", cases=cases, seconds=str(TEST))
        self.service = Service(folder, f"sqlite:///{folder}/x.sqlite3", "--runner", "external")
        self.service.start()
        self.service.plan(cases)

    def begin(self, run_mode):
        row = self.service.post("/plan/run", planId=1, envCode="st", runMode=run_mode)
        self.execution = row["id"]
        self._pytest = self.service.pytest(self.execution)

    def outage(self, seconds):
        """When it began and ended."""
        until(lambda: self._said("ran"), "the first test")
        time.sleep(MARGIN)
        self.service.kill()
        began = time.time()
        time.sleep(seconds)
        ended = time.time()
        self.service.start()
        known = sum(row["status"] > 1 for row in self.service.rows(self.execution))
        self.waiting = len(self._said("over")) - known
        return began, ended

    def wait(self):
        self._pytest.wait(300)
        until(lambda: self.service.is_over(self.execution), "the end")

    def _said(self, wanted):
        everything = project.said(self.service.project, self.execution)
        return [one for one in everything if one[0] == wanted]

    @property
    def seconds(self):
        return self._said("over")[-1][3] - self._said("begun")[0][3]

    def between_tests(self, began, ended):
        """Median milliseconds from one test's beginning to the next one's in the same process."""
        moments = {}
        for _, _, process, moment in self._said("begun"):
            if began <= moment <= ended:
                moments.setdefault(process, []).append(moment)
        gaps = [b - a for many in moments.values() for a, b in itertools.pairwise(many)]
        return statistics.median(gaps) * 1000

    def wrong(self):
        """Cases whose row is not as their test ended, or whose test did not run once."""
        account = project.Account.read(self.service.project, self.execution)
        rows = self.service.rows(self.execution)
        found = {row["case_id"]: row["status"] for row in rows}
        bad = [n for n in self.cases if found.get(n) != project.expected(n) or account.ran[n] != 1]
        return bad if len(rows) == len(self.cases) else list(self.cases)

    def delivered(self):
        detail = self.service.detail(self.execution)
        counted = ", ".join(f"{detail['summary'][name]} {name}" for name in COUNTED)
        wrong = len(self.wrong())
        return f"{wrong} of {len(self.cases)} wrong or lost; in {detail['status']}, {counted}"
