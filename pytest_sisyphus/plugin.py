"""The hooks that pytest calls: they wire the packages together, and decide nothing.

Loaded in every pytest run of the environment, so nothing heavy is imported at the top: the rest is
imported when a case is collected or an option asks for it. PYTEST_DONT_REWRITE.
"""

import dataclasses
import functools
import os
import random
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_sisyphus import run_secrets
from pytest_sisyphus.config.load import add_options, read_options, refuse_workers_without_xdist
from pytest_sisyphus.config.options import PROJECT_FILE, Options
from pytest_sisyphus.config.stash import OPTIONS, SEED
from pytest_sisyphus.i18n import language, language_set_back, set_language, tr

if TYPE_CHECKING:
    from pytest_sisyphus.nodes.file import CaseFile
    from pytest_sisyphus.nodes.project_file import ProjectFileNode


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    add_options(parser, pluginmanager.get_plugin("pytestconfig"))


def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    if not early_config.known_args_namespace.help:
        refuse_workers_without_xdist(parser, args)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from pytest_sisyphus import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(specname="pytest_cmdline_main", tryfirst=True)
def pytest_sisyphus_replay(config: pytest.Config) -> int | None:
    options = config.stash[OPTIONS]
    if options.replay is None:
        return None
    from pytest_sisyphus.execution.replay import replay  # only when asked for

    return replay(options.replay, options)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Around an execution: before xdist reads its options, until all is delivered."""
    with language_set_back():  # another pytest may have started this one
        return (yield from _session(config))


def _session(config: pytest.Config) -> Generator[None, Any, Any]:
    config.stash[OPTIONS] = options = _options(config)
    if options.explain:
        if options.sync:
            raise pytest.UsageError(
                tr("--sisyphus-explain sends nothing: leave --sisyphus-sync out")
            )
        config.option.collectonly = True  # so xdist starts no workers, and an execution no run
    if hasattr(config, "workerinput"):
        from pytest_sisyphus.execution.worker import (
            configure_worker,  # without what only a controller needs
        )

        configure_worker(config)
        return (yield)
    if options.execution is None and not options.sync:
        return (yield)
    from pytest_sisyphus.execution.context import session_context  # only in executions

    with session_context(config, options):
        return (yield)


def _options(config: pytest.Config) -> Options:
    """With the variables of the files that they name. Raises pytest.UsageError."""
    options = read_options(config)
    if options.env_file is not None:
        from pytest_sisyphus.spec.env_file import (  # only with a file
            EnvFileRefusedError,
            read_env_file,
        )

        path, roots = options.env_file, options.include_roots or (_own_root(config),)
        allowed = [(config.rootpath / one).resolve() for one in roots]
        if not any(map(path.resolve().is_relative_to, allowed)):
            inside = ", ".join(map(str, allowed))
            raise pytest.UsageError(
                tr("--sisyphus-env-file: {path} lies outside of {inside}", path=path, inside=inside)
            )
        try:
            found = read_env_file(path, os.path.relpath(path, config.invocation_params.dir))
        except EnvFileRefusedError as error:
            raise pytest.UsageError(tr("--sisyphus-env-file: {error}", error=error)) from None
        options = dataclasses.replace(options, file_environ=found)
    if not options.variable_files:
        return options
    from pytest_sisyphus.location import plain  # only with a file
    from pytest_sisyphus.source.diagnostics import SpecError
    from pytest_sisyphus.source.variable_files import read_variable_files

    try:
        found = read_variable_files(options.variable_files)
    except SpecError as error:
        raise pytest.UsageError(tr("--sisyphus-vars: {error}", error=error)) from None
    return dataclasses.replace(
        options,
        variables={**plain(found), **options.variables},
        variable_places={
            name: str(location)
            for name, location in found.locations.items()
            if name not in options.variables
        },
    )


def _own_root(config: pytest.Config) -> Path:
    """rootdir, as it is without the values of options: where nothing says what it is, pytest takes
    `../x.env` in `--option ../x.env` for an argument, and goes up to its folder."""
    root, folder = config.rootpath, config.invocation_params.dir
    is_said = config.inipath or config.option.rootdir or (root / "setup.py").is_file()
    if is_said or root == folder:
        return root
    paths = [folder / argument.partition("::")[0] for argument in config.args]
    folders = [path if path.is_dir() else path.parent for path in paths if path.exists()]
    return Path(os.path.commonpath([os.path.normpath(one) for one in (folder, *folders)]))


#: whether a project file above the root was looked for.
_TOLD: Final = pytest.StashKey[bool]()


def _warn_of_higher_project_file(config: pytest.Config) -> None:
    """Where no ini file says what the root is, it is the folder that pytest is started in: from a
    folder of the cases, what lies above it is not seen. Told with the first case, by one worker."""
    if config.inipath or config.option.rootdir or _TOLD in config.stash:
        return
    config.stash[_TOLD] = True
    if getattr(config, "workerinput", {"workerid": "gw0"})["workerid"] != "gw0":
        return
    root = config.rootpath
    above = next((one for one in root.parents if (one / PROJECT_FILE).is_file()), None)
    if above is not None:
        from pytest_sisyphus.spec.context import SisyphusWarning  # only with such a file

        said = tr(
            "{file} in {folder} is not read, nor its conftest.py: without a pytest.ini the rootdir "
            "is {root}; put an empty pytest.ini into {folder}",
            file=PROJECT_FILE,
            folder=above,
            root=root,
        )
        warnings.warn(SisyphusWarning(said), stacklevel=2)


def pytest_configure(config: pytest.Config) -> None:
    if OPTIONS not in config.stash:  # a config without a command line: pytester.parseconfigure
        config.add_cleanup(functools.partial(set_language, language()))
        config.stash[OPTIONS] = _options(config)
    config.addinivalue_line(
        "markers",
        tr("sisyphus(case_id=None, case_key=None): the functional case this test stands for"),
    )
    options = config.stash[OPTIONS]
    secrets = tuple(one.reveal() for one in (options.token, options.secret) if one)
    config.add_cleanup(run_secrets.activate(os.environ, secrets))
    workerinput: dict[str, int] = getattr(config, "workerinput", {})
    seed = workerinput.get("sisyphus_seed") or random.SystemRandom().randrange(10**9)
    config.stash[SEED] = seed if options.seed is None else options.seed
    if options.explain:
        from pytest_sisyphus.nodes.explain import ExplainPlugin  # only when asked for

        config.pluginmanager.register(ExplainPlugin(), "sisyphus-explain")
    if options.reports and not hasattr(config, "workerinput"):
        from pytest_sisyphus.reporters.writer import register  # only when a report is asked for

        register(config)
    if config.getoption("allure_report_dir", None):
        from pytest_sisyphus.reporters.allure.pytest_bridge import (
            AllureSteps,  # only beside allure-pytest
        )

        config.pluginmanager.register(AllureSteps(), "sisyphus-allure-steps")


@pytest.fixture(scope="session")
def sisyphus_profile(pytestconfig: pytest.Config) -> str | None:
    """The profile that the run was asked for: that of `--sisyphus-profile`, `SISYPHUS_PROFILE`, or
    the environment of the execution. None: each case's own `active_profile` holds."""
    options = pytestconfig.stash[OPTIONS]
    return options.profile or options.env_code or None


def pytest_report_header(config: pytest.Config) -> str:
    return f"sisyphus: --sisyphus-seed={config.stash[SEED]}"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: workers get the controller's seed, and learn whether it wants documents."""
    from pytest_sisyphus.nodes.case_plugins import register_case_plugins  # only where xdist is
    from pytest_sisyphus.nodes.documents_wanted import for_worker

    register_case_plugins(node.config)  # the cases are collected by its workers
    node.workerinput["sisyphus_lang"] = language()  # whatever a worker's own locale is
    node.workerinput["sisyphus_seed"] = node.config.stash[SEED]
    for_worker(node.workerinput, node.config)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Not in the item's own `setup`: the traceback of every failing fixture would begin there."""
    if why := getattr(item, "sisyphus_setup_error", ""):
        pytest.fail(why, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach a YAML case's document to its report, which a worker sends to the controller, where a
    plugin wants documents; else an empty mapping, which says that the case ran."""
    report = yield
    ran = getattr(item, "sisyphus_outcome", None)
    if ran is not None and call.when == "call":
        from pytest_sisyphus.nodes.documents_wanted import are_wanted  # only with a YAML case

        vars(report)["sisyphus"] = {"case": ran.document()} if are_wanted(item.config) else {}
        if report.skipped and isinstance(report.longrepr, tuple):
            path, line, _ = item.reportinfo()  # not where our source says so
            report.longrepr = (os.fspath(path), (line or 0) + 1, report.longrepr[2])
        if report.passed and ran.has_remarks:
            _add_notes(report, ran.document())
    error = call.excinfo.value if call.excinfo else None
    if error is not None and call.when == "setup" and hasattr(item, "sisyphus_fixture_error"):
        message = item.sisyphus_fixture_error(error)
        report.longrepr = message or report.longrepr  # pytest's own shows our source
    if hasattr(item, "sisyphus_mask") and (error is not None or report.sections):
        item.sisyphus_mask(report, call.excinfo)
    return report


def _add_notes(report: pytest.TestReport, document: dict[str, Any]) -> None:
    """To a case that passed: that nothing was checked, which steps were skipped or retried."""
    from pytest_sisyphus.documents.step_notes import (  # only with a YAML case
        note_lines,
        short_notes,
    )

    vars(report)["sisyphus_notes"] = short_notes(document)
    if lines := note_lines(document):
        report.sections.append((tr("sisyphus steps"), lines))


@pytest.hookimpl(wrapper=True)
def pytest_report_teststatus(report: Any) -> Generator[None, Any, Any]:
    """In verbose runs the notes on a passing case stand behind its PASSED."""
    status = yield
    notes = getattr(report, "sisyphus_notes", "")
    if not notes or not report.passed or not status[2] or not isinstance(status[2], str):
        return status
    category, letter, word = status
    return category, letter, f"{word} ({notes})"


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(config: pytest.Config) -> Generator[None, Any, Any]:
    """A worker's report as xdist can send it: any other value would end the worker, and the run."""
    data = yield
    if data is None or not hasattr(config, "workerinput"):
        return data
    from pytest_sisyphus.values import exact_json  # only where xdist is
    from pytest_sisyphus.values.surrogates import escape_all_surrogates

    document = data.pop("sisyphus", None)
    attached = {} if document is None else {"sisyphus": exact_json.dumps(document)}
    return {**escape_all_surrogates(data), **attached}


@pytest.hookimpl(wrapper=True)
def pytest_report_from_serializable(data: dict[str, Any]) -> Generator[None, Any, Any]:
    if isinstance(data.get("sisyphus"), str):
        from pytest_sisyphus.values import exact_json  # only where xdist is

        data["sisyphus"] = exact_json.loads(data["sisyphus"])
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_warning_recorded(warning_message: warnings.WarningMessage) -> None:
    """The summary shows the line that is warned of: one of a case may hold a secret."""
    if not warning_message.filename.endswith(".py"):
        warning_message.line = ""


def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> "CaseFile | ProjectFileNode | None":
    if file_path.suffix not in {".yaml", ".yml"}:
        return None
    if file_path.name == PROJECT_FILE:
        if not parent.session.isinitpath(file_path):
            return None
        from pytest_sisyphus.nodes.project_file import ProjectFileNode

        return ProjectFileNode.from_parent(parent, path=file_path)
    from pytest_sisyphus.nodes.discovery import case_text

    text = case_text(file_path, parent)
    if text is None:
        return None
    _warn_of_higher_project_file(parent.config)
    from pytest_sisyphus.nodes.case_plugins import register_case_plugins

    with register_case_plugins(parent.config).loading():
        from pytest_sisyphus.nodes.file import CaseFile

    return CaseFile.of(parent, file_path, text)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A Python test whose mark names no case is an error of its file, as it is in a case file."""
    report = yield
    if any(
        isinstance(one, pytest.Function) and one.get_closest_marker("sisyphus")
        for one in report.result or ()
    ):
        from pytest_sisyphus.nodes.python_marks import wrong_marks  # only where such marks are

        if wrong := wrong_marks(report.result):
            report.outcome, report.longrepr = "failed", wrong
    return report
