"""What HTTP itself asks of a request's parts, as far as it can be known before anything is sent."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, WithJsonSchema

from pytest_sisyphus.spec.context import invalid
from pytest_sisyphus.spec.model import TEMPLATE_SCHEMA, Templated, Text
from pytest_sisyphus.spec.notation import syntax_hint
from pytest_sisyphus.template.template import is_template
from pytest_sisyphus.values.describe import short_json

#: RFC 9110, 5.6.2.
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BREAK: Final = re.compile(r"[\r\n]")
_SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)


def _method(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise invalid(f"{short_json(name)} is no HTTP method: one word such as GET or POST")
    return name


def _headers(lines: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, str] = {}
    for name, value in lines.items():
        first = seen.setdefault(name.lower(), name)
        if first != name:
            raise invalid(
                f"header {name!r} is {first!r}, which stands here too", _key_place(lines, name)
            )
        if not is_template(name) and not _TOKEN.fullmatch(name):
            said = f"{short_json(name)} is no name of a header{syntax_hint(name)}"
            raise invalid(said, _key_place(lines, name))
        if isinstance(value, str) and not is_template(value) and _BREAK.search(value):
            raise invalid(f"header {name!r} holds a line break", getattr(value, "location", None))
    return lines


def _key_place(mapping: Mapping[str, Any], key: str) -> Any:
    locations: Mapping[str, Any] = getattr(mapping, "key_locations", {})
    return locations.get(key) or getattr(key, "location", None)


def _base_url(url: str) -> str:
    if url and not _SCHEME.match(url):
        raise invalid(f"a base_url begins with http:// or https://, got {short_json(url)}")
    return url


def _cookies(value: Any) -> Any:
    if value is not None and value != "clear" and not isinstance(value, dict):
        raise invalid(f"cookies is a mapping or 'clear', got {short_json(value)}")
    return value


Method = Annotated[str, AfterValidator(_method), Templated()]
Headers = Annotated[dict[str, Any], AfterValidator(_headers), Templated()]
BaseUrl = Annotated[str, AfterValidator(_base_url), Templated()]
Proxies = Annotated[dict[str, Text | None], Templated()]
Cookies = Annotated[
    Any,
    AfterValidator(_cookies),
    Templated(),
    WithJsonSchema({"anyOf": [{"type": "object"}, {"enum": ["clear", None]}, TEMPLATE_SCHEMA]}),
]
