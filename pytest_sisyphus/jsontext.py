"""JSON whose decimals keep their digits, read and written: what leaves or enters a case."""

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
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


class _TwiceError(ValueError):
    """A key that stands twice in one object."""


def _each_key_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _TwiceError
    return made


_DECODER: Final = json.JSONDecoder(parse_float=number, parse_constant=_refuse_constant)
_FOREIGN_DECODER: Final = json.JSONDecoder(
    parse_float=number, parse_constant=_refuse_constant, object_pairs_hook=_each_key_once
)


def loads(text: str | bytes) -> Any:
    """Strictly JSON. Raises json.JSONDecodeError, also for NaN and for what no number can hold, and
    RecursionError."""
    return _read(_DECODER, text)


def loads_foreign(text: str | bytes) -> Any:
    """What somebody else wrote. Of a key that stands twice in an object only one value could be
    seen: that is refused too."""
    return _read(_FOREIGN_DECODER, text)


def mistake(error: json.JSONDecodeError | RecursionError) -> str:
    """`line 1, column 18, at '}': …`: where the text stops being JSON, and what stands there."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    rest = error.doc[error.pos :]
    stands = _WORD.match(rest)
    there = f"at {stands[0]!r}" if stands else "at its end"
    return f"line {error.lineno}, column {error.colno}, {there}: {error.msg}"


#: one word or one character; a long word may be a secret, of which masking knows no part.
_WORD: Final = re.compile(r"<[!/]?\w{1,20}\b|\w{1,20}\b|.", re.DOTALL)


def _read(decoder: json.JSONDecoder, text: str | bytes) -> Any:
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text))
    try:
        return decoder.decode(text)
    except json.JSONDecodeError:
        raise
    except (UnholdableNumberError, _ConstantError) as error:
        at = _outside_strings(error.literal, text)
        raise json.JSONDecodeError(str(error), text, at) from error
    except _TwiceError as error:
        key, at = _second(text)
        raise json.JSONDecodeError(f"the key {key} stands twice", text, at) from error
    except ValueError as error:  # whole numbers longer than Python reads
        long = re.search(r"\d{4300}", text)
        message = "a number has too many digits"
        raise json.JSONDecodeError(message, text, long.start() if long else 0) from error


def _outside_strings(literal: str, text: str) -> int:
    wanted = re.compile(rf'"(?:[^"\\]|\\.)*"|((?<![\w.+-]){re.escape(literal)}(?![\w.]))')
    found = (match.start(1) for match in wanted.finditer(text) if match[1])
    return next(found, 0)


_TOKEN: Final = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|[{}]')


def _second(text: str) -> tuple[str, int]:
    """The first key that stands twice in its object, and where it does for the second time."""
    seen: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        if token[0] == "{":
            seen.append(set())
        elif token[0] == "}":
            seen.pop()
        elif token[2]:
            key = json.loads(token[1])
            if key in seen[-1]:
                return token[1], token.start()
            seen[-1].add(key)
    return "of an object", 0


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
