"""One attempt of a step: run its step type, extract, check; and whether another attempt follows."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from pytest_sisyphus.compiled.retry import Retries
from pytest_sisyphus.compiled.step import Step
from pytest_sisyphus.errors import CheckFailed, SisyphusError
from pytest_sisyphus.extensions.guard import contract_violation, describe_type
from pytest_sisyphus.extensions.types import StepData
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.results import CheckResult, Outcome, StepResult
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.steps.protocol import Run, StepContext
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.values.record import record


@record
class AttemptResult:
    """What came of one attempt. No attempt at all: everything is empty."""

    outcome: Outcome | None = None
    checks: tuple[CheckResult, ...] = ()
    extracted: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    error: SisyphusError | None = None
    #: steps that ran inside, also when the step type then raised.
    children: tuple[StepResult, ...] = ()
    #: what went wrong beside `error`.
    additional_errors: tuple[SisyphusError, ...] = ()
    #: why there was nothing to do and nothing was checked: the step counts as skipped.
    skip_reason: str = ""
    #: the step as this attempt carried it out; None: it could not be rendered.
    rendered: StepSpec | None = None
    #: the error is a mistake in the case file, which no further attempt can change.
    is_permanent: bool = False

    @property
    def status_code(self) -> int | None:
        """The response's, if the step got one."""
        code = self.outcome.document.get("status_code") if self.outcome else None
        return code if isinstance(code, int) else None

    @property
    def request(self) -> Mapping[str, Any] | None:
        """What was sent, or was to be sent, if the step sends a request."""
        if self.outcome is None:
            return None if self.error is None else self.error.request
        return self.outcome.document.get("request") if self.outcome.is_response else None

    @property
    def retry_after(self) -> float | None:
        """Seconds, as the response's Retry-After says; None for a date, or without the header."""
        headers = self.outcome.document.get("headers") if self.outcome else None
        if not isinstance(headers, Mapping):
            return None
        text = next((str(headers[name]) for name in headers if name.lower() == "retry-after"), "")
        return float(text) if text.isascii() and text.isdecimal() else None


def run_step_type(step: Step, spec: StepSpec, run: Run[Any], context: StepContext) -> Outcome:
    """`spec`: the rendered step. Raises SisyphusError only, whoever wrote the step type."""
    with step.guard:
        outcome: Any = run(spec, context)
    if not isinstance(outcome, Outcome):
        raise contract_violation(
            step.guard.what, run, tr("returned {kind}, not an Outcome", kind=describe_type(outcome))
        )
    mappings: dict[str, Any] = {"document": outcome.document, "variables": outcome.variables}
    for name, value in mappings.items():
        if not isinstance(value, Mapping):
            wrong = tr(
                "returned an Outcome whose {name} is {kind}, not a mapping",
                name=name,
                kind=describe_type(value),
            )
            raise contract_violation(step.guard.what, run, wrong)
    children: Any = outcome.children
    if not isinstance(children, tuple | list):
        wrong = tr("returned an Outcome whose children is {kind}", kind=describe_type(children))
        raise contract_violation(
            step.guard.what, run, tr("{wrong}, not a tuple of step results", wrong=wrong)
        )
    return outcome


def extract_and_check(
    step: Step, rendered: StepSpec, outcome: Outcome, scope: Scope
) -> AttemptResult:
    """Runs the step's extractors, then its checks, on what its step type returned."""
    step_data = StepData(
        document=outcome.document,
        body=outcome.body if outcome.has_body else outcome.document,
        text=outcome.text,
        unreadable=outcome.unreadable,
        note=outcome.note,
        needs_no_body=outcome.needs_no_body,
    )
    extracted, extraction_errors, is_permanent = _extract(step, scope, step_data)
    evaluated = [check.evaluate(step_data, scope) for check in step.checks]
    checks = (*outcome.checks, *[one.result for one in evaluated])
    failures = (
        *[CheckFailed(one.error) for one in outcome.checks if not one.passed],
        *[one.failure for one in evaluated if not one.result.passed],
        *extraction_errors,
    )
    error = outcome.error or next(iter(failures), None)
    return AttemptResult(
        outcome=outcome,
        checks=checks,
        extracted={**outcome.variables, **extracted},
        error=error,
        children=outcome.children,
        additional_errors=tuple([one for one in extraction_errors if one is not error]),
        skip_reason="" if error or checks else outcome.skip_reason,
        rendered=rendered,
        is_permanent=error is not None
        and (is_permanent or any(one.is_permanent for one in evaluated)),
    )


def _extract(
    step: Step, scope: Scope, step_data: StepData
) -> tuple[dict[str, Any], list[SisyphusError], bool]:
    """What was found, the errors, and whether one of them is a mistake in the case file."""
    extracted: dict[str, Any] = {}
    errors: list[SisyphusError] = []
    is_permanent = False
    for extractor in step.extractors:
        try:
            found = extractor.extract(step_data, scope)
        except SisyphusError as error:
            errors.append(error)
            is_permanent = is_permanent or extractor.is_permanent(error, scope)
            continue
        for name, value in found.items():
            extracted[name] = value
            scope.set(name, value)
    return extracted, errors, is_permanent


def retry_delay(retries: Retries, number: int, result: AttemptResult) -> float | None:
    """Seconds to wait after attempt `number` (from 1); None when no other one follows."""
    if result.is_permanent:
        return None
    if result.error is None:
        again = retries.should_retry_status(number, result.status_code)
    else:
        again = retries.should_retry(number, result.error, result.status_code)
    return retries.delay(number, result.retry_after) if again else None
