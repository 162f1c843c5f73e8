"""What `now()` gives: a text for everyone who only prints it, with the parts of its moment."""

from datetime import date, datetime, time
from typing import Final

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

_DIRECTIVE: Final = lazy_pattern(r"%-?[A-Za-z%]")


class Moment(str):
    """ISO text: `2026-01-31 12:00:00`."""

    __slots__ = ("moment",)

    moment: datetime

    def __new__(cls, moment: datetime) -> "Moment":
        made = super().__new__(cls, moment.isoformat(sep=" ", timespec="seconds"))
        made.moment = moment
        return made

    def __getnewargs__(self) -> tuple[datetime]:  # type: ignore[override] # what __new__ takes
        return (self.moment,)


def strftime(moment: date | time, format: str) -> str:  # noqa: A002 - the author's word
    """The directives alone, so that the rest of the format is no business of the C library."""
    if "%" not in format:
        raise ValueError(
            tr(
                "{format!r} has no directive, so that it gives itself; write '%Y-%m-%d %H:%M:%S'",
                format=format,
            )
        )
    return _DIRECTIVE.sub(lambda found: moment.strftime(found.group()), format)
