"""An application in this process, asked without a socket: one step into its event loop a request.

Starlette's own client takes seven steps for each request, and makes a loop and a thread for each
application: more than most of what the tests ask costs.
"""

import asyncio
import atexit
import functools
import json
import threading
from typing import Any
from urllib.parse import unquote

import httpx2
from starlette.applications import Starlette


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    """Of all applications in this process, in a thread of its own."""
    loop, over = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=[over.wait()], daemon=True)
    thread.start()

    @atexit.register
    def end() -> None:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()

    return loop


class _Body(httpx2.SyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Any:
        yield self._content


class Application(httpx2.BaseTransport):
    """Lives within `with`. What it raises after its answer has begun is in its log."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def __enter__(self) -> "Application":
        self._over = asyncio.Event()
        begun = threading.Event()
        self._life = asyncio.run_coroutine_threadsafe(self._live(begun), _loop())
        self._life.add_done_callback(lambda _: begun.set())
        begun.wait()
        if self._life.done():
            self._life.result()
        return self

    def __exit__(self, *_args: Any) -> None:
        _loop().call_soon_threadsafe(self._over.set)
        self._life.result()

    async def _live(self, begun: threading.Event) -> None:
        async with self._app.router.lifespan_context(self._app):
            begun.set()
            await self._over.wait()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url, headers = request.url, request.headers.multi_items()
        return self._answer(request.method, url, headers, request.read())

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, Any],
        query: Any = None,
        body: Any = None,
        content: bytes | None = None,
    ) -> httpx2.Response:
        """As a new `httpx2.Client` would, without all that it considers; the answer is read."""
        if query:
            path = f"{path.partition('?')[0]}?{httpx2.QueryParams(query)}"
        usual = _USUAL
        if body is not None:
            content = json.dumps(
                body, ensure_ascii=False, separators=(",", ":"), allow_nan=False
            ).encode()
            usual = usual | {"content-type": "application/json"}
        if content is not None:
            usual = usual | {"content-length": str(len(content))}
        sent = usual | {name.lower(): value for name, value in headers.items()}
        response = self._answer(method, path, list(sent.items()), content or b"")
        response.read()
        return response

    def _answer(
        self, method: str, url: httpx2.URL | str, headers: list[tuple[str, Any]], content: bytes
    ) -> httpx2.Response:
        scheme, host, port, target = "http", "localhost", None, url
        if isinstance(url, httpx2.URL):
            scheme, host, port, target = url.scheme, url.host, url.port, url.raw_path.decode()
        raw_path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": unquote(raw_path),
            "raw_path": raw_path.encode(),
            "root_path": "",
            "scheme": scheme,
            "query_string": query.encode(),
            "headers": [
                (name.lower().encode(), value if isinstance(value, bytes) else value.encode())
                for name, value in headers
            ],
            "client": ("testclient", 50000),
            "server": [host, port or {"http": 80, "https": 443}[scheme]],
        }
        exchange = _exchange(self._app, scope, content)
        status, sent, answer = asyncio.run_coroutine_threadsafe(exchange, _loop()).result()
        return httpx2.Response(
            status, headers=sent, stream=_Body(b"" if method == "HEAD" else answer)
        )


#: the headers of each request of `httpx2.Client`, as it was asked here.
_USUAL = {
    "host": "localhost",
    **httpx2.Client(trust_env=False).headers,
    "user-agent": "testclient",
}


async def _exchange(
    app: Starlette, scope: dict[str, Any], content: bytes
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    incoming = [{"type": "http.request", "body": content, "more_body": False}]
    complete = asyncio.Event()
    began: dict[str, Any] = {}
    chunks: list[bytes] = []

    async def receive() -> dict[str, Any]:
        if incoming:
            return incoming.pop()
        await complete.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert not began, "a second answer"
            began.update(message)
            return
        assert began, "a body before its answer has begun"
        assert not complete.is_set(), "a body after its end"
        chunks.append(bytes(message.get("body", b"")))
        if not message.get("more_body", False):
            complete.set()

    try:
        await app(scope, receive, send)
    except Exception:
        if not began:
            raise
    return began["status"], began["headers"], b"".join(chunks)
