"""JSON whose decimals keep their digits, read and written: what leaves or enters a case."""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

from .numerals import Numeral, UnholdableNumberError, number

_PLAIN: Final = frozenset([str, int, float, bool, type(None)])
#: stands before a Numeral's digits while they are a string; nobody's text can hold it by chance.
_MARK: Final = uuid.uuid4().hex
_MARKED: Final = re.compile(f'"{_MARK}([^"]*)"')


class _ConstantError(ValueError):
    def __init__(self, literal: str) -> None:
        super().__init__(f"{literal} is not JSON")
        self.literal = literal


def _refuse_constant(name: str) -> NoReturn:
    raise _ConstantError(name)


_DECODER: Final = json.JSONDecoder(parse_float=number, parse_constant=_refuse_constant)


def loads(text: str | bytes) -> Any:
    """Strictly JSON. Raises json.JSONDecodeError, also for NaN and for what no number can hold, and
    RecursionError."""
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text))
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError:
        raise
    except (UnholdableNumberError, _ConstantError) as error:
        at = re.search(rf"(?<![\w.+-]){re.escape(error.literal)}(?![\w.])", text)
        raise json.JSONDecodeError(str(error), text, at.start() if at else 0) from error
    except ValueError as error:  # whole numbers longer than Python reads
        long = re.search(r"\d{4300}", text)
        message = "a number has too many digits"
        raise json.JSONDecodeError(message, text, long.start() if long else 0) from error


def dumps(value: Any, *, default: Callable[[Any], Any] | None = None, **options: Any) -> str:
    """As json.dumps, which would write the double of a Numeral."""
    if not Numeral.made or not _holds_numeral(value):
        return json.dumps(value, default=default, **options)
    text = json.dumps(
        _marked(value), default=(lambda one: _marked(default(one))) if default else None, **options
    )
    return _MARKED.sub(r"\1", text)


def _holds_numeral(value: Any) -> bool:
    kind = type(value)
    if kind in _PLAIN:
        return False
    if kind is Numeral:
        return True
    if isinstance(value, Mapping):
        return any(map(_holds_numeral, value)) or any(map(_holds_numeral, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_numeral, value))
    return not isinstance(value, str)  # `default` may find some in what is foreign


def _marked(value: Any) -> Any:
    if type(value) is Numeral:
        return f"{_MARK}{value.text}"
    if isinstance(value, Mapping):
        return {_key(key): _marked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_marked(item) for item in value]
    return value


def _key(key: Any) -> Any:
    return key.text if type(key) is Numeral else key
