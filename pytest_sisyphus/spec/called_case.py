"""A step that runs another case: what it names, and what it is given."""

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sisyphus.location import Location
from pytest_sisyphus.values.record import record

if TYPE_CHECKING:
    from pytest_sisyphus.spec.case import Case
    from pytest_sisyphus.spec.context import ValidationContext


@record
class Call:
    """One call of a case."""

    #: as it is written.
    file: str
    #: the name; None: the only one of the file.
    case: str | None
    location: Location
    #: which case it is, once that is known.
    key: tuple[Path, str] | None = None


@record
class CalledCase:
    """A case that was read to be run by another one's step."""

    case: "Case"
    #: its own: paths are those of its file.
    validation: "ValidationContext"
    #: as messages name it.
    file: str
