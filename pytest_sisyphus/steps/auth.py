"""`auth` of a request: which type, with which keys."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Final

import requests
import requests.auth
from pydantic import ConfigDict, Field, ValidationInfo, model_validator

from pytest_sisyphus.errors import ConfigError, ProtocolViolated
from pytest_sisyphus.extensions.guard import ExtensionGuard, contract_violation, describe_type
from pytest_sisyphus.extensions.registry import Registry, near
from pytest_sisyphus.extensions.types import AuthType
from pytest_sisyphus.location import LocatedDict, Location, plain
from pytest_sisyphus.spec.context import ValidationContext, context_of, invalid
from pytest_sisyphus.spec.model import Model, Text, Value
from pytest_sisyphus.template.template import is_template


class Auth(Model):
    """`{type, …the type's keys}`; `[user, password]` is basic."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Value]

    short_schema: ClassVar[Mapping[str, Any]] = {
        "type": "array",
        "description": "[user, password]",
        "minItems": 2,
        "maxItems": 2,
    }

    type: Annotated[Text, Field(description="basic, digest, bearer, or one that a hook added")] = (
        "basic"
    )

    @classmethod
    def normalise(cls, value: Any, context: ValidationContext) -> LocatedDict:
        if isinstance(value, list) and len(value) == 2:
            value = {"type": "basic", "username": value[0], "password": value[1]}
        return super().normalise(value, context)

    @model_validator(mode="after")
    def _has_its_types_keys(self, info: ValidationInfo) -> "Auth":
        context = context_of(info)
        if is_template(self.type) and not context.rendered:
            return self
        try:
            kind = context.auth_types[self.type]
        except ConfigError as error:
            raise invalid(str(error), self.location_of("type")) from error
        for key in self.given:
            if key not in kind.keys:
                raise invalid(f"auth type {kind.name!r} has no key {key!r}{near(key, kind.keys)}")
        missing = [key for key in kind.keys if key not in self.given]
        if missing:
            raise invalid(f"auth type {kind.name!r} needs {' and '.join(missing)}")
        return self

    @property
    def given(self) -> Mapping[str, Any]:
        """The keys besides `type`."""
        return self.model_extra or {}


def authentication(
    auth: Auth, kinds: Registry[AuthType], location: Location
) -> Callable[[Any], Any]:
    """What requests takes as `auth`. `place`: where it stands, for what breaks in it."""
    kind, what = kinds[auth.type], f"{location}: the auth type {auth.type!r}"
    with ExtensionGuard(what):
        sign: Any = kind.make(plain(dict(auth.given)))
    if not callable(sign):
        raise contract_violation(
            what, kind.make, f"made {describe_type(sign)}, which cannot be called"
        )

    def signed(request: requests.PreparedRequest) -> requests.PreparedRequest:
        with ExtensionGuard(what):
            answer: Any = sign(request)
        if not isinstance(answer, requests.PreparedRequest):
            raise contract_violation(
                what, sign, f"returned {describe_type(answer)}, not the request"
            )
        return answer

    return signed


class _Bearer(requests.auth.AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Digest(requests.auth.HTTPDigestAuth):
    def build_digest_header(self, method: str, url: str) -> str:
        """Raises ProtocolViolated: what is asked for is the server's word."""
        challenge: Mapping[str, str] = self._thread_local.chal  # type: ignore[attr-defined]
        missing = [key for key in ("realm", "nonce") if key not in challenge]
        if missing:
            raise _odd_challenge(url, f"lacks {' and '.join(missing)}")
        header: str | None = super().build_digest_header(method, url)  # type: ignore[no-untyped-call]
        if header is None:
            asked = {key: challenge[key] for key in ("algorithm", "qop") if key in challenge}
            words = ", ".join(f"{key} {value[:40]!r}" for key, value in asked.items())
            raise _odd_challenge(url, f"asks for {words}, which is not supported")
        return header


def _odd_challenge(url: str, why: str) -> ProtocolViolated:
    return ProtocolViolated(f"{url}: the Digest challenge of WWW-Authenticate {why}")


_USER_AND_PASSWORD: Final = {"username": "the user", "password": "the user's password"}

AUTH_TYPES: Final = (
    AuthType(
        name="basic",
        keys=_USER_AND_PASSWORD,
        make=lambda keys: requests.auth.HTTPBasicAuth(
            str(keys["username"]).encode(), str(keys["password"]).encode()
        ),
        description="user and password with every request",
    ),
    AuthType(
        name="digest",
        keys=_USER_AND_PASSWORD,
        make=lambda keys: _Digest(str(keys["username"]), str(keys["password"])),
        description="the password only as a digest",
    ),
    AuthType(
        name="bearer",
        keys={"token": "the token"},
        make=lambda keys: _Bearer(str(keys["token"])),
        description="a token with every request",
    ),
)
