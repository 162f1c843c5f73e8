"""The functions that turn a value into a text and back: base64, URLs, JSON, digests."""

import base64
import binascii
import hashlib
import hmac
import json as json_module
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.template.text import EvaluationError, json_text
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.describe import short_repr


def base64_encode(value: Any) -> str:
    return base64.b64encode(_octets(value)).decode("ascii")


def base64_decode(text: str) -> str:
    plain = str(text).strip().translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        octets = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise EvaluationError(tr("{text} is no base64", text=short_repr(text))) from exc
    return json_text(octets)


def url_encode(value: Any) -> str:
    if isinstance(value, Mapping):
        fields = {
            key: [*map(json_text, item)] if isinstance(item, list | tuple) else json_text(item)
            for key, item in value.items()
        }
        return urlencode(fields, doseq=True)
    return quote(json_text(value), safe="")


def url_decode(text: str) -> str:
    return unquote(text)


def md5(value: Any) -> str:
    return hashlib.md5(_octets(value), usedforsecurity=False).hexdigest()


def sha1(value: Any) -> str:
    return hashlib.sha1(_octets(value), usedforsecurity=False).hexdigest()


def sha256(value: Any) -> str:
    return hashlib.sha256(_octets(value)).hexdigest()


def hmac_sha256(key: Any, text: Any) -> str:
    return hmac.new(_octets(key), _octets(text), hashlib.sha256).hexdigest()


def json(value: Any) -> str:
    return (
        json_module.dumps(value, ensure_ascii=False) if isinstance(value, str) else json_text(value)
    )


def parse_json(text: str) -> Any:
    try:
        return exact_json.loads_unique_keys(text)
    except json_module.JSONDecodeError as exc:
        raise EvaluationError(
            tr("{text} is no JSON: {error}", text=short_repr(text), error=exc)
        ) from exc


def _octets(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json_text(value).encode()


CODECS: tuple[tuple[Callable[..., Any], str], ...] = (
    (base64_encode, "base64 of a text"),
    (base64_decode, "the text of base64, of the URL alphabet too"),
    (url_encode, "percent-encoded text; of a mapping, a query string"),
    (url_decode, "percent-encoded text, decoded"),
    (md5, "hexadecimal MD5 digest"),
    (sha1, "hexadecimal SHA-1 digest"),
    (sha256, "hexadecimal SHA-256 digest"),
    (hmac_sha256, "hexadecimal HMAC with SHA-256"),
    (json, "a value as JSON text"),
    (parse_json, "the value of a JSON text"),
)
