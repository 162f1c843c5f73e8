"""What to send next, and what an answer means: the delivery's rules, one call at a time.

A courier has no thread and never waits: `turn` makes at most one call and says how long to wait
before the next. `sender.py` gives it a thread; tests give it a pace whose hours pass at once.

Order: `start`, then results (all that gathered, in batches), then the last call (`finish` or
`abort`); a heartbeat when nothing else was said for a while.
"""

import dataclasses
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final, Protocol

from .. import jsontext
from .client import CallFailed
from .endpoints import FINISH, HEARTBEAT, RESULT, START
from .pace import Pace
from .retry import Backoff
from .spool import Spool

BATCH_RESULTS: Final = 1000
BATCH_BYTES: Final = 4 * 1024 * 1024 - 64 * 1024
HEARTBEAT_SECONDS: Final = 15.0
CALL_SECONDS: Final = 15.0
#: a body over somebody's limit, or one result in it that cannot be understood: tried in halves.
DIVISIBLE: Final = frozenset({413, 422})
#: how often `finish` may ask for results again before it says that no more will come.
FINISH_ROUNDS: Final = 3

Body = Mapping[str, Any]


class Calls(Protocol):
    def post(self, path: str, body: Body, timeout: float) -> Body:
        """The answer's data. Raises CallFailed."""


@dataclasses.dataclass(kw_only=True)
class Tally:
    """What became of the outcomes handed over; the results that only say `running` do not count."""

    handed_over: set[str] = dataclasses.field(default_factory=set)
    confirmed: set[str] = dataclasses.field(default_factory=set)
    #: result id → what the orchestrator said against it; asking again would not help.
    refused: dict[str, str] = dataclasses.field(default_factory=dict)
    #: the last call (finish, abort) was confirmed.
    closed: bool = False
    #: the last thing that went wrong, in words.
    trouble: str = ""

    @property
    def undelivered(self) -> int:
        return len(self.handed_over - self.confirmed)


class Courier:
    def __init__(
        self,
        calls: Calls,
        *,
        execution_id: int,
        runner_id: str,
        pace: Pace,
        backoff: Backoff,
        execution_no: str = "",
        spool: Spool | None = None,
        told: Callable[[Body], None] = lambda _: None,
        shut_out: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`told` hears the data of every answer; `shut_out` that another runner is at work."""
        self._calls = calls
        self._identity = {"executionId": execution_id, "runnerId": runner_id}
        if execution_no:
            self._identity["executionNo"] = execution_no
        self._pace = pace
        self._backoff = backoff
        self._spool = spool
        self._told = told
        self._shut_out = shut_out
        self._start: Body | None = None
        self._outbox: deque[Body] = deque()
        self._limit = BATCH_RESULTS
        self._finals: dict[int, Body] = {}
        self._last_call: tuple[str, dict[str, Any]] | None = None
        self._rounds = 0
        self._failures = 0
        self._not_before = 0.0
        #: until then the server asked us to stay away: not even a hurry may undercut it.
        self._kept_away_until = 0.0
        self._last_said = pace.tick()
        self._deadline: float | None = None
        self.tally = Tally()

    # what is to be sent

    def start(self, body: Body) -> None:
        self._start = body

    def result(self, body: Body) -> None:
        self._outbox.append(body)
        if _is_final(body):
            self.tally.handed_over.add(body["resultId"])
            self._finals[body.get("executionCaseId", 0)] = body

    def confirmed_before(self, body: Body) -> None:
        """A result that an earlier run delivered: for an orchestrator that lost it meanwhile."""
        self._finals[body.get("executionCaseId", 0)] = body

    def end(self, path: str, body: Body) -> None:
        """`finish` or `abort`; the first stays."""
        if self._last_call is None and not self.tally.closed:
            self._last_call = (path, dict(body))

    def hurry(self, seconds: float) -> None:
        """The session is over: try again at once, and give up after so many seconds."""
        deadline = self._pace.tick() + seconds
        self._deadline = deadline if self._deadline is None else min(self._deadline, deadline)
        self._not_before = self._kept_away_until
        self._backoff = dataclasses.replace(self._backoff, longest=min(2.0, self._backoff.longest))

    # sending it

    def turn(self) -> float | None:
        """Make at most one call. Seconds until the next turn is due; None: nothing is left."""
        now = self._pace.tick()
        if self._deadline is not None and now >= self._deadline:
            return None
        if now < self._not_before:
            return self._until(self._not_before)
        call = self._next_call(now)
        if call is not None:
            call()
            return 0.0
        if self._deadline is not None:
            return None
        return max(0.0, self._last_said + HEARTBEAT_SECONDS - now)

    def _until(self, moment: float) -> float:
        end = moment if self._deadline is None else min(moment, self._deadline)
        return max(0.0, end - self._pace.tick())

    def _next_call(self, now: float) -> Callable[[], None] | None:
        if self._start is not None:
            return partial(self._send_start, self._start)
        if self._outbox:
            return self._send_results
        if self._last_call is not None:
            return partial(self._send_last_call, *self._last_call)
        if self._deadline is None and now - self._last_said >= HEARTBEAT_SECONDS:
            return self._send_heartbeat
        return None

    def _send_start(self, body: Body) -> None:
        try:
            self._post(START, body)
        except CallFailed as failure:
            if failure.transient:
                return
            if failure.http_status == 409:
                self._shut_out(str(failure))
        else:
            if self._spool is not None:
                self._spool.started()
        self._start = None

    def _send_heartbeat(self) -> None:
        try:
            self._post(HEARTBEAT, {})
        except CallFailed as failure:
            if failure.http_status == 409:
                self._shut_out(str(failure))

    def _send_results(self) -> None:
        batch = _batch(self._outbox, self._limit)
        try:
            data = self._post(RESULT, {"results": batch})
        except CallFailed as failure:
            self._not_taken(batch, failure)
        else:
            self._take(len(batch))
            self._confirmed(batch, data.get("rejected"))

    def _not_taken(self, batch: list[Body], failure: CallFailed) -> None:
        if failure.transient:
            return
        if failure.http_status in DIVISIBLE and len(batch) > 1:
            self._limit = len(batch) // 2
            return
        self._take(len(batch))
        self._refuse(batch, str(failure))

    def _take(self, count: int) -> None:
        for _ in range(count):
            self._outbox.popleft()
        self._limit = min(BATCH_RESULTS, self._limit * 2)

    def _confirmed(self, batch: list[Body], rejected: Any) -> None:
        refused = dict(_rejections(rejected))
        fine = [body for body in batch if body.get("executionCaseId") not in refused]
        for body in batch:
            key = body.get("executionCaseId")
            if key in refused:
                self._refuse([body], refused[key])
        finals = [body["resultId"] for body in fine if _is_final(body)]
        if finals and self._spool is not None:
            self._spool.sent(finals)
        self.tally.confirmed.update(finals)

    def _refuse(self, bodies: Iterable[Body], reason: str) -> None:
        self.tally.refused.update((b["resultId"], reason) for b in bodies if _is_final(b))

    def _send_last_call(self, path: str, body: dict[str, Any]) -> None:
        try:
            data = self._post(path, body)
        except CallFailed as failure:
            if not failure.transient:
                self._last_call = None
            return
        if path == FINISH and self._asked_again(data.get("missing"), body):
            return
        self.tally.closed = True
        self._last_call = None

    def _asked_again(self, missing: Any, body: dict[str, Any]) -> bool:
        """Queue what `finish` misses. False: nothing is missing, or no more will come."""
        keys = [row.get("execution_case_id") for row in _rows(missing)]
        if not keys or body.get("final"):
            return False
        self._rounds += 1
        known = [self._finals[key] for key in keys if key in self._finals]
        if known and self._rounds < FINISH_ROUNDS:
            self.tally.confirmed.difference_update(body["resultId"] for body in known)
            self._outbox.extend(known)
        else:
            body["final"] = True
        return True

    def _post(self, path: str, body: Body) -> Body:
        """Raises CallFailed; one that is transient has already set when to try again."""
        self._last_said = self._pace.tick()
        try:
            data = self._calls.post(path, {**self._identity, **body}, self._seconds())
        except CallFailed as failure:
            self.tally.trouble = str(failure)
            if failure.transient:
                self._step_back(failure.retry_after)
            raise
        self._failures = 0
        self.tally.trouble = ""
        self._told(data)
        return data

    def broke(self, error: Exception) -> None:
        """An answer so odd that reading it failed: like an outage, not worth a session's life."""
        self.tally.trouble = f"the answer cannot be understood: {error!r}"
        self._step_back(None)

    def _step_back(self, retry_after: float | None) -> None:
        now = self._pace.tick()
        self._failures += 1
        self._not_before = now + self._backoff.delay(self._failures, retry_after)
        self._kept_away_until = now + (retry_after or 0.0)

    def _seconds(self) -> float:
        if self._deadline is None:
            return CALL_SECONDS
        return min(CALL_SECONDS, max(0.1, self._deadline - self._pace.tick()))


def _is_final(body: Body) -> bool:
    return bool(body["status"] != 1)


def _batch(outbox: Iterable[Body], limit: int) -> list[Body]:
    """The oldest results that fit into one call; at least one."""
    batch: list[Body] = []
    size = 0
    for body in outbox:
        size += len(jsontext.dumps(body)) + 2
        if batch and (size > BATCH_BYTES or len(batch) >= limit):
            break
        batch.append(body)
    return batch


def _rows(value: Any) -> Iterator[Body]:
    if isinstance(value, list):
        yield from (row for row in value if isinstance(row, Mapping))


def _rejections(value: Any) -> Iterator[tuple[Any, str]]:
    for row in _rows(value):
        yield row.get("execution_case_id"), str(row.get("reason") or "rejected")
