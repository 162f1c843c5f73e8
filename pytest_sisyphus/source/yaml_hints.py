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
    lazy_pattern(r"[^\s,\[\]{}'\":]*\$\{[^{}]*\}[^\s,\]}]*"),
    lazy_pattern(r"\$(?:[.\w-]*\[[^\]]*\])+[.\w-]*"),
)
_KEY_BEFORE: Final = lazy_pattern(r"([\w-]+)[\"']?\s*:[^:]*\Z")
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
    "mapping values are not allowed in this context": marked(
        "put quotes around a value that holds ': '"
    ),
    "found unknown escape character": marked("in single quotes a backslash is only itself"),
}
_IN_BRACKETS: Final = frozenset(one for one in _ADVICE if "',' or" in one)


def hint(problem: str, line: str, begun: str = "") -> str:
    """What to write instead, for the line in which YAML could not go on, and the one in which began
    what it read; empty if nobody knows."""
    for one in (begun, line):
        if said := syntax_hint(_QUOTED.sub(_blanked, one), anywhere=problem in _IN_BRACKETS):
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


def _blanked(found: re.Match[str]) -> str:
    return f'"{" " * (len(found[0]) - 2)}"'


def template_hint(expression: str) -> str:
    return tr(
        "; a template is written ${{{expression}}}, not {{{{ {expression} }}}}",
        expression=expression,
    )
