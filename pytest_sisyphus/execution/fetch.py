"""Ask for an execution and its cases; every way that fails is one sentence for a person."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import pytest

from pytest_sisyphus.clock import Clock
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.execution.backoff import Backoff
from pytest_sisyphus.execution.client import CallFailed, OrchestratorClient
from pytest_sisyphus.execution.contract import Execution, read_execution
from pytest_sisyphus.execution.endpoints import PULL
from pytest_sisyphus.execution.status import ENDED
from pytest_sisyphus.i18n import tr

PAGE_SIZE: Final = 500
#: seconds that one call may take.
CALL_SECONDS: Final = 10.0
#: cases; more than any orchestrator takes into a plan.
LARGEST_PLAN: Final = 100_000

NO_SUCH_EXECUTION: Final = 40011
T = TypeVar("T")


def connect(options: Options, *, needed_by: str) -> OrchestratorClient:
    """Raises UsageError where the address or the credentials are missing."""
    if not options.url:
        raise pytest.UsageError(
            tr("{needed_by} needs --sisyphus-url=http://host:port", needed_by=needed_by)
        )
    if not (options.token or options.secret):
        raise pytest.UsageError(
            tr(
                "{needed_by} needs --sisyphus-token (the execution's callback token) or "
                "--sisyphus-secret",
                needed_by=needed_by,
            )
        )
    for name, given in (("token", options.token), ("secret", options.secret)):
        if not (given.reveal().isascii() and given.reveal().isprintable()):
            raise pytest.UsageError(
                tr(
                    "--sisyphus-{name} (or its file, or its variable) holds a line break or "
                    "another character that no HTTP header can carry; expected printable "
                    "ASCII on one line",
                    name=name,
                )
            )
    try:
        return OrchestratorClient(options.url, token=options.token, secret=options.secret)
    except ValueError as error:
        raise pytest.UsageError(tr("--sisyphus-url: {error}", error=error)) from error


def fetch_execution(
    client: OrchestratorClient, execution_id: int, clock: Clock, seconds: float
) -> Execution:
    """The execution with all its cases; `seconds`: how long an orchestrator may be away. Raises
    UsageError, which says why it cannot be run."""
    try:
        first_page, rows = with_retries(
            lambda timeout: all_pages(client, execution_id, timeout), clock, seconds
        )
        execution = read_execution(first_page, rows)
    except CallFailed as failure:
        raise pytest.UsageError(explain_failure(failure, execution_id)) from failure
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise pytest.UsageError(
            tr(
                "execution {id} cannot be pulled: the answer of {url} is not the "
                "contract's ({error!r})",
                id=execution_id,
                url=client.url,
                error=error,
            )
        ) from error
    if execution.status in ENDED:
        raise pytest.UsageError(
            tr(
                "execution {id} is over: it {ended} (status {status}, says {url}); start a new one",
                id=execution.id,
                ended=tr(ENDED[execution.status]),
                status=execution.status,
                url=client.url,
            )
        )
    if not execution.cases:
        raise pytest.UsageError(tr("execution {id} has no cases to run", id=execution.id))
    return execution


def with_retries(call: Callable[[float], T], clock: Clock, seconds: float) -> T:
    """Repeat a call, which gets its time limit in seconds, while its failure is transient. Raises
    the last CallFailed."""
    end, backoff, failures = clock.tick() + seconds, Backoff(), 0
    while True:
        try:
            return call(min(CALL_SECONDS, max(0.1, end - clock.tick())))
        except CallFailed as failure:
            failures += 1
            pause = backoff.delay(failures, failure.retry_after)
            if not failure.transient or clock.tick() + pause >= end:
                raise
            clock.wait(threading.Event(), pause)


def explain_failure(failure: CallFailed, execution_id: int) -> str:
    """Why the execution cannot be run, in one sentence."""
    if failure.http_status in {401, 403}:
        why = tr("the token is not this execution's, or it has expired")
    elif failure.code == NO_SUCH_EXECUTION:
        why = tr("there is no such execution")
    elif failure.http_status == 404:
        why = tr("no orchestrator answers at that address")
    elif failure.http_status == 409:
        why = tr("another runner holds it, or it is over")
    else:
        return tr("execution {id} cannot be run: {failure}", id=execution_id, failure=failure)
    return tr(
        "execution {id} cannot be run: {why} ({failure})", id=execution_id, why=why, failure=failure
    )


def all_pages(
    client: OrchestratorClient, execution_id: int, timeout: float
) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """The first page, and the rows of all. Raises CallFailed; ValueError, KeyError or TypeError for
    pages that do not fit together."""

    def page(number: int) -> Mapping[str, Any]:
        params = {"executionId": execution_id, "pageNo": number, "pageSize": PAGE_SIZE}
        return client.get(PULL, params, timeout)

    first_page = page(1)
    if first_page["executionId"] != execution_id:
        raise ValueError(tr("it is about execution {id}", id=first_page["executionId"]))
    rows = {row["executionCaseId"]: row for row in first_page["items"]}
    total, number = int(first_page.get("total") or len(rows)), 1
    if total > LARGEST_PLAN:
        raise ValueError(tr("{total} cases announced", total=total))
    while len(rows) < total:
        number += 1
        before = len(rows)
        rows.update((row["executionCaseId"], row) for row in page(number)["items"])
        if len(rows) == before:
            raise ValueError(
                tr("{total} cases announced, {before} handed out", total=total, before=before)
            )
    return first_page, list(rows.values())
