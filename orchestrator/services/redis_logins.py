"""`--auth redis`: the platform's own logins, as it keeps them: key prefix + token → the user."""

import json
from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from orchestrator.errors import NoToken, StartupError, Unavailable
from orchestrator.secret import Secret

from .access import EVERYTHING, Caller, permissions_of

_SECONDS: Final = 3.0
_LONGEST_TOKEN: Final = 4096
_BIGGEST: Final = 2**63 - 1


class RedisLogins:
    """The value is the user's id, or a JSON object with the id in `field`.

    Only ever reads (GET): how long a login lives stays the platform's business.
    """

    def __init__(self, url: Secret, *, prefix: str, field: str, permissions: str) -> None:
        try:
            self._redis = redis.Redis.from_url(
                url.reveal(),
                socket_timeout=_SECONDS,
                socket_connect_timeout=_SECONDS,
                retry=Retry(NoBackoff(), 1),  # of itself it repeats for as long as ten waits
            )
        except ValueError as error:
            raise StartupError(f"--redis-url is not usable: {error}") from None
        self._prefix = prefix
        self._field = field
        self._permissions = permissions

    def caller_of(self, token: str) -> Caller:
        if not token or len(token) > _LONGEST_TOKEN:
            raise NoToken
        try:
            value = self._redis.get(self._prefix + token)
        except redis.ResponseError as error:  # a key of another type is no login
            raise NoToken from error
        except (redis.RedisError, OSError) as error:
            raise Unavailable("登录服务暂时不可用，请稍后重试") from error
        if not isinstance(value, bytes):
            raise NoToken
        return self._caller(value)

    def check(self) -> None:
        try:
            self._redis.ping()
        except (redis.RedisError, OSError) as error:
            raise Unavailable from error

    def _caller(self, value: bytes) -> Caller:
        try:
            told: Any = json.loads(value)
        except (ValueError, RecursionError):
            told = None
        permissions = EVERYTHING
        if isinstance(told, dict):
            permissions = permissions_of(told.get(self._permissions))
            told = told.get(self._field)
        return Caller(user_id=user_id_of(told), permissions=permissions)


def user_id_of(told: Any) -> int:
    """A positive whole number, or its digits; anything else is nobody."""
    if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) < 20:
        told = int(told)
    if isinstance(told, bool) or not isinstance(told, int) or not 1 <= told <= _BIGGEST:
        raise NoToken
    return told
