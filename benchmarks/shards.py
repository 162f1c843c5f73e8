"""How near several legs come to the least possible time, with tests that sleep.

The bound pours all work over the legs as they come (each from its first announced case on) and
go, and is never below the longest test; nothing can be quicker. Beside it stands what the same
durations and arrivals would give in plans divided by hand: dealt in turn, and longest first by what
is known.

Variants: `late`: one leg comes when a fifth of the time is over; `dies`: one is killed in the
middle, which its lease of 17 seconds tells; `replaced`: then another takes its place; `away`: the
service is killed in the middle, for so many seconds; `setup`: each file has a fixture of 100 ms;
`overhead`: one leg alone, with and without shards, with tests of 0 and of 50 ms.
"""

import argparse
import random
import re
import resource
import statistics
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import requests

from benchmarks.reliability import processes, project
from benchmarks.reliability.service import Service
from benchmarks.reliability.waiting import until

MEDIAN, LEAST, LONGEST = 0.2, 0.05, 8.0
CASES_OF_FILE = 8
#: of the time, that the late leg comes later; seconds of a file's fixture.
LATE, SETUP = 0.2, 0.1
PASSED, BLOCKED, LOST = 2, 4, 8
#: seconds: a lease of those that lose a leg, and the longest pause of a leg between two tries.
LEASE, PAUSE = 17, 5
#: what is wanted of each, beside the ratio.
VARIANTS = {
    "plain": "0 never run, 0 twice, 0 blocked",
    "late": "0 never run, 0 twice, 0 blocked",
    "dies": "0 never run, 0 twice, at most 2 blocked",
    "replaced": "0 never run, 0 twice, at most 2 blocked",
    "away": "0 never run, 0 twice, 0 blocked",
    "setup": "0 never run, 0 twice, 0 blocked",
}
TEST = """
import time, pytest
from account import account

@pytest.fixture(scope="module", autouse=True)
def of_module():
    time.sleep({setup})

@pytest.mark.parametrize("n", [
    pytest.param(n, marks=pytest.mark.sisyphus(case_id=n)) for n in range({first}, {last} + 1)
])
def test_case(n):
    account("begun", n)
    time.sleep({seconds}[n - {first}])
    account("over", n)
"""


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks shards", description=__doc__)
    parser.add_argument("--cases", type=int, default=160)
    parser.add_argument("--legs", type=int, nargs="+", default=[2, 4, 8])
    parser.add_argument("--variants", nargs="+", choices=[*VARIANTS, "overhead"], default=["plain"])
    parser.add_argument("--away", type=float, default=10.0, help="seconds without the service")
    parser.add_argument("--rounds", type=int, default=5, help="of the overhead")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    seconds = [_duration(chance) for _ in range(given.cases)]
    known = {n: s * chance.uniform(0.7, 1.3) for n, s in enumerate(seconds, 1)}
    for n in chance.sample(sorted(known), given.cases // 10):
        del known[n]  # new ones
    print(f"   {given.cases} tests, {sum(seconds):.0f} s of sleep, longest {max(seconds):.1f} s")
    bad = 0
    for variant in given.variants:
        if variant == "overhead":
            _overhead(given.cases, given.rounds)
            continue
        print(f"   {variant}; wanted: {VARIANTS[variant]}")
        print("   legs   makespan    bound   ratio   wanted   dealt   longest first", end="")
        print("   leases   pieces a file   never run   twice   blocked")
        with tempfile.TemporaryDirectory(prefix="shards-") as folder:
            lease = (
                ("--lease", str(LEASE), "--sweep", "0.5") if variant in {"dies", "replaced"} else ()
            )
            service = _served(Path(folder), seconds, SETUP * (variant == "setup"), lease)
            try:
                _remember(service, known)
                for legs in given.legs:
                    play = Play(
                        service, seconds, known, legs=legs, variant=variant, away=given.away
                    )
                    bad += play.measured()
            finally:
                service.stop()
    return 1 if bad else 0


def _duration(chance):
    long = chance.random() < 0.02
    drawn = chance.lognormvariate(0, 1) * MEDIAN * (30 if long else 1)
    return round(min(LONGEST, max(LEAST, drawn)), 3)


def _served(folder, seconds, setup=0.0, options=()):
    root = folder / "project"
    project.write(root, cases=range(1))
    (root / "test_cases.py").unlink()
    cases = []
    for first in range(1, len(seconds) + 1, CASES_OF_FILE):
        last = min(first + CASES_OF_FILE - 1, len(seconds))
        name = f"test_{first:04}.py"
        durations = seconds[first - 1 : last]
        text = TEST.format(first=first, last=last, seconds=durations, setup=setup)
        (root / name).write_text(text)
        cases += [
            {"caseId": n, "caseKey": f"c{n}", "pytestNodeid": f"{name}::test_case[{n}]"}
            for n in range(first, last + 1)
        ]
    url = f"sqlite:///{folder}/shards.sqlite3"
    service = Service(folder, url, "--runner", "external", *options)
    service.start()
    service.post("/case/sync", projectId=1, cases=cases)
    ids = [case["caseId"] for case in cases]
    service.post("/plan/save", planId=1, projectId=1, planName="p", cases=ids)
    return service


def _remember(service, known):
    """An earlier execution in which the tests took about as long; some are not known."""
    cases = sorted(known)
    service.post("/plan/save", planId=2, projectId=1, planName="earlier", cases=cases)
    number = service.post("/plan/run", planId=2, envCode="st")["id"]
    service.post("/execution/start", executionId=number, runnerId="earlier")
    results = [
        {"caseId": n, "status": 2, "durationSeconds": round(known[n], 3), "resultId": f"e/{n}"}
        for n in cases
    ]
    told = {"executionId": number, "runnerId": "earlier"}
    service.post("/execution/case/result", **told, results=results)
    service.post("/execution/finish", **told)


class Play:
    """One execution with so many legs."""

    def __init__(self, service, seconds, known, *, legs, variant, away):
        self.service = service
        self.seconds = seconds
        self.known = known
        self.legs = legs
        self.variant = variant
        self.away = away
        self.died_at = None
        row = service.post("/plan/run", planId=1, envCode=f"legs-{legs}", shards=legs)
        self.number = row["id"]

    def measured(self):
        """Printed; how many cases never ran, or ran twice."""
        late = self.variant == "late"
        started = [self._leg() for _ in range(self.legs - late)]
        if late:
            until(lambda: self._said("begun"), "the first test", pause=0.05)
            time.sleep(LATE * sum(self.seconds) / self.legs)
            started.append(self._leg())
        if self.variant in {"dies", "replaced", "away"}:
            half = len(self.seconds) // 2
            until(lambda: len(self._said("over")) >= half, "the middle", seconds=600, pause=0.1)
        if self.variant == "away":
            began = time.time()
            self.service.kill()
            time.sleep(self.away)
            self.service.start()
            self.away = time.time() - began
        elif self.variant in {"dies", "replaced"}:
            processes.kill_group(started[0].pid)
            self.died_at = time.time()
        if self.variant == "replaced":
            until(self._is_seen, "the end of the lease", pause=0.2)
            started.append(self._leg())
        until(lambda: self.service.is_over(self.number), "the end", seconds=600, pause=0.2)
        for process in started:
            process.wait(60)
        return self._printed(started[0].pid)

    def _leg(self):
        return self.service.pytest(self.number, "-n0")

    def _said(self, wanted):
        everything = project.said(self.service.project, self.number)
        return [one for one in everything if one[0] == wanted]

    def _is_seen(self):
        detail = self.service.detail(self.number)
        return any(leg["status"] == LOST for leg in detail["shards"])

    def _printed(self, first):
        begun = {}
        for _, _, process, moment in self._said("begun"):
            begun[process] = min(begun.get(process, moment), moment)
        start = min(begun.values())
        arrivals = [moment - start for moment in begun.values()]
        over = self._said("over")
        makespan = max(moment for *_, moment in over) - start
        ended = {case for _, case, *_ in over}
        work = [one for n, one in enumerate(self.seconds, 1) if n in ended]
        files = -(-len(self.seconds) // CASES_OF_FILE)
        set_up = SETUP * files * (self.variant == "setup")
        gone = [self.died_at - start] if self.died_at and first in begun else []
        least = bound([*work, *[set_up / files] * files] if set_up else work, arrivals, gone)
        ratio = f"{makespan / least:7.3f}   {self._wanted(least):6.2f}"
        print(f"   {self.legs:4} {makespan:9.1f} s {least:7.1f} s {ratio}", end="")
        print(f" {self._by_hand(arrivals, least)}", end="")
        pieces = {((case - 1) // CASES_OF_FILE, process) for _, case, process, _ in over}
        print(f" {self._leases():8} {len(pieces) / files:15.2f}", end="")
        times = Counter(case for _, case, *_ in self._said("begun"))
        twice = sum(many > 1 for many in times.values())
        statuses = Counter(row["status"] for row in self.service.rows(self.number))
        never = statuses.total() - statuses[PASSED] - statuses[BLOCKED]
        print(f" {never:11} {twice:7} {statuses[BLOCKED]:9}", flush=True)
        return never + twice + max(0, statuses[BLOCKED] - 2 * bool(self.died_at))

    def _wanted(self, least):
        """What nobody can do anything in comes on top."""
        lost = LEASE + max(self.seconds)
        more = {"dies": lost, "replaced": lost, "away": self.away + PAUSE}.get(self.variant, 0)
        return (1.10 if self.legs <= 4 else 1.15) + more / least

    def _by_hand(self, arrivals, least):
        """What plans divided beforehand would take, where nothing goes wrong."""
        if self.variant not in {"plain", "late"}:
            return f"{'-':>7} {'-':>15}"
        places = range(len(self.seconds))
        order = sorted(places, key=lambda at: -self.known.get(at + 1, LONGEST))
        dealt = _static(self.seconds, arrivals, places, self.known, in_turn=True)
        longest_first = _static(self.seconds, arrivals, order, self.known, in_turn=False)
        return f"{dealt / least:7.3f} {longest_first / least:15.3f}"

    def _leases(self):
        console = (self.service.folder / f"console-{self.number}").read_text()
        return sum(map(int, re.findall(r"cases? of \d+ in (\d+) lease", console)))


def bound(seconds, arrivals, gone=()):
    """The least time in which legs that come at `arrivals` can sleep that much; some go."""
    present, left, at = 0, sum(seconds), 0.0
    for moment, change in sorted([*((one, 1) for one in arrivals), *((one, -1) for one in gone)]):
        done = (moment - at) * present
        if present and done >= left:
            break
        left, at, present = left - done, moment, present + change
    return max(at + left / present, *seconds)


def _static(seconds, arrivals, order, known, *, in_turn):
    """The end of plans divided beforehand: `in_turn`, or each to whoever has least, by `known`."""
    guessed, ends = [0.0] * len(arrivals), list(arrivals)
    usual = sorted(known.values())[int(len(known) * 0.9)]
    for place, case in enumerate(order):
        leg = place % len(ends) if in_turn else guessed.index(min(guessed))
        guessed[leg] += known.get(case + 1, usual)
        ends[leg] += seconds[case]
    return max(ends)


def _overhead(cases, rounds):
    """What it costs that a case is announced before it begins: in turns, the middle of all."""
    print("   overhead; wanted: at most 5 % at 50 ms. Each without shards, and as one leg of two")
    print("   a test          a test, leases included       from test to test   ", end="")
    print("CPU of pytest        calls")
    for seconds in (0.0, 0.05):
        with tempfile.TemporaryDirectory(prefix="shards-") as folder:
            service = _served(Path(folder), [seconds] * cases)
            try:
                played = [
                    [_alone(service, cases, shards) for shards in (1, 2)] for _ in range(rounds)
                ]
            finally:
                service.stop()
        whole, between, cpu, calls = (
            [statistics.median(figures) for figures in zip(*both, strict=True)]
            for both in zip(*(zip(*pair, strict=True) for pair in played), strict=True)
        )
        print(f"   {1000 * seconds:3.0f} ms", end="")
        for without, leg in (whole, between):
            print(f" {without:7.2f} {leg:7.2f} ms {100 * (leg / without - 1):5.1f} %", end="")
        print(f"   {cpu[0]:.2f} {cpu[1]:.2f} s   {calls[0]:.0f} {calls[1]:.0f}", flush=True)


def _alone(service, cases, shards):
    """Milliseconds a case, usual ones from one to the next, seconds of pytest's CPU, calls."""
    row = service.post("/plan/run", planId=1, envCode="alone", shards=shards)
    cpu, calls = _cpu_of_children(), _calls(service)
    if service.pytest(row["id"], "-n0").wait(600):
        raise SystemExit((service.folder / f"console-{row['id']}").read_text())
    cpu, calls = _cpu_of_children() - cpu, _calls(service) - calls
    said = list(project.said(service.project, row["id"]))
    moments = [moment for *_, moment in said]
    begun = sorted(moment for word, *_, moment in said if word == "begun")
    usual = statistics.median(later - one for one, later in pairwise(begun))
    return 1000 * (max(moments) - min(moments)) / cases, 1000 * usual, cpu, calls


def _cpu_of_children():
    """Of those that have ended: the service has not."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _calls(service):
    counted = requests.get(f"{service.url}/metrics", timeout=60).text
    return sum(
        map(float, re.findall(r"^sisyphus_callbacks_total\{.*\} (\S+)$", counted, re.MULTILINE))
    )


if __name__ == "__main__":
    main()
