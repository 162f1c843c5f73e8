"""What an option is: its declaration beside its field of `Settings`, and the readers of its text.

Command line, environment, TOML file, their help and what is secret are all derived from it.
"""

import dataclasses
import ipaddress
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from orchestrator.errors import StartupError
from orchestrator.i18n import said_by, tr
from orchestrator.secrets import Secret, looks_like_a_path, read_secret

#: a login in an address.
_CREDENTIALS: Final = re.compile(r"://[^/@\s]+@")
_KEY: Final = "option"
_PARSERS: Final[Mapping[type, Callable[[str], Any]]] = {
    type(Path()): Path,
    Secret: read_secret,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Option:
    #: the field of `Settings`; `--the-name` and `SISYPHUS_THE_NAME` elsewhere.
    name: str
    #: makes the value of a text; ValueError says what is accepted.
    parse: Callable[[str], Any]
    summary: str
    #: the default as people read it; empty: nothing is set.
    shown_default: str = ""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    #: several values, which the file may also write as an array.
    multiple: bool = False
    #: neither its text nor its value is ever shown, and no test finds its variable.
    secret: bool = False

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        return f"SISYPHUS_{self.name.upper()}"

    @property
    def help(self) -> str:
        summary = tr(self.summary)
        if not self.shown_default:
            return summary
        default = self.shown_default  # one word is a value as it is written
        said = tr(default) if " " in default else default
        return tr("{summary} (default: {default})", summary=summary, default=said)

    def value(self, text: str, place: str) -> Any:
        """The value of a text; `StartupError` names the place where the text stands."""
        try:
            return self.parse(text)
        except ValueError as error:
            reason = said_by(error)
            if self.secret:
                raise StartupError(
                    tr("{place}: that is not usable; {reason}", place=place, reason=reason)
                ) from error
            shown = _CREDENTIALS.sub("://***@", text)
            raise StartupError(
                tr(
                    "{place}: {text!r} is not usable; {reason}",
                    place=place,
                    text=shown,
                    reason=reason,
                )
            ) from error


def option(default: Any, summary: str, **more: Any) -> Any:
    """A field of `Settings` that is an option; `more`: the other fields of `Option`.

    Without `parse` it is read as its default is written: a text, a path, or a secret.
    """
    more.setdefault("parse", _PARSERS.get(type(default), str))
    more.setdefault("shown_default", _shown(default))
    more.setdefault("secret", more["parse"] is read_secret)
    metadata = {_KEY: {"summary": summary, **more}}
    shown = not more["secret"]
    if isinstance(default, dict):
        return dataclasses.field(default_factory=default.copy, repr=shown, metadata=metadata)
    return dataclasses.field(default=default, repr=shown, metadata=metadata)


def options_of(settings: type[Any]) -> Mapping[str, Option]:
    """The declarations of a class of settings by name, in their order."""
    return {
        field.name: Option(name=field.name, **field.metadata[_KEY])
        for field in dataclasses.fields(settings)
        if _KEY in field.metadata
    }


def _shown(default: Any) -> str:
    if isinstance(default, float) and default.is_integer():
        return str(int(default))
    return str(default) if default or default == 0 else ""


def whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise ValueError(tr("give a whole number from {low} to {high}", low=low, high=high))
        return number

    return parse


def one_of(*names: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(tr("give one of {names}", names=", ".join(names)))
        return text

    return parse


def seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e9:
        raise ValueError(tr("give a positive number of seconds"))
    return number


def time_zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(tr("give a time zone's name such as Asia/Shanghai")) from error


def database_url(text: str) -> str:
    """The address, which may stand in the file of `@PATH`."""
    if looks_like_a_path(text):
        raise ValueError(
            tr(
                "that is a path and no address; write sqlite:///PATH for a database of SQLite, or "
                "@PATH for a file that holds the address"
            )
        )
    return read_secret(text).reveal()


def service_url(text: str) -> str:
    """The address without a trailing slash, and without the prefix of the interface."""
    if not text.startswith(("http://", "https://")):
        raise ValueError(tr("give an address such as https://tests.example.com"))
    return text.rstrip("/").removesuffix("/it/api")


def jenkins_url(text: str) -> str:
    """The address with a trailing slash."""
    address = urlsplit(text)
    if address.scheme not in {"http", "https"} or not address.hostname or "@" in address.netloc:
        raise ValueError(
            tr("give an address such as https://jenkins.example.com/, without user and password")
        )
    return text.rstrip("/") + "/"


def names(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def project_names(text: str) -> Mapping[int, str]:
    pairs = [one.partition("=") for one in text.split(",") if one.strip()]
    if any(not (number.strip().isdecimal() and name.strip()) for number, _, name in pairs):
        raise ValueError(tr("give pairs such as 3=shop,4=payments"))
    return {int(number): name.strip() for number, _, name in pairs}


def networks(text: str) -> tuple[str, ...]:
    """Never `*`: whoever reaches the service could say to be anybody."""
    try:
        return tuple(str(ipaddress.ip_network(name)) for name in names(text))
    except ValueError as error:
        raise ValueError(
            tr("give addresses or networks such as 127.0.0.1 or 10.0.0.0/8")
        ) from error


def origins(text: str) -> tuple[str, ...]:
    found = names(text)
    if any(not name.startswith(("http://", "https://")) for name in found):
        raise ValueError(tr("give origins such as https://platform.example.com"))
    return tuple(name.rstrip("/") for name in found)
