"""A request's one body, as requests wants it."""

import functools
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from requests.structures import CaseInsensitiveDict

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import of_library, tr
from pytest_sisyphus.location import NOWHERE, Location, plain
from pytest_sisyphus.steps.protocol import StepContext
from pytest_sisyphus.values import exact_json

if TYPE_CHECKING:
    from pytest_sisyphus.steps.request import RequestSpec

BODY_KEYS: Final = ("body", "json_", "form", "data", "content", "body_file")

_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"


def body_arguments(
    spec: "RequestSpec", headers: CaseInsensitiveDict[Any], context: StepContext
) -> dict[str, Any]:
    """Arguments for `requests.Request`; sets or drops the Content-Type in `headers`."""
    key = next((key for key in BODY_KEYS if key in spec.model_fields_set), None)
    value = plain(getattr(spec, key)) if key else None
    if spec.files:
        _drop_content_type(headers)
        return _multipart(spec, value, context)
    if key is None or (key == "body_file" and value is None):
        return {}
    if key == "body":
        return _by_content_type(value, headers)
    if key == "form" or (key == "data" and isinstance(value, dict)):
        return {"data": _form(value or {})}
    if key == "json_":
        return _json(value, headers)
    if key == "body_file":
        return _file(spec, headers, context)
    return _text(value)


def _by_content_type(value: Any, headers: CaseInsensitiveDict[Any]) -> dict[str, Any]:
    content_type = str(headers.get("Content-Type") or "").lower()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict) and content_type.startswith(_FORM):
        return {"data": _form(value)}
    if isinstance(value, dict) and content_type.startswith(_MULTIPART):
        _drop_content_type(headers)
        fields = {name: item for name, item in value.items() if item is not None}
        return {
            "files": [(name, (None, exact_json.as_text(item))) for name, item in fields.items()]
        }
    return _json(value, headers)


def _json(value: Any, headers: CaseInsensitiveDict[Any]) -> dict[str, Any]:
    try:
        text = exact_json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise ConfigError(tr("the body cannot be JSON: {error}", error=error)) from error
    if "Content-Type" not in headers:  # null stands there too
        headers["Content-Type"] = "application/json"
    return {"data": _utf8(text)}


def _text(value: Any) -> dict[str, Any]:
    return {"data": _utf8(exact_json.as_text(value))}


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(tr("the body cannot be UTF-8: {reason}", reason=error.reason)) from error


def _file(
    spec: "RequestSpec", headers: CaseInsensitiveDict[Any], context: StepContext
) -> dict[str, Any]:
    """The bytes of `body_file`, whatever stands in it."""
    path, content = _read(str(spec.body_file), spec.location_of("body_file"), context)
    if "Content-Type" not in headers:  # null stands there too
        headers["Content-Type"] = guess_type(path.name)
    return {"data": content}


def _read(written: str, location: Location, context: StepContext) -> tuple[Path, bytes]:
    """Raises ConfigError."""
    path = context.resolve(written, location)
    try:
        return path, path.read_bytes()
    except OSError as error:
        raise ConfigError(
            tr(
                "{location}: cannot read {name!r}: {error}",
                location=location,
                name=written,
                error=of_library(error.strerror or ""),
            )
        ) from error


def guess_type(name: str) -> str:
    """The Content-Type of a file by its name, the same on every machine."""
    kind, encoding = _types().guess_type(name)
    if encoding is not None:
        return _BY_ENCODING.get(encoding, _BYTES)
    return kind or _BYTES


@functools.cache
def _types() -> mimetypes.MimeTypes:
    """The types that Python itself knows: the system's tables differ from machine to machine."""
    return mimetypes.MimeTypes()


_BYTES: Final = "application/octet-stream"
_BY_ENCODING: Final = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
}


def _form(value: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [exact_json.as_text(one) for one in item if one is not None]
        if isinstance(item, list)
        else exact_json.as_text(item)
        for name, item in value.items()
        if item is not None
    }


def _multipart(spec: "RequestSpec", fields: Any, context: StepContext) -> dict[str, Any]:
    """Files and form fields. Raises ConfigError."""
    location = spec.location_of("files")
    files: list[tuple[str, Any]] = []
    for field, parts in (spec.files or {}).items():
        for part in parts:
            place = part.location_of("path")
            path, content = _read(part.path, location if place == NOWHERE else place, context)
            name = path.name if part.filename is None else part.filename
            files.append((field, (name, content, part.content_type or guess_type(name))))
    if fields is None:
        return {"files": files, "data": None}
    if not isinstance(fields, dict):
        raise ConfigError(
            tr(
                "{location}: beside files the body is a mapping of form fields",
                location=spec.location,
            )
        )
    return {"files": files, "data": _form(fields)}


def _drop_content_type(headers: CaseInsensitiveDict[Any]) -> None:
    """The boundary is in the Content-Type that requests sets itself."""
    headers.pop("Content-Type", None)
