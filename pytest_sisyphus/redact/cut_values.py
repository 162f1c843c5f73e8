"""What is left of secret values where a message cut them: `…-Xy9Tt2`, `Zq7Kw4-…`."""

from collections.abc import Callable, Iterable
from typing import Final

from pytest_sisyphus.redact.values import MASK

_CUT: Final = "…"
#: characters of a piece that tell it from chance.
_LEAST: Final = 4
#: how much of a text beside a cut is looked at, and how many cuts: our messages have few.
_BESIDE: Final = 400
_MOST_CUTS: Final = 50


class CutValues:
    def __init__(self, values: Iterable[str]) -> None:
        self._values = [*values]
        self._by_start = _grouped(self._values, lambda value: value[:_LEAST])
        self._by_end = _grouped(self._values, lambda value: value[-_LEAST:])

    def mask(self, text: str) -> str:
        parts = text.split(_CUT, _MOST_CUTS)
        last = len(parts) - 1
        for i, part in enumerate(parts):
            if 0 < i < last and len(part) >= _LEAST and any(part in one for one in self._values):
                parts[i] = MASK  # out of the midst of a long one
                continue
            end = self._length_of_end(part) if i > 0 else 0
            start = self._length_of_start(part[end:]) if i < last else 0
            rest = part[end : len(part) - start]
            parts[i] = f"{MASK * (end > 0)}{rest}{MASK * (start > 0)}"
        return _CUT.join(parts)

    def _length_of_end(self, part: str) -> int:
        """How many characters `part` begins with that a value ends with."""
        for length in range(min(len(part), _BESIDE), _LEAST - 1, -1):
            ends = self._by_end.get(part[length - _LEAST : length], ())
            if any(one.endswith(part[:length]) for one in ends):
                return length
        return 0

    def _length_of_start(self, part: str) -> int:
        """How many characters `part` ends with that a value begins with."""
        for at in range(max(0, len(part) - _BESIDE), len(part) - _LEAST + 1):
            starts = self._by_start.get(part[at : at + _LEAST], ())
            if any(one.startswith(part[at:]) for one in starts):
                return len(part) - at
        return 0


def _grouped(values: Iterable[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return groups
