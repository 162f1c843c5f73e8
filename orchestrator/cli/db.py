"""`db`: the database's schema, and the executions that are old."""

import argparse
import os

from orchestrator.cli.parser import Commands, add_command, add_group
from orchestrator.cli.terminal import say, spoken, warn
from orchestrator.clock import SystemClock
from orchestrator.config.load import load
from orchestrator.config.settings import Settings
from orchestrator.db import schema
from orchestrator.db.engine import opened
from orchestrator.errors import StartupError
from orchestrator.executions.retention import Pruned, count, prune
from orchestrator.i18n import tr
from orchestrator.runners.artifacts import Artifacts


def add_to(commands: Commands) -> None:
    db = add_group(commands, "db", tr("the database: its schema, and what is old"))
    of_schema = ("database_url",)
    add_command(db, "upgrade", _upgrade, tr("create or migrate the tables"), of_schema)
    add_command(db, "check", _check, tr("is it migrated? exit code 1 if not"), of_schema)
    pruning = add_command(
        db,
        "prune",
        _prune,
        tr("remove executions that ended long ago"),
        ("database_url", "data_dir"),
    )
    pruning.add_argument(
        "--older-than",
        type=float,
        required=True,
        metavar="DAYS",
        help=spoken(tr("executions that ended more than DAYS days ago")),
    )
    pruning.add_argument(
        "--keep", type=int, default=0, metavar="N", help=spoken(tr("never of the newest N"))
    )
    pruning.add_argument(
        "--dry-run", action="store_true", help=spoken(tr("say what would be removed, only"))
    )


def _upgrade(arguments: argparse.Namespace) -> int:
    settings = load(vars(arguments), os.environ)
    with opened(settings.database_url) as database:
        before = schema.upgrade(database)
        said = {"database": database, "schema": schema.newest()}
        if before is None:
            say(tr("{database} has the schema {schema}, as wanted", **said))
        elif before:
            say(tr("{database} is migrated from {before} to {schema}", before=before, **said))
        else:
            say(tr("{database} is made, with the schema {schema}", **said))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    settings = load(vars(arguments), os.environ)
    with opened(settings.database_url) as database:
        if missing := schema.absence(database):
            say(missing)
            return 1
        revision = schema.current(database)
        if unlike := schema.unlike(database, revision):
            say(unlike)
            return 1
        differences = schema.differences(database)
        for line in differences:
            say(line)
        said = {"database": database, "schema": revision}
        if differences:
            say(
                tr(
                    "{database} has the schema {schema}, but other tables: somebody changed them, "
                    "and no migration will; restore a backup, or make what is missing and remove "
                    "what is unexpected by hand",
                    **said,
                )
            )
        else:
            say(tr("{database} has the schema {schema}, as wanted", **said))
    return 1 if differences else 0


def _prune(arguments: argparse.Namespace) -> int:
    settings = load(vars(arguments), os.environ)
    if arguments.older_than < 0 or arguments.keep < 0:
        raise StartupError(tr("--older-than and --keep take numbers from 0"))
    if arguments.dry_run:
        return _count(arguments, settings)
    with opened(settings.database_url) as database:
        schema.upgrade_existing(database)
        pruned = prune(
            database,
            Artifacts(settings.files_root.resolve()),
            SystemClock(),
            older_than=arguments.older_than,
            keep=arguments.keep,
            say=say,
        )
    say(tr("executions removed: {number}", number=pruned.executions))
    _report_files(pruned, settings)
    return 0


def _count(arguments: argparse.Namespace, settings: Settings) -> int:
    """Of a database that is as it should be: nothing is written, so nothing is migrated either."""
    with opened(settings.database_url) as database:
        if wrong := schema.absence(database) or schema.unlike(database, schema.current(database)):
            raise StartupError(wrong)
        number = count(
            database, SystemClock(), older_than=arguments.older_than, keep=arguments.keep
        )
    say(tr("executions that would be removed: {number}", number=number))
    say(tr("nothing was written (--dry-run)"))
    return 0


def _report_files(pruned: Pruned, settings: Settings) -> None:
    root = settings.files_root.resolve()
    if pruned.folders or pruned.missing:
        say(
            tr(
                "folders removed in {folder}: {number} of {all}",
                folder=root,
                number=pruned.folders,
                all=pruned.folders + pruned.missing,
            )
        )
    if pruned.missing and not pruned.folders:
        warn(
            tr(
                "no console or report was in {folder}, though {number} of these executions ran "
                "beside a service: if it has another --data-dir, remove their folders there",
                folder=root,
                number=pruned.missing,
            )
        )
