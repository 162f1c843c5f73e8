"""What a text that is not UTF-8 may be instead."""

import codecs
import contextlib
from typing import Final

from pytest_sisyphus.i18n import tr

#: what editors and Excel save in a Chinese Windows.
_CHINESE: Final = ("gbk", "gb18030")


def wide_encoding(start: bytes) -> str:
    """By the first bytes of a text: `utf-16`, `utf-16-be`, `utf-16-le`, `utf-32`, or nothing."""
    if start[:4] in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        return "utf-32"
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    zeros = [not one for one in start[:4]]
    if zeros == [True, False, True, False]:
        return "utf-16-be"
    return "utf-16-le" if zeros == [False, True, False, True] else ""


def chinese_encoding(content: bytes) -> str:
    """`gbk` or `gb18030`, where that reads all of it as text; else nothing."""
    for encoding in _CHINESE:
        with contextlib.suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            return encoding if all(c.isprintable() or c.isspace() for c in text) else ""
    return ""


def utf_8_hint(content: bytes) -> str:
    """How a file that should be UTF-8 and is not can be read: `; …`, or nothing."""
    encoding = wide_encoding(content)[:6] or chinese_encoding(content)
    if not encoding:
        return ""
    return tr("; it reads as {encoding}: save it as UTF-8", encoding=encoding.upper())
