"""The page's session: the login token itself in a cookie, out of reach of scripts.

Other sites' pages, and other ports of this host, can make a browser send it along. So it counts
only beside a header that they cannot send: the page's own.
"""

from typing import Final
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response

#: whoever sets it is a script of this service's own pages: other origins need CORS for it, which
#: allows it to nobody.
HEADER: Final = "x-sisyphus-page"
#: bytes; browsers take 4096 for a whole cookie.
LONGEST: Final = 3800
PATH: Final = "/it/api"
#: seconds that a browser keeps it for who asked for that.
_KEPT: Final = 7 * 24 * 3600
_NAME: Final = "sisyphus"
#: a browser takes a cookie of such a name only by https.
_SECURE: Final = "__Secure-"


def token_of(headers: Headers) -> str:
    """The token of the page's session; empty where there is none, or it may be somebody else who
    has it sent."""
    if headers.get(HEADER) != "1" or headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return ""
    pairs = (one.partition("=") for one in headers.get("cookie", "").split(";"))
    cookies = {name.strip(): value.strip().strip('"') for name, _, value in pairs}
    name = _name(headers)
    return unquote(cookies.get(_SECURE + name) or cookies.get(name) or "")


def is_short_enough(token: str) -> bool:
    return len(_written(token)) <= LONGEST


def begin(answer: Response, headers: Headers, token: str, *, secure: bool, kept: bool) -> None:
    answer.set_cookie(
        (_SECURE if secure else "") + _name(headers),
        _written(token),
        max_age=_KEPT if kept else None,
        path=PATH,
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def end(answer: Response, headers: Headers) -> None:
    for prefix in ("", _SECURE):
        answer.delete_cookie(
            prefix + _name(headers),
            path=PATH,
            secure=bool(prefix),
            httponly=True,
            samesite="strict",
        )


def is_secure(headers: Headers, scheme: str) -> bool:
    """Whether the browser came by https: a proxy in between may have ended it."""
    return scheme == "https" or headers.get("origin", "").startswith("https://")


def _name(headers: Headers) -> str:
    """The cookie's name, with the port: cookies of one host hold for all its ports."""
    try:
        port = urlsplit(f"//{headers.get('host', '')}").port
    except ValueError:
        port = None
    return _NAME if port is None else f"{_NAME}_{port}"


def _written(token: str) -> str:
    """As a cookie can carry it, whatever it is."""
    return quote(token, safe="")
