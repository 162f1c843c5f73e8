"""What comes of a check of a step."""

from typing import Any, Literal, Protocol

from pytest_sisyphus.errors import CheckFailed, ResponseInvalid, SisyphusError
from pytest_sisyphus.extensions.types import CheckOutcome, StepData
from pytest_sisyphus.location import plain
from pytest_sisyphus.results import CheckResult
from pytest_sisyphus.spec.check import Check
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.values.record import record


@record
class EvaluatedCheck:
    """One check's result for the step, and the outcome that logic checks combine."""

    result: CheckResult
    outcome: CheckOutcome
    #: why it could not be evaluated: as it is written, it cannot be carried out.
    evaluation_error: SisyphusError | None = None
    #: `evaluation_error` is a mistake in the case file, which no further attempt can change.
    is_permanent: bool = False
    #: the error, if the body that the check reads could not be read.
    unreadable_body: ResponseInvalid | None = None

    @property
    def failure(self) -> SisyphusError:
        """The step's error, of a check that did not pass."""
        if self.is_permanent and self.evaluation_error is not None:
            return self.evaluation_error
        return self.unreadable_body or CheckFailed(self.result.error)


class CompiledCheck(Protocol):
    """A check whose templates are replaced."""

    #: rendered.
    check: Check

    def evaluate(self, step_data: StepData, scope: Scope) -> EvaluatedCheck:
        """Raises SisyphusError."""

    def judge(self, step_data: StepData, scope: Scope) -> CheckOutcome:
        """The outcome that `evaluate` comes to, without all that is told of it."""


def result_of(
    check: Check,
    outcome: CheckOutcome,
    actual: Any,
    expected: Any,
    *,
    absent: Literal["", "unread"] = "",
) -> CheckResult:
    return CheckResult(
        passed=outcome.passed,
        type=check.type,
        path=plain(check.path),
        actual=actual,
        expected=expected,
        description=plain(check.description),
        error=outcome.error,
        location=check.location,
        absent=absent,
    )
