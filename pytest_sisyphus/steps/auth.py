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
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.location import LocatedDict, Location, plain
from pytest_sisyphus.spec.context import ValidationContext, context_of, invalid
from pytest_sisyphus.spec.fields import Text, Value
from pytest_sisyphus.spec.model import Model
from pytest_sisyphus.template.template import is_template


class Auth(Model):
    """`{type, …the type's keys}`; `[user, password]` is basic."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Value]

    short_schema: ClassVar[Mapping[str, Any]] = {
        "type": "array",
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
                raise invalid(
                    tr(
                        "auth type {name!r} has no key {key!r}{hint}",
                        name=kind.name,
                        key=key,
                        hint=self._meant_type(key, context.auth_types) or near(key, kind.keys),
                    )
                )
        missing = [key for key in kind.keys if key not in self.given]
        if missing:
            raise invalid(
                tr(
                    "auth type {name!r} needs {keys}",
                    name=kind.name,
                    keys=tr(" and ").join(missing),
                )
            )
        return self

    def _meant_type(self, key: str, kinds: Registry[AuthType]) -> str:
        """Of `{bearer: …}`, and of a type's keys without it; without their values, as secrets."""
        if self.is_set("type"):
            return ""
        named = [kinds[key]] if key in kinds else [one for one in kinds if key in one.keys]
        if not named:
            return ""
        keys = ", ".join(f"{one}: …" for one in named[0].keys)
        return tr("; write {form}", form=f"{{type: {named[0].name}, {keys}}}")

    @property
    def given(self) -> Mapping[str, Any]:
        """The keys besides `type`."""
        return self.model_extra or {}


def authentication(
    auth: Auth, kinds: Registry[AuthType], location: Location
) -> Callable[[Any], Any]:
    """What requests takes as `auth`. `place`: where it stands, for what breaks in it."""
    kind = kinds[auth.type]
    message = marked("{location}: the auth type {name!r}")
    guard = ExtensionGuard(message, location=location, name=auth.type)
    with guard:
        sign: Any = kind.make(plain(dict(auth.given)))
    if not callable(sign):
        raise contract_violation(
            guard.what,
            kind.make,
            tr("made {type}, which cannot be called", type=describe_type(sign)),
        )

    def signed(request: requests.PreparedRequest) -> requests.PreparedRequest:
        with guard:
            answer: Any = sign(request)
        if not isinstance(answer, requests.PreparedRequest):
            raise contract_violation(
                guard.what, sign, tr("returned {type}, not the request", type=describe_type(answer))
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
            raise ProtocolViolated(
                tr(
                    "{url}: the Digest challenge of WWW-Authenticate lacks {keys}",
                    url=url,
                    keys=tr(" and ").join(missing),
                )
            )
        header: str | None = super().build_digest_header(method, url)  # type: ignore[no-untyped-call]
        if header is None:
            asked = {key: challenge[key] for key in ("algorithm", "qop") if key in challenge}
            words = tr(", ").join(f"{key} {value[:40]!r}" for key, value in asked.items())
            raise ProtocolViolated(
                tr(
                    "{url}: the Digest challenge of WWW-Authenticate asks for {words}, which is "
                    "not supported",
                    url=url,
                    words=words,
                )
            )
        return header


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
