"""`sisyphus-orchestrator`: `db`, `plan`, `doctor`, … each stand in a module of that name.

A user's mistake is one line on stderr and exit code 2.
"""

import argparse
import importlib
import importlib.metadata
import importlib.util
import json
import os
import re
from collections.abc import Sequence
from typing import Final

from orchestrator.app import OPERATIONS, PREFIX
from orchestrator.cli import db, doctor, plan, tokens
from orchestrator.cli.parser import Commands, Parser, add_command, add_lang, unknown_argument
from orchestrator.cli.terminal import say, speak, spoken, warn
from orchestrator.config.load import load
from orchestrator.config.settings import OPTIONS
from orchestrator.db.engine import reason
from orchestrator.errors import ServiceError, StartupError, Unavailable
from orchestrator.i18n import said_by, tr
from orchestrator.openapi.document import document
from orchestrator.server import serve

_DEMO: Final = "orchestrator.cli.demo.run"


def main(argv: Sequence[str] | None = None) -> int:
    speak(argv)
    arguments, unknown = parser().parse_known_args(argv)
    if unknown:
        warn(unknown_argument(unknown[0], re.findall(r"--[a-z-]+", arguments.usage())))
        return 2
    try:
        code: int = arguments.run(arguments)
    except Unavailable as error:  # its own text is for requests
        warn(tr("the database does not answer: {reason}", reason=reason(error)))
        return 2
    except (StartupError, ServiceError) as error:
        warn(said_by(error))
        return 2
    except KeyboardInterrupt:
        return 130
    return code


def parser() -> Parser:
    made = Parser(
        prog="sisyphus-orchestrator",
        description=spoken(tr("Start executions of API cases and follow them.")),
    )
    made.add_argument(
        "--version",
        action="version",
        version=importlib.metadata.version("pytest-sisyphus"),
        help=spoken(tr("print the version")),
    )
    add_lang(made)
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    # in the order of the help
    for add_to in (_add_serve, tokens.add_to, _add_openapi, db.add_to, plan.add_to, doctor.add_to):
        add_to(commands)
    if _has_demo():
        importlib.import_module(_DEMO).add_to(commands)
    return made


def _add_serve(commands: Commands) -> None:
    serving = add_command(commands, "serve", _serve, tr("run the service"), OPTIONS)
    serving.description = spoken(
        tr(
            "Run the service. Every option is also SISYPHUS_<OPTION> in the environment and a key "
            "of the TOML file; the command line wins, then the environment, then the file."
        )
    )


def _serve(arguments: argparse.Namespace) -> int:
    serve(load(vars(arguments), os.environ), say=say)
    return 0


def _add_openapi(commands: Commands) -> None:
    add_command(commands, "openapi", _openapi, tr("print the interface as an OpenAPI 3.1 document"))


def _openapi(_arguments: argparse.Namespace) -> int:
    say(json.dumps(document(OPERATIONS, PREFIX), ensure_ascii=False, indent=2))
    return 0


def _has_demo() -> bool:
    try:
        return importlib.util.find_spec(_DEMO) is not None
    except ModuleNotFoundError:
        return False
