"""Diagnostics quote what is written, but no secrets of it."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_sisyphus.i18n import language
from pytest_sisyphus.location import plain
from pytest_sisyphus.redact import MASK, Redactor
from pytest_sisyphus.redact.names import secrets_of_auth
from pytest_sisyphus.source.diagnostics import Diagnostic
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: what is written there picks values or names them: it holds none.
_NO_VALUES: Final = frozenset(
    {"extract", "extractors", "validate", "validations", "assertions", "mapping", "returns"}
)
#: lengths to which messages cut a value.
_CUT: Final = range(40, 62)
_IN_ADDRESS: Final = lazy_pattern(r"://[^/\s:@]*:([^/\s@]+)@")
_BESIDE_NAME: Final = lazy_pattern(r"([\w-]+)[ \t]*[:=][ \t]*([^\s&][^\r\n&]*)")
#: more of a text no message quotes.
_LONGEST: Final = 1_000


class SecretMasker:
    """Masks the secrets of one document, which may be of any shape, in diagnostics about it."""

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
            if text.startswith(("${", "{{")) and text.endswith("}"):
                continue  # a name, no value
            if len(text) < 4:
                self._short.add(text)
            for one in {text, text.strip("“”‘’＂\"' ")}:
                self._redactor.learn(one)
                for length in _CUT:
                    if length < len(one):
                        self._redactor.learn(one[:length])

    def mask(self, diagnostic: Diagnostic) -> Diagnostic:
        message = self._redactor.text(diagnostic.message)
        # other quotes of so short a text are names; in Chinese nothing tells them apart
        before = "got " if language() == "en" else ""
        for text in self._short:
            for quote in ('"', "'"):
                quoted = f"{before}{quote}{text}{quote}"
                message = message.replace(quoted, f"{before}{quote}{MASK}{quote}")
        return dataclasses.replace(diagnostic, message=message)

    def _secrets(self, value: Any) -> Iterator[str]:
        """Every text under a secret name, or beside one in a text."""
        if isinstance(value, Mapping):
            for name, item in value.items():
                yield from self._under(name, item)
        elif isinstance(value, list):
            for item in value:
                yield from self._secrets(item)
        elif isinstance(value, str):
            # `Authorization: Bearer x`, `token=x`, `http://user:x@host`
            yield from _IN_ADDRESS.findall(value[:_LONGEST])
            for name, secret in _BESIDE_NAME.findall(value[:_LONGEST]):
                if self._redactor.is_secret(name):
                    yield secret
                    yield from secret.split()[1:]

    def _under(self, name: Any, value: Any) -> Iterator[str]:
        if name in _NO_VALUES:
            return
        if self._redactor.is_secret(name):
            yield from _texts(value)
        elif name == "auth":
            has_parts = isinstance(value, Mapping | list)
            for one in secrets_of_auth(value) if has_parts else (value,):
                yield from _texts(one)
        else:
            yield from self._secrets(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
