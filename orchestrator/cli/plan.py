"""`plan`: the plans of cases."""

import argparse
import os
import sys
from pathlib import Path

from orchestrator.catalog.planfile.importing import import_plans
from orchestrator.cli.parser import Commands, add_command, add_group
from orchestrator.cli.terminal import say, spoken
from orchestrator.clock import SystemClock
from orchestrator.config.load import load
from orchestrator.db import schema
from orchestrator.db.engine import opened
from orchestrator.errors import StartupError
from orchestrator.i18n import tr


def add_to(commands: Commands) -> None:
    plan = add_group(commands, "plan", tr("plans of cases"))
    about = tr("create or update plans from a YAML file")
    importing = add_command(plan, "import", _import, about, ("database_url",))
    importing.add_argument(
        "file", type=Path, metavar="FILE", help=spoken(tr("the plans, see docs/en/catalogue.md"))
    )
    importing.add_argument(
        "--dry-run", action="store_true", help=spoken(tr("say what would change, only"))
    )


def _import(arguments: argparse.Namespace) -> int:
    settings = load(vars(arguments), os.environ)
    file, dry_run = arguments.file, arguments.dry_run
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else tr("it is not UTF-8")
        raise StartupError(
            tr("cannot read the plans {file}: {reason}", file=file, reason=reason)
        ) from error
    with opened(settings.database_url) as database:
        schema.upgrade_existing(database)
        changes, diagnostics = import_plans(database, text, SystemClock().now(), dry_run=dry_run)
    if diagnostics:
        for diagnostic in diagnostics:
            print(spoken(diagnostic.of(str(file))), file=sys.stderr)  # noqa: T201 -- a command line
        return 2
    for change in changes:
        for line in change.lines():
            say(line)
    if dry_run:
        say(tr("nothing was written (--dry-run)"))
    return 0
