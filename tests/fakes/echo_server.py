"""A small HTTP server that tells what it was asked, and misbehaves on request."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class EchoServer(ThreadingHTTPServer):
    """`/anything` answers with what was asked; the rest is in `_Handler`'s table."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        #: what was asked, in order of arrival.
        self.requests: list[dict[str, Any]] = []
        #: how often each path was asked for.
        self.counts: dict[str, int] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: EchoServer
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        asked = {
            "method": self.command,
            "path": parts.path,
            "target": self.path,
            "query": dict(parse_qsl(parts.query, keep_blank_values=True)),
            "headers": {name.title(): value for name, value in self.headers.items()},
            "body": self.rfile.read(length).decode("utf-8", "replace"),
            "client": self.client_address[1],
        }
        with contextlib.suppress(ValueError):
            asked["json"] = json.loads(asked["body"])
        self.server.requests.append(asked)
        self.server.counts[parts.path] = self.server.counts.get(parts.path, 0) + 1
        first = parts.path.strip("/").split("/")[0]
        getattr(self, f"_{first.replace('-', '_')}", self._anything)(asked)

    def _send(
        self, status: int, body: bytes, content_type: str = "application/json", **headers: str
    ) -> None:
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _anything(self, asked: dict[str, Any]) -> None:
        self._send(200, json.dumps(asked, ensure_ascii=False).encode())

    def _status(self, asked: dict[str, Any]) -> None:
        """/status/404"""
        code = int(asked["path"].rsplit("/", 1)[1])
        self._send(code, json.dumps({"code": code, "message": "status"}).encode())

    def _raw(self, asked: dict[str, Any]) -> None:
        """/raw?type=text/plain&body=x&status=200"""
        query = asked["query"]
        self._send(
            int(query.get("status", 200)), query.get("body", "").encode(), query.get("type", "")
        )

    def _bytes(self, _: dict[str, Any]) -> None:
        self._send(200, b"\xff\xfe\x00binary", "application/octet-stream")

    def _cookie(self, asked: dict[str, Any]) -> None:
        """/cookie?name=value sets it"""
        name, value = next(iter(asked["query"].items()))
        self._send(200, b"{}", Set_Cookie=f"{name}={value}; Path=/")

    def _redirect(self, asked: dict[str, Any]) -> None:
        """/redirect?to=/anything"""
        self._send(302, b"", Location=asked["query"]["to"], Set_Cookie="hop=1; Path=/")

    def _flaky(self, asked: dict[str, Any]) -> None:
        """/flaky/2 answers 503 twice, then 200"""
        failures = int(asked["path"].rsplit("/", 1)[1])
        ok = self.server.counts[asked["path"]] > failures
        self._send(200 if ok else 503, json.dumps({"ok": ok}).encode())

    def _slow(self, asked: dict[str, Any]) -> None:
        """/slow?seconds=5 answers late"""
        time.sleep(float(asked["query"]["seconds"]))
        with contextlib.suppress(OSError):
            self._anything(asked)

    def _drip(self, _: dict[str, Any]) -> None:
        """one byte every 50 ms, for 10 s"""
        self.send_response(200)
        self.send_header("Content-Length", "200")
        self.end_headers()
        with contextlib.suppress(OSError):
            for _second in range(200):
                self.wfile.write(b"x")
                time.sleep(0.05)

    def _reset(self, _: dict[str, Any]) -> None:
        self.connection.close()
        self.close_connection = True

    def _half(self, _: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"only this")
        self.close_connection = True

    def _garbage(self, _: dict[str, Any]) -> None:
        self.wfile.write(b"this is no HTTP\r\n\r\n")
        self.close_connection = True

    def _gzip_lie(self, _: dict[str, Any]) -> None:
        self._send(200, b"not gzip at all", "text/plain", Content_Encoding="gzip")

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextlib.contextmanager
def echo_server() -> Iterator[EchoServer]:
    server = EchoServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
