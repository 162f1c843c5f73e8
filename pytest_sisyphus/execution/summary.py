"""What a person reads of an execution in the terminal: header, summary, the line that helps."""

import shlex
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from pytest_sisyphus.execution.contract import Execution
from pytest_sisyphus.execution.run import ExecutionRun
from pytest_sisyphus.execution.status import ResultStatus
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.describe import counted

#: cases named in the summary; the rest is counted.
NAMED_CASES = 20


def header_lines(execution: Execution, notes: Iterable[str]) -> list[str]:
    number = f" ({execution.number})" if execution.number else ""
    mode = tr("parallel" if execution.is_parallel else "serial")
    environment = (
        tr(", environment {environment}", environment=execution.env_code)
        if execution.env_code
        else ""
    )
    wanted = len(execution.cases)
    line = tr(
        "execution {id}{number}, {mode}, {cases} wanted{environment}",
        id=execution.id,
        number=number,
        mode=mode,
        cases=counted(wanted, "case"),
        environment=environment,
    )
    return [f"sisyphus: {text}" for text in (line, *notes)]


def write_summary(
    reporter: "pytest.TerminalReporter", run: ExecutionRun, notes: Iterable[str]
) -> None:
    reporter.section(tr("sisyphus execution {id}", id=run.execution.id))
    for line in outcome_lines(run):
        reporter.line(line)
    for line in delivery_lines(run):
        reporter.line(line)
    for note in notes:
        reporter.line(note)


def outcome_lines(run: ExecutionRun) -> list[str]:
    counts = Counter(case.status for case in run.outcomes)
    parts = tr(", ").join(
        tr("{count} {status}", count=counts[status], status=status.label)
        for status in ResultStatus
        if counts[status]
    )
    lines = [tr("{cases}: {parts}", cases=counted(run.wanted, "case"), parts=parts)]
    absent = [case for case in run.outcomes if case.status is ResultStatus.NOT_FOUND]
    lines += [tr("not found: {label}", label=case.case.label) for case in absent[:NAMED_CASES]]
    if len(absent) > NAMED_CASES:
        lines.append(tr("not found: {count} more", count=len(absent) - NAMED_CASES))
    return lines


def delivery_lines(run: ExecutionRun) -> list[str]:
    stats = run.stats
    if stats is None:
        return []
    handed = len(stats.handed_over)
    lines = [
        tr(
            "delivered: {delivered} of {handed} results",
            delivered=handed - stats.undelivered,
            handed=handed,
        )
    ]
    lines += [
        tr("refused: {reason}", reason=reason) for reason in sorted(set(stats.refused.values()))
    ]
    if not stats.closed:
        lines.append(tr("the end of the run was not confirmed by the orchestrator"))
    if stats.last_error:
        lines.append(tr("last trouble: {error}", error=stats.last_error))
    if run.spool.problem:
        lines.append(tr("spool: {problem}", problem=run.spool.problem))
    if stats.closed and not stats.undelivered:
        return lines
    results = counted(stats.undelivered, "result")
    lost, path = run.lost_results, run.spool.path
    if lost == stats.undelivered > 0 or not path.exists():
        return [
            *lines,
            tr(
                "UNDELIVERED: {results}, kept nowhere: the spool could not be written",
                results=results,
            ),
        ]
    missing = (
        tr("; {lost} of them, which the disk did not take, nowhere", lost=lost) if lost else ""
    )
    return [
        *lines,
        tr(
            "UNDELIVERED: {results}, kept in {path}{missing}",
            results=results,
            path=path,
            missing=missing,
        ),
        tr("deliver with: {command}", command=replay_line(path, run.url)),
    ]


def replay_line(path: Path, url: str) -> str:
    return f"pytest --sisyphus-replay={shlex.quote(str(path))} --sisyphus-url={shlex.quote(url)}"
