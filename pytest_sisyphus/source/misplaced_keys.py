"""Shapes in which a whole case goes unseen: its keys are there, but not as top-level keys."""

import re
from typing import Final

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.encodings import wide_encoding
from pytest_sisyphus.values.record import record

_WIDE_COLON: Final = "：".encode()
#: what looks like nothing and takes no width: control characters, U+200B, U+FEFF.
_UNSEEN: Final = rb"(?:[\x00-\x08]|\xe2\x80\x8b|\xef\xbb\xbf)"
#: beside blanks and tabs: U+00A0, U+3000.
_LEAD: Final = rb"(?:[ \t]|%b|\xc2\xa0|\xe3\x80\x80)*" % _UNSEEN
_KEY_LINE: Final = re.compile(
    rb"""^(?P<lead>%b)(?P<item>-[ \t]+)?["']?(?P<key>[\w-]+)["']?"""
    rb"""[ \t]*(?P<colon>:|%b)(?P<value>.*)""" % (_LEAD, _WIDE_COLON),
    re.MULTILINE,
)
_BEFORE_CONTENT: Final = re.compile(rb"\A(?:\s|#.*|---(?=\s))*")
_NAME_IN_BRACES: Final = re.compile(rb"""[{,\s]["']?name["']?\s*:""")
_STEPS_IN_BRACES: Final = re.compile(rb"""[{,\s]["']?steps["']?\s*:\s*\[""")

#: hardly any other tool's steps have these.
_ONLY_IN_DIALECT: Final = re.compile(rb"""(?:^|[\s{,"'])(?:validations|extractors)["']?[ \t]*:""")
_LIKELY_DIALECT: Final = re.compile(
    rb"""(?:^|[\s{,"'])(?:url|sql|loop_steps|concurrent_steps)["']?[ \t]*(?::|%b)"""
    rb"""|(?:^|[\s{,"'])type["']?[ \t]*(?::|%b)[ \t]*["']?"""
    rb"""(?:api|case|concurrent|database|http|loop|poll|request|script|wait)\b|!include\b"""
    % (_WIDE_COLON, _WIDE_COLON)
)
_STEP_OF_OTHER_TOOLS: Final = re.compile(
    rb"""^[ \t]*-[ \t]+["']?(?:bash|call|checkout|commands?|image|label|plugins|powershell|pwsh|"""
    rb"""run|script|task|template|uses)["']?[ \t]*:(?![ \t]*\{)""",
    re.MULTILINE,
)

#: keys of pipelines, playbooks, manifests and other files that have steps or names of their own.
KEYS_OF_OTHER_TOOLS: Final = frozenset(
    [
        *("on", "jobs", "runs", "runs-on", "uses", "using", "workflow", "workflows"),
        *("image", "pipeline", "pipelines", "pool", "schedules", "stages", "trigger", "triggers"),
        *("hosts", "parameters", "repos", "resources", "roles", "services", "tasks"),
        *("apiVersion", "arazzo", "kind", "openapi", "swagger"),
    ]
)


@record(kw_only=False)
class _Line:
    """One that begins with a key."""

    number: int
    #: how far right its key stands.
    width: int
    found: re.Match[bytes]

    @property
    def key(self) -> str:
        return self.found["key"].decode()

    @property
    def begins_an_item(self) -> bool:
        return self.found["item"] is not None


def has_dialect_steps(text: bytes, *, among_other_keys: bool = False) -> bool:
    """`among_other_keys`: beside keys that no case has, only what is ours alone counts."""
    if _ONLY_IN_DIALECT.search(text):
        return True
    return (
        not among_other_keys
        and bool(_LIKELY_DIALECT.search(text))
        and not _STEP_OF_OTHER_TOOLS.search(text)
    )


def in_utf_8(text: bytes) -> tuple[bytes, str]:
    """The text in UTF-8 with LF, and what is wrong with it as it is; empty if nothing."""
    if b"\r" in text and b"\n" not in text:
        return text.replace(b"\r", b"\n"), tr("has lines that end with CR alone; save it with LF")
    encoding = wide_encoding(text)
    if not encoding:
        return text, ""
    try:
        converted = text.decode(encoding).lstrip("\ufeff").encode()
    except UnicodeError:
        return text, ""
    return converted, tr("is {encoding}; save it as UTF-8", encoding=encoding[:6].upper())


def misplaced_case(text: bytes) -> tuple[str, int] | None:
    """`name` and `steps` stand beside each other, but not as top-level keys: why, and its line."""
    if b"name" not in text or b"steps" not in text or not has_dialect_steps(text):
        return None
    start = _BEFORE_CONTENT.match(text)
    if start and text[start.end() : start.end() + 1] == b"{":
        if not _NAME_IN_BRACES.search(text) or not _STEPS_IN_BRACES.search(text):
            return None
        message = tr(
            "is written in braces; write name: … and steps: … without them, each on a line of "
            "its own"
        )
        return message, text.count(b"\n", 0, start.end()) + 1
    lines = _lines(text)
    if any(line.width == 0 and line.key in KEYS_OF_OTHER_TOOLS for line in lines):
        return None
    for at, line in enumerate(lines):
        above, beside = _siblings(lines, at) if line.key == "steps" else (None, {})
        if (
            "name" in beside
            and beside["name"].found["value"].strip()
            and not beside.keys() & KEYS_OF_OTHER_TOOLS
            and line.found["value"].strip()[:1] in b"[#!&"
        ):
            return _explain(above, beside)
    return None


def _lines(text: bytes) -> list[_Line]:
    lines, number, before = [], 1, 0
    for found in _KEY_LINE.finditer(text):
        number += text.count(b"\n", before, found.start())
        before = found.start()
        seen = re.sub(_UNSEEN, b"", found["lead"] + (found["item"] or b""))
        lines.append(_Line(number=number, width=len(seen.decode()), found=found))
    return lines


def _siblings(lines: list[_Line], at: int) -> tuple[_Line | None, dict[str, _Line]]:
    """What a line's mapping stands below, and the mapping itself."""
    width = lines[at].width
    beside: dict[str, _Line] = {}
    above = None
    for before in range(at, -1, -1):
        line = lines[before]
        if line.width < width:
            above = line
            break
        if line.width == width:
            beside[line.key] = line
            if line.begins_an_item:
                break
    for after in range(at + 1, len(lines)):
        line = lines[after]
        if line.width < width or (line.width == width and line.begins_an_item):
            break
        if line.width == width:
            beside[line.key] = line
    return above, beside


def _explain(above: _Line | None, beside: dict[str, _Line]) -> tuple[str, int]:
    for line in (beside["name"], beside["steps"]):
        if line.found["colon"] == _WIDE_COLON:
            return tr("has a full-width colon: write '{key}: '", key=line.key), line.number
        if line.found["value"][:1].strip():
            return tr("has no blank behind the colon: write '{key}: '", key=line.key), line.number
    first = min(beside.values(), key=lambda line: line.number)
    if first.begins_an_item:
        message = tr(
            "has its case in a list; write name: … and steps: … at the top level, and '---' "
            "between two cases"
        )
        return message, first.number
    if above:
        message = tr(
            "has 'name' and 'steps' below {key!r}; write them at the top level, without it",
            key=above.key,
        )
        return message, above.number
    if first.width:
        message = tr("has 'name' and 'steps' indented; write them at the start of their lines")
        return message, first.number
    hidden = next((line for line in beside.values() if line.found["lead"]), first)
    message = tr("has a sign before {key!r} that is not shown; delete it", key=hidden.key)
    return message, hidden.number
