"""What a command says, in its language: that of `--lang`, else the locale's."""

import argparse
import io
import os
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from orchestrator.i18n import Language, Translatable

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
#: the first that is set says the locale.
_LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")

_language: Language = "en"


def speak(argv: Sequence[str] | None) -> None:
    """Before the command's parser is made, whose help is in that language."""
    global _language  # noqa: PLW0603 - as a locale, it is the process's
    if isinstance(sys.stdout, io.TextIOWrapper):  # one that cannot encode Chinese shows escapes
        sys.stdout.reconfigure(errors="backslashreplace")
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    early.add_argument("--lang", nargs="?")
    asked = early.parse_known_args(argv)[0].lang
    _language = next((one for one in LANGUAGES if one == asked), language_of(os.environ))


def language_of(environ: Mapping[str, str]) -> Language:
    """As `pytest_sisyphus.i18n.language_of`, which this package does not import."""
    locale_name = next(filter(None, map(environ.get, _LOCALE)), "")
    wished = "" if locale_name in {"C", "POSIX"} else environ.get("LANGUAGE")
    text = environ.get("SISYPHUS_LANG") or wished or locale_name
    if not text and sys.platform == "win32":
        import locale  # noqa: PLC0415 - Windows sets no variable

        text = locale.getlocale()[0] or ""
    return "zh" if text.lower().startswith(("zh", "chinese")) else "en"


def spoken_language() -> Language:
    """For the processes that a command starts."""
    return _language


def spoken(text: str) -> str:
    """A sentence in the command's language; any other text as it is."""
    return text.said_in(_language) if isinstance(text, Translatable) else text


def say(line: str) -> None:
    print(spoken(line), flush=True)  # noqa: T201 -- a command line


def warn(line: str) -> None:
    print(f"sisyphus-orchestrator: {spoken(line)}", file=sys.stderr)  # noqa: T201 -- a command line


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table's lines, two blanks before each of its columns."""
    said = [[spoken(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*said, strict=True)]
    return [
        "".join(
            f"  {cell}{' ' * (width - _width(cell))}"
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in said
    ]


def _width(text: str) -> int:
    """Columns in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
