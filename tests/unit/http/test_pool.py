"""Which connections are used again: those on which nothing can be lost or mistaken."""

import contextlib
import os
import socket
import ssl
import threading
import time

import pytest
import requests
import trustme
from raw_server import CLOSE, answer, raw_server
from urllib3.exceptions import InsecureRequestWarning

from pytest_sisyphus.errors import ConnectionFailed, NetworkFailed, TimedOut
from pytest_sisyphus.http import pool
from pytest_sisyphus.http.client import HttpSession
from pytest_sisyphus.http.pool import POOL
from pytest_sisyphus.http.timing import Limit

LIMIT = Limit(total=5.0, connect=5.0, read=5.0)
OPTIONS = {"proxies": {}, "verify": False, "allow_redirects": True}


@pytest.fixture
def serve():
    with contextlib.ExitStack() as stack:
        yield lambda answers, **options: stack.enter_context(raw_server(answers, **options))


@pytest.fixture
def session():
    made = HttpSession()
    yield made
    made.close()


def ask(session, url, *, method="GET", limit=LIMIT, **rest):
    return session.send(requests.Request(method, url, **rest), limit, OPTIONS)


def idle():
    with POOL._lock:
        return [connection for _, connection in POOL._idle]


def test_one_that_was_idle_for_long_is_closed_instead_of_used(serve, session, monkeypatch):
    """Its server may be about to close it: nobody could tell what became of a request."""
    server = serve({"/": answer(b"{}")})
    ask(session, server.url + "/")
    monkeypatch.setattr(pool, "MAX_IDLE_SECONDS", 0.02)
    time.sleep(0.03)

    assert not ask(session, server.url + "/").performance["reused"]
    assert server.connections == [1, 2]


def test_one_that_the_server_closed_is_not_used(serve, session):
    server = serve({"/": [answer(b"{}"), CLOSE]})
    ask(session, server.url + "/")
    assert server.sent.acquire(timeout=30)
    time.sleep(0.05)  # and it has come

    assert ask(session, server.url + "/").response.status_code == 200
    assert server.connections == [1, 2]


def test_a_request_that_is_lost_is_not_sent_again(serve, session):
    """Twice is another thing than once, and a server that breaks has broken."""
    server = serve({"/": answer(b"{}"), "/broken": [CLOSE]})
    ask(session, server.url + "/")

    with pytest.raises(NetworkFailed, match="the connection broke: Remote end closed"):
        ask(session, server.url + "/broken")
    assert [path for _, path in server.asked] == ["/", "/broken"]


def test_the_oldest_are_closed_where_there_are_many(serve, session, monkeypatch):
    monkeypatch.setattr(pool, "MAX_IDLE", 2)
    servers = [serve({"/": answer(b"{}")}) for _ in range(3)]
    for server in servers:
        ask(session, server.url + "/")

    assert [ask(session, one.url + "/").performance["reused"] for one in reversed(servers)] == [
        True,
        True,
        False,
    ]


def test_sessions_share_them(serve, session):
    server, other = serve({"/": answer(b"{}", "Set-Cookie: a=b; Path=/")}), HttpSession()
    ask(session, server.url + "/")

    assert ask(other, server.url + "/").performance["reused"]
    assert server.connections == [1, 1]
    other.close()
    assert ask(session, server.url + "/").performance["reused"]


def challenged(request):
    request.register_hook("response", lambda response, **_: response)
    return request


@pytest.mark.parametrize(
    "rest",
    [
        {"auth": challenged},
        {"headers": {"authorization": "NTLM TlRMTVNTUAAB"}},
        {"headers": {"Authorization": b"negotiate YII"}},
    ],
    ids=["hook", "ntlm", "negotiate"],
)
def test_one_that_may_be_signed_in_stays_in_its_session(serve, session, rest):
    server, other = serve({"/": answer(b"{}")}), HttpSession()
    ask(session, server.url + "/", **rest)

    assert not ask(other, server.url + "/", **rest).performance["reused"]
    assert not ask(other, server.url + "/").performance["reused"]
    assert ask(session.fork(), server.url + "/", **rest).performance["reused"]
    other.close()


def test_what_is_not_verified_is_not_used_by_who_verifies(serve, session):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = serve({"/": answer(b"{}")}, tls=context)
    with pytest.warns(InsecureRequestWarning):
        ask(session, server.url + "/")
    with pytest.warns(InsecureRequestWarning):
        assert ask(session, server.url + "/").performance["reused"]

    with pytest.raises(ConnectionFailed, match="TLS failed"):
        session.send(requests.Request("GET", server.url + "/"), LIMIT, {**OPTIONS, "verify": True})


def test_a_session_that_is_alone_leaves_none(serve):
    server, session = serve({"/": answer(b"{}")}), HttpSession(has_own_connections=True)
    before = idle()
    ask(session, server.url + "/")
    (mine,) = [one for one in idle() if one not in before]
    assert not ask(HttpSession(), server.url + "/").performance["reused"]

    session.close()

    assert mine not in idle()
    assert mine.sock is None or mine.sock.fileno() == -1


def test_a_forked_child_leaves_its_parents_alone(serve, session):
    server = serve({"/": answer(b"{}")})
    ask(session, server.url + "/")

    child = os.fork()
    if not child:
        reused = ask(session, server.url + "/").performance["reused"]
        os._exit(7 if reused else 0)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert ask(session, server.url + "/").performance["reused"]
    assert server.connections == [1, 2, 1]


class TestSending:
    @pytest.mark.flaky(reruns=2)  # a busy machine may stand still for a second, but not each time
    def test_a_server_that_does_not_read_ends_with_the_time(self, session):
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
            began = time.perf_counter()
            with pytest.raises(TimedOut, match=r"within 0\.3 s"):
                ask(
                    session,
                    url,
                    method="POST",
                    data=bytes(30_000_000),
                    limit=Limit(total=0.3, connect=0.3, read=0.3),
                )
            assert time.perf_counter() - began < 1.5

    def test_what_a_server_says_to_a_part_of_a_request_is_its_answer(self, session):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            refusal = answer(b"too much", status="413 Too Large")

            def refuse():
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(refusal)
                    connection.shutdown(socket.SHUT_RD)
                    time.sleep(0.2)

            with in_a_thread(refuse):
                url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
                answered = ask(session, url, method="POST", data=bytes(30_000_000))

        assert (answered.response.status_code, answered.content) == (413, b"too much")


@contextlib.contextmanager
def in_a_thread(run):
    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join(5)
