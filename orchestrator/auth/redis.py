"""`--auth redis`: the platform's own logins, as it keeps them: key prefix + token → the user."""

import json
import logging
from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from orchestrator.auth.backends import (
    ALL_PERMISSIONS,
    Principal,
    permissions_of,
    refuse_longer,
    user_id_of,
)
from orchestrator.concurrency.outage import Outage
from orchestrator.errors import NoToken, StartupError, Unavailable
from orchestrator.i18n import tr
from orchestrator.secrets import Secret

log = logging.getLogger("sisyphus.auth")

_SECONDS: Final = 3.0
_LONGEST_TOKEN: Final = 4096


class RedisAuth:
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
            raise StartupError(tr("--redis-url is not usable: {reason}", reason=error)) from None
        self._outage = Outage(log, "--auth redis")
        self._prefix = prefix
        self._field = field
        self._permissions = permissions

    def authenticate(self, token: str) -> Principal:
        refuse_longer(token, _LONGEST_TOKEN)
        try:
            value = self._redis.get(self._prefix + token)
        except redis.ResponseError as error:  # a key of another type is no login
            raise NoToken(reason="the token's key in Redis holds no text") from error
        except (redis.RedisError, OSError) as error:
            self._outage.failed(str(error))
            raise Unavailable(tr("登录服务暂时不可用，请稍后重试")) from error
        self._outage.succeeded()
        if not isinstance(value, bytes):
            raise NoToken(reason=f"Redis has no key {self._prefix}<token>")
        try:
            user: Any = json.loads(value)
        except (ValueError, RecursionError):
            user = None
        permissions = ALL_PERMISSIONS
        if isinstance(user, dict):
            permissions = permissions_of(user.get(self._permissions))
            user = user.get(self._field)
        return Principal(user_id=user_id_of(user), permissions=permissions)

    def check(self) -> None:
        try:
            self._redis.ping()
        except (redis.RedisError, OSError) as error:
            raise Unavailable from error
