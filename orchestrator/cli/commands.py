"""The commands of `sisyphus-orchestrator`: serve, token, openapi, db, plan, doctor, demo.

A user's mistake is one line on stderr and exit code 2.
"""

import argparse
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orchestrator.app import OPERATIONS, PREFIX
from orchestrator.catalog.planfile.importing import import_plans
from orchestrator.cli import tokens
from orchestrator.cli.doctor import run_checks
from orchestrator.clock import SystemClock
from orchestrator.config.load import load
from orchestrator.config.settings import OPTIONS, Settings, check_serving
from orchestrator.db import schema
from orchestrator.db.engine import opened, reason
from orchestrator.errors import ServiceError, StartupError, Unavailable
from orchestrator.executions.retention import Pruned, prune
from orchestrator.openapi.document import document
from orchestrator.runners.artifacts import Artifacts
from orchestrator.server import serve

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 -- typeshed's name

_DEMO: Final = "orchestrator.cli.demo.run"


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except Unavailable as error:  # its own text is for requests
        _warn(f"the database does not answer: {reason(error)}")
        return 2
    except (StartupError, ServiceError) as error:
        _warn(str(error))
        return 2
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sisyphus-orchestrator",
        description="Start executions of API cases and follow them.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serving = _add(commands, "serve", _serve, OPTIONS, help="run the service", allow_abbrev=False)
    serving.description = (
        "Run the service. Every option is also SISYPHUS_<OPTION> in the environment "
        "and a key of the TOML file; the command line wins, then the environment, then the file."
    )

    token, options = _group(commands, "token", "frontend tokens"), ("database_url", "timezone")
    add = _add(token, "add", _token_add, options, help="make a token and print it, once")
    add.add_argument("--user", type=int, required=True, metavar="ID", help="the user it stands for")
    add.add_argument("--name", default="", help="what it is for")
    add.add_argument("--permissions", metavar="view,run,manage", help="default: everything")
    _add(token, "list", _token_list, options, help="all tokens, without themselves")
    revoke = _add(token, "revoke", _token_revoke, options, help="end a token")
    revoke.add_argument("id", type=int, help="its number in the list")

    _add(commands, "openapi", _openapi, help="print the interface as an OpenAPI 3.1 document")

    db = _group(commands, "db", "the database: its schema, and what is old")
    _add(db, "upgrade", _db_upgrade, ("database_url",), help="create or migrate the tables")
    _add(db, "check", _db_check, ("database_url",), help="is it migrated? exit code 1 if not")
    pruning = ("database_url", "data_dir")
    old = _add(db, "prune", _db_prune, pruning, help="remove executions that ended long ago")
    old.add_argument("--older-than", type=float, required=True, metavar="DAYS")
    old.add_argument("--keep", type=int, default=0, metavar="N", help="never of the newest N")

    plan = _group(commands, "plan", "plans of cases")
    importing = _add(
        plan,
        "import",
        _plan_import,
        ("database_url",),
        help="create or update plans from a YAML file",
    )
    importing.add_argument(
        "file", type=Path, metavar="FILE", help="the plans, see docs/en/catalogue.md"
    )
    importing.add_argument("--dry-run", action="store_true", help="say what would change, only")

    _add(commands, "doctor", _doctor, OPTIONS, help="what is missing; exit code 1 if anything is")
    if _has_demo():
        demo = importlib.import_module(_DEMO)
        demo.add_arguments(_add(commands, "demo", demo.run, help="the main job in one go"))
    return parser


def _group(commands: "_Commands", name: str, about: str) -> "_Commands":
    command = commands.add_parser(name, help=about)
    return command.add_subparsers(dest="action", required=True, metavar="ACTION")


def _add(
    commands: "_Commands",
    name: str,
    run: Callable[[argparse.Namespace], int],
    options: Iterable[str] = (),
    **keywords: Any,
) -> argparse.ArgumentParser:
    """A command with some of the service's options; `keywords` are `add_parser`'s."""
    command = commands.add_parser(name, **keywords)
    command.set_defaults(run=run)
    if options:
        command.add_argument("--config", metavar="FILE", help="a TOML file with these options")
    for option in map(OPTIONS.__getitem__, options):
        command.add_argument(
            option.flag,
            metavar=option.metavar or None,
            choices=option.choices or None,
            help=option.help,
        )
    return command


def _has_demo() -> bool:
    try:
        return importlib.util.find_spec(_DEMO) is not None
    except ModuleNotFoundError:
        return False


def _serve(arguments: argparse.Namespace) -> int:
    serve(load(vars(arguments), os.environ), say=_say)
    return 0


def _openapi(_arguments: argparse.Namespace) -> int:
    _say(json.dumps(document(OPERATIONS, PREFIX), ensure_ascii=False, indent=2))
    return 0


def _token_add(arguments: argparse.Namespace) -> int:
    settings = load(vars(arguments), os.environ)
    allowed = arguments.permissions
    with opened(settings.database_url) as database:
        is_new = not database.is_there
    if is_new:
        _warn(f"{database} is new: `serve` must be given the same --database-url")
    _say(tokens.add(settings, arguments.user, arguments.name, allowed).reveal())
    return 0


def _token_list(arguments: argparse.Namespace) -> int:
    for line in tokens.listed(load(vars(arguments), os.environ)):
        _say(line)
    return 0


def _token_revoke(arguments: argparse.Namespace) -> int:
    tokens.revoke(load(vars(arguments), os.environ), arguments.id)
    _say(f"token {arguments.id} is revoked")
    return 0


def _db_upgrade(arguments: argparse.Namespace) -> int:
    settings = load(vars(arguments), os.environ)
    with opened(settings.database_url) as database:
        schema.upgrade(database)
        _say(f"{database} has the schema {schema.newest()}")
    return 0


def _db_check(arguments: argparse.Namespace) -> int:
    settings = load(vars(arguments), os.environ)
    with opened(settings.database_url) as database:
        if missing := schema.absence(database):
            _say(missing)
            return 1
        revision, wanted = schema.current(database), schema.newest()
        differences = schema.differences(database) if revision == wanted else []
        for line in differences:
            _say(line)
        found = f"{database} has the schema {revision or 'of no version'}"
        if revision != wanted:
            _say(f"{found}, wanted {wanted}; run sisyphus-orchestrator db upgrade")
        else:
            _say(f"{found}, but other tables" if differences else f"{found}, as wanted")
    return 0 if revision == wanted and not differences else 1


def _db_prune(arguments: argparse.Namespace) -> int:
    settings = load(vars(arguments), os.environ)
    if arguments.older_than < 0 or arguments.keep < 0:
        raise StartupError("--older-than and --keep take numbers from 0")
    with opened(settings.database_url) as database:
        schema.upgrade_existing(database)
        pruned = prune(
            database,
            Artifacts(settings.files_root.resolve()),
            SystemClock(),
            older_than=arguments.older_than,
            keep=arguments.keep,
            say=_say,
        )
    _say(f"{pruned.executions} executions removed in all")
    _report_files(pruned, settings)
    return 0


def _report_files(pruned: Pruned, settings: Settings) -> None:
    root = settings.files_root.resolve()
    if pruned.folders or pruned.missing:
        _say(f"{pruned.folders} of {pruned.folders + pruned.missing} folders removed in {root}")
    if pruned.missing and not pruned.folders:
        _warn(
            f"no console or report was in {root}, though {pruned.missing} of these executions ran "
            "beside a service: if it has another --data-dir, remove their folders there"
        )


def _plan_import(arguments: argparse.Namespace) -> int:
    settings = load(vars(arguments), os.environ)
    file, dry_run = arguments.file, arguments.dry_run
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise StartupError(f"cannot read the plans {file}: {reason}") from error
    with opened(settings.database_url) as database:
        schema.upgrade_existing(database)
        changes, diagnostics = import_plans(database, text, SystemClock().now(), dry_run=dry_run)
    if diagnostics:
        for diagnostic in diagnostics:
            print(diagnostic.of(str(file)), file=sys.stderr)  # noqa: T201 -- a command line
        return 2
    for change in changes:
        for line in change.lines():
            _say(line)
    if dry_run:
        _say("nothing was written (--dry-run)")
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    settings = load(vars(arguments), os.environ)
    check_serving(settings)
    findings = list(run_checks(settings))
    for finding in findings:
        _say(str(finding))
    return 0 if all(finding.ok for finding in findings) else 1


def _warn(line: str) -> None:
    print(f"sisyphus-orchestrator: {line}", file=sys.stderr)  # noqa: T201 -- a command line


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- a command line
