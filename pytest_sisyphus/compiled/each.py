"""`each`: checks that every element of a list must pass."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from pytest_sisyphus.checks.evaluate import BrokenOutcome
from pytest_sisyphus.checks.formatting import show
from pytest_sisyphus.compiled.evaluated import CompiledCheck, EvaluatedCheck, result_of
from pytest_sisyphus.errors import ResponseInvalid
from pytest_sisyphus.extensions.types import PASSED, CheckOutcome, Selection, StepData
from pytest_sisyphus.extract.select import select
from pytest_sisyphus.extract.xpath import as_namespaces
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.location import plain
from pytest_sisyphus.spec.check import Check
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.values.describe import counted, kind_of

if TYPE_CHECKING:
    from pytest_sisyphus.compiled.checks import StepCheck

_SHOWN_FAILURES: Final = 3
_EXPECTED: Final = marked("every element passes")


class CompiledEach:
    """Of a long list only the first element that does not pass is told: what is kept does not grow
    with the list."""

    __slots__ = ("_inner", "_namespaces", "_path", "check")

    def __init__(self, check: Check, inner: "Sequence[StepCheck]") -> None:
        """`check` is rendered."""
        self.check = check
        self._inner = inner
        self._path = str(plain(check.path))
        self._namespaces = as_namespaces(check.namespaces)

    def judge(self, step_data: StepData, scope: Scope) -> CheckOutcome:
        return self._judged(self._select(step_data), scope)[0]

    def evaluate(self, step_data: StepData, scope: Scope) -> EvaluatedCheck:
        selection = self._select(step_data)
        outcome, actual = self._judged(selection, scope)
        expected = tr(_EXPECTED)
        if self.check.min_ != 1:
            expected = tr(
                "{expected}, at least {elements}",
                expected=expected,
                elements=counted(self.check.min_, "element"),
            )
        is_matched = bool(selection.matches) or selection.empty_selection
        result = dataclasses.replace(
            result_of(self.check, outcome, actual, expected),
            absent="" if is_matched else "unmatched",
        )
        is_unreadable = selection.unreadable and selection.step_data.unreadable
        unreadable = ResponseInvalid(outcome.error) if is_unreadable else None
        return EvaluatedCheck(result=result, outcome=outcome, unreadable_body=unreadable)

    def _select(self, step_data: StepData) -> Selection:
        return select(step_data, self._path, self.check.source, self._namespaces)

    def _judged(self, selection: Selection, scope: Scope) -> tuple[CheckOutcome, Any]:
        """The outcome, and what came: the element that does not pass, or how many did."""
        checks = [one.compiled(scope) for one in self._inner]
        elements = selection.elements
        error = selection.unreadable
        if not error and not selection.matches and not selection.empty_selection:
            error = selection.no_match
        elif not error and not isinstance(elements, list | tuple):
            what = f"{show(elements)} ({kind_of(elements)})"
            error = tr("each looks at the elements of a list, got {what}", what=what)
        if error:
            outcome = CheckOutcome(passed=False, error=error, evaluated=False)
            return outcome, elements if selection.matches else None
        for position, element in enumerate(elements):
            data = StepData(document={}, body=element, note=selection.note)
            outcomes = [one.judge(data, scope) for one in checks]
            if all(one.passed for one in outcomes):
                continue
            place = f"{selection.elements_path}[{position}]"
            said = _said_of_element(checks, outcomes)
            error = tr(
                "Expected every element to pass, but {place} of {count} does not: {said}",
                place=place,
                count=len(elements),
                said=said,
            )
            is_evaluated = all(one.evaluated for one in outcomes)
            is_broken = any(isinstance(one, BrokenOutcome) for one in outcomes)
            make = BrokenOutcome if is_broken else CheckOutcome
            return make(passed=False, error=error, evaluated=is_evaluated), element
        count = counted(len(elements), "element")
        if len(elements) >= self.check.min_:
            return PASSED, count
        hint = "" if elements else tr(" (min: 0 lets an empty list pass)")
        least = counted(self.check.min_, "element")
        error = tr(
            "Expected at least {least}, but {path} has {count}{hint}",
            least=least,
            path=selection.path,
            count=len(elements),
            hint=hint,
        )
        # of an empty list nothing is known, so that `not` must not pass for it
        return CheckOutcome(passed=False, error=error, evaluated=bool(elements)), count


def _said_of_element(checks: Sequence[CompiledCheck], outcomes: Sequence[CheckOutcome]) -> str:
    """`gt $.price: Expected more than 0, but got -1`, of the first checks that failed."""
    failures = [
        f"{' '.join(filter(None, (one.check.type, plain(one.check.path))))}: {outcome.error}"
        for one, outcome in zip(checks, outcomes, strict=True)
        if not outcome.passed
    ]
    more = len(failures) - _SHOWN_FAILURES
    return "; ".join(
        [*failures[:_SHOWN_FAILURES], *([tr("and {more} more", more=more)] if more > 0 else [])]
    )
