"""How the commands are declared: with the service's options that they take, and mistakes in one
line."""

import argparse
import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NoReturn, TypeAlias

from orchestrator.cli.terminal import LANGUAGES, spoken, warn
from orchestrator.config.settings import OPTIONS
from orchestrator.i18n import PLACE, Translatable, marked, tr

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 -- typeshed's name

#: what argparse itself says of a mistake, where it is said in its words.
_SAID_AS_IT_IS: Final = (
    marked("the following arguments are required: {names}"),
    marked("argument {name}: expected one argument"),
    marked("argument {name}: ignored explicit argument {value}"),
    marked("argument {name}: invalid choice: {value} (choose from {known})"),
)
#: argparse's words -> ours.
_MISTAKES: Final = {
    **dict(zip(_SAID_AS_IT_IS, _SAID_AS_IT_IS, strict=True)),
    "argument {name}: invalid int value: {value}": marked(
        "argument {name}: {value} is not usable; give a whole number"
    ),
    "argument {name}: invalid float value: {value}": marked(
        "argument {name}: {value} is not usable; give a number"
    ),
}


class Parser(argparse.ArgumentParser):
    """A mistake is one line, as every other one; `--help` shows the usage."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        warn(_mistake(message))
        self.exit(2)


def _mistake(message: str) -> str:
    for template, said in _MISTAKES.items():
        pattern = PLACE.sub(
            r"(?P<\1>.+)", re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
        )
        if found := re.fullmatch(pattern, message):
            return tr(said, **found.groupdict())
    return message


def unknown_argument(given: str, known: Sequence[str]) -> Translatable:
    flag = given.partition("=")[0]
    if near := difflib.get_close_matches(flag, known, 1):
        return tr("unknown argument {given}; did you mean {near}?", given=flag, near=near[0])
    return tr("unknown argument {given}; --help shows what there is", given=given)


def add_group(commands: Commands, name: str, about: Translatable) -> Commands:
    """The commands of one subject: `db upgrade`, `db check`."""
    command = commands.add_parser(name, help=spoken(about))
    return command.add_subparsers(dest="action", required=True, metavar="ACTION")


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int],
    about: Translatable,
    options: Iterable[str] = (),
) -> Parser:
    """A command that takes these options of the service, from the same places as `serve`."""
    command = commands.add_parser(name, help=spoken(about))
    command.set_defaults(run=run, usage=command.format_usage)
    add_lang(command)
    if options:
        command.add_argument(
            "--config", metavar="FILE", help=spoken(tr("a TOML file with these options"))
        )
    for option in map(OPTIONS.__getitem__, options):
        command.add_argument(
            option.flag,
            metavar=option.metavar or None,
            choices=option.choices or None,
            help=spoken(option.help),
        )
    return command


def add_lang(parser: argparse.ArgumentParser) -> None:
    # nothing where it is not given: a group's would be forgotten by its command's default
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        default=argparse.SUPPRESS,
        help=spoken(tr("language of what commands say (default: the locale's)")),
    )
