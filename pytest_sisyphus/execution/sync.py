"""`--sisyphus-sync --collect-only`: send the orchestrator the catalogue of cases."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pytest

from pytest_sisyphus.clock import SystemClock
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.config.stash import NEAR_MISSES
from pytest_sisyphus.execution.client import CallFailed, OrchestratorClient
from pytest_sisyphus.execution.endpoints import SYNC
from pytest_sisyphus.execution.fetch import connect, with_retries
from pytest_sisyphus.execution.selection import identity_of, locator_of
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.marks import ALLURE_LABEL, ALLURE_LINK, RESERVED_MARKS
from pytest_sisyphus.values.describe import counted

_NOT_TAGS: Final = frozenset([*RESERVED_MARKS, ALLURE_LABEL, ALLURE_LINK])
#: characters of a tag that the orchestrator stores.
_TAG_LIMIT: Final = 255
#: options that make a collection less than the whole suite.
_NARROWING: Final = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf")
#: how many tests of no case are named.
_NAMED: Final = 20
#: how the orchestrator names a row that it cannot use.
_ROW: Final = re.compile(r"\bcases\[(\d+)\]")


def open_sync(config: pytest.Config, options: Options) -> None:
    """Register the plugin that sends the catalogue. Raises UsageError for a missing option."""
    if not config.option.collectonly:
        raise pytest.UsageError(tr("--sisyphus-sync goes with --collect-only"))
    if options.project is None:
        raise pytest.UsageError(tr("--sisyphus-sync needs --sisyphus-project=N"))
    if not options.secret:
        raise pytest.UsageError(tr("--sisyphus-sync needs --sisyphus-secret, the shared secret"))
    client = connect(options, needed_by="--sisyphus-sync")
    config.pluginmanager.register(CatalogueSync(client, options), "sisyphus-sync")


class CatalogueSync:
    def __init__(self, client: OrchestratorClient, options: Options) -> None:
        self._client = client
        self._options = options
        self._is_narrowed = False
        self._summary: list[str] = []
        self._has_rejected = False

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._is_narrowed |= report.failed

    def pytest_deselected(self) -> None:
        self._is_narrowed = True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        cases, shared = catalogue_rows(session.items)
        nearly = session.config.stash.get(NEAR_MISSES, [])
        unnamed = [item for item in session.items if not any(identity_of(item))]
        is_whole = not self._is_narrowed and not nearly and _is_whole(session.config)
        complete = is_whole and bool(cases)  # of a wrong folder nothing is to be disabled
        body = {"projectId": self._options.project, "cases": cases, "complete": complete}
        try:
            answer = with_retries(
                lambda timeout: self._client.post(SYNC, body, timeout),
                SystemClock(),
                self._options.pull_timeout,
            )
        except CallFailed as failure:
            said = tr("the catalogue could not be sent: {failure}", failure=failure)
            if failure.http_status == 403:
                said += tr(
                    "; --sisyphus-secret (SISYPHUS_SECRET) must be what the service has as "
                    "--callback-secret (SISYPHUS_CALLBACK_SECRET), if it is this service at all"
                )
            raise pytest.UsageError(said) from failure
        whole = (
            tr("the whole suite") if complete else tr("a part of the suite: nothing is disabled")
        )
        rejected = answer.get("rejected") or []
        taken = len(cases) - len(rejected)
        without_identity = tr(
            "{tests} has neither case_id nor case_key, and is not in the catalogue"
            if len(unnamed) == 1
            else "{tests} have neither case_id nor case_key, and are not in the catalogue",
            tests=counted(len(unnamed), "test"),
        )
        root = session.config.invocation_params.dir
        self._summary = [
            tr(
                "catalogue of project {project}: {cases} ({whole})",
                project=self._options.project,
                cases=counted(taken, "case"),
                whole=whole,
            ),
            *(
                []
                if cases
                else [tr("no case was collected below {root}: is it the right folder?", root=root)]
            ),
            *([without_identity, *_named(unnamed)] if unnamed else []),
            *(nearly if _is_whole(session.config) else []),
            *(tr("rejected: {reason}", reason=_reason(one, cases)) for one in rejected),
            *(tr("rejected: {reason}", reason=one) for one in shared),
            *_disabled(answer),
        ]
        self._has_rejected = bool(rejected or shared)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A catalogue without some of its cases is not what was asked for."""
        if self._has_rejected and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        if self._summary:
            terminalreporter.section("sisyphus")
            for line in self._summary:
                terminalreporter.line(line)


def _named(items: Sequence[pytest.Item]) -> Iterator[str]:
    """The tests, each with its place."""
    for item in items[:_NAMED]:
        file, line, name = item.location
        yield f"  {file}:{(line or 0) + 1}: {name}"
    if len(items) > _NAMED:
        yield tr("  and {tests} more", tests=counted(len(items) - _NAMED, "test"))


def _reason(rejected: Mapping[str, Any], cases: Sequence[Mapping[str, Any]]) -> str:
    """With the test: the orchestrator knows the number of its row, or of its case."""
    reason = str(rejected.get("reason"))
    row = _ROW.search(reason)
    number = rejected.get("case_id")
    found = next(
        (
            case
            for at, case in enumerate(cases)
            if (row and int(row[1]) == at) or (not row and number in {case["caseId"]} - {None})
        ),
        None,
    )
    return f"{found['pytestNodeid']}: {reason}" if found else reason


def _disabled(answer: Mapping[str, Any]) -> Iterator[str]:
    """The cases that the orchestrator disabled, because they are missing here."""
    named = answer.get("disabled_cases") or []
    for case in named:
        yield tr(
            "disabled: {id} {title}, which is missing here",
            id=case.get("case_id"),
            title=case.get("case_title"),
        )
    left = int(answer.get("disabled") or 0) - len(named)
    if left > 0:
        yield tr(
            "disabled: {cases} more that are missing here"
            if named
            else "disabled: {cases} that are missing here",
            cases=counted(left, "case"),
        )


def catalogue_rows(items: list[pytest.Item]) -> tuple[list[dict[str, Any]], list[str]]:
    """One row per case, however many items it has, by node id; and a sentence for each test that is
    left out because an earlier case has its id or key."""
    of_case: dict[tuple[Any, str], list[pytest.Item]] = {}
    owners: dict[tuple[str, Any], str] = {}
    left_out: dict[str, str] = {}
    by_position = sorted(items, key=lambda item: (item.location[0], item.location[1] or 0))
    for item in by_position:  # other plugins shuffle them
        case_id, case_key = identity_of(item)
        if case_id is None and case_key.isascii() and case_key.isdecimal():
            case_id = int(case_key)
        # a YAML case, or a file: items of one owner may stand for one case
        owner = str(getattr(item, "sisyphus_place", None) or item.nodeid.partition("::")[0])
        names = {"case_id": case_id, "case_key": case_key or None}
        held = {
            name: owners.setdefault((name, value), owner)
            for name, value in names.items()
            if value is not None
        }
        other = next((name for name, first in held.items() if first != owner), None)
        if other is not None:
            left_out.setdefault(
                owner,
                tr(
                    "{owner}: {case} has its {other} {names!r}",
                    owner=owner,
                    case=held[other],
                    other=other,
                    names=names[other],
                ),
            )
        elif held:
            of_case.setdefault((case_id, case_key), []).append(item)
    rows = (_row(case_id, key, group) for (case_id, key), group in of_case.items())
    return sorted(rows, key=lambda row: str(row["pytestNodeid"])), list(left_out.values())


def _row(case_id: Any, case_key: str, items: list[pytest.Item]) -> dict[str, Any]:
    first = items[0]
    documented = (getattr(getattr(first, "obj", None), "__doc__", None) or "").strip()
    title = getattr(first, "sisyphus_title", None) or documented.partition("\n")[0].strip()
    # what `-m` selects by, without the marks that mean something to pytest itself
    marks = {mark.name for item in items for mark in item.iter_markers()} - _NOT_TAGS
    tags = {name.strip()[:_TAG_LIMIT] for name in marks if name.strip()}
    return {
        "caseId": case_id,
        "caseKey": case_key or (None if case_id is None else str(case_id)),
        "caseTitle": str(title or getattr(first, "originalname", first.name)),
        "pytestNodeid": locator_of(first) if len(items) > 1 else first.nodeid,
        "enabled": any(getattr(item, "sisyphus_enabled", True) for item in items),
        "tags": sorted(tags),
    }


def _is_whole(config: pytest.Config) -> bool:
    source = config.args_source
    everywhere = source is config.ArgsSource.TESTPATHS or (
        source is config.ArgsSource.INVOCATION_DIR
        and config.invocation_params.dir == config.rootpath
    )
    return everywhere and not any(config.getoption(name, None) for name in _NARROWING)
