"""`--auth jwt`: signed tokens of the platform's login service.

Which algorithm may sign is said by our key, never by the token: a text secret takes HS only, a
public key only the family of its own kind, a JWKS key only what its entry says. So a public key can
never be taken for a shared secret, and `none` is nobody's.
"""

import dataclasses
import json
import logging
import os
import stat
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import jwt
from jwt.exceptions import InvalidKeyError, PyJWTError

from orchestrator.auth.backends import Principal, permissions_of, refuse_longer, user_id_of
from orchestrator.errors import NoToken, StartupError
from orchestrator.i18n import said_by, tr
from orchestrator.secrets import Secret

log = logging.getLogger("sisyphus.auth")

_LONGEST_TOKEN: Final = 16 * 1024
#: bytes of a file of keys: thousands of them.
_LARGEST_SET: Final = 1024 * 1024
_SHORTEST_SECRET: Final = 32
_FAMILIES: Final[Mapping[str, Sequence[str]]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "oct": ("HS256", "HS384", "HS512"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class JwtSettings:
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


class JwtAuth:
    def __init__(self, rules: JwtSettings) -> None:
        self._rules = rules
        self._lock = threading.Lock()
        #: of the file that was read last, or could not be.
        self._changed = (-1, -1)
        self._keys: Sequence[_Key] = ()
        if rules.jwks is None:
            self._keys = [_single(rules)]
        else:
            self._refresh(rules.jwks)

    def authenticate(self, token: str) -> Principal:
        refuse_longer(token, _LONGEST_TOKEN)
        try:
            claims = self._claims(token)
        except (PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise NoToken(reason=_reason(error)) from error
        name = claims.get("name")  # one that no database stores as it is names nobody
        is_name = isinstance(name, str) and 0 < len(name) <= 255 and name.isprintable()
        return Principal(
            user_id=user_id_of(claims.get(self._rules.claim)),
            name=name if is_name else None,
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
            raise NoToken(reason=f"{len(keys) or 'no'} keys fit the token's kid")
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
        """Read the file again if it has changed; one that cannot be used is tried once."""
        with self._lock:
            changed = self._changed
            try:
                state = path.stat()
                self._changed = (state.st_mtime_ns, state.st_size)
                if self._changed == changed:
                    return
                self._keys = _from_set(_read(path, state), self._rules)
            except (OSError, ValueError, RecursionError, PyJWTError, StartupError) as error:
                if self._keys:
                    log.warning("--jwt-jwks %s: the keys from before stay valid: %s", path, error)
                else:
                    raise StartupError(
                        tr(
                            "--jwt-jwks {path}: no usable key: {reason}",
                            path=path,
                            reason=said_by(error),
                        )
                    ) from error


def _reason(error: Exception) -> str:
    """Its kind and the claim: the texts of errors may quote the token."""
    claim = getattr(error, "claim", "")
    return f"{type(error).__name__}{f' ({claim})' if claim else ''}"


def _read(path: Path, state: os.stat_result) -> Any:
    """The JSON of a file; raises ValueError for a pipe, which could block, and for a huge file."""
    if not stat.S_ISREG(state.st_mode):
        raise ValueError(tr("it is no file"))
    if state.st_size > _LARGEST_SET:
        raise ValueError(tr("it is larger than {number} bytes", number=_LARGEST_SET))
    return json.loads(path.read_text("utf-8"))


def _from_set(document: Any, rules: JwtSettings) -> list[_Key]:
    """The keys that are for signing by an allowed algorithm. Raises StartupError without any."""
    if not isinstance(document, dict):
        raise StartupError(tr('it has no "keys"'))
    known = jwt.PyJWKSet.from_dict(document).keys
    if private := [key.key_id for key in known if hasattr(key.key, "private_bytes")]:
        raise StartupError(
            tr(
                "its key {key!r} is a private one, with which anybody could sign; give the set of "
                "the public keys",
                key=private[0] or "",
            )
        )
    keys = [
        _Key(key_id=key.key_id, material=key.key, algorithms=algorithms)
        for key in known
        if key.public_key_use in (None, "sig")
        and (algorithms := _usable([key.algorithm_name or ""], rules))
    ]
    if not keys:
        raise StartupError(tr("none of its keys signs by an algorithm that is allowed"))
    return keys


def _single(rules: JwtSettings) -> _Key:
    text = rules.key.reveal()
    if "-----BEGIN" not in text:
        if len(text) < _SHORTEST_SECRET:
            raise StartupError(
                tr("--jwt-key is shorter than {number} characters", number=_SHORTEST_SECRET)
            )
        return _Key(key_id=None, material=text, algorithms=_allowed(_FAMILIES["oct"], rules))
    if "PRIVATE KEY-----" in text:
        raise StartupError(
            tr(
                "--jwt-key is a private key, with which anybody could sign; give its public key, "
                "made by: openssl pkey -in private.pem -pubout -out public.pem"
            )
        )
    for family in ("RSA", "EC"):
        try:
            material = jwt.get_algorithm_by_name(_FAMILIES[family][0]).prepare_key(text)
        except (InvalidKeyError, TypeError, ValueError):
            continue
        return _Key(key_id=None, material=material, algorithms=_allowed(_FAMILIES[family], rules))
    raise StartupError(tr("--jwt-key is not a public key of RSA or EC; give one in PEM"))


def _allowed(family: Sequence[str], rules: JwtSettings) -> list[str]:
    allowed = _usable(family, rules)
    if not allowed:
        raise StartupError(
            tr(
                "--jwt-algorithms {algorithms}: the key signs by {family}",
                algorithms=",".join(rules.algorithms),
                family=", ".join(family),
            )
        )
    return allowed


def _usable(family: Sequence[str], rules: JwtSettings) -> list[str]:
    known = {name for names in _FAMILIES.values() for name in names}
    return [
        name
        for name in family
        if name in known and (not rules.algorithms or name in rules.algorithms)
    ]
