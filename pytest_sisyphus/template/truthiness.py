"""What is true and what is false where a condition stands."""

from typing import Any, Final

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.template.text import EvaluationError
from pytest_sisyphus.values.describe import kind_of, short_repr

_TRUTH: Final = dict.fromkeys(
    ["true", "1", "yes", "y", "ok", "on", "success"], True
) | dict.fromkeys(["false", "0", "no", "n", "off", "", "null"], False)


def truth_word(text: str) -> bool | None:
    return _TRUTH.get(text.strip().lower())


def truth(value: Any) -> bool:
    """A lone value in a condition. Raises EvaluationError for what is neither true nor false."""
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, int | float):
        return value != 0
    word = truth_word(value) if isinstance(value, str) else None
    if word is None:
        raise EvaluationError(
            tr(
                "{kind} ({value}) is neither true nor false",
                kind=kind_of(value),
                value=short_repr(value),
            ),
            tr("; write a comparison, such as == or contains"),
        )
    return word
