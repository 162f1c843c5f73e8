"""Requests of runners without secrets, impossible times and unusable addresses."""

import datetime as dt
import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final, Protocol, TypeVar, cast

from orchestrator.i18n import tr
from orchestrator.runners.gateway import Mask
from orchestrator.schemas.base import RequestModel

S = TypeVar("S", bound=RequestModel)

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


def mask_request(request: S, mask: Mask, body: bytes | None = None) -> S:
    """The request with every text of it, at any depth, as `mask` leaves it. `body`: the JSON that
    it was read from, where its texts are as they stand there but for escapes."""
    if body is not None and b"\\" not in body:
        together = body.decode()
    else:
        texts: list[str] = []
        _collect_texts(request.__dict__.values(), texts)
        together = "\0".join(texts)
    if mask(together) == together:  # nearly always, and one look costs less than many
        return request
    return cast("S", _masked(request, mask))


def _collect_texts(values: Iterable[Any], texts: list[str]) -> None:
    for value in values:
        kind = type(value)
        if kind is str:
            texts.append(value)
        elif kind in _NO_TEXT:
            continue
        elif isinstance(value, RequestModel):
            _collect_texts(value.__dict__.values(), texts)
        elif isinstance(value, dict):
            _collect_texts((*value, *value.values()), texts)
        elif isinstance(value, list):
            _collect_texts(value, texts)


def _masked(value: Any, mask: Mask) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, RequestModel):
        masked = {name: _masked(one, mask) for name, one in value.__dict__.items()}
        return value.model_copy(update=masked)
    if isinstance(value, list):
        return [_masked(one, mask) for one in value]
    if isinstance(value, dict):
        return {mask(key): _masked(one, mask) for key, one in value.items()}
    return value


def sanitized(request: S, execution: Created, now: dt.datetime) -> tuple[S, list[str]]:
    """The request without times and addresses that cannot be, and a warning for each of them."""
    faults: dict[str, str] = {}
    times, addresses = _checked_fields(type(request))
    values = request.__dict__
    for field in times:
        time = values[field]
        if time is not None and not execution.created_time - _BEHIND <= time <= now + _AHEAD:
            faults[field] = tr(
                "{field} 与服务器时间相差过大，已忽略，改用服务器时间", field=_TIMES[field]
            )
    for field in addresses:
        address = values[field]
        if address is not None and not is_web(address):
            faults[field] = tr("{field} 不是 http(s) 地址，已忽略", field=_ADDRESSES[field])
    if not faults:  # nearly always, and a copy of a result costs more than its look-up
        return request, []
    return request.model_copy(update=dict.fromkeys(faults)), list(faults.values())


@cache
def _checked_fields(kind: type[RequestModel]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The times and addresses that such a request has."""
    fields = kind.model_fields.keys()
    return tuple(filter(fields.__contains__, _TIMES)), tuple(
        filter(fields.__contains__, _ADDRESSES)
    )


def is_web(address: str) -> bool:
    """Whether a page may link to it: `javascript:` and the like would run there."""
    return bool(_WEB.fullmatch(address))
