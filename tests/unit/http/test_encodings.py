"""B14, B17: what Content-Encoding did is undone in pieces, or it is said why not."""

import gzip
import tracemalloc
import zlib

import pytest

from pytest_sisyphus.errors import ResponseInvalid
from pytest_sisyphus.http.encodings import ACCEPTED, decode, encodings, first_unknown

NO_LIMIT = 1 << 40


def brotli_compress(data):
    return pytest.importorskip("brotli").compress(data, quality=1)


def zstd_compress(data):
    return pytest.importorskip("backports.zstd").compress(data)


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli_compress,
    "zstd": zstd_compress,
}


def in_pieces(data, size):
    return (data[start : start + size] for start in range(0, len(data), size))


def undone(data, *names, limit=NO_LIMIT, size=65536):
    return b"".join(decode(in_pieces(data, size), list(names), limit))


@pytest.mark.parametrize("size", [1, 7, 65536])
@pytest.mark.parametrize("data", [b"", b"x", b"hello" * 100_000], ids=["empty", "short", "long"])
@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoding_is_undone_however_it_is_cut(name, data, size):
    assert undone(ENCODERS[name](data), name, size=size) == data


def test_deflate_without_zlibs_header_too():
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = raw.compress(b"hello") + raw.flush()

    assert undone(data, "deflate", size=1) == b"hello"


def test_several_are_undone_from_the_last_to_the_first():
    assert undone(gzip.compress(zlib.compress(b"hello")), "deflate", "gzip") == b"hello"


@pytest.mark.parametrize("rest", [gzip.compress(b" you"), b"\0\0\0\0"], ids=["member", "padding"])
def test_after_a_member_of_gzip_comes_another_or_nothing(rest):
    expected = b"hello you" if rest.strip(b"\0") else b"hello"

    assert undone(gzip.compress(b"hello") + rest, "gzip") == expected


@pytest.mark.parametrize("name", ENCODERS)
def test_what_is_not_so_encoded_is_said(name):
    ENCODERS[name](b"")
    with pytest.raises(ResponseInvalid, match=f"Content-Encoding says: {name}"):
        undone(b"not encoded at all", name)


@pytest.mark.parametrize("name", ENCODERS)
def test_what_is_cut_off_is_said(name):
    """Half of a body is no body: what it does not contain may be in the other half."""
    with pytest.raises(ResponseInvalid, match=f"in the middle of its encoding: {name}"):
        undone(ENCODERS[name](b"hello" * 1000)[:-1], name)


@pytest.mark.parametrize("size", [1000, 65536])
@pytest.mark.parametrize("name", ENCODERS)
def test_a_bomb_is_refused_before_it_is_large(name, size):
    bomb = ENCODERS[name](bytes(50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(
            ResponseInvalid, match=f"larger than 1000000 bytes after decoding {name}"
        ):
            undone(bomb, name, limit=1_000_000, size=size)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000


def test_a_bomb_in_a_bomb_is_refused_at_the_first_large_one():
    bomb = gzip.compress(gzip.compress(bytes(50_000_000)) * 50)

    with pytest.raises(ResponseInvalid, match="after decoding gzip"):
        undone(bomb, "gzip", "gzip", limit=1_000_000)


def test_the_limit_holds_without_an_encoding_too():
    with pytest.raises(ResponseInvalid, match=r"larger than 10 bytes$"):
        undone(b"x" * 11, limit=10)
    assert undone(b"x" * 10, limit=10) == b"x" * 10


def test_too_many_encodings_are_refused():
    with pytest.raises(ResponseInvalid, match="names 1000 encodings"):
        undone(b"", *["gzip"] * 1000)


@pytest.mark.parametrize(
    ("header", "names", "unknown_one"),
    [
        ("", [], None),
        ("GZip", ["gzip"], None),
        (" deflate ,, gzip", ["deflate", "gzip"], None),
        ("identity", [], None),
        ("utf-8", ["utf-8"], "utf-8"),
        ("gzip, aws-chunked", ["gzip", "aws-chunked"], "aws-chunked"),
    ],
)
def test_the_header_is_read(header, names, unknown_one):
    assert encodings(header) == names
    assert first_unknown(names) == unknown_one


def test_only_what_can_be_undone_is_asked_for():
    assert first_unknown(ACCEPTED.split(", ")) is None
    assert ACCEPTED.startswith("gzip, deflate")
