"""What is wrong with a case file, all of it at once."""

import dataclasses

from ..errors import ConfigError
from ..located import Place


@dataclasses.dataclass(frozen=True, kw_only=True)
class Complaint:
    place: Place
    message: str
    #: where in the case, e.g. `steps[2].validations[0].type`; empty for the file itself.
    key_path: str = ""

    def __str__(self) -> str:
        at = f" (at {self.key_path})" if self.key_path else ""
        return f"{self.place.exact}: {self.message}{at}"


def _in_file(complaint: Complaint) -> tuple[str, int, int]:
    place = complaint.place
    return place.file, place.line, place.column


class SpecError(ConfigError):
    """A file that is no case, or not a right one."""

    def __init__(self, complaints: list[Complaint]) -> None:
        self.complaints = sorted(complaints, key=_in_file)
        super().__init__("\n".join(map(str, self.complaints)))
