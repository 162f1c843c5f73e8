"""`--sisyphus-replay`: deliver what an earlier run could not; run nothing."""

import contextlib
import dataclasses
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from ..options import Options
from .client import CallFailed, Orchestrator
from .courier import Courier, Tally
from .documents import cut
from .endpoints import FINISH, PULL
from .pace import RealPace
from .pull import reach
from .retry import Backoff
from .sender import Sender
from .spool import LeftSpool, Record, SpoolUnreadableError, is_in_use, read_spool
from .status import ENDED, CaseStatus

#: appended to a spool whose readable results are delivered, and that holds unreadable lines too.
DAMAGED: Final = ".damaged"


def replay(path: Path, options: Options) -> int:
    """`path`: a spool, or a folder of them. Exit code 0 when nothing is left. Raises UsageError."""
    orchestrator = reach(options, needed_by="--sisyphus-replay")
    with contextlib.closing(orchestrator):
        deliver = partial(_delivered, orchestrator=orchestrator, options=options)
        done = _each(path, deliver) if path.is_dir() else [_alone(path, deliver)]
    if not done:
        _say(f"nothing to deliver in {path}")
    return int(pytest.ExitCode.OK if all(done) else pytest.ExitCode.TESTS_FAILED)


def _alone(path: Path, deliver: Callable[[LeftSpool], bool]) -> bool:
    try:
        if is_in_use(path):
            raise pytest.UsageError(f"--sisyphus-replay: a running session still writes {path}")
        spool = read_spool(path)
    except (OSError, SpoolUnreadableError) as error:
        raise pytest.UsageError(f"--sisyphus-replay: {error}") from error
    return deliver(spool)


def _each(folder: Path, deliver: Callable[[LeftSpool], bool]) -> list[bool]:
    """Whether each is delivered; none stands in the way of the others."""
    done, unreadable = [], 0
    for path in sorted(folder.glob("*.jsonl")):
        try:
            if is_in_use(path):
                continue
            spool = read_spool(path)
        except (OSError, SpoolUnreadableError) as error:
            _say(f"UNREADABLE: {error}")
            unreadable += 1
            continue
        done.append(deliver(spool))
    if unreadable:
        _say(f"UNREADABLE: {unreadable} of {unreadable + len(done)} spools in {folder}")
    return [*done, *[False] * unreadable]


def _delivered(spool: LeftSpool, *, orchestrator: Orchestrator, options: Options) -> bool:
    seconds = options.flush_timeout
    if options.cut_by_runner:
        spool = dataclasses.replace(spool, taken_along=tuple(map(cut, spool.taken_along)))
    end = spool.end
    if end is None and not options.leave_open:
        end = FINISH, {"counts": _counts(spool)}
    other = _other_execution(spool, orchestrator, seconds)
    if other:
        _say(
            f"NOT DELIVERED: {spool.path} is of execution {spool.execution_id} "
            f"({spool.execution_no}), which is another one there ({other})"
        )
        return False
    tally = _send(spool, end, orchestrator, seconds)
    is_delivered = not tally.undelivered and (tally.closed or end is None)
    for line in _told(spool, tally, is_delivered=is_delivered):
        _say(line)
    if is_delivered:
        _say(_known(spool.execution_id, orchestrator, seconds))
    if is_delivered and spool.damaged_lines:
        spool.path.rename(spool.path.with_name(spool.path.name + DAMAGED))
    elif is_delivered:
        spool.path.unlink(missing_ok=True)
    return is_delivered and not spool.damaged_lines


def _other_execution(spool: LeftSpool, orchestrator: Orchestrator, seconds: float) -> str:
    """The number of an execution that has this id there, and is not the spool's."""
    try:
        head = _head(spool.execution_id, orchestrator, seconds)
    except CallFailed:
        return ""  # what is sent next will say so
    number = str(head.get("executionNo") or "")
    return number if spool.execution_no and number != spool.execution_no else ""


def _send(
    spool: LeftSpool, end: tuple[str, Record] | None, orchestrator: Orchestrator, seconds: float
) -> Tally:
    pace = RealPace()
    courier = Courier(
        orchestrator,
        execution_id=spool.execution_id,
        execution_no=spool.execution_no,
        runner_id=spool.runner_id,
        pace=pace,
        backoff=Backoff(),
    )
    if spool.start is not None:
        courier.start(spool.start)
    for body in spool.results:
        if body["resultId"] in spool.sent:
            courier.confirmed_before(body)
        else:
            courier.result(body)
    for body in spool.taken_along:
        courier.result(body)
    if end is not None:
        courier.end(*end)
    sender = Sender(courier, pace)
    sender.begin()
    return sender.flush(seconds)


def _counts(spool: LeftSpool) -> dict[str, int]:
    """Of a run that was killed: with what it had, its execution ends."""
    of_case = {one["executionCaseId"]: one for one in (*spool.results, *spool.taken_along)}
    return dict(Counter(str(one["status"]) for one in of_case.values()))


def _head(execution_id: int, orchestrator: Orchestrator, seconds: float) -> Mapping[str, Any]:
    return orchestrator.get(PULL, {"executionId": execution_id, "pageSize": 1}, seconds)


def _known(execution_id: int, orchestrator: Orchestrator, seconds: float) -> str:
    """What the orchestrator says of the execution now, and what the reader can do."""
    try:
        head = _head(execution_id, orchestrator, seconds)
    except CallFailed as error:
        return f"execution {execution_id}: its state could not be asked for: {error}"
    status = head.get("status")
    if status in ENDED:
        return f"execution {execution_id} is over: it {ENDED[status]} (status {status})"
    return f"execution {execution_id} is not over for the orchestrator (status {status})"


def _say(line: str) -> None:
    sys.stdout.write(f"sisyphus: {line}\n")


def _told(spool: LeftSpool, tally: Tally, *, is_delivered: bool) -> Iterator[str]:
    handed = len(tally.handed_over)
    delivered = handed - tally.undelivered
    yield f"execution {spool.execution_id}: delivered {delivered} of {handed} results"
    if spool.is_incomplete:
        yield f"execution {spool.execution_id}: the disk was full, results are missing in its spool"
    elif spool.end is None:
        yield f"execution {spool.execution_id}: its pytest was killed; what it had is all there is"
    for body in spool.taken_along:
        what = "canceled" if body["status"] == CaseStatus.CANCELED else "failed"
        yield f"{what}: {body['errorMessage']}"
    yield from (f"refused: {reason}" for reason in sorted(set(tally.refused.values())))
    if tally.trouble:
        yield f"last trouble: {tally.trouble}"
    if spool.damaged_lines:
        yield f"LOST: {spool.damaged_lines} damaged lines in {spool.path}"
    if not is_delivered:
        yield f"UNDELIVERED: {tally.undelivered} results, still kept in {spool.path}"
