"""Judges made from small comparisons, and what they complain about before anything runs."""

from collections.abc import Callable
from typing import Any

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.models.parts import PASSED, Judge, Selection, Verdict

from .showing import show, show_both

#: (actual, expected, strict) -> does it hold? Raises ConfigError when that cannot be judged.
Comparison = Callable[[Any, Any, bool], bool]
Complain = Callable[[Any], str | None]


def failed(error: str) -> Verdict:
    return Verdict(passed=False, error=error)


def judging(holds: Comparison, phrase: str = "{}") -> Judge:
    """`phrase` says what was wanted: `a value greater than {}`."""

    def judge(selection: Selection, expected: Any, *, strict: bool) -> Verdict:
        if holds(selection.value, expected, strict):
            return PASSED
        wanted, got = show_both(expected, selection.value)
        return failed(f"Expected {phrase.format(wanted)}, but got {got}")

    return judge


def negated(holds: Comparison) -> Comparison:
    """What `holds` cannot judge is not judged either way."""
    return lambda actual, expected, strict: not holds(actual, expected, strict)


def flag(holds: Callable[[Selection], bool], phrase: str) -> Judge:
    """For `expect: true|false`; `phrase` completes `Expected … to …` and its opposite."""

    def judge(selection: Selection, expected: Any, *, strict: bool) -> Verdict:  # noqa: ARG001 - Judge's shape
        if not isinstance(expected, bool):
            raise ConfigError(f"expect must be true or false, got {show(expected)}")
        if holds(selection) is expected:
            return PASSED
        word = "" if expected else "not "
        return failed(
            f"Expected {selection.path} {word}to {phrase}, but got {show(selection.value)}"
        )

    return judge
