"""Whole processes, timed by the operating system, in turns; ratios within each round."""

import dataclasses
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.speed.peers import python_of

#: "": bytecode is written, as by default; a run that compiles what it imports measures that.
_SAME_FOR_ALL = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": ""}


@dataclasses.dataclass(frozen=True)
class Took:
    """Seconds, and MiB of the largest process."""

    wall: float
    cpu: float
    peak: float

    def __sub__(self, other: "Took") -> "Took":
        return Took(self.wall - other.wall, self.cpu - other.cpu, self.peak)

    def per(self, pieces: int) -> "Took":
        """Milliseconds a piece."""
        return Took(self.wall / pieces * 1000, self.cpu / pieces * 1000, self.peak)


def timed(command: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None) -> Took:
    """Raises SystemExit, with what the command printed, when it fails."""
    log = Path(folder, "output.log")
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **_SAME_FOR_ALL, **(environ or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(
            f"{' '.join(command)} ended with {process.returncode}:\n{log.read_text()[-2000:]}"
        )
    return Took(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def python(*args: str) -> list[str]:
    return [python_of("ours"), *args]


def pytest(*args: str, python: str = "") -> list[str]:
    return [python or python_of("ours"), "-m", "pytest", "-q", "--no-header", *args]


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    took: Sequence[Took]
    #: to the floor, round by round.
    ratios: Sequence[float]


def rounds(contestants: Mapping[str, Callable[[], Took]], count: int) -> list[Row]:
    """In turns, so that noise falls on all; the first is the floor of the ratios (of CPU)."""
    took: dict[str, list[Took]] = {name: [] for name in contestants}
    for number in range(count):
        for name, run in contestants.items():
            print(f"    round {number + 1}: {name}", file=sys.stderr, flush=True)
            took[name].append(run())
    floor = next(iter(took.values()))
    return [
        Row(name, runs, [a.cpu / b.cpu for a, b in zip(runs, floor, strict=True)])
        for name, runs in took.items()
    ]


def table(title: str, unit: str, rows: Sequence[Row]) -> str:
    """Markdown."""
    lines = [
        f"{title}:",
        "",
        f"| | CPU {unit} | wall {unit} | peak MiB | CPU to the floor (min–max) |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        cpu, wall, peak = (
            statistics.median(getattr(one, kind) for one in row.took)
            for kind in ("cpu", "wall", "peak")
        )
        low, high = min(row.ratios), max(row.ratios)
        ratio = f"{statistics.median(row.ratios):.2f} ({low:.2f}–{high:.2f})"
        lines.append(f"| {row.name} | {cpu:.2f} | {wall:.2f} | {peak:.0f} | {ratio} |")
    return "\n".join([*lines, ""])
