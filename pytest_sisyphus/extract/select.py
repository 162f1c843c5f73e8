"""Which of a step's data a path reads: the body first, then the response around it."""

import dataclasses
import difflib
import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

from pytest_sisyphus.errors import ConfigError, ResponseInvalid
from pytest_sisyphus.extensions.registry import did_you_mean, followed, near
from pytest_sisyphus.extensions.types import Selection, StepData
from pytest_sisyphus.extract import xpath
from pytest_sisyphus.extract.jsonpath import no_match
from pytest_sisyphus.extract.jsonpath.path import Path, compile_path
from pytest_sisyphus.extract.text import compact_text
from pytest_sisyphus.extract.xpath import Kind, Namespaces
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.describe import kind_of
from pytest_sisyphus.values.header_dict import HeaderDict

#: names of the response document that a path may begin with, where the body has no such key.
RESPONSE_NAMES: Final = (
    "status_code",
    "headers",
    "headers_list",
    "cookies",
    "response_time",
    "size",
    "request",
    "performance",
    "history",
    "mocked",
    "attempts",
    "waited",
    "last_error",
    "body",
)
#: of these, those that are read as they are.
_PLAIN_NAMES: Final = frozenset(RESPONSE_NAMES) - {"headers", "request", "history", "body"}


def select(
    step_data: StepData, path: str, source: str | None = None, namespaces: Namespaces = ()
) -> Selection:
    """What the path matches in a source; without one, in the body or else in the response.

    The path is an XPath with `namespaces` where the source is `xml` or `html`. Raises ConfigError
    for a path that cannot be read and for an unknown source.
    """
    if not isinstance(path, str):
        raise ConfigError(tr("a path is text, got {kind}", kind=kind_of(path)))
    if source is not None and source not in _SOURCES:
        if kind := MARKUP.get(source):
            return _select_markup(step_data, path, kind, namespaces)
        hint = near(source, (*SOURCES, *MARKUP))
        raise ConfigError(tr("no source {source!r}{hint}", source=source, hint=hint))
    compiled = compile_path(path)
    if step_data.unreadable and (
        _depth(step_data, compiled, source) or (source == "text" and is_undecodable(step_data))
    ):
        why = step_data.unreadable
        return Selection(
            path=compiled.text, matches=(), no_match=why, unreadable=why, step_data=step_data
        )
    if source is None:
        is_response = _is_of_response(compiled.first_name, step_data, compiled)
        data = (_response if is_response else _body)(step_data, compiled)
    else:
        data = _SOURCES[source](step_data, compiled)
    matches = tuple(compiled.find(data))
    if matches and not step_data.unreadable and not step_data.note:
        return Selection(
            path=path, matches=matches, indefinite=compiled.indefinite, step_data=step_data
        )
    depth = _depth(step_data, compiled, source)
    miss = "" if matches else _explain_no_match(compiled, data, step_data, depth, source)
    return Selection(
        path=path,
        matches=matches,
        indefinite=compiled.indefinite,
        empty_selection=not matches and compiled.selects_nothing(data),
        no_match=miss,
        unreadable=_unread(step_data, depth, miss),
        note=step_data.note if depth is not None or source == "text" else "",
        step_data=step_data,
    )


def in_expression(step_data: StepData, path: str) -> str:
    """A path of names as an expression reads it: `response.body.data.id` for `$.data.id`."""
    compiled = compile_path(path)
    is_around = _is_of_wait(step_data) or _is_of_response(compiled.first_name, step_data, compiled)
    return f"response{'' if is_around else '.body'}{path[1:]}"


def _explain_no_match(
    path: Path, data: Any, step_data: StepData, depth: int | None, source: str | None
) -> str:
    """`depth`: how far the path goes into the body."""
    text = markup_text(step_data) if depth else ""
    if text[:100].lstrip().startswith("<"):
        content_type = (response_of(step_data).get("headers") or {}).get("content-type") or ""
        kind = xpath.kind_of_body(str(content_type), text)
        return tr(
            "no match for {path}: the body is {format} and no JSON; write an XPath such as "
            "//{name}, in a check with source: {kind}, in an extractor with type: xpath",
            path=path.text,
            format=kind.upper(),
            name=path.names[-1] if path.names else "a",
            kind=kind,
        )
    miss = path.explain_no_match(data)
    if source is None and path.first_name and len(path.segments) == 1:
        names = data if isinstance(data, Mapping) else ()
        if not no_match.nearest(names, path.first_name):
            miss += did_you_mean(difflib.get_close_matches(path.first_name, RESPONSE_NAMES, n=2))
    return followed(miss, _elsewhere(path) if source is None else "")


def _elsewhere(path: Path) -> str:
    """Of names by which other tools call the body: what is written here; `; …`, or nothing."""
    if path.text == "text":
        return tr(
            "; a bare word is a path, $.text; a check of the body's whole text has source: text "
            "and no path"
        )
    if path.first_name == "content" and path.text.startswith("content."):
        return tr("; paths begin in the body: {path}", path=f"$.{path.text.partition('.')[2]}")
    return ""


def _select_markup(step_data: StepData, path: str, kind: Kind, namespaces: Namespaces) -> Selection:
    """A body that is no markup is unreadable, as one is that claims to be JSON and is none."""
    if is_undecodable(step_data):
        why = step_data.unreadable
        return Selection(path=path, matches=(), no_match=why, unreadable=why, step_data=step_data)
    text = markup_text(step_data)
    try:
        matches, indefinite = xpath.find(path, namespaces, text, kind)
    except ResponseInvalid as error:
        why = str(error)
        unread = dataclasses.replace(step_data, unreadable=why)
        return Selection(path=path, matches=(), no_match=why, unreadable=why, step_data=unread)
    return Selection(
        path=path,
        matches=matches,
        indefinite=indefinite,
        no_match="" if matches else xpath.explain_no_match(path, namespaces, text, kind),
        note=step_data.note,
        step_data=step_data,
    )


def markup_text(step_data: StepData) -> str:
    """The body's text; of a wait or poll, that of the body in its document."""
    if step_data.text:
        return step_data.text
    body = step_data.document.get("body") if _is_of_wait(step_data) else step_data.body
    return body if isinstance(body, str) else body_text(step_data)


def _unread(step_data: StepData, depth: int | None, miss: str) -> str:
    """Why nobody can tell: a path finds in text neither what it asks for nor that it is missing."""
    is_around = _is_of_wait(step_data)
    body = step_data.document.get("body") if is_around else step_data.body
    if depth == 0 and body != "":
        return step_data.unreadable
    is_text = isinstance(body, str) and (is_around or body == step_data.text)  # JSON may be a text
    return miss if depth and not step_data.needs_no_body and is_text else ""


def _is_of_wait(step_data: StepData) -> bool:
    """Whether it is a `wait` step's: its document has the body in it, and paths start there."""
    return step_data.body is step_data.document


def _depth(step_data: StepData, path: Path, source: str | None) -> int | None:
    """How far the path goes into the body; None if it does not read it, or reads its text."""
    if source not in {None, "body", "response"}:
        return None
    name = path.first_name
    is_inside = _is_of_wait(step_data)
    if not is_inside and (
        source == "body" or not (source or _is_of_response(name, step_data, path))
    ):
        return len(path.segments)
    if name is None:  # `$`, or what goes everywhere
        return 1 if path.segments else None
    return len(path.segments) - 1 if name == "body" else None


def _is_of_response(name: str | None, step_data: StepData, path: Path) -> bool:
    if name not in RESPONSE_NAMES:
        return False
    body = _body(step_data, path)
    return not (isinstance(body, Mapping) and name in body)


def response_of(step_data: StepData) -> dict[str, Any]:
    """The document, its headers found in any case."""
    document = _with_header_dict(step_data.document)
    if isinstance(document.get("request"), Mapping):
        document["request"] = _with_header_dict(document["request"])
    if isinstance(document.get("history"), list):
        document["history"] = [
            _with_header_dict(one) if isinstance(one, Mapping) else one
            for one in document["history"]
        ]
    return document


def _with_header_dict(exchange: Mapping[str, Any]) -> dict[str, Any]:
    copied = dict(exchange)
    if isinstance(copied.get("headers"), Mapping):
        copied["headers"] = HeaderDict(copied["headers"])
    return copied


def is_undecodable(step_data: StepData) -> bool:
    """Bytes whose text nobody can tell: what is not found in it may be there."""
    return bool(step_data.unreadable) and not step_data.text and step_data.body != ""


def body_text(step_data: StepData) -> str:
    """The body as text; of a step without one, the JSON of its document."""
    if step_data.text or step_data.body is None:
        return step_data.text
    return compact_text(step_data.body)


def _body(step_data: StepData, path: Path) -> Any:
    """A text that is JSON is read as JSON where a path goes into it."""
    if step_data.body is step_data.document:
        return response_of(step_data)
    return _decoded(step_data.body) if path.segments else step_data.body


def _response(step_data: StepData, path: Path) -> Any:
    if path.first_name in _PLAIN_NAMES and type(step_data.document) is dict:
        return step_data.document
    document = response_of(step_data)
    if path.first_name == "body" and len(path.segments) > 1:
        document["body"] = _decoded(document.get("body"))
    return document


def _part(name: str) -> Callable[[StepData, Path], Any]:
    return lambda step_data, _: response_of(step_data).get(name, {})


_SOURCES: Final[Mapping[str, Callable[[StepData, Path], Any]]] = {
    "body": _body,
    "response": _response,
    "headers": _part("headers"),
    "cookies": _part("cookies"),
    "text": lambda step_data, _: body_text(step_data),
}
SOURCES: Final = tuple(_SOURCES)
#: sources of which the path is an XPath.
MARKUP: Final[Mapping[str, Kind]] = {"xml": "xml", "html": "html"}


def _decoded(body: Any) -> Any:
    if isinstance(body, str) and body[:100].lstrip().startswith(("{", "[")):
        return _json_container(body)
    return body


@functools.lru_cache(maxsize=2)
def _json_container(text: str) -> Any:
    try:
        return exact_json.loads_unique_keys(text)
    except (ValueError, RecursionError):
        return text
