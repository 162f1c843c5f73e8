"""What a person reads of an execution in the terminal: header, summary, the line that helps."""

import shlex
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from .pulled import Execution
from .run import Run
from .status import CaseStatus

#: cases named in the summary; the rest is counted.
NAMED_CASES = 20


def header_lines(execution: Execution, notes: Iterable[str]) -> list[str]:
    number = f" ({execution.number})" if execution.number else ""
    mode = "parallel" if execution.is_parallel else "serial"
    environment = f", environment {execution.env_code}" if execution.env_code else ""
    wanted = len(execution.cases)
    line = f"execution {execution.id}{number}, {mode}, {_cases(wanted)} wanted{environment}"
    return [f"sisyphus: {text}" for text in (line, *notes)]


def write_summary(reporter: pytest.TerminalReporter, run: Run, notes: Iterable[str]) -> None:
    reporter.section(f"sisyphus execution {run.execution.id}")
    for line in outcome_lines(run):
        reporter.line(line)
    for line in delivery_lines(run):
        reporter.line(line)
    for note in notes:
        reporter.line(note)


def outcome_lines(run: Run) -> list[str]:
    counts = Counter(final.status for final in run.finals)
    parts = ", ".join(f"{counts[status]} {status.word}" for status in CaseStatus if counts[status])
    lines = [f"{_cases(len(run.execution.cases))}: {parts}"]
    absent = [final for final in run.finals if final.status is CaseStatus.NOT_FOUND]
    lines += [f"not found: {final.case.label}" for final in absent[:NAMED_CASES]]
    if len(absent) > NAMED_CASES:
        lines.append(f"not found: {len(absent) - NAMED_CASES} more")
    return lines


def delivery_lines(run: Run) -> list[str]:
    tally = run.tally
    if tally is None:
        return []
    handed = len(tally.handed_over)
    lines = [f"delivered: {handed - tally.undelivered} of {handed} results"]
    lines += [f"refused: {reason}" for reason in sorted(set(tally.refused.values()))]
    if not tally.closed:
        lines.append("the end of the run was not confirmed by the orchestrator")
    if tally.trouble:
        lines.append(f"last trouble: {tally.trouble}")
    if run.spool.problem:
        lines.append(f"spool: {run.spool.problem}")
    if tally.undelivered or not tally.closed:
        lines += _what_is_left(run, tally.undelivered)
    return lines


def _what_is_left(run: Run, undelivered: int) -> list[str]:
    lost, path = run.kept_nowhere, run.spool.path
    if lost == undelivered > 0 or not path.exists():
        return [
            f"UNDELIVERED: {_results(undelivered)}, kept nowhere: the spool could not be written"
        ]
    missing = f"; {lost} of them, which the disk did not take, nowhere" if lost else ""
    return [
        f"UNDELIVERED: {_results(undelivered)}, kept in {path}{missing}",
        f"deliver with: {replay_line(path, run.url)}",
    ]


def replay_line(path: Path, url: str) -> str:
    return f"pytest --sisyphus-replay={shlex.quote(str(path))} --sisyphus-url={shlex.quote(url)}"


def _cases(count: int) -> str:
    return f"{count} case" if count == 1 else f"{count} cases"


def _results(count: int) -> str:
    return f"{count} result" if count == 1 else f"{count} results"
