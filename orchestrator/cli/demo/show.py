"""What the demo prints: progress while a run goes on, its results when it is over."""

import sys
import time
from collections.abc import Iterable
from typing import Any, Final, TextIO

from orchestrator.cli.terminal import spoken
from orchestrator.i18n import Translatable, joined, marked, tr
from orchestrator.status import CaseStatus

_BAR = 24


class Progress:
    """One line that moves on a terminal; elsewhere a line whenever something changed."""

    def __init__(self, title: Translatable, out: TextIO = sys.stdout) -> None:
        self._title = title
        self._out = out
        self._last = ""
        self._started: float | None = None

    def show(self, execution: dict[str, Any]) -> None:
        total, pending = execution["total_count"], execution["pending_count"]
        done = total - pending - execution["running_count"]
        if execution["start_time"] and self._started is None:
            self._started = time.monotonic()
        bar = "█" * (_BAR * done // total) if total else ""
        text: str = tr(
            "  {title:8} [{bar}] {done}/{total} done, {running} running, {failed} failed",
            title=spoken(self._title),
            bar=f"{bar:<{_BAR}}",
            done=done,
            total=total,
            running=execution["running_count"],
            failed=execution["failed_count"],
        )
        if text != self._last:
            self._last = text
            text = spoken(joined([text, self._left(done, total)], ""))
            self._out.write(f"\r\x1b[K{text}" if self._out.isatty() else f"{text}\n")
            self._out.flush()

    def end(self) -> None:
        if self._out.isatty():
            self._out.write("\n")

    def _left(self, done: int, total: int) -> str:
        if done < 2 or done == total or self._started is None:
            return ""
        left = (time.monotonic() - self._started) / done * (total - done)
        return tr(", about {seconds:.0f} s left", seconds=left)


#: of executions and of cases.
STATUSES: Final = {
    "WAITING": marked("waiting"),
    "TRIGGERING": marked("triggering"),
    "QUEUED": marked("queued"),
    "PENDING": marked("pending"),
    "RUNNING": marked("running"),
    "PASSED": marked("passed"),
    "FAILED": marked("failed"),
    "BLOCKED": marked("blocked"),
    "SKIPPED": marked("skipped"),
    "NOT_FOUND": marked("not found"),
    "CANCELED": marked("canceled"),
    "TRIGGER_FAILED": marked("not triggered"),
    "CALLBACK_LOST": marked("lost"),
}


def table(cases: Iterable[dict[str, Any]]) -> list[list[str]]:
    heads: list[str] = [tr("#"), tr("case"), tr("result"), tr("seconds"), tr("pytest item")]
    rows = [heads]
    for case in cases:
        seconds = case["duration_seconds"]
        rows.append(
            [
                str(case["run_order"]),
                f"{case['case_id']} {case['case_title']}",
                tr(STATUSES[CaseStatus(case["status"]).name]),
                "" if seconds is None else f"{seconds:g}",
                case["pytest_nodeid"] or "",
            ]
        )
    return rows
