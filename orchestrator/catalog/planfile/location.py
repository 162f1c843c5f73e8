"""Places in a file, and what is wrong there."""

import dataclasses

from orchestrator.i18n import joined


@dataclasses.dataclass(frozen=True, order=True)
class Location:
    """Both count from 1."""

    line: int = 1
    column: int = 1


@dataclasses.dataclass(frozen=True, order=True)
class Diagnostic:
    location: Location
    text: str

    def of(self, file: str) -> str:
        place = f"{file}:{self.location.line}:{self.location.column}"
        return joined([place, self.text], ": ")
