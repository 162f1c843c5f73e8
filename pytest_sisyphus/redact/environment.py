"""The secrets of this run's environment and options: found once, known to every redactor."""

import dataclasses
import functools
import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote

from ..run_secrets import RunSecrets, current
from .known import KnownValues
from .names import SecretNames

#: end in a secret's name, and hold none: folders, and what a desktop calls its sessions.
_NO_SECRETS: Final = frozenset(
    {"PWD", "OLDPWD", "DESKTOP_SESSION", "KONSOLE_DBUS_SESSION", "XDG_SESSION_ID"}
)
_OURS: Final = ("SISYPHUS_", "CALLBACK_TOKEN", "CALLBACK_SECRET")
_PASSWORD: Final = re.compile(r"://[^/?#:@\s]*:([^@\s]+)@")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Known:
    everything: KnownValues
    #: the run's own credentials and the service's: masked also where secrets may be shown.
    always: KnownValues


def known() -> Known:
    return _known(current())


def secrets_in(environ: Mapping[str, str], names: SecretNames) -> Iterator[tuple[str, str]]:
    """Name and value of each variable that holds a secret."""
    for name, value in environ.items():
        is_named = names.holds(name) or names.weakly_holds(name)
        if is_named and name.upper() not in _NO_SECRETS:
            yield name, value


@functools.lru_cache(maxsize=8)
def _known(run: RunSecrets) -> Known:
    everything, always = KnownValues(), KnownValues()
    ours = [*run.given, *_of_the_service(run.environ)]
    for name, value in secrets_in(run.environ, SecretNames()):
        if name.startswith(_OURS):
            ours.append(value)
        _learn(everything, value)
    for value in ours:
        _learn(everything, value)
        _learn(always, value)
    return Known(everything=everything, always=always)


def _of_the_service(environ: Mapping[str, str]) -> Iterator[str]:
    """Passwords in its addresses, as they are written and as they are."""
    for name, value in environ.items():
        if name.startswith(_OURS):
            for password in _PASSWORD.findall(value):
                yield from (password, unquote(password))


def _learn(values: KnownValues, value: str) -> None:
    values.learn(value)
    values.learn(value.strip())
