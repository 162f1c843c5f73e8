"""What to do about text that YAML takes for notation of its own."""

import re
from typing import Final

from pytest_sisyphus.redact import Redactor
from pytest_sisyphus.spec.notation import syntax_hint

_QUOTED: Final = re.compile(r'"(?:\\.|[^"\\])*"|' r"'(?:''|[^'])*'")
_MUSTACHE: Final = re.compile(r"\{\{\s*(.*?)\s*\}\}")
#: what is text only in quotes, where it stands in brackets.
_NEEDS_QUOTES: Final = (
    re.compile(r"[^\s,\[\]{}'\":]*\$\{[^{}]*\}[^\s,\]}]*"),
    re.compile(r"\$(?:[.\w-]*\[[^\]]*\])+[.\w-]*"),
)
_KEY_BEFORE: Final = re.compile(r"([\w-]+)[\"']?\s*:[^:]*\Z")
_ADVICE: Final = {
    "found character that cannot start any token": "put quotes around the whole value",
    "did not find expected alphabetic or numeric character": "put quotes around the whole value",
    "did not find expected ',' or ']'": "put quotes around a value with [ ] { } or quotes in it",
    "did not find expected ',' or '}'": "put quotes around a value with [ ] { } or quotes in it",
    "mapping values are not allowed in this context": "put quotes around a value that holds ': '",
    "found unknown escape character": "in single quotes a backslash is only itself",
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
                return "; put quotes around the value"
            return f'; put quotes around it: "{found[0]}"'
    advice = _ADVICE.get(problem)
    return f"; {advice}" if advice else ""


def _blanked(found: re.Match[str]) -> str:
    return f'"{" " * (len(found[0]) - 2)}"'


def template_hint(expression: str) -> str:
    return f"; a template is written ${{{expression}}}, not {{{{ {expression} }}}}"
