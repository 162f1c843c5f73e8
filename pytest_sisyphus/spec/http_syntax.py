"""What HTTP itself asks of a request's parts, as far as it can be known before anything is sent."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, WithJsonSchema

from pytest_sisyphus.http.charsets import codec_of
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.spec.context import invalid
from pytest_sisyphus.spec.fields import TEMPLATE_SCHEMA, Templated, Text
from pytest_sisyphus.spec.notation import syntax_hint
from pytest_sisyphus.template.template import is_template
from pytest_sisyphus.values.describe import short_json
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: RFC 9110, 5.6.2.
_TOKEN: Final = lazy_pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BREAK: Final = lazy_pattern(r"[\r\n]")
_SCHEME: Final = lazy_pattern(r"https?://", re.IGNORECASE)
_HOST_AND_PORT: Final = lazy_pattern(r"[A-Za-z0-9][A-Za-z0-9.-]*:[0-9]{1,5}(?=[/?#]|\Z)")


def _method(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        said = tr("{name} is no HTTP method: one word such as GET or POST", name=short_json(name))
        raise invalid(said)
    return name


def _headers(lines: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, str] = {}
    for name, value in lines.items():
        first = seen.setdefault(name.lower(), name)
        if first != name:
            said = tr("header {name!r} is {first!r}, which stands here too", name=name, first=first)
            raise invalid(said, _key_place(lines, name))
        if not is_template(name) and not _TOKEN.fullmatch(name):
            said = tr(
                "{name} is no name of a header{hint}", name=short_json(name), hint=syntax_hint(name)
            )
            raise invalid(said, _key_place(lines, name))
        if isinstance(value, str) and not is_template(value) and _BREAK.search(value):
            said = tr("header {name!r} holds a line break", name=name)
            raise invalid(said, getattr(value, "location", None))
    return lines


def _key_place(mapping: Mapping[str, Any], key: str) -> Any:
    locations: Mapping[str, Any] = getattr(mapping, "key_locations", {})
    return locations.get(key) or getattr(key, "location", None)


def _base_url(url: str) -> str:
    if url and not _SCHEME.match(url):
        said = tr("a base_url begins with http:// or https://, got {url}", url=short_json(url))
        raise invalid(said)
    return url


def _url(url: str) -> str:
    if _HOST_AND_PORT.match(url.lstrip()):
        said = tr(
            "{url} would be a path below base_url; write {meant}, or a / in front of such a path",
            url=short_json(url),
            meant=short_json(f"http://{url.lstrip()}"),
        )
        raise invalid(said)
    return url


def names_content_type(headers: object) -> bool:
    """Whether they may: a template is known when the step runs."""
    return not isinstance(headers, dict) or any(
        is_template(name) or name.lower() == "content-type" for name in map(str, headers)
    )


def _cookies(value: Any) -> Any:
    if value is not None and value != "clear" and not isinstance(value, dict):
        said = tr("cookies is a mapping or 'clear', got {value}", value=short_json(value))
        raise invalid(said)
    return value


def _charset(name: str) -> str:
    if not is_template(name) and codec_of(name) is None:
        said = tr(
            "no charset {name}; known are utf-8, gbk, gb18030, big5, …", name=short_json(name)
        )
        raise invalid(said)
    return name


Charset = Annotated[str, AfterValidator(_charset), Templated()]
Method = Annotated[str, AfterValidator(_method), Templated()]
Url = Annotated[Text, AfterValidator(_url)]
Headers = Annotated[dict[str, Any], AfterValidator(_headers), Templated()]
BaseUrl = Annotated[str, AfterValidator(_base_url), Templated()]
Proxies = Annotated[dict[str, Text | None], Templated()]
Cookies = Annotated[
    Any,
    AfterValidator(_cookies),
    Templated(),
    WithJsonSchema({"anyOf": [{"type": "object"}, {"enum": ["clear", None]}, TEMPLATE_SCHEMA]}),
]
