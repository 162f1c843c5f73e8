"""What looks like a template or a quoted text and is neither: other tools' braces, full-width
signs and curly quotes would be sent as they are."""

import re
from typing import Final

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.location import LocatedStr
from pytest_sisyphus.template.lexer import ExpressionSource, scan_text

#: hardly any text has one of these: then nothing more is looked for.
SUSPECT: Final = re.compile(r"\{\{|[＄｛“”‘’＂]")

_MUSTACHE: Final = re.compile(r"(?<!\$)\{\{\s*([^{}]*?)\s*\}\}")
_WIDE: Final = re.compile(r"(?<!\$)(?:＄\s*[{｛]|\$\s*｛)\s*([^{}｛｝]*?)\s*[}｝]")
#: a key and its value that a full-width colon has made one text.
_CURLY_KEY: Final = re.compile(r"[“‘][^”’]*[”’]\s*：")
_OPENING: Final = frozenset("“‘”’＂")
_CLOSING: Final = frozenset("”’“‘＂")
#: full-width sign -> the one that is meant.
_SIGNS: Final = {
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys("“”", '"'),
    **dict.fromkeys("‘’", "'"),
    "。": ".",
    "、": ",",
    "【": "[",
    "】": "]",
    "\u3000": " ",
}
_COLON: Final = "'：' is a full-width colon: write ': '"
_CURLY: Final = "the quotes are curly: write straight ones"
#: where a key should stand -> what to write.
_KEY_SLIPS: Final = (
    (
        re.compile(r"^[\s-]*\u3000|[:-][ \t]*\u3000"),
        "a full-width blank is no blank to YAML: write ' '",
    ),
    (re.compile(r"^[\s-]*[\"'“‘]?[\w.-]+[\"'”’]?\s*："), _COLON),
    (re.compile(r"^[\s-]*[“‘”’][^“‘”’]*[“‘”’]"), _CURLY),
    (
        re.compile(r"^[\s-]*[\"']?[A-Za-z_][\w-]*[\"']?:(?![\s/:]|$)"),
        "a blank is missing after ':'",
    ),
)
#: signs that a text may well have, unless something is wrong with it.
_SIGN_SLIPS: Final = (
    (re.compile(r"："), _COLON),
    (re.compile(r"，"), "'，' is a full-width comma: write ','"),
    (re.compile(r"[“‘”’]"), _CURLY),
)


def lookalike(text: str) -> str:
    """What is wrong with such a text of a case file; empty when nothing is."""
    outside = _without_templates(text)
    for pattern, what in ((_MUSTACHE, "makes no template"), (_WIDE, "is full-width: no template")):
        if found := pattern.search(outside):
            meant, written = f"${{{found[1] or 'name'}}}", found[0]
            return f"{written!r} {what}; write {meant}, or ${{{written!r}}} for that text itself"
    #: or one that nothing closes: a comma has cut the text.
    is_quoted = text[:1] in _OPENING and (
        text[-1] in _CLOSING or not _CLOSING & set(text[1:]) or _CURLY_KEY.match(text)
    )
    if is_quoted and isinstance(text, LocatedStr) and text.is_plain:
        return (  # without the text, which may be a password
            "the quotes around this text are curly and would be part of it; write straight ones, "
            'or put straight ones around them if they are meant: "“…”"'
        )
    return ""


def full_width(text: str, offset: int | None) -> str:
    """A hint for an expression that cannot be read: which sign in it is another than meant."""
    at = text[offset or 0 : (offset or 0) + 1]
    sign = at if at in _SIGNS else next((one for one in text if one in "｛｝（）［］"), "")
    return f"; {sign!r} is a full-width sign: write {_SIGNS[sign]!r}" if sign else ""


def syntax_hint(text: object, *, anywhere: bool = False) -> str:
    """A hint for a text that YAML did not take for `key: value`, or (`anywhere`) for one in which a
    sign should have been YAML's."""
    if not isinstance(text, str):
        return ""
    slips = (*_KEY_SLIPS, *_SIGN_SLIPS) if anywhere else _KEY_SLIPS
    return next((f"; {said}" for pattern, said in slips if pattern.search(text)), "")


def _without_templates(text: str) -> str:
    if "${" not in text:
        return text
    try:
        pieces = scan_text(text)
    except TemplateError:  # a complaint of its own
        return ""
    for one in pieces:
        if isinstance(one, ExpressionSource):
            start, end = one.start - 2, one.start + len(one.text) + 1
            text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text
