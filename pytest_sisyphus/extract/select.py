"""Which of a step's data a path reads: the body first, then the response around it."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

from pytest_sisyphus import jsontext
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.models.parts import Selection, Subject
from pytest_sisyphus.registry import near

from .jsonpath import Path, compile_path
from .text import kind_of, text_of

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


class AnyCase(dict[str, Any]):
    """Headers: a plain mapping to show and compare, whose keys are found in any case."""

    def get(self, key: Any, default: Any = None) -> Any:
        if super().__contains__(key):
            return super().__getitem__(key)
        wanted = str(key).lower()
        return next((self[name] for name in self if str(name).lower() == wanted), default)

    def __contains__(self, key: object) -> bool:
        wanted = str(key).lower()
        return any(str(name).lower() == wanted for name in self)


def select(subject: Subject, path: str, source: str | None = None) -> Selection:
    """Raises ConfigError for a path that cannot be read and for an unknown source."""
    if not isinstance(path, str):
        raise ConfigError(f"a path is text, got {kind_of(path)}")
    compiled = compile_path(path)
    read = _source(source)
    depth = _depth(subject, compiled, source)
    if subject.unreadable and (depth or (source == "text" and has_no_text(subject))):
        return _unreadable(subject, compiled)
    data = read(subject, compiled)
    matches = tuple(compiled.find(data))
    miss = "" if matches else _miss(compiled, data, source)
    return Selection(
        path=path,
        matches=matches,
        indefinite=compiled.indefinite,
        chose_none=not matches and compiled.chose_none(data),
        miss=miss,
        unreadable=_unread(subject, depth, miss),
        note=subject.note if depth is not None or source == "text" else "",
        subject=subject,
    )


def _unreadable(subject: Subject, path: Path) -> Selection:
    why = subject.unreadable
    return Selection(path=path.text, matches=(), miss=why, unreadable=why, subject=subject)


def _unread(subject: Subject, depth: int | None, miss: str) -> str:
    """A path finds nothing in text, neither what it asks for nor that it is not there."""
    if depth == 0 and _whole(subject) != "":
        return subject.unreadable
    return miss if depth and not subject.needs_no_body and _is_text(subject) else ""


def _whole(subject: Subject) -> Any:
    return subject.document.get("body") if _is_of_wait(subject) else subject.body


def _is_text(subject: Subject) -> bool:
    """Not: JSON that is one text."""
    if _is_of_wait(subject):
        return isinstance(subject.document.get("body"), str)
    return isinstance(subject.body, str) and subject.body == subject.text


def _is_of_wait(subject: Subject) -> bool:
    """Its document has the body in it, and paths start there."""
    return subject.body is subject.document


def _depth(subject: Subject, path: Path, source: str | None) -> int | None:
    """How far the path goes into the body; None if it does not read it, or reads its text."""
    if source not in {None, "body", "response"}:
        return None
    name = path.first_name
    is_inside = _is_of_wait(subject)
    if not is_inside and (source == "body" or not (source or _is_of_response(name, subject, path))):
        return len(path.segments)
    if name is None:  # `$`, or what goes everywhere
        return 1 if path.segments else None
    return len(path.segments) - 1 if name == "body" else None


def _is_of_response(name: str | None, subject: Subject, path: Path) -> bool:
    if name not in RESPONSE_NAMES:
        return False
    body = _body(subject, path)
    return not (isinstance(body, Mapping) and name in body)


def response_of(subject: Subject) -> dict[str, Any]:
    """The document, its headers found in any case."""
    document = dict(subject.document)
    for holder in (document, _copied(document, "request")):
        if isinstance(holder.get("headers"), Mapping):
            holder["headers"] = AnyCase(holder["headers"])
    if isinstance(document.get("history"), list):
        document["history"] = [_answer(one) for one in document["history"]]
    return document


def has_no_text(subject: Subject) -> bool:
    """Bytes whose text nobody can tell: what is not found in it may be there."""
    return bool(subject.unreadable) and not subject.text and subject.body != ""


def body_text(subject: Subject) -> str:
    """The body as text; of a step without one, the JSON of its document."""
    if subject.text or subject.body is None:
        return subject.text
    return text_of(subject.body)


def _copied(document: dict[str, Any], key: str) -> dict[str, Any]:
    if not isinstance(document.get(key), Mapping):
        return {}
    document[key] = dict(document[key])
    copied: dict[str, Any] = document[key]
    return copied


def _answer(one: Any) -> Any:
    if isinstance(one, Mapping) and isinstance(one.get("headers"), Mapping):
        return {**one, "headers": AnyCase(one["headers"])}
    return one


def _body_or_response(subject: Subject, path: Path) -> Any:
    if _is_of_response(path.first_name, subject, path):
        return _response(subject, path)
    return _body(subject, path)


def _body(subject: Subject, path: Path) -> Any:
    """A text that is JSON is read as JSON where a path goes into it."""
    if subject.body is subject.document:
        return response_of(subject)
    return _decoded(subject.body) if path.segments else subject.body


def _response(subject: Subject, path: Path) -> Any:
    document = response_of(subject)
    if path.first_name == "body" and len(path.segments) > 1:
        document["body"] = _decoded(document.get("body"))
    return document


def _part(name: str) -> Callable[[Subject, Path], Any]:
    return lambda subject, _: response_of(subject).get(name, {})


_SOURCES: Final[Mapping[str, Callable[[Subject, Path], Any]]] = {
    "body": _body,
    "response": _response,
    "headers": _part("headers"),
    "cookies": _part("cookies"),
    "text": lambda subject, _: body_text(subject),
}
SOURCES: Final = tuple(_SOURCES)


def _source(source: str | None) -> Callable[[Subject, Path], Any]:
    if source is None:
        return _body_or_response
    try:
        return _SOURCES[source]
    except KeyError:
        raise ConfigError(f"no source {source!r}{near(source, SOURCES)}") from None


def _decoded(body: Any) -> Any:
    if isinstance(body, str) and body[:100].lstrip().startswith(("{", "[")):
        return _json_container(body)
    return body


@functools.lru_cache(maxsize=2)
def _json_container(text: str) -> Any:
    try:
        return jsontext.loads_foreign(text)
    except (ValueError, RecursionError):
        return text


def _miss(path: Path, data: Any, source: str | None) -> str:
    miss = path.explain_miss(data)
    if source is None and "did you mean" not in miss and len(path.segments) == 1:
        hint = near(path.first_name or "", RESPONSE_NAMES)
        return f"{miss}{hint}" if "did you mean" in hint else miss
    return miss
