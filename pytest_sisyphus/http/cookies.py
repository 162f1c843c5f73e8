"""Which cookies are stored and sent: by RFC 6265, as browsers and curl do.

The policy of `http.cookiejar` follows Netscape's rules and RFC 2965; it stores `Domain=localhost`,
but never sends it. A cookie that is refused, or will not be sent over this connection, is logged as
a warning.
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
        if cookie.secure and not _is_trustworthy(request, host):
            _log.warning("the cookie %s of %s is Secure: only https sends it", cookie.name, host)
        return True

    def set_ok_domain(self, cookie: http.cookiejar.Cookie, request: Any) -> bool:
        if not cookie.domain_specified:
            return True
        host, domain = _host(request), cookie.domain.lstrip(".").lower()
        return host == domain or (
            ("." in domain or domain == _LOCALHOST) and _is_subdomain(host, domain)
        )

    def domain_return_ok(self, domain: str, request: Any) -> bool:
        host = _host(request)
        return not domain or _canonical(domain) == host or _is_subdomain(host, _canonical(domain))

    def return_ok_domain(self, cookie: http.cookiejar.Cookie, request: Any) -> bool:
        """A cookie without Domain is host-only; one that the case gives itself goes everywhere."""
        host = _host(request)
        if not cookie.domain or _canonical(cookie.domain) == host:
            return True
        return cookie.domain.startswith(".") and _is_subdomain(host, _canonical(cookie.domain))

    def return_ok_secure(self, cookie: http.cookiejar.Cookie, request: Any) -> bool:
        return not cookie.secure or _is_trustworthy(request, _host(request))


_LOCALHOST: Final = "localhost"


def _host(request: Any) -> str:
    return urlsplit(request.get_full_url()).hostname or ""


def _canonical(domain: str) -> str:
    """In lower case, without a leading dot (RFC 6265, 5.1.2 and 5.2.3), and without the `.local`
    that `http.cookiejar` appends to a host name that has no dot."""
    canonical = domain.lstrip(".").lower()
    host = canonical.removesuffix(".local").strip("[]")
    return host if "." not in host else canonical


def _is_subdomain(host: str, domain: str) -> bool:
    return host.endswith(f".{domain}") and not _is_address(host)


def _is_trustworthy(request: Any, host: str) -> bool:
    """https, or a loopback host: a trustworthy origin, as browsers have it for Secure cookies."""
    if request.type == "https" or host == _LOCALHOST or host.endswith(f".{_LOCALHOST}"):
        return True
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
