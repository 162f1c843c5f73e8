"""`--sisyphus-replay`: deliver what an earlier run could not; run nothing."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from ..options import Options
from .client import PREFIX, CallFailed, Orchestrator
from .courier import Courier, Tally
from .pace import RealPace
from .pull import PULL, reach
from .retry import Backoff
from .sender import Sender
from .spool import LeftSpool, SpoolUnreadableError, is_in_use, read_spool
from .status import ENDED

#: appended to a spool whose readable results are delivered, and that holds unreadable lines too.
DAMAGED: Final = ".damaged"


def replay(path: Path, options: Options) -> int:
    """`path`: a spool, or a folder of them. Exit code 0 when nothing is left. Raises UsageError."""
    orchestrator = reach(options, needed_by="--sisyphus-replay")
    with contextlib.closing(orchestrator):
        done = [_deliver(spool, orchestrator, options.flush_timeout) for spool in _spools(path)]
    if not done:
        _say(f"nothing to deliver in {path}")
    return int(pytest.ExitCode.OK if all(done) else pytest.ExitCode.TESTS_FAILED)


def _spools(path: Path) -> Iterator[LeftSpool]:
    if path.is_dir():
        files = [file for file in sorted(path.glob("*.jsonl")) if not is_in_use(file)]
    else:
        files = [path]
    for file in files:
        try:
            if is_in_use(file):
                raise pytest.UsageError(f"--sisyphus-replay: a running session still writes {file}")
            yield read_spool(file)
        except (OSError, SpoolUnreadableError) as error:
            raise pytest.UsageError(f"--sisyphus-replay: {error}") from error


def _deliver(spool: LeftSpool, orchestrator: Orchestrator, seconds: float) -> bool:
    tally = _send(spool, orchestrator, seconds)
    is_delivered = not tally.undelivered and (tally.closed or spool.end is None)
    for line in _told(spool, tally, is_delivered=is_delivered):
        _say(line)
    if is_delivered:
        _say(_known(spool.execution_id, orchestrator, seconds))
    if is_delivered and spool.damaged_lines:
        spool.path.rename(spool.path.with_name(spool.path.name + DAMAGED))
    elif is_delivered:
        spool.path.unlink(missing_ok=True)
    return is_delivered and not spool.damaged_lines


def _send(spool: LeftSpool, orchestrator: Orchestrator, seconds: float) -> Tally:
    pace = RealPace()
    courier = Courier(
        orchestrator,
        execution_id=spool.execution_id,
        runner_id=spool.runner_id,
        pace=pace,
        backoff=Backoff(),
    )
    for body in spool.unsent:
        courier.result(body)
    if spool.end is not None:
        courier.end(*spool.end)
    sender = Sender(courier, pace)
    sender.begin()
    return sender.flush(seconds)


def _known(execution_id: int, orchestrator: Orchestrator, seconds: float) -> str:
    """What the orchestrator says of the execution now, and what the reader can do."""
    try:
        head = orchestrator.get(PULL, {"executionId": execution_id, "pageSize": 1}, seconds)
    except CallFailed as error:
        return f"execution {execution_id}: its state could not be asked for: {error}"
    status = head.get("status")
    if status in ENDED:
        return f"execution {execution_id} is over: it {ENDED[status]} (status {status})"
    return (
        f"execution {execution_id} is not over for the orchestrator (status {status}): the spool "
        "does not say how its run ended. If no run of it is left, the orchestrator ends it by "
        f"itself (status 8), or end it now: POST {PREFIX}/automation/execution/cancel "
        f'{{"executionId": {execution_id}}}'
    )


def _say(line: str) -> None:
    sys.stdout.write(f"sisyphus: {line}\n")


def _told(spool: LeftSpool, tally: Tally, *, is_delivered: bool) -> Iterator[str]:
    handed = len(tally.handed_over)
    delivered = handed - tally.undelivered
    yield f"execution {spool.execution_id}: delivered {delivered} of {handed} results"
    yield from (f"refused: {reason}" for reason in sorted(set(tally.refused.values())))
    if tally.trouble:
        yield f"last trouble: {tally.trouble}"
    if spool.damaged_lines:
        yield f"LOST: {spool.damaged_lines} damaged lines in {spool.path}"
    if not is_delivered:
        yield f"UNDELIVERED: {tally.undelivered} results, still kept in {spool.path}"
