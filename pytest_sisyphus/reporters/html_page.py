"""`html`: the page needs all documents at once, so they wait on disk."""

from pathlib import Path
from typing import Any, Literal

from .html import render_page
from .shelf import Shelf
from .sink import Document, RunFacts
from .target import Target


class HtmlPage:
    ordered = True
    only_cases = False

    def __init__(self, path: Path, lang: Literal["zh", "en"]) -> None:
        self._target = Target(path)
        self._lang = lang
        self._shelf = Shelf()

    def open(self) -> None:
        self._target.open()

    def add(self, document: Document) -> None:
        self._shelf.put(document)

    def close(self, facts: RunFacts) -> None:
        for chunk in render_page(self._shelf, lang=self._lang, run=_run(facts)):
            self._target.write(chunk)
        self._target.commit()
        self._shelf.close()

    def discard(self) -> None:
        self._target.discard()
        self._shelf.close()


def _run(facts: RunFacts) -> dict[str, Any]:
    return {
        "start_time": facts.start_time,
        "end_time": facts.end_time,
        "duration": facts.duration,
        "interrupted": facts.interrupted,
        "collected": facts.collected,
        "about": facts.about,
        "versions": facts.versions,
    }
