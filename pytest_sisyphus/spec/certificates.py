"""`verify_ssl` and `cert`: which servers are believed, and who we are to them."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.http.certificates import ca_problem, client_problem
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import Location
from pytest_sisyphus.spec.context import Info, context_of, invalid
from pytest_sisyphus.spec.fields import TRUTH_WORDS, Templated
from pytest_sisyphus.spec.files import literal_file
from pytest_sisyphus.values.describe import short_json

Resolve = Callable[[str, Location], Path]

_TRUE: Final = frozenset({"true", "yes", "on", "y", "t", "1"})


def _verify(value: Any, info: ValidationInfo | Info) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in {0, 1}:
        return bool(value)
    if not isinstance(value, str) or not value.strip():
        raise invalid(
            tr(
                "verify_ssl is true, false or the path of a CA file, got {value}",
                value=short_json(value),
            )
        )
    if value.lower() in TRUTH_WORDS:
        return value.lower() in _TRUE
    location = getattr(value, "location", None)
    wanted = tr("for verify_ssl: expected true or false, or the path of a CA file")
    path = literal_file(value, location, context_of(info), wanted)
    if path is not None and (problem := ca_problem(path)):
        raise invalid(tr("verify_ssl: {problem}", problem=problem), location)
    return str(value)


def _cert(value: Any, info: ValidationInfo | Info) -> Any:
    if value is None:
        return None
    paths = list(value) if isinstance(value, list | tuple) else [value]
    if not 1 <= len(paths) <= 2 or not all(isinstance(one, str) and one.strip() for one in paths):
        raise invalid(
            tr(
                "cert is the path of a client certificate, or [certificate, key], got {value}",
                value=short_json(value),
            )
        )
    location = getattr(value, "location", None)
    found = [
        literal_file(one, getattr(one, "location", location), context_of(info), what)
        for one, what in zip(paths, (tr("for cert"), tr("for the key of cert")), strict=False)
    ]
    files = [one for one in found if one is not None]
    if len(files) == len(paths) and (problem := client_problem(files[0], files[-1])):
        raise invalid(tr("cert: {problem}", problem=problem), location)
    return tuple(map(str, paths))


def ca_file(verify: bool | str, location: Location, resolve: Resolve) -> bool | str:
    """`verify_ssl` as connections take it: the CA file's whole path. Raises ConfigError."""
    if isinstance(verify, bool):
        return verify
    path = resolve(verify, location)
    if problem := _missing(path, verify) or ca_problem(path):
        raise ConfigError(f"{location}: " + tr("verify_ssl: {problem}", problem=problem))
    return str(path)


def client_certificate(
    cert: tuple[str, ...] | None, location: Location, resolve: Resolve
) -> str | tuple[str, str] | None:
    """`cert` as connections take it: whole paths. Raises ConfigError."""
    if cert is None:
        return None
    paths = [resolve(one, location) for one in cert]
    missing = next(filter(None, map(_missing, paths, cert)), "")
    if problem := missing or client_problem(paths[0], paths[-1]):
        raise ConfigError(f"{location}: " + tr("cert: {problem}", problem=problem))
    return (str(paths[0]), str(paths[1])) if len(paths) > 1 else str(paths[0])


def _missing(path: Path, written: str) -> str:
    if path.is_file():
        return ""
    return tr("there is no file {file!r} ({path})", file=written, path=path)


VerifySsl = Annotated[
    Any,
    AfterValidator(_verify),
    Templated(),
    WithJsonSchema({"anyOf": [{"type": ["boolean", "string"]}, {"enum": [0, 1]}]}),
]
Cert = Annotated[
    Any,
    AfterValidator(_cert),
    Templated(),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "null"]},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
            ]
        }
    ),
]
