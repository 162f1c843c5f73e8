"""`env_file`: variables that lie under those of the environment."""

import posixpath
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import of_library, tr
from pytest_sisyphus.location import NOWHERE, LocatedDict, Location
from pytest_sisyphus.spec.context import Info, context_of, invalid
from pytest_sisyphus.spec.fields import Templated
from pytest_sisyphus.spec.files import literal_file
from pytest_sisyphus.values.describe import short_json
from pytest_sisyphus.values.encodings import utf_8_hint
from pytest_sisyphus.values.env_file import EnvFileError, parse_env_file


class EnvFileRefusedError(ConfigError):
    """a .env file cannot be read"""

    def __init__(self, message: str, location: Location) -> None:
        super().__init__(f"{location}: {message}")
        self.problem = message
        self.location = location


def read_env_file(path: Path, display_name: str) -> LocatedDict:
    """The variables by name. Raises EnvFileRefusedError."""
    found = LocatedDict(Location(display_name, 1))
    try:
        for name, value, line in parse_env_file(path.read_text(encoding="utf-8")):
            location = Location(display_name, line)
            found.put(name, value, location=location, key_location=location)
    except OSError as error:
        said = tr("cannot be read: {reason}", reason=of_library(str(error.strerror)))
        raise EnvFileRefusedError(said, found.location) from error
    except UnicodeDecodeError as error:
        reason, hint = of_library(error.reason), utf_8_hint(error.object)
        said = tr("not UTF-8: {reason}{hint}", reason=reason, hint=hint)
        raise EnvFileRefusedError(said, found.location) from error
    except EnvFileError as error:
        raise EnvFileRefusedError(str(error), Location(display_name, error.line)) from error
    return found


def display_name_of(written: str, location: Location) -> str:
    """What messages call a file that is named at a place."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(location.file), written))


def _readable(value: Any, info: ValidationInfo | Info) -> Any:
    context = context_of(info)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        said = tr("env_file is the path of a .env file, got {value}", value=short_json(value))
        raise invalid(said)
    location = getattr(value, "location", NOWHERE)
    path = None
    if not context.has_env_file:
        path = literal_file(value, location, context, tr("for env_file"))
    if path is not None:
        try:
            read_env_file(path, display_name_of(value, location))
        except EnvFileRefusedError as error:
            raise invalid(error.problem, error.location) from error
    return str(value)


EnvFile = Annotated[
    Any,
    AfterValidator(_readable),
    Templated(),
    WithJsonSchema({"type": ["string", "null"]}),
]
