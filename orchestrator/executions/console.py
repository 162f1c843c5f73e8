"""The console of an execution in chunks, also while it grows: no half character, no half secret."""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from orchestrator.runners.artifacts import Artifacts, blocks, part, size_of
from orchestrator.secrets import TOKEN, TOKEN_SIZE, Secret, spellings

#: wherever one may begin.
_TOKEN: Final = re.compile(f"(?={TOKEN})".encode())
#: what may be the beginning of a token of ours, at the end of what is there.
_PARTIAL_TOKEN: Final = re.compile(rb"s|si|sis|sis_[A-Za-z0-9_-]{0,42}")
#: bytes of a character after its first, and bytes that a character may have.
_FOLLOWING: Final = range(0x80, 0xC0)
_LONGEST_CHARACTER: Final = 4


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConsoleChunk:
    text: str
    #: in bytes: where it begins, where the next one does, and how many there are.
    offset: int
    next: int
    size: int
    #: which line it begins in, from 1 on; None where nobody counted, which costs all before it.
    line: int | None = None


class Consoles:
    def __init__(self, artifacts: Artifacts, hidden: Sequence[Secret]) -> None:
        self._artifacts = artifacts
        self._secrets = [text.encode("utf-8", "surrogatepass") for text in spellings(hidden)]
        self._longest = max([TOKEN_SIZE, *map(len, self._secrets)])

    def last(self, execution_id: int, limit: int, *, growing: bool) -> ConsoleChunk:
        path = self._artifacts.console(execution_id)
        begin = max(0, size_of(path) - limit)
        chunk = self.read(execution_id, begin, limit, growing=growing)
        before = sum(block.count(b"\n") for block in blocks(path, chunk.offset))
        return dataclasses.replace(chunk, line=before + 1)

    def at_line(self, execution_id: int, wanted: int, limit: int, *, growing: bool) -> ConsoleChunk:
        """From the beginning of a line on; of the last one, where there are fewer."""
        offset, line = _begin_of_line(self._artifacts.console(execution_id), wanted)
        chunk = self.read(execution_id, offset, limit, growing=growing)
        return dataclasses.replace(chunk, line=line)

    def read(self, execution_id: int, offset: int, limit: int, *, growing: bool) -> ConsoleChunk:
        """`growing`: what stands at the end may go on."""
        path = self._artifacts.console(execution_id)
        size = size_of(path)
        begin, end = min(offset, size), min(offset + limit, size)
        first = max(0, begin - self._longest)
        around = part(path, first, min(end + self._longest, size))
        if growing and end == size:
            end = max(begin, end - self._partial_secret(around))
        chunk = self._masked(around)[begin - first : end - first]
        if begin:  # bytes of a character that began before
            first_bytes = enumerate(chunk[:_LONGEST_CHARACTER])
            chunk = chunk[next((n for n, byte in first_bytes if byte not in _FOLLOWING), 0) :]
        begin = end - len(chunk)
        if growing or end < size:
            chunk = chunk[: len(chunk) - _torn_end(chunk)]
        text = chunk.decode("utf-8", "replace")
        return ConsoleChunk(text=text, offset=begin, next=begin + len(chunk), size=size)

    def _masked(self, text: bytes) -> bytes:
        """Also where secrets overlap: else it would matter where a piece begins."""
        shown = bytearray(text)
        for found in _TOKEN.finditer(text):
            shown[found.start() : found.start() + TOKEN_SIZE] = b"*" * TOKEN_SIZE
        for secret in self._secrets:
            at = text.find(secret)
            while at >= 0:
                shown[at : at + len(secret)] = b"*" * len(secret)
                at = text.find(secret, at + 1)
        return bytes(shown)

    def _partial_secret(self, text: bytes) -> int:
        """Bytes at the end that may be the beginning of a secret."""
        for length in range(min(self._longest - 1, len(text)), 0, -1):
            ending = text[-length:]
            longer = (one for one in self._secrets if len(one) > length)
            if _PARTIAL_TOKEN.fullmatch(ending) or any(one.startswith(ending) for one in longer):
                return length
        return 0


def _begin_of_line(path: Path, wanted: int) -> tuple[int, int]:
    """Where it begins, and its number."""
    offset, begin, line = 0, 0, 1
    for block in blocks(path, size_of(path)):
        there = block.count(b"\n")
        if line + there >= wanted:
            at = -1
            for _ in range(wanted - line):
                at = block.index(b"\n", at + 1)
            return (offset + at + 1 if wanted > line else begin), wanted
        if there:
            begin, line = offset + block.rindex(b"\n") + 1, line + there
        offset += len(block)
    return begin, line


def _torn_end(chunk: bytes) -> int:
    """Bytes of a character that goes on behind."""
    for length, byte in enumerate(reversed(chunk[-_LONGEST_CHARACTER:]), start=1):
        if byte not in _FOLLOWING:
            whole = 1 if byte < 0xC0 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return length if length < whole else 0
    return 0
