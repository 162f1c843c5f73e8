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
from typing import Any, Final, NoReturn, get_args

import pytest

from pytest_sisyphus.atomic_file import AtomicFile
from pytest_sisyphus.cli.complaints import MACHINE_FORMATS, Complaint
from pytest_sisyphus.cli.language import add_lang, speak
from pytest_sisyphus.cli.pytest_runs import (
    PASSED,
    USAGE,
    EnginePlugin,
    SchemaPlugin,
    ValidationPlugin,
)
from pytest_sisyphus.cli.streams import stdout_to, stdout_to_file, write_result
from pytest_sisyphus.cli.vscode import write_vscode
from pytest_sisyphus.config.options import DECLARED, PROJECT_FILE
from pytest_sisyphus.errors import ConfigError, in_words
from pytest_sisyphus.i18n import Language, of_library, tr
from pytest_sisyphus.reporters.allure.clean import NotOnlyResults, clean
from pytest_sisyphus.source.detection import looks_like_a_case
from pytest_sisyphus.source.near_misses import find_near_miss, misnamed
from pytest_sisyphus.spec.json_schema import in_chinese, project_schema

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
    *("-p", "sisyphus", "-p", "pytest_sisyphus.cli.only_yaml", "-p", "no:cacheprovider"),
    *("-p", "no:randomly", "-o", "addopts=", "-q", "--no-header", "--tb=short"),
    *("-o", "console_output_style=classic", "--continue-on-collection-errors"),
    # warnings are shown; they neither end a collection nor fail a case, whatever the folder's
    # filterwarnings say
    *("-W", "default::pytest_sisyphus.nodes.discovery.NotCollected"),
    *("-W", "default::pytest_sisyphus.nodes.NothingChecked"),
    *("-W", "default::pytest_sisyphus.spec.context.SisyphusWarning"),
)


def engine(argv: Sequence[str] | None = None) -> int:
    speak(argv)
    args = _engine_arguments(argv)
    with tempfile.TemporaryDirectory(prefix="sisyphus-") as scratch:
        report = Path(scratch) / "report"
        plugin = EnginePlugin(verbose=args.verbose, answer=report)
        output: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
        if args.format != "text":  # what pytest prints is no part of the report
            output = stdout_to(sys.stderr)
        elif args.output:
            output = stdout_to_file(report)
        with output:
            code = pytest.main(_pytest_arguments(args, report), plugins=[plugin])
        if report.is_file():
            write_result(report, args.output)
    for warning in plugin.not_collected:
        print(tr("warning: {warning}", warning=warning), file=sys.stderr)  # noqa: T201 - no part of the report
    return plugin.exit_code(int(code))


def validate(argv: Sequence[str] | None = None) -> int:
    speak(argv)
    args = _validate_arguments(argv)
    if args.project_schema:
        _print_schema(project_schema(), args.lang)
        return PASSED
    if args.schema:
        return _dialect(args)
    paths = [one for one in args.paths if not args.only_cases or _may_be_a_case(Path(one))]
    if not paths:  # else pytest would collect the working directory
        print(tr("no case found among the files"), file=sys.stderr)  # noqa: T201 - as other summaries
        _print_complaints(args.format, ValidationPlugin(), "")
        return PASSED
    plugin = ValidationPlugin()
    with stdout_to_file(Path(os.devnull)):
        arguments = [*_ALWAYS, *_said(args), "--collect-only", *paths]
        code = int(pytest.main(arguments, plugins=[plugin]))
    summary, exit_code = plugin.summary(code), plugin.exit_code(code)
    _print_complaints(args.format, plugin, summary if exit_code else "")
    print(summary, file=sys.stderr)  # noqa: T201 - so that the answer stays alone
    return exit_code


def _may_be_a_case(path: Path) -> bool:
    """Whether a folder's validation would look at the file, or say that it nearly is a case."""
    try:
        text = path.read_bytes()
    except OSError:  # a folder, a node id, or nothing: pytest's to say
        return True
    known = path.name == PROJECT_FILE or looks_like_a_case(text)
    return known or bool(misnamed(path) or find_near_miss(text))


def _print_complaints(wanted: str, plugin: ValidationPlugin, failed: str) -> None:
    """`failed`: why the exit code is not 0, else empty."""
    if wanted == "text":
        for text in plugin.complaints:
            print(text)  # noqa: T201 - the command's answer
        for text in plugin.warnings:
            print(tr("warning: {warning}", warning=text), file=sys.stderr)  # noqa: T201 - no complaint
        return
    # what kept pytest from looking must not read as if there were no complaints
    said = plugin.complaints or [failed] * bool(failed)
    complaints = [
        *(Complaint.read(text, plugin.root) for text in said),
        *(Complaint.read(text, plugin.root, "warning") for text in plugin.warnings),
    ]
    print(MACHINE_FORMATS[wanted](complaints), end="")  # noqa: T201 - the command's answer


def _dialect(args: argparse.Namespace) -> int:
    """Print the dialect's schema, or set VS Code up with it."""
    plugin = SchemaPlugin()
    with stdout_to(sys.stderr):
        arguments = [*_ALWAYS, *_said(args), "-qq", "--collect-only", *args.paths]
        code = pytest.main(arguments, plugins=[plugin])
    if plugin.schema is None:
        return int(code) or 1
    if not args.vscode:
        _print_schema(plugin.schema, args.lang)
        return PASSED
    dialect, project = (_text_of(one, args.lang) for one in (plugin.schema, project_schema()))
    try:
        changed = write_vscode(dialect, project, args.paths)
    except (ConfigError, OSError) as error:
        print(in_words(error), file=sys.stderr)  # noqa: T201 - the command's answer
        return 1
    for name in changed:
        print(name)  # noqa: T201 - the command's answer
    return PASSED


def _said(args: argparse.Namespace) -> list[str]:
    """For pytest, which reads the environment and the ini file where there is no `--lang`."""
    return [f"--sisyphus-lang={args.lang}"] if args.lang else []


def _print_schema(schema: dict[str, Any], lang: str | None) -> None:
    # an editor reads it as UTF-8, whatever the terminal's encoding is
    sys.stdout.buffer.write(_text_of(schema, lang).encode())
    sys.stdout.buffer.flush()


def _text_of(schema: dict[str, Any], lang: str | None) -> str:
    if lang == "zh":  # a file that is kept is the same whatever the locale
        schema = in_chinese(schema)
    return f"{json.dumps(schema, indent=2, ensure_ascii=False)}\n"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: error: {message}\n")


def _validate_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="sisyphus-api-validate", description=tr("Say every mistake in case files.")
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help=tr("case files, or folders of them")
    )
    parser.add_argument("--schema", action="store_true", help=tr("print the dialect's JSON Schema"))
    parser.add_argument(
        "--vscode",
        action="store_true",
        help=tr("with --schema: write both schemas and the settings of VS Code that name them"),
    )
    parser.add_argument(
        "--project-schema",
        action="store_true",
        help=tr("print the JSON Schema of sisyphus.yaml"),
    )
    add_lang(
        parser, help=tr("language of messages, and of a schema's descriptions (default there: en)")
    )
    parser.add_argument(
        "--format",
        choices=("text", *MACHINE_FORMATS),
        default="text",
        help=tr("of the complaints on standard output; text: file:line:column: message"),
    )
    parser.add_argument(
        "--only-cases",
        action="store_true",
        help=tr("leave out files that are named but do not look like cases, as in a folder"),
    )
    args = parser.parse_args(argv)
    prints_schema = args.schema or args.project_schema
    if not args.paths and not prints_schema:
        parser.error(tr("the following arguments are required: PATH"))
    if args.schema and args.project_schema:
        parser.error(tr("--schema and --project-schema do not go together"))
    if args.vscode and not args.schema:
        parser.error(tr("--vscode needs --schema"))
    missing = [one for one in args.paths if args.schema and not Path(one).exists()]
    if missing:
        parser.error(tr("there is no file or folder {path!r}", path=missing[0]))
    return args


def _engine_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="sisyphus-api-engine", description=tr("Run API cases written in YAML."))
    add = parser.add_argument
    add(
        "--cases",
        nargs="+",
        action="extend",
        required=True,
        metavar="PATH",
        help=tr("files, folders"),
    )
    add("-v", "--verbose", action="store_true", help=tr("show and write everything"))
    add("--format", choices=FORMATS, help=tr("default: by the extension of -o, else text"))
    add("-o", "--output", metavar="FILE", help=tr("default: standard output"))
    add("--profile", metavar="P", help=_help_of("profile"))
    add_lang(parser)
    add("--report-lang", choices=get_args(Language), help=_help_of("report_lang"))
    add("--allure", action="store_true", help=tr("write Allure results besides"))
    add("--allure-dir", metavar="D", help=tr("their folder (default allure-results)"))
    add("--allure-clean", action="store_true", help=tr("empty it first, if only results are in it"))
    add("-n", dest="workers", metavar="N", help=tr("run in N processes (needs pytest-xdist)"))
    args = parser.parse_args(argv)
    if args.allure or args.allure_dir or args.allure_clean:
        args.allure_dir = args.allure_dir or "allure-results"
    if args.format is None and args.output:
        args.format = _BY_SUFFIX.get(Path(args.output).suffix.lower())
        if args.format is None:
            known = ", ".join(_BY_SUFFIX)
            parser.error(
                tr(
                    "-o {output}: no format has this extension ({known}); say --format",
                    output=args.output,
                    known=known,
                )
            )
    args.format = args.format or "text"
    if mistake := _check_output(args) or _clean_allure(args):
        parser.error(mistake)
    return args


def _help_of(field: str) -> str:
    return next(option.help for option in DECLARED if option.field == field)


def _check_output(args: argparse.Namespace) -> str:
    """What is wrong with what the arguments name; empty: nothing."""
    if args.workers is not None and importlib.util.find_spec("xdist") is None:
        return tr("-n needs pytest-xdist: pip install 'pytest-sisyphus[xdist]'")
    if args.format == "text" and args.output:
        file = AtomicFile(Path(args.output))
        try:
            file.open()
        except OSError as error:
            return tr(
                "-o {output}: cannot write it: {reason}",
                output=args.output,
                reason=of_library(error.strerror or str(error)),
            )
        file.discard()
    return ""


def _clean_allure(args: argparse.Namespace) -> str:
    if args.allure_clean:
        try:
            clean(Path(args.allure_dir))
        except (NotOnlyResults, OSError) as error:
            return tr("--allure-clean: {error}", error=in_words(error))
    return ""


def _pytest_arguments(args: argparse.Namespace, report: Path) -> list[str]:
    arguments = list(_ALWAYS)
    if args.format != "text":
        short = args.format in _COMPACT and not args.verbose
        name = f"{args.format}-compact" if short else args.format
        arguments.append(f"--sisyphus-report={name}:{args.output or report}")
    optional = {
        "--sisyphus-lang=": args.lang,
        "--sisyphus-report=allure:": args.allure_dir,
        "--sisyphus-profile=": args.profile,
        "--sisyphus-report-lang=": args.report_lang,
        "--numprocesses=": args.workers,
    }
    arguments += [f"{option}{value}" for option, value in optional.items() if value]
    if args.workers:
        arguments += ["-p", "xdist"]
    return [*arguments, *args.cases]
