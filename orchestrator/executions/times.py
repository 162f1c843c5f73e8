"""Ends and durations where beginning and end may come from two clocks."""

import datetime as dt
from typing import Final, NamedTuple

from orchestrator.i18n import marked

#: a moment without a fraction may lie before one that has one.
_ROUNDING: Final = dt.timedelta(seconds=1)
#: warns of an end before its beginning.
REVERSED: Final = marked("{end} 早于 {start}，已忽略，改用服务器时间")


class End(NamedTuple):
    moment: dt.datetime
    #: False: the clocks disagree, so nobody knows how long it took.
    certain: bool = True


def end_after(start: dt.datetime | None, given: dt.datetime | None, now: dt.datetime) -> End:
    """The given end, or `now`; the later of start and `now` where that lies before the start."""
    end = given or now
    if start is None or end >= start:
        return End(moment=end)
    if start - end < _ROUNDING:
        return End(moment=start)
    return End(moment=max(start, now), certain=False)


def seconds(start: dt.datetime | None, end: dt.datetime | None) -> float | None:
    """The time between; None when an end is unknown or a clock went wrong."""
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds()
