"""The `user_properties` of a YAML item, which `--junitxml` shows."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pytest_sisyphus.clock import format_duration
from pytest_sisyphus.documents.build import CHECKED
from pytest_sisyphus.redact import redact_text
from pytest_sisyphus.results import CaseResult, StepResult, StepStatus

Property = tuple[str, object]

#: keys that identify the case; the rest is its outcome.
IDENTITY: Final = ("case_id", "case_key", "row", "description", "tags")


def case_properties(
    *,
    location: object,
    identity: Mapping[str, Any],
    description: str,
    tags: Sequence[str],
    row: str | None = None,
) -> list[Property]:
    words = {"description": description and redact_text(description), "tags": ", ".join(tags)}
    values = {**identity, "row": row and redact_text(row), **words}
    return [
        ("location", str(location)),
        *((key, values[key]) for key in IDENTITY if values.get(key)),
    ]


def result_properties(
    result: CaseResult, mask: Callable[[str], str], *, report_unchecked: bool
) -> list[Property]:
    """A line for each step; what ran inside another step is only counted."""
    steps = Counter(_statuses(result.steps))
    skipped, passed = steps[StepStatus.SKIPPED], steps[StepStatus.SUCCESS]
    counts = f"{passed} passed, {steps.total() - passed - skipped} failed, {skipped} skipped"
    is_unchecked = report_unchecked and result.is_unchecked
    checked: list[Property] = [(CHECKED, 0)] if is_unchecked else []
    lines = (_line(step, mask) for step in result.steps)
    numbered = ((f"step {number}", line) for number, line in enumerate(lines, start=1))
    return [("steps", counts), *checked, *numbered]


def _statuses(steps: Iterable[StepResult]) -> Iterator[StepStatus]:
    for step in steps:
        yield step.status
        yield from _statuses(step.children)


def _line(step: StepResult, mask: Callable[[str], str]) -> str:
    """Only a name and a place can hold a secret."""
    passed = sum(check.passed for check in step.checks)
    checks = f", checks {passed}/{len(step.checks)}" if step.checks else ""
    is_skipped = step.status is StepStatus.SKIPPED
    took = "" if is_skipped else f", {format_duration(round(step.duration, 6))}"
    return f"{step.status}: {mask(step.name)}{took}{checks} ({mask(str(step.location))})"
