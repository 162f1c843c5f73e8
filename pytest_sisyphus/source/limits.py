"""How much a case file may stand for, with all that it includes."""

from typing import Final

MAX_DEPTH: Final = 100
#: values once aliases and includes are written out.
MAX_VALUES: Final = 1_000_000


class ValueBudget:
    """Counts the values of one case file with its includes."""

    def __init__(self) -> None:
        self.values = 0

    @property
    def is_exhausted(self) -> bool:
        """Nothing more is read."""
        return self.values > MAX_VALUES

    def exceeded(self, depth: int, values: int = 1) -> str:
        """Counts `values` more at this depth. Returns what is too much; empty if nothing is."""
        self.values += values
        if depth > MAX_DEPTH:
            return f"nested deeper than {MAX_DEPTH} levels"
        if self.values > MAX_VALUES:
            told = "once its aliases are written out, with all includes"
            return f"more than {MAX_VALUES} values {told}"
        return ""
