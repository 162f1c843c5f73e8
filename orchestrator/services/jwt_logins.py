"""`--auth jwt`: signed tokens of the platform's login service.

Which algorithm may sign is said by our key, never by the token: a text secret takes HS only, a
public key only the family of its own kind, a JWKS key only what its entry says. So a public key can
never be taken for a shared secret, and `none` is nobody's.
"""

import dataclasses
import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import jwt
from jwt.exceptions import InvalidKeyError, PyJWKError, PyJWKSetError, PyJWTError

from orchestrator.errors import NoToken, StartupError
from orchestrator.secret import Secret

from .access import Caller, permissions_of
from .redis_logins import user_id_of

_LONGEST_TOKEN: Final = 16 * 1024
_SHORTEST_SECRET: Final = 32
_FAMILIES: Final[Mapping[str, Sequence[str]]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "oct": ("HS256", "HS384", "HS512"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class JwtRules:
    #: a shared secret (HS) or a public key in PEM (RS, PS, ES).
    key: Secret = dataclasses.field(default_factory=Secret)
    #: a file of keys; read again when it changes.
    jwks: Path | None = None
    #: narrows what the key allows; empty: all of its family.
    algorithms: Sequence[str] = ()
    audience: str = ""
    issuer: str = ""
    #: the claims with the user's id and what the user may.
    claim: str = "sub"
    permissions: str = "permissions"


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Key:
    key_id: str | None
    material: Any
    algorithms: Sequence[str]


class JwtLogins:
    def __init__(self, rules: JwtRules) -> None:
        self._rules = rules
        self._lock = threading.Lock()
        self._changed = -1
        self._keys: Sequence[_Key] = ()
        if rules.jwks is None:
            self._keys = [_single(rules)]
        else:
            self._refresh(rules.jwks)

    def caller_of(self, token: str) -> Caller:
        if not token or len(token) > _LONGEST_TOKEN:
            raise NoToken
        try:
            claims = self._claims(token)
        except (PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise NoToken from error
        return Caller(
            user_id=user_id_of(claims.get(self._rules.claim)),
            permissions=permissions_of(claims.get(self._rules.permissions)),
        )

    def check(self) -> None:
        """Its keys were read when it was made."""

    def _claims(self, token: str) -> dict[str, Any]:
        if self._rules.jwks is not None:
            self._refresh(self._rules.jwks)
        wanted = jwt.get_unverified_header(token).get("kid")
        keys = [key for key in self._keys if wanted is None or key.key_id in (None, wanted)]
        if len(keys) != 1:
            raise NoToken
        rules = self._rules
        return jwt.decode(
            token,
            keys[0].material,
            algorithms=list(keys[0].algorithms),
            audience=rules.audience or None,
            issuer=rules.issuer or None,
            options={"require": ["exp"], "verify_aud": bool(rules.audience), "verify_sub": False},
        )

    def _refresh(self, path: Path) -> None:
        with self._lock:
            try:
                changed = path.stat().st_mtime_ns
                if changed == self._changed:
                    return
                keys = _from_set(json.loads(path.read_text("utf-8")), self._rules)
            except (OSError, ValueError, PyJWKError, PyJWKSetError, InvalidKeyError) as error:
                if self._keys:
                    return  # half written: the old keys hold until it is whole
                raise StartupError(f"--jwt-jwks {path}: no usable key: {error}") from error
            self._keys, self._changed = keys, changed


def _from_set(document: Any, rules: JwtRules) -> list[_Key]:
    keys = jwt.PyJWKSet.from_dict(document).keys
    return [
        _Key(
            key_id=key.key_id,
            material=key.key,
            algorithms=_allowed([key.algorithm_name] if key.algorithm_name else (), rules),
        )
        for key in keys
        if key.public_key_use in (None, "sig")
    ]


def _single(rules: JwtRules) -> _Key:
    text = rules.key.reveal()
    if "-----BEGIN" not in text:
        if len(text) < _SHORTEST_SECRET:
            raise StartupError(f"--jwt-key is shorter than {_SHORTEST_SECRET} characters")
        return _Key(key_id=None, material=text, algorithms=_allowed(_FAMILIES["oct"], rules))
    for family in ("RSA", "EC"):
        try:
            material = jwt.get_algorithm_by_name(_FAMILIES[family][0]).prepare_key(text)
        except (InvalidKeyError, TypeError, ValueError):
            continue
        return _Key(key_id=None, material=material, algorithms=_allowed(_FAMILIES[family], rules))
    raise StartupError("--jwt-key is not a public key of RSA or EC; give one in PEM")


def _allowed(family: Sequence[str], rules: JwtRules) -> list[str]:
    known = {name for names in _FAMILIES.values() for name in names}
    allowed = [
        name
        for name in family
        if name in known and (not rules.algorithms or name in rules.algorithms)
    ]
    if not allowed:
        raise StartupError(
            f"--jwt-algorithms {','.join(rules.algorithms)}: the key signs by {', '.join(family)}"
        )
    return allowed
