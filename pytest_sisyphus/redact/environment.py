"""The secrets of this run's environment and options: found once, known to every redactor."""

import functools
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote

from pytest_sisyphus.redact.names import SecretNames
from pytest_sisyphus.redact.secret_values import SecretValues
from pytest_sisyphus.run_secrets import RunSecrets, current
from pytest_sisyphus.values.lazy_pattern import lazy_pattern
from pytest_sisyphus.values.record import record

#: end in a secret's name, and hold none: folders, and what a desktop calls its sessions.
_NO_SECRETS: Final = frozenset(
    {"PWD", "OLDPWD", "DESKTOP_SESSION", "KONSOLE_DBUS_SESSION", "XDG_SESSION_ID"}
)
_SERVICE_PREFIXES: Final = ("SISYPHUS_", "CALLBACK_TOKEN", "CALLBACK_SECRET")
_PASSWORD: Final = lazy_pattern(r"://[^/?#:@\s]*:([^@\s]+)@")


@record
class RunSecretValues:
    everything: SecretValues
    #: the run's own credentials and the service's: masked also where secrets may be shown.
    always: SecretValues


def run_secret_values() -> RunSecretValues:
    return _run_secret_values(current())


def secrets_in(environ: Mapping[str, str], names: SecretNames) -> Iterator[tuple[str, str]]:
    """Name and value of each variable that holds a secret."""
    return ((name, environ[name]) for name in _secret_names(tuple(environ), names))


@functools.lru_cache(maxsize=32)
def _secret_names(variables: tuple[str, ...], names: SecretNames) -> tuple[str, ...]:
    """Asked for each case, of an environment that hardly ever changes."""
    return tuple(
        name
        for name in variables
        if (names.is_secret(name) or names.is_weak(name)) and name.upper() not in _NO_SECRETS
    )


@functools.lru_cache(maxsize=8)
def _run_secret_values(run: RunSecrets) -> RunSecretValues:
    everything, always = SecretValues(), SecretValues()
    ours = [*run.given]
    for name, value in run.environ.items():
        if name.startswith(_SERVICE_PREFIXES):
            for password in _PASSWORD.findall(value):
                ours += [password, unquote(password)]
    for name, value in secrets_in(run.environ, SecretNames()):
        if name.startswith(_SERVICE_PREFIXES):
            ours.append(value)
        _learn(everything, value)
    for value in ours:
        _learn(everything, value)
        _learn(always, value)
    return RunSecretValues(everything=everything, always=always)


def _learn(values: SecretValues, value: str) -> None:
    values.learn(value)
    values.learn(value.strip())
