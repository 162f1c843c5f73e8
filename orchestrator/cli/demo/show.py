"""What the demo prints: progress while a run goes on, its results when it is over."""

import sys
import time
import unicodedata
from collections.abc import Iterable
from typing import Any, TextIO

from orchestrator.status import CaseStatus

_BAR = 24


class Progress:
    """One line that moves on a terminal; elsewhere a line whenever something changed."""

    def __init__(self, title: str, out: TextIO = sys.stdout) -> None:
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
        text = (
            f"  {self._title} [{bar:<{_BAR}}] {done}/{total} done, "
            f"{execution['running_count']} running, {execution['failed_count']} failed"
        )
        if text != self._last:
            self._last = text
            text += self._left(done, total)
            self._out.write(f"\r\x1b[K{text}" if self._out.isatty() else f"{text}\n")
            self._out.flush()

    def end(self) -> None:
        if self._out.isatty():
            self._out.write("\n")

    def _left(self, done: int, total: int) -> str:
        if done < 2 or done == total or self._started is None:
            return ""
        left = (time.monotonic() - self._started) / done * (total - done)
        return f", about {left:.0f} s left"


def table(cases: Iterable[dict[str, Any]]) -> list[str]:
    rows = [["#", "case", "result", "seconds", "pytest item"]]
    for case in cases:
        seconds = case["duration_seconds"]
        rows.append(
            [
                str(case["run_order"]),
                f"{case['case_id']} {case['case_title']}",
                CaseStatus(case["status"]).name.lower(),
                "" if seconds is None else f"{seconds:g}",
                case["pytest_nodeid"] or "",
            ]
        )
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = zip(row, widths, strict=True)
        padded = (text + " " * (width - _width(text)) for text, width in cells)
        lines.append("  " + "  ".join(padded).rstrip())
    return lines


def _width(text: str) -> int:
    """Columns in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
