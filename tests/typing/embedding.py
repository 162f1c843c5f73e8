"""A program that runs cases by a library call, as a user with a type checker writes it."""

import json
from types import ModuleType

from pytest_sisyphus import (
    CaseReport,
    CaseStatus,
    CaseText,
    CheckResult,
    SisyphusError,
    SpecError,
    StepResult,
    run_cases,
)


def failures(text: str, *extensions: ModuleType) -> list[str]:
    """One line for each case that failed, or for each mistake of the text."""
    try:
        reports: list[CaseReport] = run_cases(
            CaseText(text, path="cases/orders.yaml"),
            variables={"total": 12},
            environ={},
            extensions=extensions,
            seed=7,
        )
    except SpecError as error:
        return [f"{one.location.line}: {one.message}" for one in error.diagnostics]
    return [line(report) for report in reports if report.status is CaseStatus.FAILED]


def line(report: CaseReport) -> str:
    error: SisyphusError | None = report.error
    steps: tuple[StepResult, ...] = report.steps
    checks: list[CheckResult] = [check for step in steps for check in step.checks]
    json.dumps(report.document())
    passed = sum(check.passed for check in checks)
    return f"{report.name}: {error} ({passed} of {len(checks)} checks passed)"
