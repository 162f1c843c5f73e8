"""One run of an execution, without pytest: what the session says becomes results on their way."""

import contextlib
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..clock import Clock
from .courier import Tally
from .documents import ResultWriter
from .endpoints import ABORT, FINISH
from .leftovers import Leftovers
from .outcomes import Change, CollectedItem, Final, Ledger, Phase
from .pulled import Execution, WantedCase
from .search import Places
from .sender import Sender
from .spool import Spool
from .status import RAN, CaseStatus, Ending

Body = dict[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class BrokenFile:
    """A file, or a folder, that could not be collected; `skipped`: did not want to be."""

    path: Path
    skipped: bool
    error: str
    trace: str

    def holds(self, file: Path) -> bool:
        return self.path == file or self.path in file.parents


class Run:
    def __init__(
        self,
        execution: Execution,
        places: Places,
        *,
        runner_id: str,
        url: str,
        sender: Sender,
        spool: Spool,
        left: Leftovers,
        clock: Clock,
    ) -> None:
        self.execution = execution
        self.url = url
        self.spool = spool
        self.tally: Tally | None = None
        self._places = places
        self._left = left
        self._sender = sender
        self._clock = clock
        self._ledger = Ledger(execution.cases)
        self._writer = ResultWriter(runner_id)
        self._broken: list[BrokenFile] = []
        #: results that the disk did not take.
        self._unsafe: list[Mapping[str, Any]] = []
        self._is_begun = False
        self._is_collected = False

    @property
    def finals(self) -> Sequence[Final]:
        return tuple(self._ledger.finals.values())

    @property
    def is_decided(self) -> bool:
        return len(self._ledger.finals) == len(self.execution.cases)

    @property
    def kept_nowhere(self) -> int:
        """Results that are neither delivered nor in the spool."""
        confirmed = self.tally.confirmed if self.tally else frozenset[str]()
        return sum(one["resultId"] not in confirmed for one in self._unsafe)

    @property
    def ran_any(self) -> bool:
        return any(final.status in RAN for final in self.finals)

    def begin(self, start: Mapping[str, Any] | None) -> None:
        """`start`: the call of that name, where the orchestrator does not have it yet."""
        self._is_begun = True
        self.spool.open()
        self._sender.begin()
        if start is not None:
            self.spool.start(start)
            self._sender.start(start)
        self._take_over()

    def _take_over(self) -> None:
        """What an earlier run left is ours now: safe in our spool before its own goes."""
        for body in self._left.results.values():
            if not self.spool.result(body):
                self._unsafe.append(body)
            self._sender.result(body)
        if not self._unsafe:
            for path in self._left.spools:
                with contextlib.suppress(OSError):
                    path.unlink()

    def file_broke(self, broken: BrokenFile) -> None:
        self._broken.append(broken)

    def collected(self, items: Iterable[CollectedItem], deselected: Iterable[int]) -> None:
        """Only the first counts: xdist's workers collect the same, or the run is refused."""
        if self._is_collected:
            return
        self._is_collected = True
        self._ledger.collected(items)
        kept_out = set(deselected)
        for case in self._ledger.without_items:
            self._tell(self._ledger.decide(case, *self._why_absent(case, kept_out)))

    def started(self, nodeid: str) -> None:
        changes = self._ledger.started(nodeid)
        now = self._clock.now().astimezone()
        for running in self._ledger.of_item(nodeid):
            self.spool.begun(self._writer.taken_along(running, now))
        self._tell(changes)

    def phase(self, phase: Phase) -> None:
        self._tell(self._ledger.phase(phase))

    def finished(self, nodeid: str) -> None:
        self._tell(self._ledger.finished(nodeid))
        for running in self._ledger.of_item(nodeid)[:1]:  # its case waits for other tests
            self.spool.over(running.nodeid)

    def abort(self, reason: str) -> None:
        """At once, from a signal: what was not yet decided follows, and is taken then too."""
        self._sender.end(ABORT, _abort_body(reason, Ending.CANCELED))

    def close(self, *, reason: str, abort: Ending | None, flush_seconds: float) -> None:
        """`abort`: what the execution ends in; None when the session came to its end."""
        if not self._is_begun or self.tally is not None:
            return
        self._tell(self._ledger.close(reason))
        path = FINISH if abort is None else ABORT
        body = self._finish_body() if abort is None else _abort_body(reason, abort)
        self._unsafe = [one for one in self._unsafe if not self.spool.result(one)]  # room again?
        self.spool.end(path, body)
        self._sender.end(path, body)
        self.tally = self._sender.flush(flush_seconds)
        self.spool.close(keep=bool(self.tally.undelivered) or not self.tally.closed)

    def cut(self) -> None:
        self._sender.cut()

    def _tell(self, changes: Iterable[Change]) -> None:
        for change in changes:
            body = self._writer.write(change, self._clock.now().astimezone())
            if isinstance(change, Final) and not self.spool.result(body):
                self._unsafe.append(body)
            self._sender.result(body)

    def _why_absent(self, case: WantedCase, deselected: set[int]) -> tuple[CaseStatus, str, str]:
        expected = self._places.of_case.get(case.execution_case_id, frozenset())
        for broken in self._broken:
            if any(broken.holds(file) for file in expected):
                status = CaseStatus.SKIPPED if broken.skipped else CaseStatus.BLOCKED
                return status, broken.error, broken.trace
        if case.execution_case_id in deselected:
            return (
                CaseStatus.CANCELED,
                "deselected by the options of this run (-k, -m, --lf, …)",
                "",
            )
        return CaseStatus.NOT_FOUND, f"no test carries {case.label}", ""

    def _finish_body(self) -> Body:
        counts: dict[str, int] = {}
        statuses = [int(final.status) for final in self.finals]
        for status in (*statuses, *(body["status"] for body in self._left.results.values())):
            counts[str(status)] = counts.get(str(status), 0) + 1
        return {
            "endTime": self._clock.now().astimezone().isoformat(),
            "counts": counts,
            "lastSequence": self._writer.last_sequence,
        }


def _abort_body(reason: str, status: Ending) -> Body:
    return {"status": int(status), "message": reason}
