"""Places in a file, and what is wrong there."""

import dataclasses


@dataclasses.dataclass(frozen=True, order=True)
class Place:
    """Both count from 1."""

    line: int = 1
    column: int = 1


@dataclasses.dataclass(frozen=True, order=True)
class Complaint:
    place: Place
    text: str

    def of(self, file: str) -> str:
        return f"{file}:{self.place.line}:{self.place.column}: {self.text}"
