"""Ask for an execution and its cases; every way that fails is one sentence for a person."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import pytest

from ..options import Options
from .client import CallFailed, Orchestrator
from .endpoints import PULL
from .pace import Pace
from .pulled import Execution, read_execution
from .retry import Backoff
from .status import ENDED

PAGE_SIZE: Final = 500
#: seconds that one call may take.
CALL_SECONDS: Final = 10.0
#: cases; more than any orchestrator takes into a plan.
LARGEST_PLAN: Final = 100_000

NO_SUCH_EXECUTION: Final = 40011
T = TypeVar("T")


def reach(options: Options, *, needed_by: str) -> Orchestrator:
    """Raises UsageError where the address or the credentials are missing."""
    if not options.url:
        raise pytest.UsageError(f"{needed_by} needs --sisyphus-url=http://host:port")
    if not (options.token or options.secret):
        raise pytest.UsageError(
            f"{needed_by} needs --sisyphus-token (the execution's callback token) "
            "or --sisyphus-secret"
        )
    for name, given in (("token", options.token), ("secret", options.secret)):
        if not (given.reveal().isascii() and given.reveal().isprintable()):
            raise pytest.UsageError(
                f"--sisyphus-{name} (or its file, or its variable) holds a line break or another "
                "character that no HTTP header can carry; expected printable ASCII on one line"
            )
    try:
        return Orchestrator(options.url, token=options.token, secret=options.secret)
    except ValueError as error:
        raise pytest.UsageError(f"--sisyphus-url: {error}") from error


def pull(orchestrator: Orchestrator, execution_id: int, pace: Pace, seconds: float) -> Execution:
    """All pages. Raises UsageError."""
    ask = _Pages(orchestrator, execution_id)
    try:
        head, items = patiently(ask, pace, seconds)
        execution = read_execution(head, items)
    except CallFailed as failure:
        raise pytest.UsageError(explained(failure, execution_id)) from failure
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise pytest.UsageError(
            f"execution {execution_id} cannot be pulled: "
            f"the answer of {orchestrator.url} is not the contract's ({error!r})"
        ) from error
    return _worth_running(execution, orchestrator.url)


def patiently(call: Callable[[float], T], pace: Pace, seconds: float) -> T:
    """Repeat a call, which gets its time limit, while it fails for now. Raises CallFailed."""
    end, backoff, failures = pace.tick() + seconds, Backoff(), 0
    while True:
        try:
            return call(min(CALL_SECONDS, max(0.1, end - pace.tick())))
        except CallFailed as failure:
            failures += 1
            pause = backoff.delay(failures, failure.retry_after)
            if not failure.transient or pace.tick() + pause >= end:
                raise
            pace.wait(threading.Event(), pause)


def explained(failure: CallFailed, execution_id: int) -> str:
    if failure.http_status in {401, 403}:
        why = "the token is not this execution's, or it has expired"
    elif failure.code == NO_SUCH_EXECUTION:
        why = "there is no such execution"
    elif failure.http_status == 404:
        why = "no orchestrator answers at that address"
    elif failure.http_status == 409:
        why = "another runner holds it, or it is over"
    else:
        return f"execution {execution_id} cannot be run: {failure}"
    return f"execution {execution_id} cannot be run: {why} ({failure})"


class _Pages:
    def __init__(self, orchestrator: Orchestrator, execution_id: int) -> None:
        self._orchestrator = orchestrator
        self._execution_id = execution_id

    def __call__(self, timeout: float) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
        head = self._page(1, timeout)
        if head["executionId"] != self._execution_id:
            raise ValueError(f"it is about execution {head['executionId']}")
        rows = {row["executionCaseId"]: row for row in head["items"]}
        total, page = int(head.get("total") or len(rows)), 1
        if total > LARGEST_PLAN:
            raise ValueError(f"{total} cases announced")
        while len(rows) < total:
            page += 1
            before = len(rows)
            answer = self._page(page, timeout)
            rows.update((row["executionCaseId"], row) for row in answer["items"])
            if len(rows) == before:
                raise ValueError(f"{total} cases announced, {before} handed out")
        return head, list(rows.values())

    def _page(self, number: int, timeout: float) -> Mapping[str, Any]:
        params = {"executionId": self._execution_id, "pageNo": number, "pageSize": PAGE_SIZE}
        return self._orchestrator.get(PULL, params, timeout)


def _worth_running(execution: Execution, url: str) -> Execution:
    if execution.status in ENDED:
        raise pytest.UsageError(
            f"execution {execution.id} is over: it {ENDED[execution.status]} "
            f"(status {execution.status}, says {url}); start a new one"
        )
    if not execution.cases:
        raise pytest.UsageError(f"execution {execution.id} has no cases to run")
    return execution
