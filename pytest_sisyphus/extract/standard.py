"""The extractors a case may write."""

from collections.abc import Callable, Mapping
from typing import Any

from pytest_sisyphus.errors import ConfigError, ResponseInvalid
from pytest_sisyphus.models.parts import ExtractorType, Subject

from . import misses
from .jsonpath import compile_path
from .patterns import compile_pattern, search_some
from .select import body_text, has_no_text, response_of, select

Options = Mapping[str, Any]
#: like `ExtractorType.pick`, before an index is applied.
Find = Callable[[Subject, str, Options], tuple[Any, ...]]


def standard_extractors() -> tuple[ExtractorType, ...]:
    return (
        ExtractorType(
            name="jsonpath",
            pick=_indexed(_find_path),
            complain=_complaint_of(compile_path),
            explain=_explained(_find_path, _miss_of_path),
            description="what a JSONPath matches; several matches are a list",
        ),
        ExtractorType(
            name="regex",
            pick=_pick_pattern,
            complain=_complaint_of(compile_pattern),
            complain_options=_complain_group,
            explain=_miss_of_pattern,
            description="group of a match in the body's text; index 0 is the first match",
        ),
        ExtractorType(
            name="header",
            pick=_indexed(_find_in("headers")),
            explain=_explained(_find_in("headers"), _miss_in("headers")),
            description="a response header, its name in any case",
        ),
        ExtractorType(
            name="cookie",
            pick=_indexed(_find_in("cookies")),
            explain=_explained(_find_in("cookies"), _miss_in("cookies")),
            description="a cookie of the response",
        ),
        ExtractorType(
            name="status",
            aliases=("status_code",),
            pick=lambda subject, _path, _options: _member(subject.document, "status_code"),
            explain=lambda _subject, _path, _options: "this step has no status code",
            needs_path=False,
            description="the response's status code",
        ),
        ExtractorType(
            name="body",
            pick=_whole_body,
            needs_path=False,
            description="the whole body; of a step without one, its document",
        ),
    )


def _indexed(find: Find) -> Find:
    """With an `index`, that one of what is found, or nothing."""

    def pick(subject: Subject, path: str, options: Options) -> tuple[Any, ...]:
        return _at(find(subject, path, options), options.get("index"))

    return pick


def _at(found: tuple[Any, ...], index: int | None) -> tuple[Any, ...]:
    if index is None:
        return found
    return (found[index],) if -len(found) <= index < len(found) else ()


def _find_path(subject: Subject, path: str, _: Options) -> tuple[Any, ...]:
    selection = select(subject, path)
    if selection.unreadable and subject.unreadable:
        raise ResponseInvalid(subject.unreadable)
    return selection.matches


def _whole_body(subject: Subject, _path: str, _options: Options) -> tuple[Any, ...]:
    if subject.unreadable and subject.body != "":
        raise ResponseInvalid(subject.unreadable)
    return (subject.body,)


def _pick_pattern(subject: Subject, path: str, options: Options) -> tuple[Any, ...]:
    if has_no_text(subject):
        raise ResponseInvalid(subject.unreadable)
    compiled, index = compile_pattern(path), options.get("index") or 0
    enough = index + 1 if index >= 0 else None
    group = _group(compiled, options.get("group"))
    found = _at(tuple(search_some(compiled, body_text(subject), enough)), index)
    values = tuple(match[group] for match in found)
    return () if None in values else values


def _group(compiled: Any, group: Any) -> int | str:
    """The first group if there is one, else the whole match. Raises ConfigError for an unknown."""
    if group is None:
        return min(1, int(compiled.groups))
    wanted = int(group) if isinstance(group, str) and group.isdecimal() else group
    if wanted in compiled.groupindex or (
        isinstance(wanted, int) and 0 <= wanted <= compiled.groups
    ):
        known = wanted
        return known if isinstance(known, int) else str(known)
    raise ConfigError(
        f"the pattern {compiled.pattern!r} has no group {wanted!r}; it has: "
        + misses.names([*range(compiled.groups + 1), *compiled.groupindex], str(wanted))
    )


def _complain_group(path: str, options: Options) -> str | None:
    return _complaint_of(lambda pattern: _group(compile_pattern(pattern), options.get("group")))(
        path
    )


def _find_in(part: str) -> Find:
    def find(subject: Subject, path: str, _: Options) -> tuple[Any, ...]:
        return _member(response_of(subject).get(part), path)

    return find


def _member(mapping: Any, name: str) -> tuple[Any, ...]:
    if not isinstance(mapping, Mapping) or name not in mapping:
        return ()
    return (mapping.get(name),)


def _complaint_of(compile_it: Callable[[str], Any]) -> Callable[[str], str | None]:
    def complain(path: str) -> str | None:
        try:
            compile_it(path)
        except ConfigError as error:
            return str(error)
        return None

    return complain


def _explained(find: Find, miss: Callable[[Subject, str], str]) -> Callable[..., str]:
    def explain(subject: Subject, path: str, options: Options) -> str:
        found = find(subject, path, options)
        if not found:
            return miss(subject, path)
        return _out_of_range(path, len(found), options)

    return explain


def _out_of_range(path: str, count: int, options: Options) -> str:
    matches = "1 match" if count == 1 else f"{count} matches"
    return f"index {options.get('index')} is out of range: {path} has {matches}"


def _miss_of_path(subject: Subject, path: str) -> str:
    return select(subject, path).miss


def _miss_in(part: str) -> Callable[[Subject, str], str]:
    def miss(subject: Subject, path: str) -> str:
        there = misses.names(response_of(subject).get(part) or (), path) or "nothing"
        return f"no {part[:-1]} {path!r}; there is: {there}"

    return miss


def _miss_of_pattern(subject: Subject, path: str, options: Options) -> str:
    text = body_text(subject)
    found = list(search_some(compile_pattern(path), text, None))
    if not found:
        return f"the pattern {path!r} is not found in the body's text of {len(text)} characters"
    if not _at(tuple(found), options.get("index") or 0):
        return _out_of_range(repr(path), len(found), options)
    return f"the pattern {path!r} matches, but its group took no part in the match"
