"""What the kill campaign calls a violation: it must not be blind."""

import dataclasses
from collections import Counter

import pytest

from benchmarks.reliability import scenario
from benchmarks.reliability.checks import COUNTED, NOBODY, TAKEN_ALONG, Seen, violations
from benchmarks.reliability.project import CASES, Account, expected

EVERY = Counter(CASES)


def row(case, status=None, error=""):
    status = expected(case) if status is None else status
    return {"id": 100 + case, "case_id": case, "status": status, "error_message": error}


def seen(*changed, status=5, **fields):
    """A run that nothing happened to, but for these rows."""
    rows = [*{one["case_id"]: one for one in [*map(row, CASES), *changed]}.values()]
    found = [one["status"] for one in rows]
    summary = {name: found.count(n) for n, name in enumerate(COUNTED)} | {"total": len(found)}
    whole = Seen(
        detail={"status": status, "summary": summary},
        rows=rows,
        account=Account(met=Counter(), begun=EVERY, ran=EVERY, over=EVERY),
        spooled=None,
        pytest_lived=True,
        replayed=True,
    )
    return dataclasses.replace(whole, **fields)


def account(**words):
    return dataclasses.replace(seen().account, **{name: Counter(n) for name, n in words.items()})


KILLED = {"status": 8, "pytest_lived": False}
UNKNOWN = row(8, 4, f"{NOBODY}，未收到结果")
GONE = 4, f"{NOBODY}，用例未开始"
CRASHED = row(2, 3, "worker 'gw0' crashed while running 'test_case[2]'")
ALONG = row(2, 3, f"{TAKEN_ALONG}: it was killed, or …: test_cases.py::test_case[2]")
NOT_BEGUN = {"begun": [n for n in CASES if n != 2], "met": [1]}


@pytest.mark.parametrize(
    "fine",
    [
        seen(),
        seen(*(row(n, 7) for n in CASES), status=8, account=account(begun=[], ran=[], over=[])),
        seen(UNKNOWN, **KILLED, spooled={101: 2}),
        seen(UNKNOWN, **KILLED, runner_replays=True, account=account(over=range(1, 8))),
        seen(status=8, spooled={100 + n: expected(n) for n in CASES}),
        seen(UNKNOWN, status=8, replayed=False, spooled={100 + n: expected(n) for n in CASES}),
        seen(CRASHED, account=account(met=[2])),
        seen(ALONG, **KILLED, account=account(met=[2]), spooled={}),
        seen(row(2, 4, "before the test began: gw0 crashed"), account=account(**NOT_BEGUN)),
    ],
    ids=[
        "nothing-died",
        "pytest-gave-up",
        "pytest-was-killed",
        "its-runner-replayed",
        "service-back-too-late",
        "not-replayed-yet",
        "worker-was-killed",
        "pytest-taken-along",
        "worker-killed-between-tests",
    ],
)
def test_what_is_right_is_no_violation(fine):
    assert violations(fine) == []


def test_counters_that_are_not_the_rows_are_seen():
    wrong = seen()
    wrong.detail["summary"]["passed"] += 1
    assert [kind for kind, _ in violations(wrong)] == ["counters"]


@pytest.mark.parametrize(
    ("wrong", "kinds"),
    [
        (seen(status=3, pytest_lived=False), {"unfinished"}),
        (seen(row(1, 1), status=8, pytest_lived=False), {"unfinished"}),
        (seen(executions=2), {"double"}),
        (seen(row(9, 2)), {"double", "untrue"}),
        (seen(account=account(begun=[*CASES, 1])), {"double"}),
        (seen(row(1, 3)), {"untrue"}),
        (seen(row(1, 7)), {"untrue"}),  # others ran
        (seen(account=account(ran=range(2, 9))), {"untrue"}),
        (seen(CRASHED), {"untrue"}),
        (seen(ALONG, **KILLED, spooled={}), {"untrue"}),  # never met
        (seen(ALONG, account=account(met=[2])), {"untrue"}),  # the run lived
        (seen(UNKNOWN, status=8), {"untrue", "lost"}),
        (seen(UNKNOWN, **KILLED), {"lost"}),
        (seen(*(row(n, *GONE) for n in CASES), **KILLED, runner_replays=True), {"lost"}),
        (seen(UNKNOWN, **KILLED, spooled={108: 2}), {"lost"}),
        (seen(spooled={101: 2}), {"lost"}),
        (seen(status=8), {"lost"}),
    ],
    ids=lambda value: "+".join(sorted(value)) if isinstance(value, set) else "",
)
def test_what_is_wrong_is_seen(wrong, kinds):
    assert {kind for kind, _ in violations(wrong)} == kinds


def test_a_seed_always_means_the_same_round():
    assert [scenario.of(n) for n in range(50)] == [scenario.of(n) for n in range(50)]
    kinds = {scenario.of(n).kind for n in range(2 * len(scenario.KINDS))}
    assert len(kinds) == 2 * len(set(scenario.KINDS))
