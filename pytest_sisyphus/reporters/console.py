"""The text output of `sisyphus-api-engine`: a line for each case, and progress while it runs."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final

import pytest

from pytest_sisyphus.clock import Clock, format_duration
from pytest_sisyphus.documents.build import META
from pytest_sisyphus.documents.step_notes import short_notes
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.reporters.reporter import Document, RunInfo
from pytest_sisyphus.reporters.text import headline, step_log

_MARKS: Final[Mapping[str, tuple[str, dict[str, bool]]]] = {
    "passed": ("PASSED ", {"green": True}),
    "failed": ("FAILED ", {"red": True}),
    "skipped": ("SKIPPED", {"yellow": True}),
}


class Console:
    """A reporter that is also a plugin: it replaces pytest's dots."""

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
        """Nothing to do: the terminal is open."""

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
        terminal.write(
            f"{case['name']}  {format_duration(case['duration'])}  {case[META]['location']}"
        )
        notes = ""  # where it simply passed, or failed: pytest shows why
        if case["status"] == "skipped":
            notes = headline(document)
        elif case["status"] == "passed" and (brief := short_notes(document)):
            notes = f"({brief})"
        terminal.line(f"  {notes}".rstrip())
        if self._verbose and document["steps"]:
            terminal.line("\n".join(f"    {line}" for line in step_log(document).splitlines()))
        if terminal.hasmarkup and self._done < self._total:
            per_case = (self._clock.tick() - self._start) / self._done
            left = tr("about {seconds:.0f} s left", seconds=per_case * (self._total - self._done))
            terminal.write(
                tr(
                    "{done}/{total} cases, {failed} failed, {left}",
                    done=self._done,
                    total=self._total,
                    failed=self._failed,
                    left=left,
                )
            )
            terminal.flush()

    def close(self, _info: RunInfo) -> None:
        self._clear(self._terminal())

    def discard(self) -> None:
        """Nothing to do: what is printed stays."""

    def _terminal(self) -> Any:
        return self._config.get_terminal_writer()

    def _clear(self, terminal: Any) -> None:
        if terminal.hasmarkup:
            terminal.write("\r\x1b[K")
