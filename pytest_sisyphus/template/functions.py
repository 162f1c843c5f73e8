"""The functions of templates: chance, time, codecs, and what lies outside the case."""

import importlib
import string
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from pytest_sisyphus.clock import Clock
from pytest_sisyphus.extensions.types import Function, FunctionContext
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.template.codecs import CODECS
from pytest_sisyphus.template.datetimes import Moment, strftime
from pytest_sisyphus.template.text import EvaluationError
from pytest_sisyphus.values.describe import kind_of, short_repr
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

MAX_LENGTH = 100_000

_CHARS = string.ascii_letters + string.digits
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_OFFSETS = lazy_pattern(r"(?:[+-]?\d{1,9}[wdhms])*")
_OFFSET = lazy_pattern(r"([+-]?)(\d+)([wdhms])")


def builtin_functions(context: FunctionContext) -> tuple[Function, ...]:
    return (
        *_numbers(context.random),
        *_picks(context.random),
        *_of_time(context.clock),
        *(_function(call, summary) for call, summary in CODECS),
        *_from_outside(context),
    )


def _function(call: Callable[..., Any], description: str, *aliases: str) -> Function:
    name = call.__name__
    return Function(name=name, aliases=aliases, call=call, description=description)


def _numbers(source: Random) -> list[Function]:
    # The names and parameters here are what authors write: some are Python's own.
    def random(min: int = 0, max: int = 1_000_000) -> int:  # noqa: A002
        return _between(source, min, max)

    def randint(min: int = 0, max: int = 100) -> int:  # noqa: A002
        return _between(source, min, max)

    def uuid() -> str:
        return _uuid(source).hex

    def uuid4() -> str:
        return str(_uuid(source))

    return [
        _function(random, "a whole number from min to max, ends included"),
        _function(randint, "a whole number from min to max, ends included"),
        _function(uuid, "a random UUID: 32 hexadecimal digits"),
        _function(uuid4, "a random UUID with dashes"),
    ]


def _picks(source: Random) -> list[Function]:
    def random_str(length: int = 8, chars: str = _CHARS) -> str:
        if not 0 <= length <= MAX_LENGTH:
            raise EvaluationError(
                tr("random_str() makes 0 to {most:,} characters", most=MAX_LENGTH)
            )
        return "".join(source.choices(chars, k=length))

    def choice(values: Sequence[Any]) -> Any:
        if not isinstance(values, Sequence) or not values:
            raise EvaluationError(
                tr("choice() takes a list with members, not {value}", value=short_repr(values))
            )
        return source.choice(values)

    return [
        _function(random_str, "so many characters drawn from chars", "random_string"),
        _function(choice, "one member of a list"),
    ]


def _between(source: Random, low: int, high: int) -> int:
    if low > high:
        raise EvaluationError(tr("there is no number from {low} to {high}", low=low, high=high))
    return source.randint(low, high)


def _uuid(source: Random) -> UUID:
    return UUID(int=source.getrandbits(128), version=4)


def _of_time(clock: Clock) -> list[Function]:
    def timestamp() -> int:
        return int(clock.now().timestamp())

    def timestamp_ms() -> int:
        return int(clock.now().timestamp() * 1_000)

    def timestamp_us() -> int:
        return int(clock.now().timestamp() * 1_000_000)

    def date(format: str = "%Y-%m-%d", offset: str = "") -> str:  # noqa: A002  the author's word
        return strftime(clock.now() + _offset(offset), format)

    def now() -> Moment:
        return Moment(clock.now())

    return [
        _function(timestamp, "seconds since 1970"),
        _function(timestamp_ms, "milliseconds since 1970"),
        _function(timestamp_us, "microseconds since 1970"),
        _function(date, "today by a strftime format, moved by an offset such as +1d, -2h, 1h30m"),
        _function(now, "local date and time as ISO text; now().year, now().strftime('%Y')"),
    ]


def _offset(text: str) -> timedelta:
    compact = text.replace(" ", "") if isinstance(text, str) else "?"
    if not _OFFSETS.fullmatch(compact):
        raise EvaluationError(
            tr("{text} is no offset; write +1d, -2h, 30m, 1w or 1h30m", text=short_repr(text))
        )
    total, sign = timedelta(), 1
    for written, count, unit in _OFFSET.findall(compact):
        sign = {"-": -1, "+": 1}.get(written, sign)  # -1h30m goes back by both
        total += sign * timedelta(**{_UNITS[unit]: int(count)})
    return total


_ABSENT: Any = object()


def _from_outside(context: FunctionContext) -> list[Function]:
    fakers: dict[str | None, Any] = {}

    def env(name: str, default: Any = _ABSENT) -> Any:
        value = context.environ.get(name, default)
        if value is _ABSENT:
            raise EvaluationError(
                tr("no environment variable {name!r}", name=name),
                tr("; set it, name it in sisyphus_env_allow, or give env() a default"),
            )
        return value

    def fake(provider: str, *args: Any, locale: str | None = None, **options: Any) -> Any:
        if locale not in fakers:
            fakers[locale] = _faker(locale, context.random)
        faker = fakers[locale]
        # only what providers make: Faker's own methods are not for authors
        known = any(callable(getattr(type(one), provider, None)) for one in faker.get_providers())
        if not known or provider.startswith("_"):
            raise EvaluationError(tr("Faker has no provider {name!r}", name=provider))
        return getattr(faker, provider)(
            *map(_bounded, args), **{key: _bounded(value) for key, value in options.items()}
        )

    def db_query(sql: str, *params: Any, alias: str = "default") -> Any:
        if context.db_query is None:
            raise EvaluationError(tr("db_query() is not there: no database is configured"))
        return context.db_query(sql, *params, alias=alias)

    return [
        _function(env, "an environment variable that sisyphus_env_allow names"),
        _function(fake, "made-up data of a Faker provider: fake('name')"),
        _function(db_query, "the rows of a query, or the value of one row with one column"),
    ]


def _faker(locale: str | None, random: Random) -> Any:
    try:
        # Faker is the user's choice, and slow to import.
        made = importlib.import_module("faker").Faker(locale)
    except ImportError as exc:
        raise EvaluationError(
            tr("fake() needs Faker"), tr("; pip install 'pytest-sisyphus[faker]'")
        ) from exc
    made.seed_instance(random.getrandbits(64))
    return made


def _bounded(value: Any) -> Any:
    if isinstance(value, int) and abs(value) > MAX_LENGTH:
        raise EvaluationError(
            tr("fake() takes {kind} up to {most:,}", kind=kind_of(value), most=MAX_LENGTH)
        )
    return value
