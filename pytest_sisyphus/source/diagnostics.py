"""What is wrong with a case file, all of it at once."""

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import Location
from pytest_sisyphus.values.record import record


@record
class Diagnostic:
    location: Location
    message: str
    #: where in the case, e.g. `steps[2].validations[0].type`; empty for the file itself.
    key_path: str = ""

    def __str__(self) -> str:
        at = tr(" (at {key_path})", key_path=self.key_path) if self.key_path else ""
        return f"{self.location.exact}: {self.message}{at}"


class SpecError(ConfigError):
    """Everything that is wrong with a file, in the order in which it stands there."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        self.diagnostics = sorted(diagnostics, key=lambda one: one.location)
        super().__init__("\n".join(map(str, self.diagnostics)))

    @classmethod
    def at(cls, location: Location, message: str) -> "SpecError":
        """An error that has this one mistake."""
        return cls([Diagnostic(location=location, message=message)])
