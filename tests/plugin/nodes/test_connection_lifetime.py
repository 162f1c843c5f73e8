"""Connections outlive their case, but no fixture that may be the server at their other end."""

import contextlib

import pytest
from raw_server import answer, raw_server

CASES = """
name: first
config: {{base_url: {url}}}
steps: [{{name: a, url: /}}, {{name: b, url: /}}]
---
name: second
config: {{base_url: {url}}}
steps: [{{name: c, url: /}}]
"""


@pytest.fixture
def served():
    with raw_server({"/": answer(b"{}")}) as server:
        yield server


def test_cases_and_files_use_the_same(run_yaml, served):
    text = CASES.format(url=served.url)

    ran = run_yaml(text, other__yaml=text, later__py="def test_it(): pass")

    assert served.connections == [1] * 6
    reused = [step["performance"]["reused"] for one in ran.documents for step in one["steps"]]
    assert reused == [False, *[True] * 5]


def test_none_is_left_after_the_run(run_yaml, served):
    run_yaml(CASES.format(url=served.url))
    run_yaml(CASES.format(url=served.url))

    assert served.connections == [1, 1, 1, 2, 2, 2]


#: a server that cannot end before its connections do.
CONFTEST = """
import socketserver
import threading
import pytest

class Handler(socketserver.StreamRequestHandler):
    timeout = 20

    def handle(self):
        while self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            self.wfile.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}")

    def finish(self):
        self.server.ended.set()

class Server(socketserver.ThreadingTCPServer):
    ended = threading.Event()

@pytest.fixture(scope="SCOPE", AUTO)
def server():
    with Server(("127.0.0.1", PORT), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield
        server.shutdown()
        assert server.ended.wait(5), "its connection is still open"
"""


@pytest.mark.parametrize("scope", ["function", "class", "package", "session"])
@pytest.mark.parametrize("auto", ["autouse=True", ""])
def test_a_fixture_may_end_with_its_connections(run_yaml, free_port, scope, auto):
    conftest = CONFTEST
    for word, meant in {"SCOPE": scope, "AUTO": auto, "PORT": str(free_port)}.items():
        conftest = conftest.replace(word, meant)
    cases = CASES.format(url=f"http://127.0.0.1:{free_port}").replace(
        "config:", "usefixtures: [server]\nconfig:"
    )

    ran = run_yaml(cases, conftest__py=conftest)

    assert ran.outcomes == {"passed": 2}, ran.stdout
    shared = [one["steps"][0]["performance"]["reused"] for one in ran.documents]
    assert shared == [False, scope in {"package", "session"}]


@pytest.fixture
def free_port():
    import socket

    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as sock:
        return sock.getsockname()[1]
