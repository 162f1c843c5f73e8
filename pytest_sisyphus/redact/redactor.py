"""Masks secrets: values under secret names, and every secret value wherever it reappears.

Pure and linear. False alarms are preferred to leaks where a name is clear; words that merely
contain a secret name (monkey, author, keyboard) are not names.
"""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ..run_secrets import RunSecrets, current
from .environment import known, secrets_in
from .known import KnownValues
from .names import NO_SECRETS_OF_AUTH, SecretNames, words
from .objects import secrets_of
from .text import TextMasker, is_header
from .values import MASK

_MAX_DEPTH: Final = 150
_PLAIN_WORD: Final = re.compile(r"[a-z_]*", re.IGNORECASE)


class Redactor:
    def __init__(self, extra_names: Iterable[str] = (), secret_values: Iterable[Any] = ()) -> None:
        self._names = SecretNames(extra_names)
        self._by_name = TextMasker(self._names)
        self._own = KnownValues()
        #: of the environment: learned and compiled once, for all of the run's redactors.
        self._of_the_run = known().everything
        for value in secret_values:
            self.learn(value)

    def is_secret(self, name: object) -> bool:
        """A variable of this name holds a secret: `learn` its value."""
        return self._names.holds(name)

    def learn(self, value: Any) -> None:
        """A secret value, or data whose every value is one.

        Left alone: fewer than MIN_LENGTH characters, and words such as `true` or `success`.
        """
        if isinstance(value, Mapping | list | tuple):
            for item in value.values() if isinstance(value, Mapping) else value:
                self.learn(item)
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            self._learn_text(str(value))

    def learn_named(self, data: Any) -> None:
        """Every value that stands under a secret name in the data."""
        stack = [data]
        while stack:
            one = stack.pop()
            if isinstance(one, Mapping):
                for name, value in one.items():
                    self.learn(value) if self.is_secret(name) else stack.append(value)
            elif isinstance(one, list | tuple):
                stack.extend(one)

    def learn_objects(self, objects: Mapping[str, Any]) -> None:
        """What stands under secret names in objects of any kind: keys, fields, attributes."""
        for value in secrets_of(objects, self.is_secret):
            self._learn_text(value)

    def learn_environment(self, environ: Mapping[str, str]) -> None:
        """The values of variables with secret names: those that the run did not begin with."""
        for _, value in secrets_in(environ, self._names):
            self._learn_text(value)

    def learn_written(self, data: Mapping[str, Any]) -> None:
        """What a step says: what stands under secret names, and all of its `auth`."""
        self.learn_named(data)
        self._learn_auth(data.get("auth"))

    def _learn_auth(self, auth: Any) -> None:
        """Everything but what kind it is and whose; of `[user, password]` the second."""
        if isinstance(auth, Mapping):
            for name, value in auth.items():
                if "_".join(words(str(name))) not in NO_SECRETS_OF_AUTH:
                    self.learn(value)
        elif isinstance(auth, list | tuple):
            self.learn(auth[1:])

    def text(self, text: str) -> str:
        masked = self._by_name.mask(self._mask_values(text))
        while masked != text and (self._own or self._of_the_run):
            # what is masked may end a word, and so show another secret
            text, masked = masked, self._by_name.mask(self._mask_values(masked))
        return masked

    def data(self, value: Any, _depth: int = 0) -> Any:
        """A copy with its secrets masked; deeper than any document's depth, a mask as a whole."""
        if isinstance(value, str):
            return self.text(value)
        if _depth > _MAX_DEPTH:
            return MASK
        if isinstance(value, Mapping):
            return self._mapping(value, _depth + 1)
        if isinstance(value, list | tuple):
            masked = [self.data(item, _depth + 1) for item in value]
            return [masked[0], MASK] if self._is_header_line(value) else masked
        if isinstance(value, int | float) and self._is_secret_number(str(value)):
            return MASK
        return value

    def _is_secret_number(self, digits: str) -> bool:
        return digits in self._own or digits in self._of_the_run

    def _is_header_line(self, value: Sequence[Any]) -> bool:
        """`["Set-Cookie", "…"]`"""
        if len(value) != 2 or not (isinstance(value[0], str) and isinstance(value[1], str)):
            return False
        return self._names.holds(value[0]) and is_header(value[0])

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
        masked = {}
        for key, item in value.items():
            name = self._key(key)
            while name in masked and name is not key:
                name += "*"  # no entry is lost because two keys are masked alike
            masked[name] = self._item(key, item, depth)
        return masked

    def _item(self, key: Any, item: Any, depth: int) -> Any:
        if self._names.holds(key) or (isinstance(item, str) and self._names.weakly_holds(key)):
            return _all_masked(item, depth)
        return self.data(item, depth)

    def _key(self, key: Any) -> Any:
        """A key is masked if it holds a secret; a plain word is a name, whatever the password."""
        return key if not isinstance(key, str) or _PLAIN_WORD.fullmatch(key) else self.text(key)

    def _learn_text(self, value: str) -> None:
        if value not in self._of_the_run:
            self._own.learn(value)

    def _mask_values(self, text: str) -> str:
        return self._of_the_run.mask(self._own.mask(text))


def _all_masked(value: Any, depth: int) -> Any:
    """What stands under a secret name; its shape stays, and what is no secret: null, true, ''."""
    if depth > _MAX_DEPTH:
        return MASK
    if isinstance(value, Mapping):
        return {key: _all_masked(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_all_masked(item, depth + 1) for item in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    is_template = isinstance(value, str) and value.startswith("${") and value.endswith("}")
    return value if is_template else MASK


class OwnSecrets(Redactor):
    """Where secrets may be shown: only the run's own credentials, and the service's, are masked."""

    def __init__(self) -> None:
        super().__init__()
        self._of_the_run = known().always

    def text(self, text: str) -> str:
        return self._of_the_run.mask(text)

    def _item(self, _key: Any, item: Any, depth: int) -> Any:
        return self.data(item, depth)


@functools.lru_cache(maxsize=8)
def _by_name(_run: RunSecrets) -> Redactor:
    return Redactor()


def redact_text(text: str) -> str:
    """Masks what stands beside secret names, and the values that the run's environment holds."""
    return _by_name(current()).text(text)
