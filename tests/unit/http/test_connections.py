"""A1: an answer belongs to the request it was asked by, or the connection is not used again."""

import contextlib
import socket
import ssl
import threading
import time

import pytest
import requests
import trustme
from languages import assert_chinese, set_to_chinese
from raw_server import CLOSE, answer, raw_server

from pytest_sisyphus.errors import ConnectionFailed, NetworkFailed, ProtocolViolated, TimedOut
from pytest_sisyphus.http import connections
from pytest_sisyphus.http.client import HttpSession
from pytest_sisyphus.http.timing import Limit

__all__ = ["set_to_chinese"]

LIMIT = Limit(total=5.0, connect=5.0, read=5.0)
OPTIONS = {"proxies": None, "verify": False, "allow_redirects": True}

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
BROKEN = answer(b'{"code":1}', status="500 Oops")
#: what would be taken for the next answer, if it were.
JUNK = answer(b'{"code":0}')


@pytest.fixture
def session():
    made = HttpSession()
    yield made
    made.close()


@pytest.fixture
def serve():
    with contextlib.ExitStack() as stack:
        yield lambda answers, **options: stack.enter_context(raw_server(answers, **options))


def ask(session, server, path, *, method="GET", limit=LIMIT, **options):
    request = requests.Request(method, server.url + path)
    return session.send(request, limit, {**OPTIONS, **options})


@pytest.mark.parametrize(
    "first",
    [
        [HINTS, 0.05, JUNK],
        [PROCESSING, 0.05, JUNK],
        [CONTINUE, 0.05, JUNK],
        [HINTS, 0.02, HINTS, 0.02, PROCESSING, 0.02, JUNK],
        [HINTS + CONTINUE + JUNK],
        [HINTS[:20], 0.02, HINTS[20:], JUNK],
    ],
    ids=["103", "102", "100", "several", "at once", "in pieces"],
)
def test_interim_answers_are_skipped(session, serve, first):
    server = serve({"/": first, "/broken": BROKEN})

    one, two = ask(session, server, "/"), ask(session, server, "/broken")

    assert (one.response.status_code, one.content) == (200, b'{"code":0}')
    assert (two.response.status_code, two.content) == (500, b'{"code":1}')
    assert server.connections == [1, 1]


def test_the_servers_time_ends_with_the_final_answer(session, serve):
    server = serve({"/": [HINTS, 0.2, JUNK]})

    assert ask(session, server, "/").performance["server_time"] >= 190


def test_interim_answers_without_end_are_cut_by_the_timeout(session, serve):
    server = serve({"/": [part for _ in range(200) for part in (HINTS, 0.02)]})

    with pytest.raises(TimedOut, match=r"within 0\.3 s"):
        ask(session, server, "/", limit=Limit(total=0.3, connect=0.3, read=0.3))


def test_switching_protocols_is_an_answer_and_the_connection_no_http(session, serve):
    switching = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"
    server = serve({"/": switching, "/broken": BROKEN})

    assert ask(session, server, "/").response.status_code == 101
    assert ask(session, server, "/broken").response.status_code == 500
    assert server.connections == [1, 2]


#: (method, what the server sends)
OUT_OF_STEP = {
    "bytes after the body": ("GET", [answer(b"{}") + JUNK]),
    "bytes after the body, later": ("GET", [answer(b"{}"), 0.02, JUNK]),
    "after a long body": ("GET", [answer(b"x" * 100_000) + JUNK]),
    "after the last chunk": (
        "GET",
        [answer(b"2\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked", length=False) + JUNK],
    ),
    "a body of HEAD": ("HEAD", [answer(b'{"a":1}'), 0.02]),
    "a body of HEAD, later": ("HEAD", [answer(b"")[:-4] + b"0\r\n\r\n", 0.02, JUNK]),
    "a body of 204": ("GET", [answer(b"{}", status="204 No Content")]),
    "a body of 204 without length": ("GET", [answer(b"{}", status="204 None", length=False)]),
    "a body of 304": ("GET", [answer(b"{}", status="304 Not Modified")]),
    "a chunked 204": (
        "GET",
        [answer(b"", "Transfer-Encoding: chunked", status="204 None", length=False), 0.02, JUNK],
    ),
    "a length and chunks": (
        "GET",
        [
            answer(
                b"2\r\n{}\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked",
                "Content-Length: 2",
                length=False,
            )
        ],
    ),
}


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("case", OUT_OF_STEP)
@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_a_connection_that_may_still_hold_an_answer_is_not_used_again(
    session, serve, tls, case, secure
):
    method, first = OUT_OF_STEP[case]
    server = serve({"/": first, "/broken": BROKEN}, tls=tls if secure else None)

    ask(session, server, "/", method=method)
    assert server.sent.acquire(timeout=30)
    time.sleep(0.05)  # and it has come
    second = ask(session, server, "/broken")

    assert (second.response.status_code, second.content) == (500, b'{"code":1}')
    assert server.connections == [1, 2]


def test_an_answer_that_came_too_late_is_nobodys(session, serve):
    server = serve({"/": [0.3, JUNK], "/broken": BROKEN})

    with pytest.raises(TimedOut):
        ask(session, server, "/", limit=Limit(total=5.0, connect=5.0, read=0.1))
    assert server.sent.acquire(timeout=30)

    assert ask(session, server, "/broken").response.status_code == 500


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_a_connection_in_step_is_kept(session, serve, tls, method, secure):
    server = serve({"/": answer(b"")}, tls=tls if secure else None)

    for _ in range(3):
        ask(session, server, "/", method=method)

    assert server.connections == [1, 1, 1]


@pytest.fixture(scope="module")
def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: abc",
        "Content-Length: -1",
        "Content-Length: +2",
        "Content-Length: 1_0",
        "Content-Length: ٢",
        "Content-Length:",
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: 2, 3",
        f"Content-Length: {'9' * 5000}",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: xchunked",
        "no header at all\r\nContent-Length: 2",
        " folded before any\r\nContent-Length: 2",
        ": no name\r\nContent-Length: 2",
        "a name: of two words\r\nContent-Length: 2",
        "X-A: one\rContent-Length: 2",
        "\r\n".join(f"X-{number}: y" for number in range(101)),
        f"X-A: {'y' * 66_000}",
    ],
)
def test_where_the_end_cannot_be_known_nothing_is_read(session, serve, head):
    server = serve({"/": answer(b"{}", head, length=False)})

    with pytest.raises(ProtocolViolated, match="did not speak HTTP"):
        ask(session, server, "/")


@pytest.mark.parametrize(
    "head", ["Content-Length: 2, 2", "Content-Length: 02", "Content-Length: 2 "]
)
def test_a_length_may_be_said_twice(session, serve, head):
    server = serve({"/": answer(b"{}", head, length=False)})

    assert ask(session, server, "/").content == b"{}"


def test_a_folded_header_is_one(session, serve):
    server = serve({"/": answer(b"{}", "X-A: one", "  \t two ", "x-a:three")})

    answered = ask(session, server, "/").response
    assert answered.fields[0] == ("X-A", "one two")
    assert answered.header("x-a") == "one two, three"


@pytest.mark.parametrize(
    "chunks",
    [
        b"xyz\r\n",
        b"-1\r\n",
        b"+2\r\n{}\r\n0\r\n\r\n",
        b"0x2\r\n{}\r\n0\r\n\r\n",
        b"\r\n",
        b"1\r\n{}\r\n",
    ],
)
def test_chunks_of_no_known_size_are_refused(session, serve, chunks):
    head = answer(b"", "Transfer-Encoding: chunked", length=False)
    server = serve({"/": head + chunks})

    with pytest.raises(ProtocolViolated, match="did not speak HTTP"):
        ask(session, server, "/")


@pytest.mark.parametrize(
    "end", [b"0\r\n\r\n", b"000;last\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n", b"0\n\n"]
)
def test_chunks_end_with_the_last_one(session, serve, end):
    head = answer(b"", "Transfer-Encoding: chunked", length=False)
    server = serve({"/": [head + b"1;a=b\r\n{\r\n", 0.02, b"01\r\n}\r", 0.02, b"\n" + end]})

    assert [ask(session, server, "/").content for _ in range(2)] == [b"{}"] * 2
    assert server.connections == [1, 1]


CHUNKED = answer(b"", "Transfer-Encoding: chunked", length=False)


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Len", "in the middle of the headers"),
        (b"HTTP/1.1 200 OK\r\n", "in the middle of the headers"),
        (b"HTTP/1.1 200 OK", "in the middle of the headers"),
        (answer(b"12345")[:-2], r"of the body: IncompleteRead\(3 bytes read, 2 more expected\)"),
        (CHUNKED + b"3\r\nab", r"of the body: IncompleteRead\(2 bytes read, 1 more expected\)"),
        (CHUNKED + b"2\r\nab", r"of the body: IncompleteRead\(2 bytes read\)"),
        (CHUNKED + b"2\r\nab\r\n", r"of the body: IncompleteRead\(2 bytes read\)"),
        (CHUNKED + b"2\r\nab\r\n1", r"of the body: IncompleteRead\(2 bytes read\)"),
    ],
)
def test_an_answer_that_is_cut_off_is_none(session, serve, sent, where):
    server = serve({"/": [sent, CLOSE]})

    with pytest.raises(NetworkFailed, match=where):
        ask(session, server, "/")


@pytest.mark.parametrize(
    "reason",
    [
        "Name or service not known",
        "nodename nor servname provided, or not known",
        "getaddrinfo failed",
        "No address associated with hostname",
        "Temporary failure in name resolution",
        "Non-recoverable failure in name resolution",
    ],
)
@pytest.mark.usefixtures("set_to_chinese")
def test_what_a_resolver_says_is_translated(session, monkeypatch, reason):
    def refuse(*_):
        raise socket.gaierror(socket.EAI_NONAME, reason)

    monkeypatch.setattr(connections, "resolve", refuse)

    with pytest.raises(ConnectionFailed) as error:
        session.send(requests.Request("GET", "http://shop.test/"), LIMIT, OPTIONS)
    assert_chinese(str(error.value))
    assert reason not in str(error.value)


SHORT = Limit(total=0.3, connect=0.3, read=0.3)


@pytest.mark.flaky(reruns=2)  # a busy machine may stand still for a second, but not each time
class TestEveryWaitHasALimit:
    """C2, of the plugin: `timeout` bounds each of them, and all of them together."""

    @pytest.fixture(autouse=True)
    def _within(self):
        began = time.perf_counter()
        yield
        assert time.perf_counter() - began < 1.5

    def test_a_resolver_that_does_not_answer(self, session, monkeypatch):
        resolve = socket.getaddrinfo

        def slowly(*args, flags=0, **options):
            if not flags & socket.AI_NUMERICHOST:
                time.sleep(0.9)
            return resolve(*args, flags=flags, **options)

        monkeypatch.setattr(socket, "getaddrinfo", slowly)
        with pytest.raises(TimedOut, match=r"the name slow\.test was not resolved"):
            session.send(requests.Request("GET", "http://slow.test/"), SHORT, OPTIONS)

    def test_addresses_that_do_not_answer(self, session, monkeypatch):
        monkeypatch.setattr(
            "pytest_sisyphus.http.connections.resolve",
            lambda *_: ["192.0.2.1", "192.0.2.2", "192.0.2.3"],
        )
        connect = socket.socket.connect

        def swallow(sock, address):
            if address[0].startswith("192.0.2."):
                time.sleep(sock.gettimeout())
                raise TimeoutError("timed out")
            return connect(sock, address)

        monkeypatch.setattr(socket.socket, "connect", swallow)
        with pytest.raises(TimedOut, match=r"within 0\.3 s"):
            session.send(requests.Request("GET", "http://silent.test/"), SHORT, OPTIONS)

    def test_a_handshake_that_does_not_come(self, session):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
            with pytest.raises(TimedOut):
                session.send(requests.Request("GET", url), SHORT, OPTIONS)

    @pytest.mark.parametrize(
        "drip", [b"H", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 3], ids=["status", "headers"]
    )
    def test_a_proxy_that_answers_connect_in_drips(self, session, serve, drip):
        script = [part for byte in drip * 4 for part in (bytes([byte]), 0.05)]
        server = serve({"far.test:443": script})
        with pytest.raises(TimedOut, match=r"within 0\.3 s"):
            session.send(
                requests.Request("GET", "https://far.test/"),
                SHORT,
                {**OPTIONS, "proxies": {"https": server.url}},
            )

    @pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
    @pytest.mark.parametrize(
        "script",
        [
            [part for byte in answer(b"{}") for part in (bytes([byte]), 0.05)],
            [answer(b"x" * 50)[:-50], *[part for _ in range(50) for part in (b"x", 0.05)]],
            [
                answer(b"", "Transfer-Encoding: chunked", length=False),
                *[part for _ in range(50) for part in (b"1\r\nx\r\n", 0.05)],
            ],
            [answer(b"", length=False), *[part for _ in range(50) for part in (b"x", 0.05)]],
        ],
        ids=["headers", "body", "chunks", "until closed"],
    )
    @pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
    def test_an_answer_in_drips(self, session, serve, tls, script, secure):
        server = serve({"/": script}, tls=tls if secure else None)
        with pytest.raises(TimedOut, match=r"within 0\.3 s"):
            ask(session, server, "/", limit=SHORT)

    def test_redirects_share_one_time(self, session, serve):
        hop = answer(b"", "Location: /", status="302 Found")
        server = serve({"/": [0.05, hop]})
        with pytest.raises(TimedOut, match=r"within 0\.3 s"):
            ask(session, server, "/", limit=SHORT)


def test_an_exchange_that_times_out_leaves_the_connections_of_others_alone(
    session, serve, monkeypatch
):
    """It gave its connection back before its time was over: another one is on it then."""
    hop = answer(b"", "Location: http://silent.test/", status="302 Found")
    server = serve({"/": hop, "/slow": [0.5, answer(b"{}")]})
    at_the_redirect = threading.Event()
    resolve = connections.resolve

    def silent(host, port, seconds):
        if host != "silent.test":
            return resolve(host, port, seconds)
        at_the_redirect.set()
        time.sleep(seconds)
        raise TimeoutError("not resolved")

    monkeypatch.setattr(connections, "resolve", silent)

    def time_out():
        with pytest.raises(TimedOut):
            ask(session, server, "/", limit=SHORT)

    first = threading.Thread(target=time_out)
    first.start()
    at_the_redirect.wait(5)
    answered = ask(session.fork(), server, "/slow")
    first.join()

    assert answered.content == b"{}"
    assert server.connections == [1, 1]
