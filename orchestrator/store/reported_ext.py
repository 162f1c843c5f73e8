"""Columns read from the `ext` of a result; whatever else stands there, no result is lost for it."""

from collections.abc import Mapping
from typing import Any, Final

_NAME_CHARS: Final = 64
_CAUSE: Final = ("step", "check", "path", "type")
_CAUSE_CHARS: Final = 200
_MOST: Final = 2**31 - 1

#: of an `ext` without any of them.
NOTHING: Final[Mapping[str, Any]] = dict.fromkeys(
    ("worker", "checks_passed", "checks_total", "cause")
)


def columns_of(ext: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The columns of a case: who ran it, how many checks there were, what failed."""
    if not ext:
        return NOTHING
    worker, cause = ext.get("worker"), ext.get("cause")
    passed, total = _checks(ext.get("checks"))
    if isinstance(cause, dict):
        texts = ((name, cause.get(name)) for name in _CAUSE)
        cause = {
            name: text[:_CAUSE_CHARS] if isinstance(text, str) and text else None
            for name, text in texts
        }
    else:
        cause = None
    return {
        "worker": worker[:_NAME_CHARS] if isinstance(worker, str) else None,
        "checks_passed": passed,
        "checks_total": total,
        "cause": cause,
    }


def _checks(value: Any) -> tuple[int, int] | tuple[None, None]:
    if not isinstance(value, dict):
        return None, None
    passed, total = value.get("passed"), value.get("total")
    if type(passed) is int and type(total) is int and 0 <= passed <= total <= _MOST:
        return passed, total
    return None, None
