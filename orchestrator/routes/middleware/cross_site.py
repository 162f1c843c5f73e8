"""Pages of other sites: what keeps them out where no token of a header does.

A browser sends a form's POST anywhere (CSRF), and takes another name of 127.0.0.1 for the page's
own site (DNS rebinding). What it cannot do is lie about `Content-Type`, `Origin` and `Host`.
"""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from orchestrator.config.settings import Settings, is_loopback
from orchestrator.errors import Foreign
from orchestrator.i18n import tr


class CrossSiteGuard:
    """The names under which this service is reached, and the pages that may call it."""

    def __init__(self, settings: Settings) -> None:
        addresses = (settings.public_url, settings.callback_url, settings.own_url)
        parts = [urlsplit(address) for address in addresses if address]
        self._hosts = {part.hostname or "" for part in parts}
        #: of a browser that has a session here: how colleagues may call this machine.
        self._machine = socket.gethostname().lower()
        self._origins = {
            *settings.cors_origins,
            *(f"{part.scheme}://{part.netloc}" for part in parts),
        }

    def check(self, headers: Headers, *, has_body: bool, page: bool = False) -> None:
        """`Foreign` names the header that is wrong.

        `page`: by our page, which is also reached by this machine's addresses and its name. No
        stranger's name can stand for those.
        """
        host, origin = headers.get("host", ""), headers.get("origin")
        name = _hostname(host)
        is_ours = name in self._hosts or is_loopback(name)
        if not (is_ours or (page and self._is_machine(name))):
            raise Foreign(
                tr("Host: {host} 不是本服务的地址，可用 --public-url 指定", host=repr(host[:100]))
            )
        own = (f"http://{host}", f"https://{host}")
        if origin is not None and origin not in self._origins and origin not in own:
            raise Foreign(tr("Origin: 不接受来自 {origin} 的请求", origin=repr(origin[:100])))
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if has_body and not re.fullmatch(r"application/(json|.*\+json)", media_type):
            raise Foreign(tr("Content-Type: 必须为 application/json"))

    def _is_machine(self, name: str) -> bool:
        try:
            return name == self._machine or bool(ipaddress.ip_address(name))
        except ValueError:
            return False


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
