"""The commands `sisyphus-api-engine` and `sisyphus-api-validate`: thin fronts over pytest."""

import argparse
import contextlib
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import pytest

from .command_output import hand_over, into, redirected
from .command_runs import USAGE, EngineRun, SchemaRun, ValidationRun
from .reporters.allure_clean import NotOnlyResults, clean
from .reporters.target import Target

FORMATS: Final = ("text", "json", "csv", "html", "junit")
_BY_SUFFIX: Final = {
    ".txt": "text",
    ".json": "json",
    ".csv": "csv",
    ".html": "html",
    ".htm": "html",
    ".xml": "junit",
}
#: these have a short form, which is the default, and a full one with `-v`.
_COMPACT: Final = frozenset(["json", "csv"])

#: The folder's `addopts` are for its own pytest runs: what a command does, its flags say.
_ALWAYS: Final = (
    *("-p", "sisyphus", "-p", "pytest_sisyphus.cases_only", "-p", "no:cacheprovider"),
    *("-p", "no:randomly", "-o", "addopts=", "-q", "--no-header", "--tb=short"),
    *("-o", "console_output_style=classic", "--continue-on-collection-errors"),
    # this package is imported before pytest could rewrite the asserts that it has none of
    *("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
    # these are told, and neither end a collection nor fail a case, whatever the folder makes of
    # warnings
    *("-W", "default::pytest_sisyphus.discovery.NotCollected"),
    *("-W", "default::pytest_sisyphus.collector.NothingChecked"),
    *("-W", "default::pytest_sisyphus.dialect.reading.SisyphusWarning"),
)


def engine(argv: Sequence[str] | None = None) -> int:
    asked = _engine_arguments(argv)
    with tempfile.TemporaryDirectory(prefix="sisyphus-") as scratch:
        report = Path(scratch) / "report"
        run = EngineRun(verbose=asked.verbose, answer=report)
        with _standard_output_for(asked, report):
            code = pytest.main(_pytest_arguments(asked, report), plugins=[run])
        if report.is_file():
            hand_over(report, asked.output)
    for warning in run.not_collected:
        print(f"warning: {warning}", file=sys.stderr)  # noqa: T201 - no part of the report
    return run.exit_code(int(code))


def validate(argv: Sequence[str] | None = None) -> int:
    parser = _Parser(prog="sisyphus-api-validate", description="Say every mistake in case files.")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="case files, or folders of them")
    parser.add_argument("--schema", action="store_true", help="print the dialect's JSON Schema")
    asked = parser.parse_args(argv)
    if asked.schema:
        return _print_schema(asked.paths)
    if not asked.paths:
        parser.error("the following arguments are required: PATH")
    run = ValidationRun()
    with into(Path(os.devnull)):
        code = pytest.main([*_ALWAYS, "--collect-only", *asked.paths], plugins=[run])
    for complaint in run.complaints:
        print(complaint)  # noqa: T201 - the command's answer
    for warning in run.warnings:
        print(f"warning: {warning}", file=sys.stderr)  # noqa: T201 - no complaint
    print(run.summary(int(code)), file=sys.stderr)  # noqa: T201 - so that the answer stays alone
    return run.exit_code(int(code))


def _print_schema(paths: Sequence[str]) -> int:
    run = SchemaRun()
    with redirected(sys.stderr):
        code = pytest.main([*_ALWAYS, "-qq", "--collect-only", *paths], plugins=[run])
    if run.schema is None:
        return int(code) or 1
    print(json.dumps(run.schema, indent=2, ensure_ascii=False))  # noqa: T201 - the command's answer
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: error: {message}\n")


def _engine_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="sisyphus-api-engine", description="Run API cases written in YAML.")
    add = parser.add_argument
    add("--cases", nargs="+", action="extend", required=True, metavar="PATH", help="files, folders")
    add("-v", "--verbose", action="store_true", help="show and write everything")
    add("--format", choices=FORMATS, help="default: by the extension of -o, else text")
    add("-o", "--output", metavar="FILE", help="default: standard output")
    add("--profile", metavar="P", help="use this profile instead of active_profile")
    add("--report-lang", choices=("zh", "en"), help="language of html (default zh)")
    add("--allure", action="store_true", help="write Allure results besides")
    add("--allure-dir", metavar="D", help="their folder (default allure-results)")
    add("--allure-clean", action="store_true", help="empty it first, if only results are in it")
    add("-n", dest="workers", metavar="N", help="run in N processes (needs pytest-xdist)")
    asked = parser.parse_args(argv)
    if asked.allure or asked.allure_dir or asked.allure_clean:
        asked.allure_dir = asked.allure_dir or "allure-results"
    complaint = _settle_format(asked) or _impossible(asked) or _not_cleaned(asked)
    if complaint:
        parser.error(complaint)
    return asked


def _settle_format(asked: argparse.Namespace) -> str:
    if asked.format is None and asked.output:
        asked.format = _BY_SUFFIX.get(Path(asked.output).suffix.lower())
        if asked.format is None:
            known = ", ".join(_BY_SUFFIX)
            return f"-o {asked.output}: no format has this extension ({known}); say --format"
    asked.format = asked.format or "text"
    return ""


def _impossible(asked: argparse.Namespace) -> str:
    if asked.workers is not None and importlib.util.find_spec("xdist") is None:
        return "-n needs pytest-xdist: pip install 'pytest-sisyphus[xdist]'"
    if asked.format == "text" and asked.output:
        return _unwritable(Path(asked.output))
    return ""


def _unwritable(path: Path) -> str:
    target = Target(path)
    try:
        target.open()
    except OSError as error:
        return f"-o {path}: cannot write it: {error.strerror or error}"
    target.discard()
    return ""


def _not_cleaned(asked: argparse.Namespace) -> str:
    if asked.allure_clean:
        try:
            clean(Path(asked.allure_dir))
        except (NotOnlyResults, OSError) as error:
            return f"--allure-clean: {error}"
    return ""


def _pytest_arguments(asked: argparse.Namespace, report: Path) -> list[str]:
    arguments = list(_ALWAYS)
    if asked.format != "text":
        short = asked.format in _COMPACT and not asked.verbose
        name = f"{asked.format}-compact" if short else asked.format
        arguments.append(f"--sisyphus-report={name}:{asked.output or report}")
    optional = {
        "--sisyphus-report=allure:": asked.allure_dir,
        "--sisyphus-profile=": asked.profile,
        "--sisyphus-report-lang=": asked.report_lang,
        "--numprocesses=": asked.workers,
    }
    arguments += [f"{option}{value}" for option, value in optional.items() if value]
    if asked.workers:
        arguments += ["-p", "xdist"]
    return [*arguments, *asked.cases]


def _standard_output_for(
    asked: argparse.Namespace, report: Path
) -> contextlib.AbstractContextManager[None]:
    """Text is the report; for any other, what pytest says is no part of it."""
    if asked.format != "text":
        return redirected(sys.stderr)
    return into(report) if asked.output else contextlib.nullcontext()
