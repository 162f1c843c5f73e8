"""The only clock of the service. Every stored moment is aware UTC."""

import datetime as dt
import time
from typing import Protocol
from zoneinfo import ZoneInfo

WIRE_FORMAT = "%Y-%m-%d %H:%M:%S"
WIRE_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"
#: of `iso`; zones of long ago differ by seconds.
ISO_PATTERN = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}"
    "[+-][0-9]{2}:[0-9]{2}(:[0-9]{2})?$"
)


#: seconds of no particular origin, for measuring.
tick = time.perf_counter


class Clock(Protocol):
    def now(self) -> dt.datetime: ...


class SystemClock:
    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)


def wire(moment: dt.datetime | None, zone: ZoneInfo | None) -> str | None:
    """The moment as the interface shows it; `zone` None is the server's own."""
    return None if moment is None else moment.astimezone(zone).strftime(WIRE_FORMAT)


def iso(moment: dt.datetime | None, zone: ZoneInfo | None) -> str | None:
    """The moment as it was: with milliseconds and its zone."""
    return None if moment is None else moment.astimezone(zone).isoformat(timespec="milliseconds")


def from_wire(text: str, zone: ZoneInfo | None) -> dt.datetime:
    """Local `YYYY-MM-DD HH:MM:SS` or ISO 8601 (with a zone, or local) as UTC; ValueError if not."""
    moment = dt.datetime.fromisoformat(text.strip())
    if not 1970 <= moment.year <= 9000:
        raise ValueError(text)
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(dt.UTC)
