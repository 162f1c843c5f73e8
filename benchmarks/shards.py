"""How near several legs come to the least possible time, with tests that sleep.

The bound pours all work over the legs as they come (each from its first announced case on), and is
never below the longest test; nothing can be quicker. Beside it stands what the same durations and
arrivals would give in plans divided by hand: dealt in turn, and longest first by what is known.
"""

import argparse
import random
import re
import tempfile
import time
from pathlib import Path

from benchmarks.reliability import project
from benchmarks.reliability.service import Service
from benchmarks.reliability.waiting import until

MEDIAN, LEAST, LONGEST = 0.2, 0.05, 8.0
CASES_OF_FILE = 8
TEST = """
import time, pytest
from account import account

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
    parser.add_argument("--late", type=float, default=0.0, help="seconds that one leg comes later")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    seconds = [_duration(chance) for _ in range(given.cases)]
    known = {n: s * chance.uniform(0.7, 1.3) for n, s in enumerate(seconds, 1)}
    for n in chance.sample(sorted(known), given.cases // 10):
        del known[n]  # new ones
    print(f"   {given.cases} tests, {sum(seconds):.0f} s of sleep, longest {max(seconds):.1f} s")
    print("   legs   makespan    bound   ratio   dealt   longest first   leases   pieces a file")
    with tempfile.TemporaryDirectory(prefix="shards-") as folder:
        service = _served(Path(folder), seconds)
        try:
            _remember(service, known)
            for legs in given.legs:
                _measure(service, seconds, known, legs, given.late)
        finally:
            service.stop()


def _duration(chance):
    long = chance.random() < 0.02
    drawn = chance.lognormvariate(0, 1) * MEDIAN * (30 if long else 1)
    return round(min(LONGEST, max(LEAST, drawn)), 3)


def _served(folder, seconds):
    root = folder / "project"
    project.write(root, cases=range(1))
    (root / "test_cases.py").unlink()
    cases = []
    for first in range(1, len(seconds) + 1, CASES_OF_FILE):
        last = min(first + CASES_OF_FILE - 1, len(seconds))
        name = f"test_{first:04}.py"
        text = TEST.format(first=first, last=last, seconds=seconds[first - 1 : last])
        (root / name).write_text(text)
        cases += [
            {"caseId": n, "caseKey": f"c{n}", "pytestNodeid": f"{name}::test_case[{n}]"}
            for n in range(first, last + 1)
        ]
    service = Service(folder, f"sqlite:///{folder}/shards.sqlite3", "--runner", "external")
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


def _measure(service, seconds, known, legs, late):
    row = service.post("/plan/run", planId=1, envCode=f"legs-{legs}", shards=legs)
    number = row["id"]
    processes = [service.pytest(number, "-n0") for _ in range(legs - bool(late))]
    if late:
        time.sleep(late)
        processes.append(service.pytest(number, "-n0"))
    until(lambda: service.is_over(number), "the execution's end", seconds=600, pause=0.2)
    for process in processes:
        process.wait(60)
    rows = service.rows(number)
    if {one["status"] for one in rows} != {2}:
        raise RuntimeError(f"not all passed: {sorted({one['status'] for one in rows})}")
    said = list(project.said(service.project, number))
    begun = {}
    for _, _, process, moment in said:
        begun[process] = min(begun.get(process, moment), moment)
    start = min(begun.values())
    arrivals = [moment - start for moment in begun.values()]
    makespan = max(moment for *_, moment in said) - start
    least = bound(seconds, arrivals)
    order = sorted(range(len(seconds)), key=lambda at: -known.get(at + 1, LONGEST))
    dealt = _static(seconds, arrivals, range(len(seconds)), known, in_turn=True)
    longest_first = _static(seconds, arrivals, order, known, in_turn=False)
    console = (service.folder / f"console-{number}").read_text()
    leases = sum(map(int, re.findall(r"cases? of \d+ in (\d+) lease", console)))
    pieces = {((case - 1) // CASES_OF_FILE, process) for _, case, process, _ in said}
    files = -(-len(seconds) // CASES_OF_FILE)
    print(f"   {legs:4} {makespan:9.1f} s {least:7.1f} s {makespan / least:7.3f}", end="")
    print(f" {dealt / least:7.3f} {longest_first / least:15.3f}", end="")
    print(f" {leases:8} {len(pieces) / files:15.2f}", flush=True)


def bound(seconds, arrivals):
    """The least time in which legs that come at `arrivals` can sleep that much."""
    came, left, at = 0, sum(seconds), 0.0
    for arrival in sorted(arrivals):
        done = (arrival - at) * came
        if came and done >= left:
            break
        left, at, came = left - done, arrival, came + 1
    return max(at + left / came, *seconds)


def _static(seconds, arrivals, order, known, *, in_turn):
    """The end of plans divided beforehand: `in_turn`, or each to whoever has least, by `known`."""
    guessed, ends = [0.0] * len(arrivals), list(arrivals)
    usual = sorted(known.values())[int(len(known) * 0.9)]
    for place, case in enumerate(order):
        leg = place % len(ends) if in_turn else guessed.index(min(guessed))
        guessed[leg] += known.get(case + 1, usual)
        ends[leg] += seconds[case]
    return max(ends)


if __name__ == "__main__":
    main()
