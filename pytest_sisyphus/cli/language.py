"""The language of a command: that of `--lang`, else the locale's."""

import argparse
import io
import os
import sys
from collections.abc import Sequence

from pytest_sisyphus.i18n import LANGUAGES, language_of, set_language, tr


def speak(argv: Sequence[str] | None) -> None:
    """Before the command's parser is made, whose help is in that language."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # one that cannot encode Chinese shows escapes
        sys.stdout.reconfigure(errors="backslashreplace")
    early = argparse.ArgumentParser(add_help=False)
    early.add_argument("--lang", nargs="?")
    said = early.parse_known_args(argv)[0].lang
    set_language(next((one for one in LANGUAGES if one == said), language_of(os.environ)))


def add_lang(parser: argparse.ArgumentParser, *, help: str = "") -> None:  # noqa: A002 - as there
    parser.add_argument("--lang", choices=LANGUAGES, help=help or tr("language of messages"))
