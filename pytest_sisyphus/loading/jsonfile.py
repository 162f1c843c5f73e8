"""JSON text to values that remember their place."""

import json
import re
from bisect import bisect_right
from typing import Any, Final

from .. import jsontext
from ..located import LocatedDict, LocatedList, LocatedStr, Place
from .bounds import Bounds
from .complaints import Complaint, SpecError

_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_NEWLINE: Final = re.compile("\n")


def read_json(text: str, shown: str, bounds: Bounds) -> Any:
    """The value of one file; `shown` is its name in messages. Raises SpecError."""
    try:
        data = jsontext.loads_foreign(text)
    except json.JSONDecodeError as error:
        place = Place(shown, error.lineno, error.colno)
        message = f"not JSON: {jsontext.mistake(error)}"
        raise SpecError([Complaint(place=place, message=message)]) from error
    except RecursionError as error:
        place = Place(shown, 1)
        raise SpecError([Complaint(place=place, message="nested too deeply")]) from error
    return _Placing(text, shown, bounds).placed(data, 0)[0]


class _Placing:
    """The tokens of a text that is known to be JSON stand in the order of its values."""

    def __init__(self, text: str, shown: str, bounds: Bounds) -> None:
        self._tokens = _TOKEN.finditer(text)
        self._lines = [0, *(found.end() for found in _NEWLINE.finditer(text))]
        self._shown = shown
        self._bounds = bounds

    def placed(self, data: Any, depth: int) -> tuple[Any, Place]:
        place = self._next()
        if complaint := self._bounds.exceeded(depth):
            raise SpecError([Complaint(place=place, message=complaint)])
        if isinstance(data, dict):
            return self._mapping(data, place, depth), place
        if isinstance(data, list):
            return self._list(data, place, depth), place
        return LocatedStr(data, place) if isinstance(data, str) else data, place

    def _mapping(self, data: dict[str, Any], place: Place, depth: int) -> LocatedDict:
        made = LocatedDict(place)
        for key, item in data.items():
            key_place = self._next()
            self._next()  # the colon
            value, there = self.placed(item, depth + 1)
            made.put(LocatedStr(key, key_place), value, place=there, key_place=key_place)
            self._next()  # a comma, or the end
        if not data:
            self._next()
        return made

    def _list(self, data: list[Any], place: Place, depth: int) -> LocatedList:
        made = LocatedList(place)
        for item in data:
            made.put(*self.placed(item, depth + 1))
            self._next()  # a comma, or the end
        if not data:
            self._next()
        return made

    def _next(self) -> Place:
        start = next(self._tokens).start()
        line = bisect_right(self._lines, start)
        return Place(self._shown, line, start - self._lines[line - 1] + 1)
