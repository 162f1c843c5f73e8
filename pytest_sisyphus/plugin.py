"""pytest's door: wires everything, decides nothing.

Loaded in every pytest run of the environment, so nothing heavy is imported at its top: a room is
opened when a case is collected or an option asks for it.
"""

import os
import secrets
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from . import jsontext, run_secrets
from .carried import Carried
from .command_line import add_options, read_options
from .encodable import encodable
from .options import OPTIONS, SEED

if TYPE_CHECKING:
    from .collector import CaseFile


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from . import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(specname="pytest_cmdline_main", tryfirst=True)
def pytest_sisyphus_replay(config: pytest.Config) -> int | None:
    options = config.stash[OPTIONS]
    if options.replay is None:
        return None
    from .execution.replay import replay  # only when asked for

    return replay(options.replay, options)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """The frame of an execution: before xdist reads its options, until all is delivered."""
    config.stash[OPTIONS] = options = read_options(config)
    if hasattr(config, "workerinput"):
        from .execution.worker import join  # without what only a controller needs

        join(config)
        return (yield)
    if options.execution is None and not options.sync:
        return (yield)
    from .execution.frame import framed  # only in executions

    with framed(config, options):
        return (yield)


def pytest_configure(config: pytest.Config) -> None:
    if OPTIONS not in config.stash:  # a config without a command line: pytester.parseconfigure
        config.stash[OPTIONS] = read_options(config)
    config.addinivalue_line(
        "markers",
        "sisyphus(case_id=None, case_key=None): the functional case this test stands for",
    )
    options = config.stash[OPTIONS]
    given = tuple(one.reveal() for one in (options.token, options.secret) if one)
    config.add_cleanup(run_secrets.begin(os.environ, given))
    config.stash[SEED] = _seed(config)
    config.pluginmanager.register(Carried(), "sisyphus-carried")
    if config.stash[OPTIONS].reports and not hasattr(config, "workerinput"):
        from .reporters.writer import register  # only when a report is asked for

        register(config)
    if config.getoption("allure_report_dir", None):
        from .reporters.allure_live import AllureSteps  # only beside allure-pytest

        config.pluginmanager.register(AllureSteps(), "sisyphus-allure-steps")


def _seed(config: pytest.Config) -> int:
    given = config.stash[OPTIONS].seed
    if given is not None:
        return given
    workerinput: dict[str, int] = getattr(config, "workerinput", {})
    return workerinput.get("sisyphus_seed") or secrets.randbelow(10**9)


def pytest_report_header(config: pytest.Config) -> str:
    return f"sisyphus: --sisyphus-seed={config.stash[SEED]}"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: all workers start from the controller's seed."""
    node.workerinput["sisyphus_seed"] = node.config.stash[SEED]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Not in the item's own `setup`, or the trace of each fixture that fails would begin there."""
    if why := getattr(item, "sisyphus_blocked", ""):
        pytest.fail(why, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The document of a YAML case rides on its report, also from a worker to the controller."""
    report = yield
    document = getattr(item, "sisyphus_document", None)
    if document is not None and call.when == "call":
        vars(report)["sisyphus"] = {"case": document}
        if report.skipped and isinstance(report.longrepr, tuple):
            path, line, _ = item.reportinfo()  # not where our source says so
            report.longrepr = (os.fspath(path), (line or 0) + 1, report.longrepr[2])
        _remark(report, document)
    error = call.excinfo.value if call.excinfo else None
    if error is not None and call.when == "setup" and hasattr(item, "sisyphus_wrong_fixture"):
        told = item.sisyphus_wrong_fixture(error)
        report.longrepr = told or report.longrepr  # pytest's own shows our source
    if hasattr(item, "sisyphus_mask") and (error is not None or report.sections):
        item.sisyphus_mask(report, call.excinfo)
    return report


def _remark(report: pytest.TestReport, document: dict[str, Any]) -> None:
    """On a case that passed: that nothing was checked, which steps were skipped or retried."""
    from .remarks import in_brief, in_lines  # only with a YAML case

    brief = in_brief(document) if report.passed else ""
    if brief:
        vars(report)["sisyphus_brief"] = brief
    if brief and (lines := in_lines(document)):
        report.sections.append(("sisyphus steps", lines))


@pytest.hookimpl(wrapper=True)
def pytest_report_teststatus(report: Any) -> Generator[None, Any, Any]:
    """In verbose runs a passing case says in its word what is worth one (see remarks)."""
    status = yield
    brief = getattr(report, "sisyphus_brief", "")
    if not brief or not report.passed or not status[2] or not isinstance(status[2], str):
        return status
    category, letter, word = status
    return category, letter, f"{word} ({brief})"


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(config: pytest.Config) -> Generator[None, Any, Any]:
    """A value that xdist cannot send would end its worker, and with it the run."""
    data = yield
    if data is None or not hasattr(config, "workerinput"):
        return data
    document = data.pop("sisyphus", None)
    carried = {} if document is None else {"sisyphus": jsontext.dumps(document)}
    return {**encodable(data), **carried}


@pytest.hookimpl(wrapper=True)
def pytest_report_from_serializable(data: dict[str, Any]) -> Generator[None, Any, Any]:
    if isinstance(data.get("sisyphus"), str):
        data["sisyphus"] = jsontext.loads(data["sisyphus"])
    return (yield)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "CaseFile | None":
    if file_path.suffix not in {".yaml", ".yml"}:
        return None
    from .discovery import is_case_file

    if not is_case_file(file_path, parent):
        return None
    from .collector import CaseFile

    return CaseFile.from_parent(parent, path=file_path)
