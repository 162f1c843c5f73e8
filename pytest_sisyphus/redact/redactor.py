"""Masks secrets: values under secret names, and every secret value wherever it reappears.

Pure and linear. False alarms are preferred to leaks where a name is clear; words that merely
contain a secret name (monkey, author, keyboard) are not names.
"""

import functools
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pytest_sisyphus.location import LocatedStr
from pytest_sisyphus.redact.data import DataMasker
from pytest_sisyphus.redact.environment import run_secret_values, secrets_in
from pytest_sisyphus.redact.markup import secrets_of_markup
from pytest_sisyphus.redact.names import SecretNames, Sensitivity, secrets_of_auth
from pytest_sisyphus.redact.objects import secrets_of
from pytest_sisyphus.redact.secret_values import SecretValues
from pytest_sisyphus.redact.text import TextMasker
from pytest_sisyphus.run_secrets import RunSecrets, current

#: in them nothing stands under a name; other kinds are looked at.
_LEAVES: Final = frozenset({str, LocatedStr, int, float, bool, type(None)})
_LISTS: Final = (list, tuple)
#: most are a dict, and that is told sooner.
_MAPPINGS: Final = (dict, Mapping)


class Redactor:
    def __init__(self, extra_names: Iterable[str] = (), secret_values: Iterable[Any] = ()) -> None:
        self._extra_names = tuple(extra_names)
        self._names, self._by_name = _naming(self._extra_names)
        #: None: nothing is secret for the name that it stands under.
        self._names_in_data: SecretNames | None = self._names
        self._own_values = SecretValues()
        #: of the environment: learned and compiled once, for all of the run's redactors.
        self._run_values = run_secret_values().everything
        for value in secret_values:
            self.learn(value)

    def add_names(self, extra_names: Iterable[str]) -> None:
        """Values under these names are secret, too, from now on."""
        if added := tuple(one for one in extra_names if one not in self._extra_names):
            self._extra_names += added
            self._names, self._by_name = _naming(self._extra_names)
            self._names_in_data = self._names

    def is_secret(self, name: object) -> bool:
        """A variable of this name holds a secret: `learn` its value."""
        return self._names.is_secret(name)

    def learn(self, value: Any) -> None:
        """A secret value, or data whose every value is one.

        Left alone: fewer than MIN_LENGTH characters, and words such as `true` or `success`.
        """
        if isinstance(value, str | int | float):
            if not isinstance(value, bool):
                self._learn_text(str(value))
        elif isinstance(value, Mapping | list | tuple):
            for item in value.values() if isinstance(value, Mapping) else value:
                self.learn(item)

    def learn_named(self, data: Any) -> None:
        """Every value that stands under a secret name in the data."""
        waiting, sensitivity, secret = [data], self._names.sensitivity, Sensitivity.SECRET
        while waiting:
            one = waiting.pop()
            if isinstance(one, _LISTS):
                waiting += [value for value in one if type(value) not in _LEAVES]
            elif isinstance(one, _MAPPINGS):
                for name, value in one.items():
                    if sensitivity[name] is secret:
                        self.learn(value)
                    elif type(value) not in _LEAVES:
                        waiting.append(value)

    def learn_markup(self, text: str) -> None:
        """Every value that stands under the secret name of an element or attribute, in XML or
        HTML."""
        for value in secrets_of_markup(text, self.is_secret):
            self._learn_text(value)

    def learn_objects(self, objects: Mapping[str, Any]) -> None:
        """What stands under secret names in objects of any kind: keys, fields, attributes."""
        for value in secrets_of(objects, self.is_secret):
            self._learn_text(value)

    def learn_environment(self, environ: Mapping[str, str]) -> None:
        """The values of variables with secret names: those that the run did not begin with."""
        for _, value in secrets_in(environ, self._names):
            self._learn_text(value)

    def learn_step(self, data: Mapping[str, Any]) -> None:
        """What a step says under secret names, and the secrets of its `auth`."""
        self.learn_named(data)
        for value in secrets_of_auth(data.get("auth")):
            self.learn(value)

    def text(self, text: str) -> str:
        masked = self._by_name.mask(self._mask_values(text))
        while masked != text and (self._own_values or self._run_values):
            # what is masked may end a word, and so show another secret
            text, masked = masked, self._by_name.mask(self._mask_values(masked))
        return masked

    def data(self, value: Any) -> Any:
        """A copy as JSON has it, with its secrets masked."""
        if isinstance(value, str):
            return self.text(value)
        own, run = self._own_values, self._run_values
        has_numbers = own.has_numbers or run.has_numbers
        is_secret_number = (lambda digits: digits in own or digits in run) if has_numbers else None
        return DataMasker(self.text, is_secret_number, self._names_in_data).of(value)

    def _learn_text(self, value: str) -> None:
        if value not in self._run_values:
            self._own_values.learn(value)

    def _mask_values(self, text: str) -> str:
        return self._run_values.mask(self._own_values.mask(text))


@functools.lru_cache(maxsize=64)
def _naming(extra: tuple[str, ...]) -> tuple[SecretNames, TextMasker]:
    """Made once for all cases that name the same secrets."""
    names = SecretNames(extra)
    return names, TextMasker(names)


class CredentialsRedactor(Redactor):
    """Where secrets may be shown: only the run's own credentials, and the service's, are masked."""

    def __init__(self) -> None:
        super().__init__()
        self._names_in_data = None
        self._run_values = run_secret_values().always

    def text(self, text: str) -> str:
        return self._run_values.mask(text)


@functools.lru_cache(maxsize=8)
def _by_name(_run: RunSecrets) -> Redactor:
    return Redactor()


def redact_text(text: str) -> str:
    """Masks what stands beside secret names, and the values that the run's environment holds."""
    return _by_name(current()).text(text)
