"""`allure`: a folder of results that Allure's own command line makes a report of.

Each result is written as soon as its case is over. Nothing that is in the folder is touched.
"""

import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from allure_commons.model2 import Label, Link, Parameter, Status, StatusDetails, TestResult
from allure_commons.types import LabelType
from allure_commons.utils import md5, platform_label

from pytest_sisyphus.atomic_file import check_folder
from pytest_sisyphus.documents.build import META, is_unchecked
from pytest_sisyphus.documents.failure_text import is_assertion
from pytest_sisyphus.documents.step_notes import NOTHING_CHECKED
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.marks import ALLURE_LABELS, ALLURE_LINKS
from pytest_sisyphus.reporters.allure.files import ResultFiles
from pytest_sisyphus.reporters.allure.metadata import write_categories, write_environment
from pytest_sisyphus.reporters.allure.steps import span, step_results
from pytest_sisyphus.reporters.reporter import Document, RunInfo
from pytest_sisyphus.reporters.text import details, headline, module_of


class AllureFolder:
    ordered = False
    only_cases = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files = ResultFiles(path)
        self._nodeids: dict[str, str] = {}

    def open(self) -> None:
        check_folder(self._path)

    def add(self, document: Document) -> None:
        """Earlier attempts are results of their own, which Allure shows as retries."""
        for attempt in (*document["test_case"][META].get("reruns", ()), document):
            self._files.result(self._result(attempt))

    def close(self, info: RunInfo) -> None:
        write_environment(self._path, info)
        write_categories(self._path)

    def discard(self) -> None:
        """Nothing to do: each result is complete."""

    def _result(self, document: Document) -> TestResult:
        case, meta = document["test_case"], document["test_case"][META]
        identity = self._identity(meta)
        start = stop = None
        if case["duration"] is not None:  # a file that could not be collected has none
            start, stop = span(case["start_time"], case["duration"])
        status_details = None
        if is_unchecked(document):
            status_details = StatusDetails(message=tr(NOTHING_CHECKED))
        elif case["status"] != "passed":
            status_details = StatusDetails(message=headline(document), trace=details(document))
        # Allure's `failed` is a wrong product, `broken` a test that could not be carried out
        is_broken = case["status"] == "failed" and not is_assertion(document)
        return TestResult(
            uuid=str(uuid.uuid4()),
            name=case["name"],
            fullName=meta["nodeid"],
            historyId=md5(identity),
            testCaseId=md5(identity),
            titlePath=list(Path(meta["nodeid"].partition("::")[0]).parts),
            description=meta["description"],
            status=Status.BROKEN if is_broken else case["status"],
            statusDetails=status_details,
            stage="finished",
            start=start,
            stop=stop,
            labels=list(_labels(document)),
            links=[
                Link(type=kind, url=url, name=url.rstrip("/").rpartition("/")[2] or url)
                for kind, _, url in (tag.partition(":") for tag in meta["tags"])
                if kind in ALLURE_LINKS and url
            ],
            parameters=[
                Parameter(name=key, value=str(meta[key]), excluded=True)
                for key in ("case_id", "case_key", "row")
                if meta.get(key) is not None
            ],
            steps=step_results(document["steps"], self._files.attachment),
        )

    def _identity(self, meta: Any) -> str:
        """A case key outlives renames; two tests that share one are told apart by node id."""
        key, nodeid = meta.get("case_key"), str(meta["nodeid"])
        if key is None:
            return nodeid
        identity = f"case_key {key}" + (f" row {meta['row']}" if "row" in meta else "")
        return identity if self._nodeids.setdefault(identity, nodeid) == nodeid else nodeid


def _labels(document: Document) -> Iterator[Label]:
    meta = document["test_case"][META]
    *folders, file = module_of(document) or ["."]
    if folders:
        yield Label(name=LabelType.PARENT_SUITE, value=".".join(folders))
    yield Label(name=LabelType.SUITE, value=file)
    yield Label(name="package", value=".".join([*folders, file]))
    for tag in meta["tags"]:
        name, _, value = tag.partition(":")
        if value and name in ALLURE_LABELS:
            yield Label(name=name, value=value)
        elif name not in ALLURE_LINKS:
            yield Label(name=LabelType.TAG, value=tag)
    if is_unchecked(document):
        yield Label(name=LabelType.TAG, value=NOTHING_CHECKED)
    yield Label(name=LabelType.HOST, value=socket.gethostname())
    yield Label(name=LabelType.THREAD, value=meta.get("worker") or "main")
    yield Label(name=LabelType.FRAMEWORK, value="pytest-sisyphus")
    yield Label(name=LabelType.LANGUAGE, value=platform_label())
