"""Which cookies are kept and sent: as browsers and curl do (RFC 6265), not as in 1997.

The library's policy keeps `Domain=localhost` and never sends it; a cookie that is not kept, or will
not be sent over this connection, is said in the log.
"""

import http.cookiejar
import ipaddress
import logging
from typing import Any, Final
from urllib.parse import urlsplit

_log: Final = logging.getLogger(__name__)


class CookiePolicy(http.cookiejar.DefaultCookiePolicy):
    def set_ok(self, cookie: http.cookiejar.Cookie, request: Any) -> bool:
        host = _host(request)
        if not super().set_ok(cookie, request):
            _log.warning(
                "the cookie %s of %s is not kept: its Domain is %s",
                *(cookie.name, host, cookie.domain.lstrip(".")),
            )
            return False
        if cookie.secure and not _is_secure(request, host):
            _log.warning("the cookie %s of %s is Secure: only https sends it", cookie.name, host)
        return True

    def set_ok_domain(self, cookie: http.cookiejar.Cookie, request: Any) -> bool:
        if not cookie.domain_specified:
            return True
        host, domain = _host(request), cookie.domain.lstrip(".").lower()
        return host == domain or (("." in domain or domain == _LOCAL) and _is_under(host, domain))

    def domain_return_ok(self, domain: str, request: Any) -> bool:
        host = _host(request)
        return not domain or _bare(domain) == host or _is_under(host, _bare(domain))

    def return_ok_domain(self, cookie: http.cookiejar.Cookie, request: Any) -> bool:
        """A cookie without a Domain goes to its host only; one of the case's own to every host."""
        host = _host(request)
        if not cookie.domain or _bare(cookie.domain) == host:
            return True
        return cookie.domain.startswith(".") and _is_under(host, _bare(cookie.domain))

    def return_ok_secure(self, cookie: http.cookiejar.Cookie, request: Any) -> bool:
        return not cookie.secure or _is_secure(request, _host(request))


_LOCAL: Final = "localhost"


def _host(request: Any) -> str:
    return urlsplit(request.get_full_url()).hostname or ""


def _bare(domain: str) -> str:
    """Of a host without a dot the library stores `localhost.local`."""
    bare = domain.lstrip(".").lower()
    host = bare.removesuffix(".local").strip("[]")
    return host if "." not in host else bare


def _is_under(host: str, domain: str) -> bool:
    return host.endswith(f".{domain}") and not _is_address(host)


def _is_secure(request: Any, host: str) -> bool:
    """Nobody listens on the way to ourselves."""
    if request.type == "https" or host == _LOCAL or host.endswith(f".{_LOCAL}"):
        return True
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
