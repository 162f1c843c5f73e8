"""Pages of other sites: what keeps them out where no token of a header does.

A browser sends a form's POST anywhere (CSRF), and takes another name of 127.0.0.1 for the page's
own site (DNS rebinding). What it cannot do is lie about `Content-Type`, `Origin` and `Host`.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from orchestrator.errors import Foreign
from orchestrator.settings import Settings, is_loopback


class Sites:
    """The names under which this service is reached, and the pages that may call it."""

    def __init__(self, settings: Settings) -> None:
        addresses = (settings.public_url, settings.callback_url, settings.own_url)
        self._hosts = {urlsplit(one).hostname or "" for one in addresses if one}
        self._origins = {*settings.cors_origins, *map(_origin, filter(None, addresses))}

    def check(self, headers: Headers, *, has_body: bool) -> None:
        """`Foreign` names the header that is wrong."""
        for name in self._wrong(headers, has_body=has_body):
            raise Foreign(name)

    def _wrong(self, headers: Headers, *, has_body: bool) -> Iterator[str]:
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_ours(host):
            yield f"Host: {host[:100]!r} 不是本服务的地址"
        if origin is not None and not self._may_call(origin, host):
            yield f"Origin: 不接受来自 {origin[:100]!r} 的请求"
        if has_body and not _is_json(headers.get("content-type", "")):
            yield "Content-Type: 必须为 application/json"

    def _is_ours(self, host: str) -> bool:
        name = _hostname(host)
        return name in self._hosts or is_loopback(name)

    def _may_call(self, origin: str, host: str) -> bool:
        return origin in self._origins or origin in (f"http://{host}", f"https://{host}")


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
