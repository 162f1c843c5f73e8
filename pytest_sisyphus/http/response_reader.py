"""Reads responses off a connection: once, strictly, and never beyond their end.

A response whose end is ambiguous is refused. A connection that may still hold something of a
response is not used again: what a server sends beside the response to *this* request would be taken
for the response to the next one.
"""

import http.client
import io
import socket
from collections.abc import Iterator
from typing import Final

from pytest_sisyphus.errors import NetworkFailed
from pytest_sisyphus.http import encodings
from pytest_sisyphus.http.response import join_fields
from pytest_sisyphus.http.timing import Stopwatch
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

_CHUNK: Final = 65536
#: bytes of a line, lines of a head: as many as http.client takes.
_LONGEST: Final = 65536
_MOST: Final = 100
_STATUS: Final = lazy_pattern(r"(HTTP/\S*)\s+([0-9]{3})(?:\s+(.*))?\s*")
_NAME: Final = lazy_pattern(r"[!-9;-~]+")
_BLANK: Final = frozenset({b"\r\n", b"\n"})
_LENGTH: Final = lazy_pattern(r"[0-9]{1,18}")
_SIZE: Final = lazy_pattern(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\r?\n")
_SWITCHING: Final = 101


class MalformedResponse(http.client.HTTPException):
    """A response that http.client accepts, but whose end or fields are ambiguous."""


class SocketReader:
    """What comes over a connection during one exchange."""

    __slots__ = ("_at", "_data", "_max_wait", "_sock", "watch")

    def __init__(self, sock: socket.socket, watch: Stopwatch, max_wait: float) -> None:
        """`max_wait`: seconds of one wait."""
        self._sock, self.watch, self._max_wait = sock, watch, max_wait
        self._data, self._at = b"", 0

    @property
    def is_empty(self) -> bool:
        """Nothing came that was not read, as far as it is known here."""
        return self._at == len(self._data)

    def wait_for_data(self) -> None:
        if self.is_empty and not self._receive():
            raise http.client.RemoteDisconnected("Remote end closed connection without response")

    def read_line(self, kind: str) -> bytes:
        """With its end; without one at the end of all."""
        while True:
            end = self._data.find(b"\n", self._at) + 1
            size = (end or len(self._data)) - self._at
            if size > _LONGEST:
                raise http.client.LineTooLong(kind)
            if end or not self._receive():
                line = self._data[self._at : self._at + size]
                self._at += size
                return line

    def read_exactly(self, size: int) -> bytes:
        if len(self._data) - self._at >= size:
            self._at += size
            return self._data[self._at - size : self._at]
        whole = io.BytesIO()  # gives its buffer away without a copy
        for piece in self.pieces(size):
            whole.write(piece)
        return whole.getvalue()

    def pieces(self, size: int, before: int = 0) -> Iterator[bytes]:
        """Of so many bytes; `before` them others came of the same body."""
        left = size
        while left:
            if self.is_empty and not self._receive():
                read = before + size - left
                raise _cut_off(f"IncompleteRead({read} bytes read, {left} more expected)")
            piece = self._data[self._at : self._at + left]
            self._at += len(piece)
            left -= len(piece)
            yield piece

    def until_closed(self) -> Iterator[bytes]:
        """Until the connection is closed."""
        while not self.is_empty or self._receive():
            piece, self._at = self._data[self._at :], len(self._data)
            yield piece

    def _receive(self) -> bool:
        """False at the end."""
        self.watch.limit_wait(self._sock, self._max_wait)
        piece = self._sock.recv(_CHUNK)
        self._data, self._at = self._data[self._at :] + piece, 0
        return bool(piece)


class ResponseReader:
    """The head; then `content`, which is read once."""

    def __init__(self, stream: SocketReader, method: str) -> None:
        """Of the final answer: interim ones (1xx) go before it, as many as the server likes."""
        self._stream = stream
        self.is_complete = False
        while True:
            self.version, self.status_code, self.reason = _status(stream)
            #: as they came: in order, repeated ones too, values in latin-1.
            self.fields = _fields(stream)
            if not 100 <= self.status_code < 200 or self.status_code == _SWITCHING:
                break
        #: lower-case name -> its values.
        self.by_name = join_fields(self.fields)
        encodings_, lengths = self._items("transfer-encoding"), self._items("content-length")
        if len(encodings_) > 1 or not {"chunked", "identity"}.issuperset(encodings_):
            raise MalformedResponse(tr("Transfer-Encoding is {value}", value=_shown(encodings_)))
        self._is_chunked = "chunked" in encodings_
        # `2, 2` is 2 (RFC 9110, 8.6)
        if not self._is_chunked and (
            not all(map(_LENGTH.fullmatch, lengths)) or len({int(one) for one in lengths}) > 1
        ):
            raise MalformedResponse(tr("Content-Length is {value}", value=_shown(lengths)))
        self._lengths = lengths
        self._has_no_body = self.status_code in {204, 304, _SWITCHING} or method == "HEAD"

    def content(self, limit: int) -> bytes:
        """Its Content-Encoding undone if it is one that we know. Raises ResponseInvalid."""
        content = b"" if self._has_no_body else self._content(limit)
        self.is_complete = True
        return content

    @property
    def can_keep_alive(self) -> bool:
        """The connection is fit for another request."""
        return (
            self.is_complete
            and self._stream.is_empty
            and not self._server_closes
            and not self._may_have_trailing_data
        )

    def _content(self, limit: int) -> bytes:
        names = encodings.encodings(self.by_name.get("content-encoding", ""))
        if encodings.first_unknown(names):
            names = []
        if self._is_chunked:
            pieces = self._chunks()
        elif not self._lengths:
            pieces = self._stream.until_closed()
        elif names:
            pieces = self._stream.pieces(int(self._lengths[0]))
        else:
            size = int(self._lengths[0])
            if size > limit:
                raise encodings.too_large(tr(" of {size} bytes", size=size), "", limit)
            return self._stream.read_exactly(size)
        whole = io.BytesIO()
        for piece in encodings.decode(pieces, names, limit):
            whole.write(piece)
        return whole.getvalue()

    def _chunks(self) -> Iterator[bytes]:
        read = 0
        while size := self._size_of_chunk(read):
            yield from self._stream.pieces(size, read)
            read += size
            if not (end := self._stream.read_line("end of a chunk")):
                raise _cut_off(f"IncompleteRead({read} bytes read)")
            if end not in _BLANK:
                raise MalformedResponse(
                    tr("a chunk of {size} bytes goes on: {end!r}", size=size, end=end[:60])
                )
        while (trailer := self._stream.read_line("trailer")) not in _BLANK and trailer:
            continue

    def _size_of_chunk(self, read: int) -> int:
        line = self._stream.read_line("chunk size")
        if not line.endswith(b"\n"):
            raise _cut_off(f"IncompleteRead({read} bytes read)")
        found = _SIZE.fullmatch(line)
        if found is None:
            raise MalformedResponse(tr("{line!r} is no size of a chunk", line=line[:60]))
        return int(found[1], 16)

    @property
    def _server_closes(self) -> bool:
        connection = self.by_name.get("connection", "").lower()
        if not (self._is_chunked or self._lengths or self._has_no_body):
            return True
        if self.version >= 11:
            return "close" in connection
        proxys = self.by_name.get("proxy-connection", "").lower()
        return not (
            self.by_name.get("keep-alive") or "keep-alive" in connection or "keep-alive" in proxys
        )

    @property
    def _may_have_trailing_data(self) -> bool:
        """An answer without a body that speaks of one; two ways to say where it ends; no HTTP."""
        if self.status_code == _SWITCHING:
            return True
        if self._is_chunked and (self._lengths or self.version < 11):
            return True
        speaks_of_one = self._is_chunked or any(one.strip("0") for one in self._lengths)
        return self._has_no_body and speaks_of_one

    def _items(self, name: str) -> list[str]:
        line = self.by_name.get(name)
        return [] if line is None else [word.strip().lower() for word in line.split(",")]


def _status(stream: SocketReader) -> tuple[int, int, str]:
    """Version (10, 11), code, reason."""
    stream.wait_for_data()
    stream.watch.mark_first_byte()
    line = stream.read_line("status line").decode("latin-1")
    found = _STATUS.fullmatch(line)
    if found is None or found[2] < "100":
        raise http.client.BadStatusLine(line)
    if found[1] in {"HTTP/1.0", "HTTP/0.9"}:
        version = 10
    elif found[1].startswith("HTTP/1."):
        version = 11
    else:
        raise http.client.UnknownProtocol(found[1])
    return version, int(found[2]), (found[3] or "").strip()


def _fields(stream: SocketReader) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    while (line := stream.read_line("header line")) not in _BLANK:
        if not line.endswith(b"\n"):
            raise NetworkFailed(tr("the connection broke in the middle of the headers"))
        if len(fields) == _MOST:
            raise http.client.HTTPException(tr("got more than {most} headers", most=_MOST))
        text = line.decode("latin-1")
        if text[0] in " \t" and fields:  # goes on with the one before, as older servers fold them
            name, value = fields.pop()
            fields.append((name, f"{value.rstrip()} {text.strip()}"))
            continue
        name, colon, value = text.partition(":")
        value = value.lstrip(" \t").rstrip("\r\n")
        if not colon or not _NAME.fullmatch(name) or "\r" in value:
            raise MalformedResponse(
                tr("{line!r} among the headers is no header", line=text.strip()[:60])
            )
        fields.append((name, value))
    return fields


def _shown(words: list[str]) -> str:
    return repr(", ".join(words)[:60])


def _cut_off(what: str) -> NetworkFailed:
    return NetworkFailed(tr("the connection broke in the middle of the body: {what}", what=what))
