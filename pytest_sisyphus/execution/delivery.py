"""What to send next, and what an answer means: the rules of delivery, one call at a time.

The queue has no thread and never waits: `step` makes at most one call and says how long to wait
before the next. `sender.py` gives it a thread; tests give it a clock whose hours pass at once.

Order: `start`, then results (all that gathered, in batches), then the closing call (`finish` or
`abort`); a heartbeat when nothing else was sent for a while.
"""

import dataclasses
import math
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, Protocol

from pytest_sisyphus.clock import Clock, seconds_since_boot
from pytest_sisyphus.execution.backoff import Backoff
from pytest_sisyphus.execution.batches import (
    BATCH_RESULTS,
    Body,
    batch_of,
    is_final,
    without_exchanges,
)
from pytest_sisyphus.execution.client import CallFailed, one_line
from pytest_sisyphus.execution.endpoints import FINISH, HEARTBEAT, LEASE, RESULT, START
from pytest_sisyphus.execution.spool import Spool
from pytest_sisyphus.i18n import tr

HEARTBEAT_SECONDS: Final = 15.0
CALL_SECONDS: Final = 15.0
#: a body over somebody's limit, or one result in it that cannot be understood: tried in halves.
DIVISIBLE: Final = frozenset({413, 422})
#: how often the answer of `finish` may ask for results before `final` says that no more will come.
FINISH_ROUNDS: Final = 3


class Client(Protocol):
    def post(self, path: str, body: Body, timeout: float) -> Body:
        """The answer's data. Raises CallFailed."""


class LegListener(Protocol):
    """What a leg hears of its queue, in the thread of whoever calls `step`."""

    def leased(self, answer: Body) -> None: ...

    def announced(self, confirmed: list[int], rejected: list[int]) -> None:
        """Rows of the execution whose `running` the orchestrator has, or does not take."""

    def lost(self, reason: str) -> None:
        """Nothing may begin any more."""

    def fenced(self, reason: str) -> None:
        """Nor may anything go on."""


@dataclasses.dataclass(kw_only=True)
class DeliveryStats:
    """Ids of the outcomes handed over, and what became of them; `running` results do not count."""

    handed_over: set[str] = dataclasses.field(default_factory=set)
    confirmed: set[str] = dataclasses.field(default_factory=set)
    #: result id → why the orchestrator refused it for good.
    refused: dict[str, str] = dataclasses.field(default_factory=dict)
    #: the closing call (finish, abort) was confirmed.
    closed: bool = False
    #: why the last call failed; empty after one that succeeded.
    last_error: str = ""

    @property
    def undelivered(self) -> int:
        return len(self.handed_over - self.confirmed)


class DeliveryQueue:
    def __init__(
        self,
        client: Client,
        *,
        execution_id: int,
        runner_id: str,
        clock: Clock,
        backoff: Backoff,
        execution_no: str = "",
        spool: Spool | None = None,
        longest_absence: float = math.inf,
        fence: float | None = None,
        since_boot: Callable[[], float] = seconds_since_boot,
    ) -> None:
        """`longest_absence`: seconds that an orchestrator may be away while a leg waits for it;
        `fence`: while one of its tests runs."""
        self._client = client
        self._identity = {"executionId": execution_id, "runnerId": runner_id}
        if execution_no:
            self._identity["executionNo"] = execution_no
        self._clock = clock
        self._backoff = backoff
        self._spool = spool
        self._on_response: Callable[[Body], None] = lambda _data: None
        self._on_conflict: Callable[[str], None] = lambda _reason: None
        self._leg: LegListener | None = None
        self._lease_id = ""
        self._longest_absence = longest_absence
        self._fence = fence
        self._since_boot = since_boot
        #: when the last call was sent that was answered; None before the first step.
        self._answered_at: float | None = None
        self._heard_at: float | None = None  # of the answer that is being read
        #: since when no call has succeeded; None: the last one did.
        self._away_since: float | None = None
        self._start_body: Body | None = None
        self._outbox: deque[Body] = deque()
        self._batch_limit = BATCH_RESULTS
        self._final_results: dict[int, Body] = {}
        self._closing_call: tuple[str, dict[str, Any]] | None = None
        self._finish_rounds = 0
        self._failures = 0
        self._not_before = 0.0
        #: `Retry-After` of the last answer: not even `drain` may undercut it.
        self._retry_after_until = 0.0
        self._last_call_at = clock.tick()
        self._deadline: float | None = None
        self.stats = DeliveryStats()

    def subscribe(
        self,
        *,
        on_response: Callable[[Body], None],
        on_conflict: Callable[[str], None],
        leg: LegListener | None = None,
    ) -> None:
        """Before the first `step`. `on_response` gets the data of every answer; `on_conflict` the
        orchestrator's words when another runner holds the execution."""
        self._on_response = on_response
        self._on_conflict = on_conflict
        self._leg = leg

    # what is to be sent

    def start(self, body: Body) -> None:
        self._start_body = body

    def result(self, body: Body) -> None:
        self._outbox.append(body)
        if is_final(body):
            self.stats.handed_over.add(body["resultId"])
            self._final_results[body.get("executionCaseId", 0)] = body

    def already_delivered(self, body: Body) -> None:
        """A result that an earlier run delivered: for an orchestrator that lost it meanwhile."""
        self._final_results[body.get("executionCaseId", 0)] = body

    def lease(self, lease_id: str) -> None:
        """Ask for cases, by the same id until there is an answer: a lost one loses nothing."""
        self._lease_id = lease_id

    def end(self, path: str, body: Body) -> None:
        """`finish` or `abort`; the first stays."""
        self._lease_id = ""
        if self._closing_call is None and not self.stats.closed:
            self._closing_call = (path, dict(body))

    def drain(self, seconds: float) -> None:
        """The session is over: try again at once, and give up after so many seconds; of several
        calls the earliest deadline counts."""
        deadline = self._clock.tick() + seconds
        self._deadline = deadline if self._deadline is None else min(self._deadline, deadline)
        self._not_before = self._retry_after_until
        self._backoff = dataclasses.replace(self._backoff, longest=min(2.0, self._backoff.longest))

    # sending it

    def step(self) -> float | None:
        """Make at most one call. Returns the seconds until the next step is due; None when all is
        delivered after `drain`, or its time is over."""
        now = self._clock.tick()
        self._keep_the_fence()
        if self._deadline is not None and now >= self._deadline:
            return None
        if now < self._not_before:
            self._end_a_long_absence(now)
            end = self._not_before
            pause = (end if self._deadline is None else min(end, self._deadline)) - now
            # a leg looks at its limits meanwhile: a `Retry-After` may be longer than they are
            return pause if self._leg is None else min(pause, 1.0)
        call = self._next_call()
        if call is None:
            if self._deadline is not None:
                return None
            if now - self._last_call_at < HEARTBEAT_SECONDS:
                return self._last_call_at + HEARTBEAT_SECONDS - now
            call = self._send_heartbeat
        call()
        if self._heard_at is not None:  # and understood: what raises lets an absence go on
            self._failures = 0
            self._answered_at = self._heard_at
            self._heard_at = self._away_since = None
        return 0.0

    def _keep_the_fence(self) -> None:
        """A case that still runs here may be given to another leg soon."""
        if self._answered_at is None:  # nothing has begun yet
            self._answered_at = self._since_boot()
        silent = self._since_boot() - self._answered_at
        if self._fence is not None and silent > self._fence and self._leg is not None:
            self._fence = None
            self._leg.fenced(
                tr(
                    "no answer for {silent:.0f} s: its cases may be given to another leg",
                    silent=silent,
                )
            )

    def _next_call(self) -> Callable[[], None] | None:
        if self._start_body is not None:
            return partial(self._send_start, self._start_body)
        if self._outbox:
            return self._send_results
        if self._lease_id:
            return partial(self._send_lease, self._lease_id)
        if self._closing_call is not None:
            return partial(self._send_closing_call, *self._closing_call)
        return None

    def _send_start(self, body: Body) -> None:
        try:
            self._post(START, body)
        except CallFailed as failure:
            if failure.transient:
                return
            if failure.http_status == 409:
                self._on_conflict(str(failure))
        else:
            if self._spool is not None:
                self._spool.started()
        self._start_body = None

    def _send_heartbeat(self) -> None:
        try:
            self._post(HEARTBEAT, {})
        except CallFailed as failure:
            if failure.http_status == 409:
                self._on_conflict(str(failure))

    def _send_lease(self, lease_id: str) -> None:
        try:
            answer = self._post(LEASE, {"leaseId": lease_id})
        except CallFailed as failure:
            if not failure.transient:
                self._lease_id = ""
                self._lose(str(failure))
            return
        self._lease_id = ""
        if self._leg is not None:
            self._leg.leased(answer)

    def _lose(self, reason: str) -> None:
        if self._leg is not None:
            self._leg.lost(reason)

    def _send_results(self) -> None:
        batch = batch_of(self._outbox, self._batch_limit)
        try:
            data = self._post(RESULT, {"results": batch})
        except CallFailed as failure:
            is_divisible = failure.http_status in DIVISIBLE
            if failure.transient:
                return
            if is_divisible and len(batch) > 1:
                self._batch_limit = len(batch) // 2
            elif is_divisible and "exchanges" in batch[0]:
                self._outbox[0] = without_exchanges(batch[0])  # the outcome is what counts
            elif self._leg is not None and not all(map(is_final, batch)):
                # of a leg that is lost: what it ran is still taken
                self._lose(str(failure))
                self._outbox = deque(filter(is_final, self._outbox))
            else:
                self._remove_sent(len(batch))
                self._refuse(batch, str(failure))
        else:
            self._remove_sent(len(batch))
            self._on_confirmation(batch, data.get("rejected", ()))

    def _remove_sent(self, count: int) -> None:
        for _ in range(count):
            self._outbox.popleft()
        self._batch_limit = min(BATCH_RESULTS, self._batch_limit * 2)

    def _on_confirmation(self, batch: list[Body], rejected: Iterable[Body]) -> None:
        refused = {
            row["execution_case_id"]: one_line(str(row.get("reason") or "rejected"))
            for row in rejected
        }
        strange = refused.keys() - {body.get("executionCaseId") for body in batch}
        if strange and self._leg is not None:  # which of ours may begin?
            said = tr(
                "the orchestrator rejected case row {row}, which was not sent", row=min(strange)
            )
            self._lose(said)
            return
        fine = [body for body in batch if body.get("executionCaseId") not in refused]
        announced = [body["executionCaseId"] for body in batch if not is_final(body)]
        if announced and self._leg is not None:
            self._leg.announced(
                [key for key in announced if key not in refused],
                [key for key in announced if key in refused],
            )
        for body in batch:
            key = body.get("executionCaseId")
            if key in refused:
                self._refuse([body], refused[key])
        for body in fine:
            if "exchanges" in body:  # once it is there; a run has thousands
                self._final_results[body["executionCaseId"]] = without_exchanges(body)
        finals = [body["resultId"] for body in fine if is_final(body)]
        if finals and self._spool is not None:
            self._spool.sent(finals)
        self.stats.confirmed.update(finals)

    def _refuse(self, bodies: Iterable[Body], reason: str) -> None:
        self.stats.refused.update((b["resultId"], reason) for b in bodies if is_final(b))

    def _send_closing_call(self, path: str, body: dict[str, Any]) -> None:
        try:
            data = self._post(path, body)
        except CallFailed as failure:
            if not failure.transient:
                self._closing_call = None
            return
        if path == FINISH and self._requeue_missing(data.get("missing", ()), body):
            return
        self.stats.closed = True
        self._closing_call = None

    def _requeue_missing(self, missing: Iterable[Body], body: dict[str, Any]) -> bool:
        """Queue what `finish` misses. False: nothing is missing, or no more will come."""
        keys = [row["execution_case_id"] for row in missing]
        if not keys or body.get("final"):
            return False
        self._finish_rounds += 1
        known = [self._final_results[key] for key in keys if key in self._final_results]
        if known and self._finish_rounds < FINISH_ROUNDS:
            self.stats.confirmed.difference_update(body["resultId"] for body in known)
            self._outbox.extend(known)
        else:
            body["final"] = True
        return True

    def _post(self, path: str, body: Body) -> Body:
        """Raises CallFailed; one that is transient has already set when to try again."""
        now, sent_at = self._clock.tick(), self._since_boot()
        self._last_call_at = now
        limit = CALL_SECONDS
        if self._deadline is not None:
            limit = min(limit, max(0.1, self._deadline - now))
        try:
            data = self._client.post(path, {**self._identity, **body}, limit)
        except CallFailed as failure:
            self.stats.last_error = str(failure)
            if failure.transient:
                self._back_off(failure.retry_after)
            raise
        self.stats.last_error = ""
        self._on_response(data)
        self._heard_at = sent_at
        return data

    def record_failure(self, error: Exception) -> None:
        """Reading an answer raised: it counts as an outage, and the session goes on."""
        self._heard_at = None
        self.stats.last_error = tr("the answer cannot be understood: {error!r}", error=error)
        self._back_off(None)

    def _back_off(self, retry_after: float | None) -> None:
        now = self._clock.tick()
        self._failures += 1
        self._away_since = now if self._away_since is None else self._away_since
        self._end_a_long_absence(now)
        self._not_before = now + self._backoff.delay(self._failures, retry_after)
        self._retry_after_until = now + (retry_after or 0.0)

    def _end_a_long_absence(self, now: float) -> None:
        if self._away_since is not None and now - self._away_since >= self._longest_absence:
            self._lose(
                tr(
                    "no answer for {silent:.0f} s: {last_error}",
                    silent=now - self._away_since,
                    last_error=self.stats.last_error,
                )
            )
