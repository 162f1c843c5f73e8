"""`sisyphus-orchestrator`: serve, token, demo. User errors are one line on stderr, exit code 2."""

import argparse
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from . import schema, tokenadmin
from .app import OPERATIONS, PREFIX
from .artifacts import Artifacts
from .clock import SystemClock
from .database import opened, reason
from .description.document import document
from .doctor import examine
from .errors import ServiceError, StartupError, Unavailable
from .planfile.importing import import_plans
from .retention import Pruned, prune
from .serving import serve
from .settings import OPTIONS, Settings, load

_DEMO: Final = "orchestrator.demo.run"


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
    _add_serve(commands)
    _add_token(commands)
    _add_openapi(commands)
    _add_database(commands)
    _add_plan(commands)
    _add_doctor(commands)
    if _has_demo():
        _add_demo(commands)
    return parser


def _add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "serve",
        help="run the service",
        description="Run the service. Every option is also SISYPHUS_<OPTION> in the environment "
        "and a key of the TOML file; the command line wins, then the environment, then the file.",
        allow_abbrev=False,
    )
    _add_options(command, *OPTIONS)
    command.set_defaults(run=_serve)


def _add_options(command: argparse.ArgumentParser, *names: str) -> None:
    command.add_argument("--config", metavar="FILE", help="a TOML file with these options")
    _add_options_without_config(command, *names)


def _add_options_without_config(command: argparse.ArgumentParser, *names: str) -> None:
    for name in names:
        option = OPTIONS[name]
        command.add_argument(
            f"--{name.replace('_', '-')}",
            metavar=option.metavar or None,
            choices=option.choices or None,
            help=option.help,
        )


def _add_token(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    token = commands.add_parser("token", help="frontend tokens")
    actions = token.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make a token and print it, once")
    add.add_argument("--user", type=int, required=True, metavar="ID", help="the user it stands for")
    add.add_argument("--name", default="", help="what it is for")
    add.add_argument("--permissions", metavar="view,run,manage", help="default: everything")
    add.set_defaults(run=_token_add)
    listing = actions.add_parser("list", help="all tokens, without themselves")
    listing.set_defaults(run=_token_list)
    revoke = actions.add_parser("revoke", help="end a token")
    revoke.add_argument("id", type=int, help="its number in the list")
    revoke.set_defaults(run=_token_revoke)
    for action in (add, listing, revoke):
        _add_options(action, "database_url", "timezone")


def _add_database(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("db", help="the database: its schema, and what is old")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    upgrade = actions.add_parser("upgrade", help="create or migrate the tables")
    upgrade.set_defaults(run=_db_upgrade)
    check = actions.add_parser("check", help="is it migrated? exit code 1 if not")
    check.set_defaults(run=_db_check)
    prune = actions.add_parser("prune", help="remove executions that ended long ago")
    prune.add_argument("--older-than", type=float, required=True, metavar="DAYS")
    prune.add_argument("--keep", type=int, default=0, metavar="N", help="never of the newest N")
    prune.set_defaults(run=_db_prune)
    for action in (upgrade, check, prune):
        _add_options(action, "database_url")
    _add_options_without_config(prune, "data_dir")


def _add_plan(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("plan", help="plans of cases")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    action = actions.add_parser("import", help="create or update plans from a YAML file")
    action.add_argument("file", type=Path, metavar="FILE", help="the plans, see docs/catalogue.md")
    action.add_argument("--dry-run", action="store_true", help="say what would change, only")
    _add_options(action, "database_url")
    action.set_defaults(run=_plan_import)


def _add_doctor(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("doctor", help="what is missing; exit code 1 if anything is")
    _add_options(command, *OPTIONS)
    command.set_defaults(run=_doctor)


def _add_openapi(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("openapi", help="print the interface as an OpenAPI 3.1 document")
    command.set_defaults(run=_openapi)


def _has_demo() -> bool:
    try:
        return importlib.util.find_spec(_DEMO) is not None
    except ModuleNotFoundError:
        return False


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = importlib.import_module(_DEMO)
    command = commands.add_parser("demo", help="the main job in one go")
    demo.add_arguments(command)
    command.set_defaults(run=demo.run)


def _serve(arguments: argparse.Namespace) -> int:
    serve(load(vars(arguments), os.environ), say=_say)
    return 0


def _openapi(_arguments: argparse.Namespace) -> int:
    _say(json.dumps(document(OPERATIONS, PREFIX), ensure_ascii=False, indent=2))
    return 0


def _token_add(arguments: argparse.Namespace) -> int:
    settings = load({"runner": "external", **vars(arguments)}, os.environ)
    allowed = arguments.permissions
    with opened(settings.database_url) as database:
        is_new = not database.is_there
    if is_new:
        _warn(f"{database} is new: `serve` must be given the same --database-url")
    _say(tokenadmin.add(settings, arguments.user, arguments.name, allowed).reveal())
    return 0


def _token_list(arguments: argparse.Namespace) -> int:
    for line in tokenadmin.listed(load({"runner": "external", **vars(arguments)}, os.environ)):
        _say(line)
    return 0


def _token_revoke(arguments: argparse.Namespace) -> int:
    settings = load({"runner": "external", **vars(arguments)}, os.environ)
    tokenadmin.revoke(settings, arguments.id)
    _say(f"token {arguments.id} is revoked")
    return 0


def _db_upgrade(arguments: argparse.Namespace) -> int:
    settings = load({"runner": "external", **vars(arguments)}, os.environ)
    with opened(settings.database_url) as database:
        schema.upgrade(database)
        _say(f"{database} has the schema {schema.newest()}")
    return 0


def _db_check(arguments: argparse.Namespace) -> int:
    settings = load({"runner": "external", **vars(arguments)}, os.environ)
    with opened(settings.database_url) as database:
        if missing := schema.absence(database):
            _say(missing)
            return 1
        revision, wanted = schema.current(database), schema.newest()
        differences = schema.differences(database) if revision == wanted else []
        for line in differences:
            _say(line)
        said = f"{database} has the schema {revision or 'of no version'}"
        if revision != wanted:
            _say(f"{said}, wanted {wanted}; run sisyphus-orchestrator db upgrade")
        else:
            _say(f"{said}, but other tables" if differences else f"{said}, as wanted")
    return 0 if revision == wanted and not differences else 1


def _db_prune(arguments: argparse.Namespace) -> int:
    settings = load({"runner": "external", **vars(arguments)}, os.environ)
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
    _tell_of_files(pruned, settings)
    return 0


def _tell_of_files(pruned: Pruned, settings: Settings) -> None:
    root = settings.files_root.resolve()
    if pruned.folders or pruned.missing:
        _say(f"{pruned.folders} of {pruned.folders + pruned.missing} folders removed in {root}")
    if pruned.missing and not pruned.folders:
        _warn(
            f"no console or report was in {root}, though {pruned.missing} of these executions ran "
            "beside a service: if it has another --data-dir, remove their folders there"
        )


def _plan_import(arguments: argparse.Namespace) -> int:
    settings = load({"runner": "external", **vars(arguments)}, os.environ)
    file, dry_run = arguments.file, arguments.dry_run
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise StartupError(f"cannot read the plans {file}: {reason}") from error
    with opened(settings.database_url) as database:
        schema.upgrade_existing(database)
        changes, complaints = import_plans(database, text, SystemClock().now(), dry_run=dry_run)
    if complaints:
        for complaint in complaints:
            print(complaint.of(str(file)), file=sys.stderr)  # noqa: T201 -- a command line
        return 2
    for change in changes:
        for line in change.lines():
            _say(line)
    if dry_run:
        _say("nothing was written (--dry-run)")
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    findings = list(examine(load(vars(arguments), os.environ)))
    for finding in findings:
        _say(str(finding))
    return 0 if all(finding.ok for finding in findings) else 1


def _warn(line: str) -> None:
    print(f"sisyphus-orchestrator: {line}", file=sys.stderr)  # noqa: T201 -- a command line


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- a command line
