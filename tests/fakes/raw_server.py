"""A server that sends what it is told to, byte by byte: right, wrong, too much, too late."""

import contextlib
import re
import socket
import threading

#: in an answer: the connection is closed.
CLOSE = object()


def answer(body=b"", *headers, status="200 OK", length=True):
    """`HTTP/1.1 200 OK` with those header lines, and the body's length."""
    lines = [f"HTTP/1.1 {status}".encode()]
    lines += [line if isinstance(line, bytes) else line.encode() for line in headers]
    if length:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


class RawServer:
    """`answers`: path -> bytes, or a list of bytes to send, seconds to wait, `CLOSE`."""

    def __init__(self, answers, tls=None):
        self.answers = answers
        self.tls = tls
        #: (number of the connection, path) of each request.
        self.asked = []
        #: released when an answer is sent to its end, and when its connection is closed.
        self.sent = threading.Semaphore(0)
        self._open = []
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self):
        return self._listener.getsockname()[1]

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def connections(self):
        return [number for number, _ in self.asked]

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                number = len(self._open)
                thread = threading.Thread(target=self._serve, args=(connection, number))
                thread.daemon = True
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection, number):
        with contextlib.suppress(OSError):
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._open[number - 1] = connection
            with connection, connection.makefile("rb") as lines:
                while path := _path_of_request(lines):
                    self.asked.append((number, path))
                    if not self._play(connection, self.answers[path]):
                        break
                    self.sent.release()
        self.sent.release()

    def _play(self, connection, script):
        for part in [script] if isinstance(script, bytes) else script:
            if part is CLOSE:
                return False
            if isinstance(part, bytes):
                connection.sendall(part)
            elif self._closing.wait(part):
                return False
        return True

    def close(self):
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(5)


def _path_of_request(lines):
    """Of the next request, its body read; empty at the end."""
    first = lines.readline()
    length = 0
    for line in iter(lines.readline, b"\r\n"):
        if not line:
            return ""
        found = re.match(rb"content-length: *(\d+)", line, re.IGNORECASE)
        length = int(found[1]) if found else length
    lines.read(length)
    return first.split()[1].decode() if first else ""


@contextlib.contextmanager
def raw_server(answers, tls=None):
    server = RawServer(answers, tls)
    try:
        yield server
    finally:
        server.close()
