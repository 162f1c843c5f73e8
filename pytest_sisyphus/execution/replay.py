"""`--sisyphus-replay`: deliver what an earlier run could not; run nothing."""

import contextlib
import dataclasses
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from pytest_sisyphus.clock import SystemClock
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.errors import in_words
from pytest_sisyphus.execution.backoff import Backoff
from pytest_sisyphus.execution.client import CallFailed, OrchestratorClient
from pytest_sisyphus.execution.contract import UNFINISHED
from pytest_sisyphus.execution.delivery import DeliveryQueue, DeliveryStats
from pytest_sisyphus.execution.endpoints import FINISH, PULL
from pytest_sisyphus.execution.fetch import all_pages, connect
from pytest_sisyphus.execution.payloads import as_canceled
from pytest_sisyphus.execution.sender import Sender
from pytest_sisyphus.execution.spool import (
    LeftSpool,
    Record,
    SpoolUnreadableError,
    is_in_use,
    read_spool,
)
from pytest_sisyphus.execution.status import ENDED, ResultStatus
from pytest_sisyphus.i18n import tr

#: appended to a spool whose readable results are delivered, and that holds unreadable lines too.
DAMAGED: Final = ".damaged"
#: what a case may have that nobody told the outcome of, because its leg was lost or canceled.
_MARKS: Final = frozenset({ResultStatus.BLOCKED, ResultStatus.CANCELED})


def replay(path: Path, options: Options) -> int:
    """`path`: a spool, or a folder of them. Exit code 0 when nothing is left. Raises UsageError."""
    client = connect(options, needed_by="--sisyphus-replay")
    with contextlib.closing(client):
        deliver = partial(_deliver, client=client, options=options)
        done = _replay_folder(path, deliver) if path.is_dir() else [_replay_file(path, deliver)]
    if not done:
        _print(tr("nothing to deliver in {path}", path=path))
    return int(pytest.ExitCode.OK if all(done) else pytest.ExitCode.TESTS_FAILED)


def _replay_file(path: Path, deliver: Callable[[LeftSpool], bool]) -> bool:
    try:
        if is_in_use(path):
            raise pytest.UsageError(
                tr("--sisyphus-replay: a running session still writes {path}", path=path)
            )
        spool = read_spool(path)
    except (OSError, SpoolUnreadableError) as error:
        raise pytest.UsageError(tr("--sisyphus-replay: {error}", error=in_words(error))) from error
    return deliver(spool)


def _replay_folder(folder: Path, deliver: Callable[[LeftSpool], bool]) -> list[bool]:
    """Whether each spool is delivered; a spool that fails does not stop the others."""
    done, unreadable = [], 0
    for path in sorted(folder.glob("*.jsonl")):
        try:
            if is_in_use(path):
                continue
            spool = read_spool(path)
        except (OSError, SpoolUnreadableError) as error:
            _print(f"UNREADABLE: {in_words(error)}")
            unreadable += 1
            continue
        done.append(deliver(spool))
    if unreadable:
        _print(
            tr(
                "UNREADABLE: {unreadable} of {total} spools in {folder}",
                unreadable=unreadable,
                total=unreadable + len(done),
                folder=folder,
            )
        )
    return [*done, *[False] * unreadable]


def _deliver(spool: LeftSpool, *, client: OrchestratorClient, options: Options) -> bool:
    seconds = options.flush_timeout
    pulled: Mapping[str, Any] = {}
    with contextlib.suppress(CallFailed):  # what is sent next will say so
        pulled = _pull_execution(spool.execution_id, client, seconds)
    in_flight, waiting = _in_flight(spool, pulled, client, options)
    spool = dataclasses.replace(spool, in_flight=in_flight)
    end = spool.end
    if end is None and not options.leave_open:
        # of a run that was killed: with what it had, its execution ends
        of_case = {one["executionCaseId"]: one for one in (*spool.results, *spool.in_flight)}
        end = FINISH, {"counts": dict(Counter(str(one["status"]) for one in of_case.values()))}
    other = str(pulled.get("executionNo") or "")
    if other and spool.execution_no not in {"", other}:  # another database has this id too
        _print(
            tr(
                "NOT DELIVERED: {path} is of execution {id} ({number}), which is another "
                "one there ({other})",
                path=spool.path,
                id=spool.execution_id,
                number=spool.execution_no,
                other=other,
            )
        )
        return False
    stats = _send(spool, end, client, seconds)
    is_delivered = not (stats.undelivered or waiting) and (stats.closed or end is None)
    for line in _summary_lines(spool, stats, waiting, is_delivered=is_delivered):
        _print(line)
    if is_delivered:
        _print(_execution_state(spool.execution_id, client, seconds))
    if is_delivered and spool.damaged_lines:
        spool.path.rename(spool.path.with_name(spool.path.name + DAMAGED))
    elif is_delivered:
        spool.path.unlink(missing_ok=True)
    return is_delivered and not spool.damaged_lines


def _in_flight(
    spool: LeftSpool, pulled: Mapping[str, Any], client: OrchestratorClient, options: Options
) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """What is said of the tests that ran when pytest was killed; and what is not said yet: with
    `retryLost` they run again, once the runner has told that the leg is gone."""
    said, waiting = list(spool.in_flight), list[Record]()
    if said and pulled.get("fenceSeconds") is not None:
        rows: list[Mapping[str, Any]] = []
        with contextlib.suppress(CallFailed, KeyError, TypeError, ValueError):
            _, rows = all_pages(client, spool.execution_id, options.flush_timeout)
        status_of = {row["executionCaseId"]: row.get("status") for row in rows}
        marked = [one for one in said if status_of.get(one["executionCaseId"]) in _MARKS]
        waiting = [one for one in said if status_of.get(one["executionCaseId"]) in UNFINISHED]
        said = marked  # any other has the outcome of the leg that ran it again
        if not options.leave_open or pulled.get("status") in ENDED:
            said, waiting = marked + waiting, []
    return tuple(map(as_canceled, said) if options.cut_by_runner else said), tuple(waiting)


def _send(
    spool: LeftSpool,
    end: tuple[str, Record] | None,
    client: OrchestratorClient,
    seconds: float,
) -> DeliveryStats:
    clock = SystemClock()
    delivery = DeliveryQueue(
        client,
        execution_id=spool.execution_id,
        execution_no=spool.execution_no,
        runner_id=spool.runner_id,
        clock=clock,
        backoff=Backoff(),
    )
    if spool.start is not None:
        delivery.start(spool.start)
    for body in spool.results:
        if body["resultId"] in spool.sent:
            delivery.already_delivered(body)
        else:
            delivery.result(body)
    for body in spool.in_flight:
        delivery.result(body)
    if end is not None:
        delivery.end(*end)
    sender = Sender(delivery, clock)
    sender.begin()
    return sender.flush(seconds)


def _pull_execution(
    execution_id: int, client: OrchestratorClient, seconds: float
) -> Mapping[str, Any]:
    """The execution itself; of its cases only one."""
    return client.get(PULL, {"executionId": execution_id, "pageSize": 1}, seconds)


def _execution_state(execution_id: int, client: OrchestratorClient, seconds: float) -> str:
    """One sentence: the execution's status as the orchestrator has it now."""
    try:
        status = _pull_execution(execution_id, client, seconds).get("status")
    except CallFailed as error:
        return tr(
            "execution {id}: its state could not be asked for: {error}",
            id=execution_id,
            error=error,
        )
    if status in ENDED:
        return tr(
            "execution {id} is over: it {ended} (status {status})",
            id=execution_id,
            ended=tr(ENDED[status]),
            status=status,
        )
    return tr(
        "execution {id} is not over for the orchestrator (status {status})",
        id=execution_id,
        status=status,
    )


def _print(line: str) -> None:
    sys.stdout.write(f"sisyphus: {line}\n")


def _summary_lines(
    spool: LeftSpool, stats: DeliveryStats, waiting: Sequence[Record], *, is_delivered: bool
) -> Iterator[str]:
    handed = len(stats.handed_over)
    delivered = handed - stats.undelivered
    yield tr(
        "execution {id}: delivered {delivered} of {handed} results",
        id=spool.execution_id,
        delivered=delivered,
        handed=handed,
    )
    if spool.is_incomplete:
        yield tr(
            "execution {id}: the disk was full, results are missing in its spool",
            id=spool.execution_id,
        )
    elif spool.end is None:
        yield tr(
            "execution {id}: its pytest was killed; what it had is all there is",
            id=spool.execution_id,
        )
    for body in spool.in_flight:
        what = "canceled" if body["status"] == ResultStatus.CANCELED else "failed"
        yield f"{what}: {body['errorMessage']}"
    for body in waiting:
        yield tr(
            "kept: {nodeid} ran when its pytest was killed, and may run again on another leg",
            nodeid=body["pytestNodeid"],
        )
    yield from (
        tr("refused: {reason}", reason=reason) for reason in sorted(set(stats.refused.values()))
    )
    if stats.last_error:
        yield tr("last trouble: {error}", error=stats.last_error)
    if spool.damaged_lines:
        yield tr(
            "LOST: {count} damaged lines in {path}", count=spool.damaged_lines, path=spool.path
        )
    if not is_delivered:
        yield tr(
            "UNDELIVERED: {count} results, still kept in {path}",
            count=stats.undelivered + len(waiting),
            path=spool.path,
        )
