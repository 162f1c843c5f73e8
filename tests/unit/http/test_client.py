"""What one request of a session does with what the server and the environment say."""

import contextlib
import gzip

import pytest
import requests
from raw_server import answer, raw_server

from pytest_sisyphus.errors import ProtocolViolated, ResponseInvalid
from pytest_sisyphus.http.client import HttpSession
from pytest_sisyphus.http.timing import Limit

LIMIT = Limit(total=5.0, connect=5.0, read=5.0)
OPTIONS = {"proxies": None, "verify": True, "allow_redirects": True}


@pytest.fixture
def serve():
    with contextlib.ExitStack() as stack:
        yield lambda answers, **options: stack.enter_context(raw_server(answers, **options))


@pytest.fixture
def ask():
    """`ask(url, …)`, all in one session that takes bodies of up to a million bytes."""
    session = HttpSession(max_decoded=1_000_000)

    def send(url, *, auth=None, **options):
        request = requests.Request("GET", url, auth=auth)
        return session.send(request, LIMIT, {**OPTIONS, **options})

    yield send
    session.close()


def hop(location, *headers, body=b""):
    return answer(body, b"Location: " + location, *headers, status="302 Found")


HOSTILE_LOCATIONS = [
    b"file:///etc/passwd",
    b"ftp://127.0.0.1/x",
    b"javascript:alert(1)",
    b"data:text/plain,x",
    b"gopher://127.0.0.1:70/_",
    b"http://[::1",
    b"http://127.0.0.1:99999/",
    b"http://127.0.0.1:port/",
    b"http://\xff/",
    b"http://" + b"a" * 300 + b"/",
    b"x:",
]


@pytest.mark.parametrize("location", HOSTILE_LOCATIONS)
def test_a_redirect_to_nowhere_is_the_servers_fault(serve, ask, location):
    server = serve({"/": hop(location)})

    with pytest.raises(ProtocolViolated, match=f"{server.url}/ redirects to"):
        ask(server.url + "/")


@pytest.mark.parametrize("location", [*HOSTILE_LOCATIONS, b""])
def test_a_redirect_that_is_not_followed_is_an_answer_wherever_it_leads(serve, ask, location):
    server = serve({"/": hop(location)})

    assert ask(server.url + "/", allow_redirects=False).response.status_code == 302


def test_a_redirect_in_circles_ends(serve, ask):
    server = serve({"/": hop(b"/")})

    with pytest.raises(ProtocolViolated, match="Exceeded 30 redirects"):
        ask(server.url + "/")


BOMB = gzip.compress(bytes(20_000_000))


@pytest.mark.parametrize(
    "answers",
    [
        {"/": answer(BOMB, "Content-Encoding: gzip")},
        {"/": hop(b"/end", "Content-Encoding: gzip", body=BOMB), "/end": answer(b"{}")},
        {
            "/": answer(
                BOMB,
                "Content-Encoding: gzip",
                'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"',
                status="401 No",
            )
        },
    ],
    ids=["answer", "redirect", "challenge"],
)
def test_a_bomb_fails_wherever_it_comes(serve, ask, answers):
    server = serve(answers)

    with pytest.raises(ResponseInvalid, match="larger than 1000000 bytes after decoding gzip"):
        ask(server.url + "/", auth=requests.auth.HTTPDigestAuth("u", "p"))


def test_after_a_body_that_was_given_up_its_connection_is_not_used_again(serve, ask):
    server = serve({"/": answer(bytes(3_000_000)), "/next": answer(b"{}")})

    with pytest.raises(
        ResponseInvalid, match=r"of 3000000 bytes is larger than 1000000 bytes$"
    ) as caught:
        ask(server.url + "/")

    assert caught.value.category == "parsing"
    assert "sisyphus_max_decoded" in str(caught.value.suggestion)
    assert ask(server.url + "/next").content == b"{}"
    assert server.connections == [1, 2]


def test_a_body_that_says_how_large_it_is_is_not_waited_for(serve, ask):
    head = answer(b"", "Content-Length: 999999999999", length=False)
    server = serve({"/": [head, 10.0]})

    with pytest.raises(
        ResponseInvalid, match=r"of 999999999999 bytes is larger than 1000000 bytes$"
    ):
        ask(server.url + "/")


@pytest.mark.parametrize("header", ["gzip", "br", "zstd", "deflate", "gzip, gzip", "nonsense"])
@pytest.mark.parametrize("status", ["204 None", "304 Not Modified", "200 OK"])
def test_no_body_is_no_broken_encoding(serve, ask, header, status):
    server = serve({"/": answer(b"", f"Content-Encoding: {header}", status=status)})

    assert ask(server.url + "/").content == b""


def test_an_encoding_that_is_not_known_leaves_the_bytes_as_they_are(serve, ask):
    server = serve({"/": answer(b"as it is", "Content-Encoding: utf-8")})

    assert ask(server.url + "/").content == b"as it is"


class TestProxies:
    """B9: given ones replace the environment's, on every hop."""

    @pytest.fixture(autouse=True)
    def environment(self, monkeypatch):
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)

    def test_without_any_the_environments_is_used(self, serve, ask):
        server = serve({"/": answer(b"{}")})

        with pytest.raises(Exception, match="cannot connect"):
            ask(server.url + "/")

    @pytest.mark.parametrize("proxies", [{}, {"https": "http://127.0.0.1:1"}, {"http": None}])
    def test_given_ones_replace_it(self, serve, ask, proxies):
        server = serve({"/": hop(b"/end"), "/end": answer(b"{}")})

        assert ask(server.url + "/", proxies=proxies).content == b"{}"

    def test_for_the_one_request_only(self, serve, ask):
        server = serve({"/": answer(b"{}")})
        ask(server.url + "/", proxies={})

        with pytest.raises(Exception, match="cannot connect"):
            ask(server.url + "/")

    @pytest.mark.parametrize("exception", ["no_proxy", "NO_PROXY"])
    def test_a_change_of_the_environment_is_seen_at_once(self, serve, ask, monkeypatch, exception):
        server = serve({"/": answer(b"{}")})
        with pytest.raises(Exception, match="cannot connect"):
            ask(server.url + "/")

        monkeypatch.setenv(exception, "127.0.0.1")

        assert ask(server.url + "/").content == b"{}"
