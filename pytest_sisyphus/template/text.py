"""Values as text, and the bounds that keep every value printable."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.template.datetimes import Moment
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.describe import kind_of
from pytest_sisyphus.values.numbers import Numeral

#: characters (and items) that one value may have: room for the largest body, no room for bombs.
MAX_SIZE = 2**25

_SCALARS = frozenset([int, float, Numeral, bool, type(None)])
#: what is plain as a whole: data made here or read from a response, never a file's own.
_PLAIN = _SCALARS | {str, list, dict, tuple}


class EvaluationError(ValueError):
    """an expression has no value

    `what` is the reason, `hint` what would help; whoever knows the template adds text and place.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


def json_text(value: Any) -> str:
    """How a value reads inside other text: text as it is, the rest as compact JSON.

    Raises EvaluationError for what has no text, or too much of it.
    """
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return exact_json.dumps(value)
    if not isinstance(value, (Mapping, list, tuple)):
        return _other_as_text(value)
    size_of(value)
    try:
        return exact_json.dumps(
            value,
            ensure_ascii=False,
            separators=(",", ":"),
            allow_nan=False,
            default=lambda one: dict(one) if isinstance(one, Mapping) else _other_as_text(one),
        )
    except RecursionError as exc:
        raise _too_deep() from exc
    except EvaluationError:
        raise
    except (TypeError, ValueError) as exc:
        raise EvaluationError(
            tr("{kind} has no JSON: {error}", kind=kind_of(value), error=exc)
        ) from exc


def plain_value(value: Any) -> Any:
    """A result as plain data: moments become text, located and lazy mappings plain ones."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Mapping):
        return {plain_value(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    if isinstance(value, str):
        return value if isinstance(value, Moment) else str(value)
    return _other_as_text(value) if isinstance(value, date | time) else value


def size_of(value: Any) -> int:
    """Characters and items of data once they are written out; beyond MAX_SIZE EvaluationError.

    Data may hold the same list a million times: small in memory, endless as text.
    """
    try:
        return _size(value, {})
    except RecursionError as exc:
        raise _too_deep() from exc


def _size(value: Any, seen: dict[int, int]) -> int:
    if isinstance(value, str):
        return len(value) + 1
    if not isinstance(value, list | tuple | Mapping):
        return 1
    size = seen.get(id(value), 0)
    if not size:
        items = (*value.keys(), *value.values()) if isinstance(value, Mapping) else value
        size = 1 + len(items)
        for item in items:
            if type(item) not in _SCALARS:  # most are scalars: counted above, and cheaply
                size += _size(item, seen)
        if size > MAX_SIZE:
            raise too_large()
        seen[id(value)] = size
    return size


def too_large() -> EvaluationError:
    return EvaluationError(
        tr("the value is too large (more than {most:,} characters)", most=MAX_SIZE)
    )


def _too_deep() -> EvaluationError:
    return EvaluationError(tr("the value is nested too deeply"))


def _other_as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as exc:
            raise EvaluationError(tr("the bytes are no UTF-8 text")) from exc
    if str(value) == object.__repr__(value):
        raise EvaluationError(tr("{kind} cannot be written as text", kind=kind_of(value)))
    return str(value)
