"""JSON text to values that remember their place."""

import json
from bisect import bisect_right
from typing import Any, Final

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList, LocatedStr, Location
from pytest_sisyphus.source.diagnostics import SpecError
from pytest_sisyphus.source.limits import ValueBudget
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

_TOKEN: Final = lazy_pattern(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_NEWLINE: Final = lazy_pattern("\n")


def read_json(text: str, display_name: str, budget: ValueBudget) -> Any:
    """The value of one file; `shown` is its name in messages. Raises SpecError."""
    try:
        data = exact_json.loads_unique_keys(text)
    except json.JSONDecodeError as error:
        location = Location(display_name, error.lineno, error.colno)
        message = tr("not JSON: {problem}", problem=exact_json.describe_error(error))
        raise SpecError.at(location, message) from error
    except RecursionError as error:
        location = Location(display_name, 1)
        raise SpecError.at(location, tr("nested too deeply")) from error
    return _Locator(text, display_name, budget).located(data, 0)[0]


class _Locator:
    """The tokens of a text that is known to be JSON stand in the order of its values."""

    def __init__(self, text: str, display_name: str, budget: ValueBudget) -> None:
        self._tokens = _TOKEN.finditer(text)
        self._lines = [0, *(found.end() for found in _NEWLINE.finditer(text))]
        self._display_name = display_name
        self._budget = budget

    def located(self, data: Any, depth: int) -> tuple[Any, Location]:
        location = self._next()
        if problem := self._budget.exceeded(depth):
            raise SpecError.at(location, problem)
        if isinstance(data, str):
            return LocatedStr(data, location), location
        if not isinstance(data, dict | list):
            return data, location
        if not data:
            self._next()  # its end
        if isinstance(data, dict):
            mapping = LocatedDict(location)
            for key, item in data.items():
                key_location = self._next()
                self._next()  # the colon
                value, there = self.located(item, depth + 1)
                name = LocatedStr(key, key_location)
                mapping.put(name, value, location=there, key_location=key_location)
                self._next()  # a comma, or the end
            return mapping, location
        items = LocatedList(location)
        for item in data:
            items.put(*self.located(item, depth + 1))
            self._next()  # a comma, or the end
        return items, location

    def _next(self) -> Location:
        start = next(self._tokens).start()
        line = bisect_right(self._lines, start)
        return Location(self._display_name, line, start - self._lines[line - 1] + 1)
