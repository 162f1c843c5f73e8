"""Fixtures: runs of pytest on case files, and a server for them to talk to."""

import copy
import functools
import textwrap
from pathlib import Path

import pytest
from construct_kit import is_made_as_by_pydantic
from echo_server import echo_server
from engine_kit import accepted_by_schema

import pytest_sisyphus.extract.jsonpath.filters
import pytest_sisyphus.extract.jsonpath.library

# Loaded here, so that pytester's inner runs find them: it forgets what an inner run imports, and
# PyYAML's C part cannot be imported twice. What is imported when it is first needed, too: what one
# run compiled would be a stranger to what the next one imports.
import pytest_sisyphus.nodes.case_source
import pytest_sisyphus.nodes.file
import pytest_sisyphus.nodes.item
import pytest_sisyphus.template.expression
from pytest_sisyphus import builtin
from pytest_sisyphus.source.case_file import read_cases

#: of all installed plugins; tests that need another add `-p NAME`.
ONLY_OURS = ("-p", "pytest_sisyphus.plugin", "-p", "no:cacheprovider", "-Wdefault")


@pytest.fixture
def server():
    with echo_server() as running:
        yield running


class Run:
    """One run of pytest in this process: its reports, its documents, what it printed."""

    def __init__(self, result, reports):
        self.result = result
        self.reports = reports
        self.stdout = result.stdout.str()

    @property
    def outcomes(self):
        return self.result.parseoutcomes()

    @property
    def documents(self):
        return [report.sisyphus["case"] for report in self.reports if hasattr(report, "sisyphus")]

    @property
    def document(self):
        (document,) = self.documents
        return document

    @property
    def steps(self):
        """The one case's steps by name."""
        return {step["name"]: step for step in self.document["steps"]}

    def error(self, step):
        """The message of a step's error."""
        return self.steps[step]["error_info"]["message"]

    def statuses(self):
        return [step["status"] for step in self.document["steps"]]


def _read_cases(path, reader, validation, inherited):
    """What a file holds, if the JSON Schema accepts it as well."""
    cases = read_cases(path, reader, validation, inherited)
    registered = (validation.steps, validation.checks, validation.extractors)
    if validation.unknown_keys == "error" and [set(one.names) for one in registered] == _standard():
        accepted_by_schema(reader.documents(path))
    for document in reader.documents(path):
        is_made_as_by_pydantic(document, validation)
    return cases


@functools.cache
def _standard():
    parts = (
        builtin.pytest_sisyphus_step_types(),
        builtin.pytest_sisyphus_checks(),
        builtin.pytest_sisyphus_extractors(),
    )
    return [{name for part in kind for name in (part.name, *part.aliases)} for kind in parts]


class _Reports:
    takes_documents = True

    def __init__(self):
        self.reports = []

    def pytest_runtest_logreport(self, report):
        self.reports.append(copy.copy(report))  # its document is let go when the test is over


@pytest.fixture
def run_yaml(pytester, monkeypatch):
    """`run_yaml(text, *args, name__yaml=text)`: the first text becomes `case.yaml`."""
    for name in ("EXECUTION_ID", "PLATFORM_BASE_URL", "CALLBACK_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # a third of a second each
    monkeypatch.setenv("SISYPHUS_UNCHECKED", "ignore")  # most cases here are about something else

    monkeypatch.setattr(pytest_sisyphus.nodes.case_source, "read_cases", _read_cases)

    def write(name, text):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")

    def run(text, *args, **files):
        if text is not None:
            write("case.yaml", text)
        for name, content in files.items():
            write(name.replace("__", "."), content)
        reports = _Reports()
        result = pytester.runpytest_inprocess(*ONLY_OURS, *args, plugins=[reports])
        return Run(result, reports.reports)

    return run


@pytest.fixture
def run_steps(run_yaml, server):
    """`run_steps(steps, *args, config=…)`: one case against the echo server."""

    def run(steps, *args, config="", **files):
        text = f"name: case\nconfig:\n  base_url: {server.url}\n"
        text += textwrap.indent(textwrap.dedent(config).strip("\n") + "\n", "  ").lstrip("\n")
        text += "steps:\n" + textwrap.indent(textwrap.dedent(steps).strip("\n"), "  ") + "\n"
        return run_yaml(text, *args, **files)

    return run
