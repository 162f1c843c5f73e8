"""What must hold after a round, whatever was killed in it."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.reliability.project import BLOCKED, CASES, FAILED, Account, expected

LOST, UNTRUE, DOUBLE, UNFINISHED, COUNTERS = "lost", "untrue", "double", "unfinished", "counters"
KINDS = (LOST, UNTRUE, DOUBLE, UNFINISHED, COUNTERS, "service")
TERMINAL = range(4, 9)
#: tests that two workers may end after the controller that should hear of it is killed.
UNHEARD = 4
REAL = {2, 3, 5}
CANCELED = 7
#: how the service begins what it says of a case that brought no result.
NOBODY = "执行异常结束"
#: how a replay begins what it says of a test that its pytest took along.
TAKEN_ALONG = "pytest ended while this test ran"
COUNTED = ("pending", "running", "passed", "failed", "blocked", "skipped", "notFound", "canceled")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seen:
    """One look at an execution, beside what its tests and its runner left on the disk."""

    detail: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    account: Account
    #: row's id → status, of every result in the runner's spool; None: there is no spool.
    spooled: Mapping[int, int] | None
    #: pytest was not killed: every case must have its own outcome, in its row or in the spool.
    pytest_lived: bool
    #: what the spool holds has been delivered.
    replayed: bool
    #: the runner delivers a killed pytest's spool by itself, before it says that it is gone.
    runner_replays: bool = False
    #: how many executions there are of this round's request.
    executions: int = 1

    @property
    def delivered(self):
        """The run lived, and the service was there before it gave up: nothing is left to do."""
        return self.pytest_lived and self.spooled is None


def violations(seen):
    """`(kind, words)` of everything that does not hold."""
    return [
        *_unfinished(seen),
        *_counters(seen),
        *_double(seen),
        *(pair for row in seen.rows for pair in _row(seen, row)),
        *_verdict(seen),
        *(_undelivered(seen) if seen.replayed or seen.pytest_lived else ()),
    ]


def _unfinished(seen):
    if seen.detail["status"] not in TERMINAL:
        yield UNFINISHED, f"execution in {seen.detail['status']}"
    for row in seen.rows:
        if row["status"] < 2:
            yield UNFINISHED, f"case {row['case_id']} in {row['status']}"


def _verdict(seen):
    """5 by the case that fails; 8 when pytest itself failed before the first test."""
    if seen.delivered and seen.detail["status"] != (5 if seen.account.begun else 8):
        yield LOST, f"the run lived, and its execution is in {seen.detail['status']}"


def _counters(seen):
    found = [row["status"] for row in seen.rows]
    summary = seen.detail["summary"]
    counters = [summary[name] for name in COUNTED]
    if [found.count(n) for n in range(len(COUNTED))] != counters or summary["total"] != len(found):
        yield COUNTERS, f"{summary} of rows in {found}"


def _double(seen):
    cases = sorted(row["case_id"] for row in seen.rows)
    if cases != list(CASES):
        yield DOUBLE, f"rows of the cases {cases}"
    if seen.executions != 1:
        yield DOUBLE, f"{seen.executions} executions of one request"
    for case, times in seen.account.begun.items():
        if times > 1:
            yield DOUBLE, f"case {case} ran {times} times"


def _row(seen, row):
    """A status is a test's own outcome, its worker's crash, or the word that nobody knows."""
    case, status = row["case_id"], row["status"]
    if status in REAL | {BLOCKED} and not _happened(seen, row):
        text = f"case {case} in {status}, its test says {_said(seen.account, case)}"
        yield UNTRUE, f"{text}: {row['error_message']}"
    if status == CANCELED and not seen.account.begun:
        return  # a worker that died while it was born: pytest gave up before its first test
    if status not in {0, 1, BLOCKED, *REAL}:
        yield UNTRUE, f"case {case} in {status}, which nothing in this run may lead to"


def _happened(seen, row):
    case, status, account = row["case_id"], row["status"], seen.account
    if TAKEN_ALONG in row["error_message"]:
        return account.met[case] and not seen.pytest_lived and status == FAILED
    if "crashed" in row["error_message"]:
        return account.met[case] if status == FAILED else not account.begun[case]
    if status == BLOCKED:
        return seen.detail["status"] == 8 and not seen.delivered
    return account.ran[case] and status == expected(case)


def _said(account, case):
    return [word for word in account.words() if getattr(account, word)[case]]


def _undelivered(seen):
    """Whatever the runner had safe on its disk is in the rows."""
    if seen.spooled is None:  # it removes the spool when all of it was confirmed
        unknown = [row["case_id"] for row in seen.rows if row["error_message"].startswith(NOBODY)]
        ended = sum(bool(seen.account.over[case]) for case in unknown)
        if unknown and (seen.pytest_lived or (seen.account.begun and not seen.runner_replays)):
            yield LOST, f"no spool is left, and nobody knows of the cases {unknown}"
        elif ended > UNHEARD:
            yield LOST, f"{ended} of the cases {unknown} had ended, and nobody knows of them"
        return
    found = {row["id"]: row["status"] for row in seen.rows}
    for row, status in seen.spooled.items():
        if seen.replayed and found.get(row) != status:
            yield LOST, f"row {row}: {status} in the spool, {found.get(row)} in the database"
    if seen.pytest_lived and len(seen.spooled) < len(CASES):
        yield LOST, f"the run lived, and its spool holds {len(seen.spooled)} results"
