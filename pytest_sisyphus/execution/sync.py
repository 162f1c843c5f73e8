"""`--sisyphus-sync --collect-only`: tell the orchestrator which cases there are."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from ..marks import ALLURE_LABEL, ALLURE_LINK, MARKS_WITH_A_MEANING
from ..options import NEARLY_CASES, Options
from .client import CallFailed, Orchestrator
from .endpoints import SYNC
from .pace import RealPace
from .pull import patiently, reach
from .selection import identity_of, locator_of

_SYNC: Final = "sisyphus-sync"
_NO_TAGS: Final = frozenset([*MARKS_WITH_A_MEANING, ALLURE_LABEL, ALLURE_LINK])
#: characters of a tag that the orchestrator stores.
_TAG_LIMIT: Final = 255
#: options that make a collection less than the whole suite.
_NARROWING: Final = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf")


def open_sync(config: pytest.Config, options: Options) -> None:
    """Raises UsageError."""
    if not config.option.collectonly:
        raise pytest.UsageError("--sisyphus-sync goes with --collect-only")
    if options.project is None:
        raise pytest.UsageError("--sisyphus-sync needs --sisyphus-project=N")
    if not options.secret:
        raise pytest.UsageError("--sisyphus-sync needs --sisyphus-secret, the shared secret")
    orchestrator = reach(options, needed_by="--sisyphus-sync")
    config.pluginmanager.register(Catalogue(orchestrator, options), _SYNC)


class Catalogue:
    def __init__(self, orchestrator: Orchestrator, options: Options) -> None:
        self._orchestrator = orchestrator
        self._options = options
        self._is_narrowed = False
        self._lines: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._is_narrowed |= report.failed

    def pytest_deselected(self) -> None:
        self._is_narrowed = True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        cases, shared = catalogue(session.items)
        nearly = session.config.stash.get(NEARLY_CASES, [])
        unnamed = sum(not any(identity_of(item)) for item in session.items)
        complete = not self._is_narrowed and not nearly and _is_whole(session.config)
        body = {"projectId": self._options.project, "cases": cases, "complete": complete}
        try:
            answer = patiently(
                lambda timeout: self._orchestrator.post(SYNC, body, timeout),
                RealPace(),
                self._options.pull_timeout,
            )
        except CallFailed as failure:
            raise pytest.UsageError(f"the catalogue could not be sent: {failure}") from failure
        whole = "the whole suite" if complete else "a part of the suite: nothing is disabled"
        rejected = answer.get("rejected") or []
        taken = len(cases) - len(rejected)
        self._lines = [
            f"catalogue of project {self._options.project}: {_counted(taken, 'case')} ({whole})",
            *([_without_identity(unnamed)] if unnamed else []),
            *(nearly if _is_whole(session.config) else []),
            *(f"rejected: {one.get('reason')}" for one in rejected),
            *(f"rejected: {one}" for one in shared),
            *_disabled(answer),
        ]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._lines:
            terminalreporter.section("sisyphus")
            for line in self._lines:
                terminalreporter.line(line)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _disabled(answer: Mapping[str, Any]) -> Iterator[str]:
    """What the orchestrator did to cases that are missing here."""
    named = answer.get("disabled_cases") or []
    for case in named:
        yield f"disabled: {case.get('case_id')} {case.get('case_title')}, which is missing here"
    left = int(answer.get("disabled") or 0) - len(named)
    if left > 0:
        yield f"disabled: {_counted(left, 'case')} {'more ' if named else ''}that are missing here"


def _without_identity(number: int) -> str:
    has, is_ = ("have", "are") if number != 1 else ("has", "is")
    return (
        f"{_counted(number, 'test')} {has} neither case_id nor case_key, "
        f"and {is_} not in the catalogue"
    )


def catalogue(items: list[pytest.Item]) -> tuple[list[dict[str, Any]], list[str]]:
    """One row per case, however many items it has, by node id; others stand for no case.

    Besides: which tests are left out because an earlier case has their id or key.
    """
    of_case: dict[tuple[Any, str], list[pytest.Item]] = {}
    homes: dict[tuple[str, Any], str] = {}
    left_out: dict[str, str] = {}
    for item in sorted(items, key=_written):  # other plugins shuffle them
        case_id, case_key = identity_of(item)
        if case_id is None and case_key.isascii() and case_key.isdecimal():
            case_id = int(case_key)
        home = _home(item)
        names = {"case_id": case_id, "case_key": case_key or None}
        held = {
            name: homes.setdefault((name, value), home)
            for name, value in names.items()
            if value is not None
        }
        other = next((name for name, first in held.items() if first != home), None)
        if other is not None:
            left_out.setdefault(home, f"{home}: {held[other]} has its {other} {names[other]!r}")
        elif held:
            of_case.setdefault((case_id, case_key), []).append(item)
    rows = (_row(case_id, key, group) for (case_id, key), group in of_case.items())
    return sorted(rows, key=lambda row: str(row["pytestNodeid"])), list(left_out.values())


def _written(item: pytest.Item) -> tuple[str, int]:
    file, line, _ = item.location
    return file, line or 0


def _home(item: pytest.Item) -> str:
    """Items of one home may stand for one case: the rows of a YAML case, the tests of a file."""
    return str(getattr(item, "sisyphus_place", None) or item.nodeid.partition("::")[0])


def _row(case_id: Any, case_key: str, items: list[pytest.Item]) -> dict[str, Any]:
    first = items[0]
    return {
        "caseId": case_id,
        "caseKey": case_key or (None if case_id is None else str(case_id)),
        "caseTitle": _title(first),
        "pytestNodeid": locator_of(first) if len(items) > 1 else first.nodeid,
        "enabled": any(getattr(item, "sisyphus_enabled", True) for item in items),
        "tags": sorted({tag for item in items for tag in _tags(item)}),
    }


def _tags(item: pytest.Item) -> set[str]:
    """What `-m` selects by, without the marks that mean something to pytest itself."""
    names = {mark.name for mark in item.iter_markers()}
    return {name.strip()[:_TAG_LIMIT] for name in names - _NO_TAGS if name.strip()}


def _title(item: pytest.Item) -> str:
    title = getattr(item, "sisyphus_title", None)
    if title:
        return str(title)
    documented = (getattr(getattr(item, "obj", None), "__doc__", None) or "").strip()
    return documented.partition("\n")[0].strip() or getattr(item, "originalname", item.name)


def _is_whole(config: pytest.Config) -> bool:
    source = config.args_source
    everywhere = source is config.ArgsSource.TESTPATHS or (
        source is config.ArgsSource.INVOCATION_DIR
        and config.invocation_params.dir == config.rootpath
    )
    return everywhere and not any(config.getoption(name, None) for name in _NARROWING)
