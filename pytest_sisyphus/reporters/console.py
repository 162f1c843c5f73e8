"""The engine command's text: a line for each case, and while it runs how far it is."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final

import pytest

from ..clock import Clock, readable
from ..protocol import META
from ..remarks import in_brief
from .sink import Document, RunFacts
from .wording import headline, journal

_MARKS: Final[Mapping[str, tuple[str, dict[str, bool]]]] = {
    "passed": ("PASSED ", {"green": True}),
    "failed": ("FAILED ", {"red": True}),
    "skipped": ("SKIPPED", {"yellow": True}),
}


def _remark(document: Document) -> str:
    """Behind a case that did not simply pass; why one failed, pytest tells."""
    status = document["test_case"]["status"]
    brief = in_brief(document) if status == "passed" else ""
    return headline(document) if status == "skipped" else f"({brief})" if brief else ""


class Console:
    """A sink that is a plugin besides: it takes the place of pytest's dots."""

    ordered = False
    only_cases = False

    def __init__(self, config: pytest.Config, clock: Clock, *, verbose: bool) -> None:
        self._config = config
        self._clock = clock
        self._verbose = verbose
        self._total = self._done = self._failed = 0
        self._start = clock.tick()

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self) -> Generator[None, Any, Any]:
        category, _letter, word = yield
        return category, "", word

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._total = len(session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        self._total = len(ids)

    def open(self) -> None:
        """It is open."""

    def add(self, document: Document) -> None:
        case = document["test_case"]
        if case[META]["kind"] == "collection":
            return  # pytest shows it, with all its complaints
        self._done += 1
        self._failed += case["status"] == "failed"
        terminal = self._terminal()
        self._clear(terminal)
        mark, colour = _MARKS[case["status"]]
        terminal.write(f"{mark} ", **colour)
        terminal.write(f"{case['name']}  {readable(case['duration'])}  {case[META]['location']}")
        terminal.line(f"  {_remark(document)}".rstrip())
        if self._verbose and document["steps"]:
            terminal.line("\n".join(f"    {line}" for line in journal(document).splitlines()))
        self._show(terminal)

    def close(self, _facts: RunFacts) -> None:
        self._clear(self._terminal())

    def discard(self) -> None:
        """What is printed stays."""

    def _terminal(self) -> Any:
        return self._config.get_terminal_writer()

    def _clear(self, terminal: Any) -> None:
        if terminal.hasmarkup:
            terminal.write("\r\x1b[K")

    def _show(self, terminal: Any) -> None:
        if terminal.hasmarkup and self._done < self._total:
            terminal.write(f"{self._done}/{self._total} cases, {self._failed} failed{self._left()}")
            terminal.flush()

    def _left(self) -> str:
        """By the pace so far."""
        took = self._clock.tick() - self._start
        return f", about {took / self._done * (self._total - self._done):.0f} s left"
