"""What to do about text that YAML takes for notation of its own."""

import re
from typing import Final

from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.redact import Redactor
from pytest_sisyphus.spec.notation import syntax_hint
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

_QUOTED: Final = lazy_pattern(r'"(?:\\.|[^"\\])*"|' r"'(?:''|[^'])*'")
_MUSTACHE: Final = lazy_pattern(r"\{\{\s*(.*?)\s*\}\}")
#: what is text only in quotes, where it stands in brackets.
_NEEDS_QUOTES: Final = (
    lazy_pattern(r"\$(?:[.\w-]*\[[^\]]*\])+[.\w-]*"),
    lazy_pattern(r"[^\s,\[\]{}'\":]*\$\{[^{}]*\}[^\s,\]}]*"),
)
_KEY_BEFORE: Final = lazy_pattern(r"([\w-]+)[\"']?\s*:[^:]*\Z")
_NO_MAPPING: Final = "mapping values are not allowed in this context"
#: the same, behind a comment.
_NO_KEY: Final = "did not find expected key"
#: a key with its value in one line, and where the key begins.
_KEY_AND_VALUE: Final = lazy_pattern(r"((?:[ ]|-[ ])*)[^\s#'\"&*!|>{\[-][^#'\"]*?:[ ]+[^\s#&|>]")
_KEY: Final = lazy_pattern(r"((?:[ ]|-[ ])*)[\w.$-]+:(?:[ ]|\Z)")
#: what YAML says -> the message that says what to do.
_ADVICE: Final = {
    **dict.fromkeys(
        (
            "found character that cannot start any token",
            "did not find expected alphabetic or numeric character",
        ),
        marked("put quotes around the whole value"),
    ),
    **dict.fromkeys(
        ("did not find expected ',' or ']'", "did not find expected ',' or '}'"),
        marked("put quotes around a value with [ ] {{ }} or quotes in it"),
    ),
    _NO_MAPPING: marked("put quotes around a value that holds ': '"),
    "found unknown escape character": marked("in single quotes a backslash is only itself"),
}
_IN_BRACKETS: Final = frozenset(one for one in _ADVICE if "',' or" in one)


def hint(problem: str, line: str, begun: str = "", before: str = "") -> str:
    """What to write instead, for the line in which YAML could not go on, the one in which began
    what it read, and the one before it; empty if nobody knows."""
    if problem in {_NO_MAPPING, _NO_KEY} and _continues(before, line):
        return tr(
            "; it is indented deeper than the key before it: put both into one column, or quotes "
            "around a value that goes on here"
        )
    if said := _slip(problem, line, begun, before):
        return said
    unquoted = _QUOTED.sub(_blanked, line)
    mustache = _MUSTACHE.search(unquoted)
    if mustache:
        return template_hint(mustache[1])
    for pattern in _NEEDS_QUOTES:
        found = pattern.search(unquoted)
        before = unquoted[: found.start()] if found else ""
        if found and sum(map(before.count, "[{")) > sum(map(before.count, "]}")):
            name = _KEY_BEFORE.search(line[: found.start()])
            if name and Redactor().is_secret(name[1]):
                return tr("; put quotes around the value")
            return tr('; put quotes around it: "{text}"', text=found[0])
    advice = _ADVICE.get(problem)
    return tr("; {hint}", hint=tr(advice)) if advice else ""


def _slip(problem: str, line: str, begun: str, before: str) -> str:
    for one in (begun, line):
        if said := syntax_hint(_QUOTED.sub(_blanked, one), anywhere=problem in _IN_BRACKETS):
            return said
    said = syntax_hint(before) if problem in {_NO_MAPPING, _NO_KEY} else ""
    return said and tr("{hint} (in the line before)", hint=said)


def _continues(before: str, line: str) -> bool:
    """A line that looks like a key, and is more of the value of the key in the line before."""
    key, earlier = _KEY.match(line), _KEY_AND_VALUE.match(before)
    return bool(key and earlier and len(key[1]) > len(earlier[1]))


def _blanked(found: re.Match[str]) -> str:
    return f'"{" " * (len(found[0]) - 2)}"'


def template_hint(expression: str) -> str:
    return tr(
        "; a template is written ${{{expression}}}, not {{{{ {expression} }}}}",
        expression=expression,
    )
