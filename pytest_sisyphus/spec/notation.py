"""What looks like a template or a quoted text and is neither: other tools' braces, full-width
signs and curly quotes would be sent as they are."""

from typing import Final

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.location import LocatedStr
from pytest_sisyphus.template.lexer import ExpressionSource, scan_text
from pytest_sisyphus.values.full_width import SIGNS, sign_hint
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: hardly any text has one of these: then nothing more is looked for.
SUSPECT: Final = lazy_pattern(r"\{\{|[＄｛“”‘’＂]|\$[^\W\d]")

_MUSTACHE: Final = lazy_pattern(r"(?<!\$)\{\{\s*([^{}]*?)\s*\}\}")
#: as other tools write a variable; so do OData its options, MongoDB its operators.
_BARE_NAME: Final = lazy_pattern(r"\$([A-Za-z_][A-Za-z0-9_]*|[^\W\d]\w*)")
_WIDE: Final = lazy_pattern(r"(?<!\$)(?:＄\s*[{｛]|\$\s*｛)\s*([^{}｛｝]*?)\s*[}｝]")
_LOOKALIKES: Final = (
    (
        _MUSTACHE,
        marked(
            "{written!r} makes no template; write {meant}, or ${{{written!r}}} for that text itself"
        ),
    ),
    (
        _WIDE,
        marked(
            "{written!r} is full-width: no template; write {meant}, or ${{{written!r}}} for that "
            "text itself"
        ),
    ),
)
#: a key and its value that a full-width colon has made one text.
_CURLY_KEY: Final = lazy_pattern(r"[“‘][^”’]*[”’]\s*：")
_OPENING: Final = frozenset("“‘”’＂")
_CLOSING: Final = frozenset("”’“‘＂")
_COLON: Final = marked("'：' is a full-width colon: write ': '")
_CURLY: Final = marked("the quotes are curly: write straight ones")
#: where a key should stand -> the message that says what to write.
_KEY_SLIPS: Final = (
    (
        lazy_pattern(r"^[\s-]*\u3000|[:-][ \t]*\u3000"),
        marked("a full-width blank is no blank to YAML: write ' '"),
    ),
    (lazy_pattern(r"^[\s-]*[\"'“‘]?[\w.-]+[\"'”’]?\s*："), _COLON),
    (lazy_pattern(r"^[\s-]*[“‘”’][^“‘”’]*[“‘”’]"), _CURLY),
    (
        lazy_pattern(r"^[\s-]*[\"']?[A-Za-z_][\w-]*[\"']?:(?![\s/:]|$)"),
        marked("a blank is missing after ':'"),
    ),
)
#: signs that a text may well have, unless something is wrong with it.
_SIGN_SLIPS: Final = (
    (lazy_pattern(r"："), _COLON),
    (lazy_pattern(r"，"), marked("'，' is a full-width comma: write ','")),
    (lazy_pattern(r"[“‘”’]"), _CURLY),
)


def lookalike(text: str) -> str:
    """What is wrong with such a text of a case file; empty when nothing is."""
    outside = _without_templates(text)
    for pattern, message in _LOOKALIKES:
        if found := pattern.search(outside):
            meant = f"${{{found[1] or 'name'}}}"
            return tr(message, written=found[0], meant=meant)
    #: or one that nothing closes: a comma has cut the text.
    is_quoted = text[:1] in _OPENING and (
        text[-1] in _CLOSING or not _CLOSING & set(text[1:]) or _CURLY_KEY.match(text)
    )
    if is_quoted and isinstance(text, LocatedStr) and text.is_plain:
        return tr(  # without the text, which may be a password
            "the quotes around this text are curly and would be part of it; write straight ones, "
            'or put straight ones around them if they are meant: "“…”"'
        )
    return ""


def bare_names(text: str) -> list[str]:
    """`["token"]` of `Bearer $token`, which is sent as it is."""
    return _BARE_NAME.findall(_without_templates(text))


def full_width(text: str, offset: int | None) -> str:
    """A hint for an expression that cannot be read: which sign in it is another than meant."""
    at = text[offset or 0 : (offset or 0) + 1]
    return sign_hint(
        at if at in SIGNS else next((one for one in text if one in "｛｝（）［］"), "")
    )


def syntax_hint(text: object, *, anywhere: bool = False) -> str:
    """A hint for a text that YAML did not take for `key: value`, or (`anywhere`) for one in which a
    sign should have been YAML's."""
    if not isinstance(text, str):
        return ""
    slips = (*_KEY_SLIPS, *_SIGN_SLIPS) if anywhere else _KEY_SLIPS
    said = next((said for pattern, said in slips if pattern.search(text)), None)
    return tr("; {hint}", hint=tr(said)) if said else ""


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
