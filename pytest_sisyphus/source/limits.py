"""How much a case file may stand for, with all that it includes."""

from typing import Final

from pytest_sisyphus.i18n import tr

MAX_DEPTH: Final = 100
#: values once aliases and includes are written out.
MAX_VALUES: Final = 1_000_000


class ValueBudget:
    """Counts the values of one case file with its includes."""

    def __init__(self) -> None:
        self.values = 0

    @property
    def is_exhausted(self) -> bool:
        """Whether nothing more is read."""
        return self.values > MAX_VALUES

    def exceeded(self, depth: int, values: int = 1) -> str:
        """Counts `values` more at this depth. Returns what is too much; empty if nothing is."""
        self.values += values
        if depth > MAX_DEPTH:
            return tr("nested deeper than {most} levels", most=MAX_DEPTH)
        if self.values > MAX_VALUES:
            return tr(
                "more than {most} values once its aliases are written out, with all includes",
                most=MAX_VALUES,
            )
        return ""
