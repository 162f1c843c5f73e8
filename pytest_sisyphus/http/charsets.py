"""The text of a body: the server names its charset, out of those that are known here."""

import codecs
import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Final

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.lazy_pattern import lazy_pattern
from pytest_sisyphus.values.record import record

_CHARSET: Final = lazy_pattern(r";\s*charset\s*=\s*[\"']?([^\s;\"',]*)", re.IGNORECASE)
_TEXT: Final = lazy_pattern(
    r"(?:text/|[^;,]*[/+](?:json|xml)\b|application/(?:x-)?(?:javascript|www-form-urlencoded|yaml))",
    re.IGNORECASE,
)

#: bytes from which a Chinese text is known.
_SAMPLE: Final = 2000
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

#: Python's codec -> the charsets that it reads. A server's word never chooses any other: some are
#: no charsets (`punycode`, `unicode_escape`), and take a minute for a megabyte, or always fail.
_LABELS: Final = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 us-ascii ascii ansi-x3.4-1968",
    "utf-16-le": "utf-16 utf-16le utf16 unicode ucs-2",
    "utf-16-be": "utf-16be",
    "utf-32-le": "utf-32 utf-32le utf32",
    "utf-32-be": "utf-32be",
    "iso8859-1": "iso-8859-1 iso8859-1 latin1 latin-1 l1",
    "gb18030": "gb18030 gbk x-gbk gb2312 gb-2312-80 euc-cn cp936 ms936 windows-936",
    "hz": "hz-gb-2312",
    "big5hkscs": "big5 big5-hkscs cn-big5 x-x-big5 cp950 windows-950",
    "cp932": "shift-jis shift_jis sjis x-sjis ms-kanji windows-31j cp932",
    "euc-jp": "euc-jp x-euc-jp",
    "iso2022-jp": "iso-2022-jp",
    "cp949": "euc-kr ks-c-5601-1987 ksc5601 korean uhc cp949 windows-949",
    "koi8-r": "koi8-r koi8",
    "koi8-u": "koi8-u",
    "cp866": "ibm866 cp866",
    "mac-roman": "macintosh mac x-mac-roman",
    "cp874": "tis-620 windows-874 iso-8859-11",
}


def _codecs() -> Iterator[tuple[str, str]]:
    for codec, labels in _LABELS.items():
        for label in labels.split():
            yield label, codec
    for number in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16):
        for label in (f"iso-8859-{number}", f"iso8859-{number}"):
            yield label, f"iso8859-{number}"
    for number in range(1250, 1259):
        for label in (f"windows-{number}", f"cp{number}"):
            yield label, f"cp{number}"


_CODECS: Final[Mapping[str, str]] = dict(_codecs())


@record
class BodyText:
    """A body's bytes as text."""

    #: None: bytes that claim to be no text, and are none.
    text: str | None
    #: `line 1, column 11: the byte 0xD5 is not UTF-8`, the first one in a body that claims to be
    #: text; `text` has replacement characters there.
    wrong: str = ""
    #: the message for a charset that is not known.
    unknown: str = ""


def codec_of(charset: str) -> str | None:
    """Python's codec for it; None where it is not known."""
    return _CODECS.get(charset.lower().replace("_", "-"))


def body_text(content: bytes, content_type: str, default: str = "utf-8") -> BodyText:
    """`default`: a charset that is known; a byte order mark, or one that `content_type` names and
    that is known, says otherwise."""
    found = _CHARSET.search(content_type)
    label = found[1] if found else ""
    named = codec_of(label)
    unknown = (
        ""
        if named or not label
        else tr("the charset {name!r} is not known: read as UTF-8", name=label[:40])
    )
    is_text = not content_type.strip() or bool(_TEXT.match(content_type.strip()))
    codec = named or (codec_of(default) if is_text and not label else "") or "utf-8"
    for mark, of_mark in _BOMS:
        if content.startswith(mark) and (is_text or of_mark == "utf-8"):
            content, codec = content[len(mark) :], of_mark
            break
    try:
        return BodyText(text=content.decode(codec), unknown=unknown)
    except UnicodeDecodeError as error:
        if not is_text:
            return BodyText(text=None)
        hint = "" if label or codec != "utf-8" else _chinese_hint(content[error.start :])
        return BodyText(
            text=content.decode(codec, "replace"), wrong=f"{_wrong(error)}{hint}", unknown=unknown
        )


def _wrong(error: UnicodeDecodeError) -> str:
    before = error.object[: error.start].decode(error.encoding, "replace")
    return tr(
        "line {line}, column {column}: the byte 0x{byte:02X} is not {charset}",
        line=before.count("\n") + 1,
        column=len(before) - before.rfind("\n"),
        byte=error.object[error.start],
        charset=error.encoding.upper(),
    )


def _chinese_hint(content: bytes) -> str:
    """For bytes that are no UTF-8; their beginning is judged, and may end within a character.

    By the common characters alone: as rare ones nearly any bytes can be read.
    """
    start = content[:_SAMPLE]
    for one in (start, start[:-1]):
        with contextlib.suppress(UnicodeDecodeError):
            one.decode("gb2312")
            return tr(
                "; it reads as {encoding}: write default_encoding: {encoding}", encoding="gbk"
            )
    return ""
