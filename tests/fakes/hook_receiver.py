"""Something that is told: it remembers every request, and answers as its script says.

An answer is bytes, sent as they are; `HANG` sends nothing until the receiver closes.
"""

import contextlib
import dataclasses
import json
import socketserver
import threading

HANG = object()


def answer(status, body=b"", *headers):
    body = json.dumps(body).encode() if isinstance(body, dict) else body
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclasses.dataclass(frozen=True)
class Told:
    path: str
    headers: dict
    body: bytes

    @property
    def document(self):
        return json.loads(self.body)

    @property
    def delivery(self):
        return self.headers["x-sisyphus-delivery"]


class Receiver:
    def __init__(self):
        self.told = []
        #: one for each request; then 200.
        self.script = []
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def take(self, told):
        with self._lock:
            self.told.append(told)
            return self.script.pop(0) if self.script else answer(200, b"ok")

    def hang(self):
        self._closing.wait()

    def close(self):
        self._closing.set()


class _Handler(socketserver.StreamRequestHandler):
    def handle(self):
        path = self.rfile.readline().split()[1].decode()
        headers = {}
        while (line := self.rfile.readline().strip()) != b"":
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers["content-length"]))
        said = self.server.receiver.take(Told(path, headers, body))
        if said is HANG:
            self.server.receiver.hang()
        else:
            self.wfile.write(said)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextlib.contextmanager
def receiver():
    """A `Receiver` that listens at `receiver.url`."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.receiver = one = Receiver()
        one.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield one
        finally:
            one.close()
            server.shutdown()
            thread.join()
