"""Which names say that their value is a secret: word by word, in every way of writing names."""

import enum
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: a key that is one of these, or ends in one, holds a secret.
NAMES = (
    *("password", "passwd", "pwd", "token", "secret", "passphrase", "pin", "otp"),
    *("pass_word", "pass_wd", "pass_phrase", "pass_code"),
    *("access_token", "auth_token", "id_token", "refresh_token", "csrf_token", "passcode"),
    *("api_key", "access_key", "private_key", "secret_key", "shared_key", "auth_key"),
    *("account_key", "encryption_key", "hmac_key", "master_key", "signing_key", "ssh_key"),
    *("authorization", "x_auth", "bearer", "jwt", "signature"),
    *("cookie", "set-cookie", "cookies", "session", "session_id", "jsessionid", "phpsessid"),
    *("credential", "credentials"),
    *("密码", "口令", "令牌", "密钥", "私钥"),
)
#: of a step's `auth`, as words with `_` between them: all other keys there hold secrets.
NO_SECRETS_OF_AUTH = frozenset({"type", "user", "username", "user_name", "login"})
#: these too, but a number or boolean under them is a count (`{"pass": 3, "fail": 0}`).
WEAK = "pass"

#: names that are remembered.
_MOST: Final = 4096
_WORD = lazy_pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")


def words(name: str) -> tuple[str, ...]:
    """`userAPIKey`, `user_api_key` and `User-Api-Key` are all (user, api, key)."""
    return tuple(word.lower() for word in _WORD.findall(name))


def secrets_of_auth(auth: Any) -> Iterator[Any]:
    """Of a step's `auth` everything but what kind it is and whose; of `[user, password]` the
    second."""
    if isinstance(auth, Mapping):
        for name, value in auth.items():
            if "_".join(words(str(name))) not in NO_SECRETS_OF_AUTH:
                yield value
    elif isinstance(auth, list | tuple):
        yield from auth[1:]


def _in_addresses(word: str) -> str:
    return quote(word).lower()


class Sensitivity(enum.Enum):
    """What a name says of the value that stands under it."""

    PUBLIC = enum.auto()
    #: it is a secret if it is text.
    TEXT_ONLY = enum.auto()
    SECRET = enum.auto()


class SecretNames:
    def __init__(self, extra: Iterable[str] = ()) -> None:
        names = {words(name) for name in (*NAMES, *extra)} - {()}
        #: two words are often written as one: apikey.
        self._endings = names | {("".join(name),) for name in names}
        #: regular expressions of what a secret name ends in, in lower case, longest first.
        self.patterns = sorted(
            {
                "[-_. ]?".join(map(re.escape, map(spelling, name)))
                for name in (*names, (WEAK,))
                for spelling in (str, _in_addresses)
            },
            key=lambda one: (-len(one), one),
        )
        self._longest = max(map(len, self._endings))
        #: Chinese has no spaces: a name in it may stand at the end of a longer word.
        self._unspaced = tuple(name[-1] for name in names if not name[-1].isascii())
        #: by name.
        self.sensitivity: Mapping[object, Sensitivity] = _SensitivityCache(self._sensitivity)

    def is_secret(self, name: object) -> bool:
        return self.sensitivity[name] is Sensitivity.SECRET

    def is_weak(self, name: object) -> bool:
        return isinstance(name, str) and words(name[-200:])[-1:] == (WEAK,)

    def _sensitivity(self, name: str) -> Sensitivity:
        parts = words(name[-200:])
        endings = (parts[-length:] for length in range(1, self._longest + 1))
        if parts and (
            any(one in self._endings for one in endings)
            or (self._unspaced and parts[-1].endswith(self._unspaced))
        ):
            return Sensitivity.SECRET
        return Sensitivity.TEXT_ONLY if self.is_weak(name) else Sensitivity.PUBLIC


class _SensitivityCache(dict[object, Sensitivity]):
    """The same few names stand in all documents of a run; what is no text is no name."""

    def __init__(self, judge: Callable[[str], Sensitivity]) -> None:
        super().__init__()
        self._judge = judge

    def __missing__(self, name: object) -> Sensitivity:
        if not isinstance(name, str):
            return Sensitivity.PUBLIC
        if len(self) >= _MOST:
            self.clear()
        self[str(name)] = sensitivity = self._judge(name)
        return sensitivity
