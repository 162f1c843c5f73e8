"""What runners say, made fit to be kept: without secrets, impossible times, unusable addresses."""

import datetime as dt
import operator
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, Protocol, TypeVar

from orchestrator.shapes.shape import Shape

from .runner_calls import Hide

S = TypeVar("S", bound=Shape)

#: field by field, as requests spell it.
_TIMES: Final = {
    "start_time": "startTime",
    "end_time": "endTime",
    "started_time": "startedTime",
    "finished_time": "finishedTime",
}
_ADDRESSES: Final = {
    "build_url": "buildUrl",
    "console_url": "consoleUrl",
    "report_url": "reportUrl",
}
_NO_TEXT: Final = frozenset({type(None), int, float, bool, dt.datetime})
#: how far the clock of a runner may be ahead of the server's.
_AHEAD: Final = dt.timedelta(minutes=5)
#: how far behind: nothing of an execution was before it, but clocks are set by people.
_BEHIND: Final = dt.timedelta(days=1)
_WEB: Final = re.compile(r"https?://[^\s/?#][^\x00-\x20\x7f]*", re.IGNORECASE)


class Created(Protocol):
    """An execution, as far as its beginning goes."""

    @property
    def created_time(self) -> dt.datetime: ...


def hidden(said: S, hide: Hide) -> S:
    """Every text of it, at any depth, as `hide` leaves it."""
    news = {}
    for name, value in said.__dict__.items():
        if type(value) not in _NO_TEXT and (new := _hidden(value, hide)) is not value:
            news[name] = new
    return said.model_copy(update=news) if news else said


def _hidden(value: Any, hide: Hide) -> Any:
    """The same object where nothing had to go: nearly always, and copies cost more than looks."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, Shape):
        return hidden(value, hide)
    if isinstance(value, list):
        news = [_hidden(one, hide) for one in value]
        return value if all(map(operator.is_, news, value)) else news
    if isinstance(value, dict):
        return {hide(key): _hidden(one, hide) for key, one in value.items()} if value else value
    return value


def vetted(said: S, execution: Created, now: dt.datetime) -> tuple[S, list[str]]:
    """As if what cannot be had not been said, and a word for each such field."""
    faults = dict(_faults(said, execution.created_time - _BEHIND, now + _AHEAD))
    if not faults:  # nearly always, and a copy of a result costs more than its look-up
        return said, []
    return said.model_copy(update=dict.fromkeys(faults)), list(faults.values())


def _faults(said: Shape, first: dt.datetime, last: dt.datetime) -> Iterator[tuple[str, str]]:
    times, addresses = _checked(type(said))
    for field in times:
        time = getattr(said, field)
        if time is not None and not first <= time <= last:
            yield field, f"{_TIMES[field]} 与服务器时间相差过大，已忽略，改用服务器时间"
    for field in addresses:
        address = getattr(said, field)
        if address is not None and not is_web(address):
            yield field, f"{_ADDRESSES[field]} 不是 http(s) 地址，已忽略"


@cache
def _checked(kind: type[Shape]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The times and addresses that such a request has."""
    fields = kind.model_fields.keys()
    return tuple(filter(fields.__contains__, _TIMES)), tuple(
        filter(fields.__contains__, _ADDRESSES)
    )


def is_web(address: str) -> bool:
    """Whether a page may link to it: `javascript:` and the like would run there."""
    return bool(_WEB.fullmatch(address))
