"""Content-Encoding undone, piece by piece: no server makes more of it than a piece at a time."""

import contextlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from pytest_sisyphus.errors import ResponseInvalid
from pytest_sisyphus.i18n import tr

_PIECE: Final = 1 << 18
#: encodings one over the other.
_MOST: Final = 5


class _Decompressor(Protocol):
    """Of one member (a gzip file, a zstd frame) of the data."""

    @property
    def eof(self) -> bool: ...

    #: what came after the member's end.
    @property
    def unused_data(self) -> bytes: ...

    def pieces(self, data: bytes) -> Iterator[bytes]: ...


class _Zlib:
    def __init__(self, bits: int) -> None:
        self._made = zlib.decompressobj(bits)

    @property
    def eof(self) -> bool:
        return self._made.eof

    @property
    def unused_data(self) -> bytes:
        return self._made.unused_data

    def pieces(self, data: bytes) -> Iterator[bytes]:
        while data and not self.eof:
            yield self._made.decompress(data, _PIECE)
            data = self._made.unconsumed_tail


class _Deflate(_Zlib):
    """As RFC 9110 has it: zlib's format; as many servers have it: without zlib's header."""

    def __init__(self) -> None:
        super().__init__(zlib.MAX_WBITS)
        self._head = b""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        if len(self._head) < 2:
            self._head += data
            if len(self._head) < 2:
                return
            data = self._head
            if data[0] & 0x0F != 8 or int.from_bytes(data[:2]) % 31:
                self._made = zlib.decompressobj(-zlib.MAX_WBITS)
        yield from super().pieces(data)


class _Brotli:
    unused_data = b""

    def __init__(self) -> None:
        self._made = _brotli.Decompressor()

    @property
    def eof(self) -> bool:
        return bool(self._made.is_finished())

    def pieces(self, data: bytes) -> Iterator[bytes]:
        piece = self._made.process(data, output_buffer_limit=_PIECE)
        while piece:
            yield piece
            piece = b"" if self.eof else self._made.process(b"", output_buffer_limit=_PIECE)


class _Zstd:
    def __init__(self) -> None:
        self._made = _zstd.ZstdDecompressor()

    @property
    def eof(self) -> bool:
        return bool(self._made.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._made.unused_data)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        yield self._made.decompress(data, max_length=_PIECE)
        while not self.eof and not self._made.needs_input:
            yield self._made.decompress(b"", max_length=_PIECE)


def _library(*names: str) -> Any:
    """The first that is there, or None."""
    for name in names:
        with contextlib.suppress(ImportError):
            return __import__(name, fromlist=["_"])
    return None


_brotli = _library("brotli", "brotlicffi")
if not hasattr(getattr(_brotli, "Decompressor", None), "can_accept_more_data"):
    _brotli = None  # before 1.2 it has no limit for what a piece may become
_zstd = _library("compression.zstd", "backports.zstd")

_DECOMPRESSORS: Final[Mapping[str, Callable[[], _Decompressor]]] = {
    "gzip": lambda: _Zlib(16 + zlib.MAX_WBITS),
    "x-gzip": lambda: _Zlib(16 + zlib.MAX_WBITS),
    "deflate": _Deflate,
    **({"br": _Brotli} if _brotli else {}),
    **({"zstd": _Zstd} if _zstd else {}),
}

#: what to install for those that are known, and not there.
PACKAGES: Final = {"br": "brotli>=1.2", "zstd": "backports.zstd"}

_ERRORS: Final[tuple[type[Exception], ...]] = (
    zlib.error,
    *((_brotli.error,) if _brotli else ()),
    *((_zstd.ZstdError,) if _zstd else ()),
)

#: what may be sent to us.
ACCEPTED: Final = ", ".join(name for name in _DECOMPRESSORS if not name.startswith("x-"))


def encodings(header: str) -> list[str]:
    """Those of a Content-Encoding, in the order in which they were applied."""
    words = (word.strip().lower() for word in header.split(","))
    return [word for word in words if word and word != "identity"]


def first_unknown(names: Iterable[str]) -> str | None:
    """The first that cannot be undone here."""
    return next((name for name in names if name not in _DECOMPRESSORS), None)


def decode(pieces: Iterator[bytes], names: list[str], limit: int) -> Iterator[bytes]:
    """Raises ResponseInvalid: for what is not so encoded, and for more than `limit` bytes."""
    if len(names) > _MOST:
        raise ResponseInvalid(
            tr(
                "Content-Encoding names {count} encodings; at most {most} are undone",
                count=len(names),
                most=_MOST,
            )
        )
    for name in reversed(names):
        pieces = limit_size(_decode(pieces, name), name, limit)
    return pieces if names else limit_size(pieces, "", limit)


def limit_size(pieces: Iterator[bytes], name: str, limit: int) -> Iterator[bytes]:
    """The same, up to `limit` bytes."""
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise too_large("", name, limit)
        yield piece


def too_large(size: str, name: str, limit: int) -> ResponseInvalid:
    decoding = tr(" after decoding {name}", name=name) if name else ""
    return ResponseInvalid(
        tr(
            "the body{size} is larger than {limit} bytes{decoding}",
            size=size,
            limit=limit,
            decoding=decoding,
        ),
        suggestion=tr("the ini option sisyphus_max_decoded allows more"),
    )


def _decode(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    members = _Members(name)
    try:
        for data in pieces:
            yield from members.pieces(data)
    except _ERRORS as error:
        if not (members.whole and name in _PADDED):
            raise ResponseInvalid(
                tr(
                    "the body is not what Content-Encoding says: {name}: {error}",
                    name=name,
                    error=error,
                )
            ) from error
        for _ in pieces:
            continue  # as other clients do: what follows a whole member and is none is padding
        return
    if members.current is not None:
        raise ResponseInvalid(tr("the body ends in the middle of its encoding: {name}", name=name))


_PADDED: Final = {"gzip", "x-gzip"}


class _Members:
    """One after the other."""

    def __init__(self, name: str) -> None:
        self._new = _DECOMPRESSORS[name]
        self.current: _Decompressor | None = None
        #: how many have ended.
        self.whole = 0

    def pieces(self, data: bytes) -> Iterator[bytes]:
        while data:
            member = self.current = self.current or self._new()
            yield from member.pieces(data)
            if not member.eof:
                return
            self.current, self.whole, data = None, self.whole + 1, member.unused_data
