"""Messages in Chinese, and how to see that nothing of them is still English."""

import re

import pytest

from pytest_sisyphus.i18n import set_language

_HAN = re.compile("[\u3400-\u9fff]")
#: what stays as it is: quotes, code, braces and brackets, paths, places, keys, options.
_CODE = re.compile(
    r"""\$\{.*?\}|'[^'\n]*'|"[^"\n]*"|`[^`\n]*`|\{[^{}\n]*\}|\[[^\[\]\n]*\]|[!-~]*[/\\:_.=…-][!-~]*"""
)
_ENGLISH = re.compile(r"\b[A-Za-z]{2,}(?:[ ,;]+[A-Za-z]+){2,}")


@pytest.fixture
def set_to_chinese():
    """Messages are Chinese until the test ends."""
    set_language("zh")
    yield
    set_language("en")


def assert_chinese(text, *values):
    """`values`: texts of others in it, such as what a library says."""
    assert is_chinese(text, *values), text


def is_chinese(text, *values):
    """It has Chinese, and nowhere three English words of a sentence."""
    rest = _words_of(text, values)
    return bool(_HAN.search(rest)) and not _ENGLISH.search(rest)


def english_in(text):
    """The first three English words of a sentence; empty where there are none."""
    found = _ENGLISH.search(_words_of(text))
    return found[0] if found else ""


def _words_of(text, values=()):
    for value in values:
        text = text.replace(value, "")
    while (shorter := _CODE.sub("", text)) != text:
        text = shorter
    return text
