"""The extractors a case may write."""

from collections.abc import Callable, Mapping
from typing import Any

from pytest_sisyphus.errors import ConfigError, ResponseInvalid, problem_of
from pytest_sisyphus.extensions.types import ExtractorType, StepData
from pytest_sisyphus.extract.jsonpath import no_match
from pytest_sisyphus.extract.jsonpath.path import compile_path
from pytest_sisyphus.extract.regex import compile_pattern, search_some
from pytest_sisyphus.extract.select import (
    body_text,
    is_undecodable,
    markup_text,
    response_of,
    select,
)
from pytest_sisyphus.extract.xpath import (
    Kind,
    as_namespaces,
    compile_xpath,
    explain_no_match,
    kind_of_body,
)
from pytest_sisyphus.i18n import marked, tr

Options = Mapping[str, Any]
#: like `ExtractorType.extract`, before an index is applied.
Find = Callable[[StepData, str, Options], tuple[Any, ...]]


def builtin_extractors() -> tuple[ExtractorType, ...]:
    return (
        ExtractorType(
            name="jsonpath",
            extract=_indexed(_find_path),
            validate_path=lambda path: problem_of(compile_path, path),
            explain_no_match=_explained(
                _find_path, lambda step_data, path: select(step_data, path).no_match
            ),
            description="what a JSONPath matches; several matches are a list",
            example="$.data.token",
        ),
        ExtractorType(
            name="regex",
            extract=_extract_pattern,
            validate_path=lambda path: problem_of(compile_pattern, path),
            validate_options=lambda path, options: problem_of(
                lambda: _group(compile_pattern(path), options.get("group"))
            ),
            explain_no_match=_no_match_of_pattern,
            description="group of a match in the body's text; index 0 is the first match",
            example="'token=(\\w+)'",
        ),
        ExtractorType(
            name="xpath",
            extract=_indexed(_find_in_markup),
            validate_options=lambda path, options: problem_of(
                compile_xpath, path, as_namespaces(options.get("namespaces"))
            ),
            explain_no_match=_no_match_in_markup,
            description="what an XPath matches in an XML or HTML body; several matches are a list",
            example="//token",
        ),
        ExtractorType(
            name="header",
            extract=_indexed(_find_in("headers")),
            explain_no_match=_explained(
                _find_in("headers"),
                _no_match_in("headers", marked("no header {name!r}; there is: {there}")),
            ),
            description="a response header, its name in any case",
            example="X-Token",
        ),
        ExtractorType(
            name="cookie",
            extract=_indexed(_find_in("cookies")),
            explain_no_match=_explained(
                _find_in("cookies"),
                _no_match_in("cookies", marked("no cookie {name!r}; there is: {there}")),
            ),
            description="a cookie of the response",
            example="session",
        ),
        ExtractorType(
            name="status",
            aliases=("status_code",),
            extract=lambda step_data, _path, _options: _member(step_data.document, "status_code"),
            explain_no_match=lambda _subject, _path, _options: tr("this step has no status code"),
            needs_path=False,
            description="the response's status code",
        ),
        ExtractorType(
            name="body",
            extract=_find_body,
            needs_path=False,
            description="the whole body; of a step without one, its document",
        ),
    )


def _indexed(find: Find) -> Find:
    """`find` with the option `index`: that one of what is found, or nothing."""

    def extract(step_data: StepData, path: str, options: Options) -> tuple[Any, ...]:
        return _at(find(step_data, path, options), options.get("index"))

    return extract


def _at(found: tuple[Any, ...], index: int | None) -> tuple[Any, ...]:
    if index is None:
        return found
    return (found[index],) if -len(found) <= index < len(found) else ()


def _find_path(step_data: StepData, path: str, _: Options) -> tuple[Any, ...]:
    selection = select(step_data, path)
    if selection.unreadable and step_data.unreadable:
        raise ResponseInvalid(step_data.unreadable)
    return selection.matches


def _find_in_markup(step_data: StepData, path: str, options: Options) -> tuple[Any, ...]:
    namespaces = as_namespaces(options.get("namespaces"))
    selection = select(step_data, path, _kind(step_data), namespaces)
    if selection.unreadable:
        raise ResponseInvalid(selection.unreadable)
    return selection.matches


def _no_match_in_markup(step_data: StepData, path: str, options: Options) -> str:
    found = _find_in_markup(step_data, path, options)
    if found:
        return _out_of_range(path, len(found), options)
    namespaces = as_namespaces(options.get("namespaces"))
    return explain_no_match(path, namespaces, markup_text(step_data), _kind(step_data))


def _kind(step_data: StepData) -> Kind:
    """XML or HTML, by the body's content type, or else by its text."""
    content_type = (response_of(step_data).get("headers") or {}).get("content-type") or ""
    return kind_of_body(str(content_type), markup_text(step_data))


def _find_body(step_data: StepData, _path: str, _options: Options) -> tuple[Any, ...]:
    if step_data.unreadable and step_data.body != "":
        raise ResponseInvalid(step_data.unreadable)
    return (step_data.body,)


def _extract_pattern(step_data: StepData, path: str, options: Options) -> tuple[Any, ...]:
    if is_undecodable(step_data):
        raise ResponseInvalid(step_data.unreadable)
    compiled, index = compile_pattern(path), options.get("index") or 0
    enough = index + 1 if index >= 0 else None
    group = _group(compiled, options.get("group"))
    found = _at(tuple(search_some(compiled, body_text(step_data), enough)), index)
    values = tuple(match[group] for match in found)
    return () if None in values else values


def _group(compiled: Any, group: Any) -> int | str:
    """The first group if there is one, else the whole match. Raises ConfigError for an unknown."""
    if group is None:
        return min(1, int(compiled.groups))
    wanted = int(group) if isinstance(group, str) and group.isdecimal() else group
    if isinstance(wanted, str) and wanted in compiled.groupindex:
        return wanted
    if isinstance(wanted, int) and 0 <= wanted <= compiled.groups:
        return wanted
    there = no_match.list_names([*range(compiled.groups + 1), *compiled.groupindex], str(wanted))
    raise ConfigError(
        tr(
            "the pattern {pattern!r} has no group {group!r}; it has: {there}",
            pattern=compiled.pattern,
            group=wanted,
            there=there,
        )
    )


def _find_in(part: str) -> Find:
    def find(step_data: StepData, path: str, _: Options) -> tuple[Any, ...]:
        return _member(response_of(step_data).get(part), path)

    return find


def _member(mapping: Any, name: str) -> tuple[Any, ...]:
    if not isinstance(mapping, Mapping) or name not in mapping:
        return ()
    return (mapping.get(name),)


def _explained(find: Find, reason: Callable[[StepData, str], str]) -> Callable[..., str]:
    def explain_no_match(step_data: StepData, path: str, options: Options) -> str:
        found = find(step_data, path, options)
        if not found:
            return reason(step_data, path)
        return _out_of_range(path, len(found), options)

    return explain_no_match


def _out_of_range(path: str, count: int, options: Options) -> str:
    return tr(
        "index {index} is out of range: {path} has {count} match"
        if count == 1
        else "index {index} is out of range: {path} has {count} matches",
        index=options.get("index"),
        path=path,
        count=count,
    )


def _no_match_in(part: str, message: str) -> Callable[[StepData, str], str]:
    def reason(step_data: StepData, path: str) -> str:
        there = no_match.list_names(response_of(step_data).get(part) or (), path) or tr("nothing")
        return tr(message, name=path, there=there)

    return reason


def _no_match_of_pattern(step_data: StepData, path: str, options: Options) -> str:
    text = body_text(step_data)
    found = list(search_some(compile_pattern(path), text, None))
    if not found:
        return tr(
            "the pattern {pattern!r} is not found in the body's text of {count} characters",
            pattern=path,
            count=len(text),
        )
    if not _at(tuple(found), options.get("index") or 0):
        return _out_of_range(repr(path), len(found), options)
    return tr(
        "the pattern {pattern!r} matches, but its group took no part in the match", pattern=path
    )
