"""Complaints quote what is written, but no secrets of it."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..located import plain
from ..redact import MASK, Redactor
from ..redact.names import NO_SECRETS_OF_AUTH, words
from .complaints import Complaint

#: what is written there picks values or names them: it holds none.
_NO_VALUES: Final = frozenset(
    {"extract", "extractors", "validate", "validations", "assertions", "mapping", "returns"}
)
#: lengths to which messages cut a value.
_CUT: Final = range(40, 62)
_IN_ADDRESS: Final = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")
_BESIDE_NAME: Final = re.compile(r"([\w-]+)[ \t]*[:=][ \t]*([^\s&][^\r\n&]*)")
#: more of a text no message quotes.
_LONGEST: Final = 1_000


class Secrecy:
    """Of one document, which may be of any shape."""

    def __init__(self, document: Any) -> None:
        config = document.get("config") if isinstance(document, Mapping) else None
        names = config.get("mask") if isinstance(config, Mapping) else None
        extra = [names] if isinstance(names, str) else names
        self._redactor = Redactor(
            one for one in (extra if isinstance(extra, list) else ()) if isinstance(one, str)
        )
        #: too short to be looked for everywhere.
        self._short: set[str] = set()
        for text in self._secrets(plain(document)):
            self._learn(text)

    def hushed(self, complaint: Complaint) -> Complaint:
        message = self._redactor.text(complaint.message)
        for text in self._short:
            for shown in (f'"{text}"', f"'{text}'"):
                message = message.replace(f"got {shown}", f"got {shown[0]}{MASK}{shown[0]}")
        return dataclasses.replace(complaint, message=message)

    def _learn(self, text: str) -> None:
        if text.startswith(("${", "{{")) and text.endswith("}"):
            return  # a name, no value
        if len(text) < 4:
            self._short.add(text)
        for one in {text, text.strip("“”‘’＂\"' ")}:
            self._redactor.learn(one)
            for length in _CUT:
                if length < len(one):
                    self._redactor.learn(one[:length])

    def _secrets(self, value: Any) -> Iterator[str]:
        """Every text under a secret name, or beside one in a text."""
        if isinstance(value, Mapping):
            for name, item in value.items():
                yield from self._under(name, item)
        elif isinstance(value, list):
            for item in value:
                yield from self._secrets(item)
        elif isinstance(value, str):
            yield from self._beside(value)

    def _under(self, name: Any, value: Any) -> Iterator[str]:
        if name in _NO_VALUES:
            return
        if self._redactor.is_secret(name):
            yield from _texts(value)
        elif name == "auth":
            yield from _texts_of_auth(value)
        else:
            yield from self._secrets(value)

    def _beside(self, text: str) -> Iterator[str]:
        """`Authorization: Bearer x`, `token=x`, `http://user:x@host`."""
        yield from _IN_ADDRESS.findall(text[:_LONGEST])
        for name, value in _BESIDE_NAME.findall(text[:_LONGEST]):
            if self._redactor.is_secret(name):
                yield value
                yield from value.split()[1:]


def _texts_of_auth(auth: Any) -> Iterator[str]:
    """Everything but what kind it is and whose; of `[user, password]` the second."""
    if isinstance(auth, Mapping):
        for name, value in auth.items():
            if "_".join(words(str(name))) not in NO_SECRETS_OF_AUTH:
                yield from _texts(value)
    else:
        yield from _texts(auth[1:] if isinstance(auth, list) else auth)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
