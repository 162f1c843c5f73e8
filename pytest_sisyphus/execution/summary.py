"""What a person reads of an execution in the terminal: header, summary, the line that helps."""

import shlex
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from pytest_sisyphus.execution.contract import Execution
from pytest_sisyphus.execution.run import ExecutionRun
from pytest_sisyphus.execution.status import ResultStatus
from pytest_sisyphus.values.describe import counted

#: cases named in the summary; the rest is counted.
NAMED_CASES = 20


def header_lines(execution: Execution, notes: Iterable[str]) -> list[str]:
    number = f" ({execution.number})" if execution.number else ""
    mode = "parallel" if execution.is_parallel else "serial"
    environment = f", environment {execution.env_code}" if execution.env_code else ""
    wanted = len(execution.cases)
    line = (
        f"execution {execution.id}{number}, {mode}, {counted(wanted, 'case')} wanted{environment}"
    )
    return [f"sisyphus: {text}" for text in (line, *notes)]


def write_summary(
    reporter: "pytest.TerminalReporter", run: ExecutionRun, notes: Iterable[str]
) -> None:
    reporter.section(f"sisyphus execution {run.execution.id}")
    for line in outcome_lines(run):
        reporter.line(line)
    for line in delivery_lines(run):
        reporter.line(line)
    for note in notes:
        reporter.line(note)


def outcome_lines(run: ExecutionRun) -> list[str]:
    counts = Counter(case.status for case in run.outcomes)
    parts = ", ".join(
        f"{counts[status]} {status.label}" for status in ResultStatus if counts[status]
    )
    lines = [f"{counted(run.wanted, 'case')}: {parts}"]
    absent = [case for case in run.outcomes if case.status is ResultStatus.NOT_FOUND]
    lines += [f"not found: {case.case.label}" for case in absent[:NAMED_CASES]]
    if len(absent) > NAMED_CASES:
        lines.append(f"not found: {len(absent) - NAMED_CASES} more")
    return lines


def delivery_lines(run: ExecutionRun) -> list[str]:
    stats = run.stats
    if stats is None:
        return []
    handed = len(stats.handed_over)
    lines = [f"delivered: {handed - stats.undelivered} of {handed} results"]
    lines += [f"refused: {reason}" for reason in sorted(set(stats.refused.values()))]
    if not stats.closed:
        lines.append("the end of the run was not confirmed by the orchestrator")
    if stats.last_error:
        lines.append(f"last trouble: {stats.last_error}")
    if run.spool.problem:
        lines.append(f"spool: {run.spool.problem}")
    if stats.closed and not stats.undelivered:
        return lines
    results = counted(stats.undelivered, "result")
    lost, path = run.lost_results, run.spool.path
    if lost == stats.undelivered > 0 or not path.exists():
        return [*lines, f"UNDELIVERED: {results}, kept nowhere: the spool could not be written"]
    missing = f"; {lost} of them, which the disk did not take, nowhere" if lost else ""
    return [
        *lines,
        f"UNDELIVERED: {results}, kept in {path}{missing}",
        f"deliver with: {replay_line(path, run.url)}",
    ]


def replay_line(path: Path, url: str) -> str:
    return f"pytest --sisyphus-replay={shlex.quote(str(path))} --sisyphus-url={shlex.quote(url)}"
