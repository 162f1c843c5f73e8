"""`html`: the page needs all documents at once, so they wait on disk."""

from pathlib import Path

from pytest_sisyphus.atomic_file import AtomicFile
from pytest_sisyphus.i18n import Language
from pytest_sisyphus.reporters.disk_buffer import DiskBuffer
from pytest_sisyphus.reporters.html import render_page
from pytest_sisyphus.reporters.reporter import Document, RunInfo


class HtmlPage:
    ordered = True
    only_cases = False

    def __init__(self, path: Path, lang: Language) -> None:
        self._file = AtomicFile(path)
        self._lang = lang
        self._buffer = DiskBuffer()

    def open(self) -> None:
        self._file.open()

    def add(self, document: Document) -> None:
        self._buffer.put(document)

    def close(self, info: RunInfo) -> None:
        for chunk in render_page(self._buffer, lang=self._lang, run=info):
            self._file.write(chunk)
        self._file.commit()
        self._buffer.close()

    def discard(self) -> None:
        self._file.discard()
        self._buffer.close()
