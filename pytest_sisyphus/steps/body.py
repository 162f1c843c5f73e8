"""A request's one body, as requests wants it."""

from typing import TYPE_CHECKING, Any, Final

from requests.structures import CaseInsensitiveDict

from .. import jsontext
from ..errors import ConfigError
from ..located import plain
from .files import FilePart
from .protocol import StepContext

if TYPE_CHECKING:
    from .request import RequestSpec

BODY_KEYS: Final = ("body", "json_", "form", "data", "content")

_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"


def encoded(
    spec: "RequestSpec", headers: CaseInsensitiveDict[Any], context: StepContext
) -> dict[str, Any]:
    """Arguments for `requests.Request`; sets or drops the Content-Type in `headers`."""
    key = next((key for key in BODY_KEYS if key in spec.model_fields_set), None)
    value = plain(getattr(spec, key)) if key else None
    if spec.files:
        _drop_content_type(headers)
        return {"files": _files(spec, context), "data": _fields(value, spec)}
    if key is None:
        return {}
    if key == "body":
        return _by_type(value, headers)
    if key == "form" or (key == "data" and isinstance(value, dict)):
        return {"data": _form(value or {})}
    if key == "json_":
        return _json(value, headers)
    return _text(value)


def _by_type(value: Any, headers: CaseInsensitiveDict[Any]) -> dict[str, Any]:
    content_type = str(headers.get("Content-Type") or "").lower()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict) and content_type.startswith(_FORM):
        return {"data": _form(value)}
    if isinstance(value, dict) and content_type.startswith(_MULTIPART):
        _drop_content_type(headers)
        fields = {name: item for name, item in value.items() if item is not None}
        return {"files": [(name, (None, _field(item))) for name, item in fields.items()]}
    return _json(value, headers)


def _json(value: Any, headers: CaseInsensitiveDict[Any]) -> dict[str, Any]:
    try:
        text = jsontext.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise ConfigError(f"the body cannot be JSON: {error}") from error
    if "Content-Type" not in headers:  # null stands there too
        headers["Content-Type"] = "application/json"
    return {"data": _utf8(text)}


def _text(value: Any) -> dict[str, Any]:
    return {"data": _utf8(_field(value))}


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(f"the body cannot be UTF-8: {error.reason}") from error


def _form(value: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [_field(one) for one in item if one is not None]
        if isinstance(item, list)
        else _field(item)
        for name, item in value.items()
        if item is not None
    }


def _fields(value: Any, spec: "RequestSpec") -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ConfigError(f"{spec.place}: beside files the body is a mapping of form fields")
    return _form(value)


def _field(value: Any) -> str:
    return value if isinstance(value, str) else jsontext.dumps(value, ensure_ascii=False)


def _files(spec: "RequestSpec", context: StepContext) -> list[tuple[str, Any]]:
    return [
        (field, part)
        for field, parts in (spec.files or {}).items()
        for part in (_part(one, spec, context) for one in parts)
    ]


def _part(part: FilePart, spec: "RequestSpec", context: StepContext) -> tuple[Any, ...]:
    path = context.resolve(part.path, spec.place_of("files"))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{spec.place_of('files')}: cannot read {part.path!r}: {error.strerror}"
        ) from error
    name = path.name if part.filename is None else part.filename
    return (name, content, part.content_type) if part.content_type else (name, content)


def _drop_content_type(headers: CaseInsensitiveDict[Any]) -> None:
    """The boundary is in the Content-Type that requests sets itself."""
    headers.pop("Content-Type", None)
