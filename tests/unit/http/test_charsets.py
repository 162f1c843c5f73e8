"""B5: only charsets of a known list are decoded with, whatever the server says."""

import codecs
import time

import pytest

from pytest_sisyphus.http.charsets import body_text

TEXT = "订单 é"
UNKNOWN = [
    "undefined",
    "punycode",
    "idna",
    "unicode_escape",
    "raw_unicode_escape",
    "utf-7",
    "rot13",
    "hex",
    "zlib",
    "base64",
    "mbcs",
    "utf8mb4",
    "binary",
    "none",
    "../../etc/passwd",
    "x" * 5000,
    "\x00",
]


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("", "utf-8"),
        ("utf-8", "utf-8"),
        ("UTF8", "utf-8"),
        ("us-ascii", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16be", "utf-16-be"),
        ("gbk", "gbk"),
        ("GB2312", "gbk"),
        ("gb18030", "gb18030"),
        ("'gbk'", "gbk"),
        ('"gbk"', "gbk"),
    ],
)
def test_a_known_charset_is_used(charset, codec):
    text = "订单" if "gb" in codec else TEXT
    content_type = f"text/plain; charset={charset}" if charset else "text/plain"

    read = body_text(text.encode(codec), content_type)

    assert (read.text, read.wrong, read.unknown) == (text, "", "")


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("iso-8859-1", "é"),
        ("latin1", "é"),
        ("ISO_8859-15", "€"),
        ("windows-1252", "€"),
        ("windows-1251", "Привет"),
        ("koi8-r", "Привет"),
        ("big5", "訂單"),
        ("shift_jis", "注文"),
        ("Shift-JIS", "注文"),
        ("euc-jp", "注文"),
        ("iso-2022-jp", "注文"),
        ("euc-kr", "주문"),
    ],
)
def test_the_charsets_of_the_world(charset, text):
    assert body_text(text.encode(charset), f"text/html;charset={charset}").text == text


@pytest.mark.parametrize("charset", UNKNOWN)
def test_any_other_is_utf_8_and_named_when_something_is_wrong(charset):
    content_type = f"text/plain; charset={charset}"

    right, wrong = body_text(TEXT.encode(), content_type), body_text(b"a\n \xd5b", content_type)

    assert (right.text, right.wrong) == (TEXT, "")
    assert (wrong.text, wrong.wrong) == (
        "a\n \ufffdb",
        "line 2, column 2: the byte 0xD5 is not UTF-8",
    )
    assert repr(charset[:40]) in wrong.unknown


@pytest.mark.parametrize(
    "content_type",
    [
        *("text/html", "text/plain", "text/csv", "application/xml", "image/svg+xml"),
        *("application/json", "", "text/html; charset=utf-8"),
    ],
)
def test_text_that_is_not_utf_8_is_text_all_the_same(content_type):
    read = body_text("error: 错误".encode("gbk"), content_type)

    assert read.text.startswith("error: \ufffd")
    assert read.wrong.startswith("line 1, column 8: the byte 0xB4 is not UTF-8")


def test_bytes_that_are_wrong_in_the_charset_that_is_named():
    read = body_text(b"error \xff", "text/html; charset=gbk")

    assert (read.text, read.wrong) == (
        "error \ufffd",
        "line 1, column 7: the byte 0xFF is not GB18030",
    )


@pytest.mark.parametrize("charset", UNKNOWN)
def test_none_takes_long(charset):
    began = time.process_time()
    body_text(b"ab-" * 300_000, f"application/json; charset={charset}")
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
@pytest.mark.parametrize("content_type", ["application/json; charset=gbk", "text/plain", ""])
def test_a_byte_order_mark_goes_over_the_charset(content_type, mark, codec):
    assert body_text(mark + TEXT.encode(codec), content_type).text == TEXT


@pytest.mark.parametrize(
    "content_type", ["image/png", "image/png; charset=binary", "application/octet-stream"]
)
def test_what_is_no_text_stays_bytes(content_type):
    assert body_text(b"\xff\xfe\x00\xd8ab", content_type).text is None


@pytest.mark.parametrize(
    "content_type", ["\x0c" * 60_000, ";" * 60_000, "; " * 30_000, "a/json " * 9_000, "/+" * 30_000]
)
def test_no_content_type_takes_long(content_type):
    began = time.process_time()
    body_text(b"\xff", content_type)
    assert time.process_time() - began < 1


def test_a_parameter_of_another_name_is_no_charset():
    assert body_text(TEXT.encode(), "text/plain; xcharset=gbk").text == TEXT


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        ("text/plain", "订单"),
        ("text/plain; charset=gbk", "订单"),
        ("text/plain; charset=latin-1", "¶©µ¥"),
        ("text/plain; charset=unknown", "\ufffd\ufffd\ufffd\ufffd"),
    ],
)
def test_a_charset_that_is_not_named_is_the_default(content_type, text):
    assert body_text("订单".encode("gbk"), content_type, "gbk").text == text


def test_a_byte_order_mark_is_no_default():
    assert body_text("\ufeff订单".encode(), "text/plain", "gbk").text == "订单"


@pytest.mark.parametrize(
    ("content_type", "said"), [("text/plain", True), ("text/plain; charset=utf-8", False)]
)
def test_what_reads_as_chinese_is_said(content_type, said):
    wrong = body_text("订单 1".encode("gbk"), content_type).wrong

    assert wrong.startswith("line 1, column 1: the byte 0xB6 is not UTF-8")
    assert wrong.endswith("; it reads as gbk: write default_encoding: gbk") is said


@pytest.mark.parametrize(
    ("text", "charset"),
    [("Le détail à côté", "latin-1"), ("注文の詳細", "shift_jis"), ("訂單詳情", "big5")],
)
def test_of_other_languages_nothing_is_guessed(text, charset):
    assert body_text(text.encode(charset), "text/plain").wrong.endswith(" is not UTF-8")


def test_a_default_is_for_texts_only():
    assert body_text(b"\x89PNG\xff", "image/png", "iso-8859-1").text is None
