"""The language of messages. English stands in the code, Chinese in `zh`, one module a room.

    raise ConfigError(tr("no file {name!r} in {folder}", name=name, folder=folder))

Keys of documents, types of errors and whatever a program reads are the same in every language.
"""

import contextlib
import sys
from collections.abc import Iterator, Mapping
from typing import Final, Literal, get_args

Language = Literal["zh", "en"]
#: the first that is set says the locale.
_LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")

#: Chinese by English; empty where messages are English.
_catalogue: Mapping[str, str] = {}


def tr(message: str, /, **values: object) -> str:
    """The message in the language of this process, its `{placeholders}` filled as by `str.format`.

    A message is one literal of whole words, so that a translator sees what stands together; one
    that is kept in a constant is wrapped in `marked` there.
    """
    return _catalogue.get(message, message).format_map(values)


def of_library(text: str, /) -> str:
    """What a library, Python or the system says, in the language of this process where that is
    known (`zh/libraries.py`), else as it is."""
    return _catalogue.get(text, text)


def marked(message: str, /) -> str:
    """The message as it is: for constants, which are made before the language is known. Who shows
    it calls `tr`."""
    return message


def set_language(language: Language) -> None:
    """Of all messages of this process from now on."""
    global _catalogue  # noqa: PLW0603 - as a locale, it is the process's
    if language == "zh":
        from pytest_sisyphus.i18n.zh import catalogue  # noqa: PLC0415 - only those who read it

        _catalogue = catalogue()
    else:
        _catalogue = {}


def language() -> Language:
    return "zh" if _catalogue else "en"


@contextlib.contextmanager
def language_set_back() -> Iterator[None]:
    """What is set inside, as by a pytest that runs within another, holds only there."""
    before = language()
    try:
        yield
    finally:
        set_language(before)


def language_of(environ: Mapping[str, str]) -> Language:
    """What our variable or the locale says; English where that is no Chinese.

    `LANGUAGE` comes before the locale and is nothing where that is C or POSIX, as gettext has it.
    Unlike there it also counts where no variable says a locale.
    """
    locale_name = next(filter(None, map(environ.get, _LOCALE)), "")
    wished = "" if locale_name in {"C", "POSIX"} else environ.get("LANGUAGE")
    text = environ.get("SISYPHUS_LANG") or wished or locale_name
    if not text and sys.platform == "win32":
        import locale  # noqa: PLC0415 - Windows sets no variable

        text = locale.getlocale()[0] or ""
    return "zh" if text.lower().startswith(("zh", "chinese")) else "en"


LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
