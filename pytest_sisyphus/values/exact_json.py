"""JSON whose decimals keep their digits, read and written."""

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn

from pytest_sisyphus.i18n import of_library, tr
from pytest_sisyphus.values.lazy_pattern import lazy_pattern
from pytest_sisyphus.values.numbers import NumberOutOfRangeError, Numeral, number

_PLAIN: Final = frozenset([str, int, float, bool, type(None)])
#: stands before a Numeral's digits while they are a string; nobody's text can hold it by chance.
_MARK: Final = uuid.uuid4().hex
_MARKED: Final = lazy_pattern(f'"{_MARK}([^"]*)"')


class _InvalidConstantError(ValueError):
    def __init__(self, literal: str) -> None:
        super().__init__(tr("{literal} is not JSON", literal=literal))
        self.literal = literal


def _refuse_constant(name: str) -> NoReturn:
    raise _InvalidConstantError(name)


class _DuplicateKeyError(ValueError):
    """A key that stands twice in one object."""


def _unique_keys(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _DuplicateKeyError
    return made


_DECODER: Final = json.JSONDecoder(parse_float=number, parse_constant=_refuse_constant)
_UNIQUE_KEYS_DECODER: Final = json.JSONDecoder(
    parse_float=number, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys
)


def loads(text: str | bytes) -> Any:
    """Strictly JSON. Raises json.JSONDecodeError, also for NaN and for what no number can hold, and
    RecursionError."""
    return _read(_DECODER, text)


def loads_unique_keys(text: str | bytes) -> Any:
    """As `loads`. Refuses an object that has a key twice, too: only one value would be seen."""
    return _read(_UNIQUE_KEYS_DECODER, text)


def describe_error(error: json.JSONDecodeError | RecursionError) -> str:
    """Where the text stops being JSON, and what stands there: `line 1, column 18, at '}': …`."""
    if isinstance(error, RecursionError):
        return tr("it is nested too deeply")
    rest = error.doc[error.pos :]
    stands = _WORD.match(rest)
    there = tr("at {word!r}", word=stands[0]) if stands else tr("at its end")
    return tr(
        "line {line}, column {column}, {there}: {problem}",
        line=error.lineno,
        column=error.colno,
        there=there,
        problem=of_library(error.msg),
    )


def message_of(error: ValueError | RecursionError) -> str:
    """The same as Python itself says it: `Expecting value: line 1 column 1 (char 0)`."""
    if not isinstance(error, json.JSONDecodeError):
        return of_library(str(error))
    return tr(
        "{problem}: line {line} column {column} (char {position})",
        problem=of_library(error.msg),
        line=error.lineno,
        column=error.colno,
        position=error.pos,
    )


#: one word or one character; a long word may be a secret, of which masking knows no part.
_WORD: Final = lazy_pattern(r"<[!/]?\w{1,20}\b|\w{1,20}\b|.", re.DOTALL)


def _read(decoder: json.JSONDecoder, text: str | bytes) -> Any:
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text))
    try:
        return decoder.decode(text)
    except json.JSONDecodeError:
        raise
    except (NumberOutOfRangeError, _InvalidConstantError) as error:
        literal = re.escape(error.literal)  # outside of strings
        wanted = re.compile(rf'"(?:[^"\\]|\\.)*"|((?<![\w.+-]){literal}(?![\w.]))')
        found = (match.start(1) for match in wanted.finditer(text) if match[1])
        raise json.JSONDecodeError(str(error), text, next(found, 0)) from error
    except _DuplicateKeyError as error:
        key, at = _find_duplicate_key(text)
        raise json.JSONDecodeError(tr("the key {key} stands twice", key=key), text, at) from error
    except ValueError as error:  # whole numbers longer than Python reads
        long = re.search(r"\d{4300}", text)
        message = tr("a number has too many digits")
        raise json.JSONDecodeError(message, text, long.start() if long else 0) from error


_TOKEN: Final = lazy_pattern(r'("(?:[^"\\]|\\.)*")(\s*:)?|[{}]')


def _find_duplicate_key(text: str) -> tuple[str, int]:
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
    return tr("of an object"), 0


def dumps(value: Any, *, default: Callable[[Any], Any] | None = None, **options: Any) -> str:
    """As `json.dumps`, with the digits of each Numeral."""
    if not Numeral.made or not _holds_numeral(value):
        return json.dumps(value, default=default, **options)
    text = json.dumps(
        _marked(value), default=(lambda one: _marked(default(one))) if default else None, **options
    )
    return _MARKED.sub(r"\1", text)


def as_text(value: Any) -> str:
    """Text as it is, anything else as JSON."""
    return value if isinstance(value, str) else dumps(value, ensure_ascii=False)


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
        return {
            key.text if type(key) is Numeral else key: _marked(item) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_marked(item) for item in value]
    return value
