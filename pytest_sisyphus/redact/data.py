"""A copy of data as JSON has it, its secrets masked: one walk, in which each text is read once."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pytest_sisyphus.redact.names import SecretNames, Sensitivity
from pytest_sisyphus.redact.text import is_header
from pytest_sisyphus.redact.values import MASK
from pytest_sisyphus.values.jsonable import (
    CONTAINERS,
    MAX_DEPTH,
    OMITTED,
    SEQUENCES,
    scalar_to_json,
)
from pytest_sisyphus.values.lazy_pattern import lazy_pattern
from pytest_sisyphus.values.surrogates import replace_surrogates

_PLAIN_WORD: Final = lazy_pattern(r"[a-z_]*", re.IGNORECASE)


class DataMasker:
    """Masks one document, while nothing more is learned."""

    def __init__(
        self,
        mask: Callable[[str], str],
        is_secret_number: Callable[[str], bool] | None,
        names: SecretNames | None,
    ) -> None:
        """`is_secret_number`: None where no number is one; `names`: None where values are no
        secrets for the name that they stand under."""
        self._mask = mask
        self._is_secret_number = is_secret_number
        self._names = names
        self._texts: dict[str, str] = {}
        self._keys: dict[str, tuple[str, Sensitivity]] = {}

    def of(self, value: Any, depth: int = 0) -> Any:
        """The masked copy of a value; the types that occur most are asked for first."""
        kind = type(value)
        if kind is str:
            known = self._texts.get(value)
            return self._text(value) if known is None else known
        if kind is dict:
            return self._mapping(value, depth)
        if value is None or kind is bool:
            return value
        if kind is int or (kind is float and math.isfinite(value)):
            return self._number(value)
        if kind is list or isinstance(value, SEQUENCES):
            return self._list(value, depth)
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, str):
            return self.of(str(value))
        plain = scalar_to_json(value)
        return self.of(plain) if isinstance(plain, str) else self._number(plain)

    def _text(self, text: str) -> str:
        # masked as it was learned, before lone surrogates are replaced for UTF-8
        self._texts[text] = masked = replace_surrogates(self._mask(text))
        return masked

    def _number(self, value: float) -> Any:
        is_secret = self._is_secret_number
        return MASK if is_secret is not None and is_secret(str(value)) else value

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> Any:
        if depth > MAX_DEPTH:
            return OMITTED
        masked: dict[str, Any] = {}
        keys, depth = self._keys, depth + 1
        for key, item in value.items():
            name = key if isinstance(key, str) else str(key)
            shown, sensitivity = keys.get(name) or self._key(name)
            if shown != name:
                while shown in masked:
                    shown += "*"  # no entry is lost because two keys are masked alike
            is_secret = sensitivity is not Sensitivity.PUBLIC
            if sensitivity is Sensitivity.TEXT_ONLY:
                is_scalar = not isinstance(item, CONTAINERS)
                is_secret = is_scalar and isinstance(scalar_to_json(item), str)
            masked[shown] = _mask_all(item, depth) if is_secret else self.of(item, depth)
        return masked

    def _key(self, name: str) -> tuple[str, Sensitivity]:
        """A key is masked if it holds a secret; a plain word is a name, whatever the password."""
        name = str(name)
        shown = name if _PLAIN_WORD.fullmatch(name) else replace_surrogates(self._mask(name))
        sensitivity = Sensitivity.PUBLIC if self._names is None else self._names.sensitivity[name]
        self._keys[name] = known = shown, sensitivity
        return known

    def _list(self, value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            return OMITTED
        masked = [self.of(item, depth + 1) for item in value]
        if len(masked) == 2 and self._names is not None:
            name, item = value
            is_line = isinstance(name, str) and isinstance(item, str)  # `["Set-Cookie", "…"]`
            if is_line and self._names.is_secret(name) and is_header(name):
                return [masked[0], MASK]
        return masked


def _mask_all(value: Any, depth: int) -> Any:
    """What stands under a secret name; its shape stays, and what is no secret: null, true, ''."""
    if isinstance(value, CONTAINERS):
        if depth > MAX_DEPTH:
            return OMITTED
        if isinstance(value, Mapping):
            return {
                replace_surrogates(str(key)): _mask_all(item, depth + 1)
                for key, item in value.items()
            }
        return [_mask_all(item, depth + 1) for item in value]
    plain = scalar_to_json(value)
    if plain is None or isinstance(plain, bool) or plain == "":
        return plain
    is_template = isinstance(plain, str) and plain.startswith("${") and plain.endswith("}")
    return plain if is_template else MASK
