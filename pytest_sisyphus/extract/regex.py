"""The only door to regular expressions that are written in cases.

Such a pattern meets text that a server sent, so it must not be able to search for ever: the
`regex` library has a time limit, Python's own `re` has none.
"""

import functools
import itertools
import warnings
from typing import Any, Final

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import of_library, tr
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: seconds one pattern may search one text, and characters that earn it another second.
_SECONDS: Final = 1.0
_CHARACTERS: Final = 4_000_000
#: characters of a pattern; compiling is ours to bound too.
_LONGEST: Final = 10_000
#: what may fail although nothing need be there: `(?!…)`, `(?<=…)`, `(?(1)…)`, `\\b`, `\\1`, verbs.
_LOOKS_AROUND: Final = lazy_pattern(r"\(\?(?:[=!(]|<[=!]|[&P]|R|\d)|\(\*|\\(?:[bBmMGKgLp]|[1-9])")
_AT_START: Final = lazy_pattern(r"\^|\\A")
_AT_END: Final = lazy_pattern(r"\$|\\[Zz]")


@functools.lru_cache(maxsize=512)
def compile_pattern(pattern: str, *, any_case: bool = False) -> Any:
    """Raises ConfigError that names what is wrong and where in the pattern."""
    import regex  # noqa: PLC0415 - 6 ms; only for patterns

    if len(pattern) > _LONGEST:
        raise ConfigError(
            tr(
                "a pattern may have at most {most} characters, got {count}",
                most=_LONGEST,
                count=len(pattern),
            )
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "possible nested set": a hint, not a mistake
            return regex.compile(pattern, regex.IGNORECASE if any_case else 0)
    except regex.error as error:
        raise ConfigError(_complaint(pattern, of_library(error.msg), error.pos)) from error
    except (OverflowError, RecursionError) as error:
        raise ConfigError(
            _complaint(pattern, tr("too large or too deeply nested"), None)
        ) from error


@functools.lru_cache(maxsize=512)
def is_found_everywhere(pattern: str) -> bool:
    """It takes also nothing, wherever it looks: `x|`, `x*`. Never of a pattern that might miss."""
    if search(compile_pattern(pattern), "") is None or _LOOKS_AROUND.search(pattern):
        return False
    return not (_AT_START.search(pattern) and _AT_END.search(pattern))


def search(compiled: Any, text: str) -> Any:
    """The first match or None. Raises ConfigError when the time limit runs out."""
    try:
        return compiled.search(text, timeout=_limit(text))
    except TimeoutError as error:
        raise ConfigError(_too_slow(compiled, text)) from error


def search_some(compiled: Any, text: str, most: int | None) -> list[Any]:
    """The first `most` matches, or all. Raises ConfigError when the time limit runs out."""
    try:
        return list(itertools.islice(compiled.finditer(text, timeout=_limit(text)), most))
    except TimeoutError as error:
        raise ConfigError(_too_slow(compiled, text)) from error


def _limit(text: str) -> float:
    return _SECONDS + len(text) / _CHARACTERS


def _complaint(pattern: str, what: str, position: int | None) -> str:
    if position is None:
        return tr(
            "the pattern {pattern!r} is not a regular expression: {what}",
            pattern=pattern[:80],
            what=what,
        )
    return tr(
        "the pattern {pattern!r} is not a regular expression: {what} at character {position}",
        pattern=pattern[:80],
        what=what,
        position=position + 1,
    )


def _too_slow(compiled: Any, text: str) -> str:
    return tr(
        "the pattern {pattern!r} was still searching {count} characters after {seconds:.1f} s; "
        "avoid nested repetitions such as (a+)+",
        pattern=compiled.pattern[:80],
        count=len(text),
        seconds=_limit(text),
    )
