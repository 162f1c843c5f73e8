"""B7: cookies go where browsers and curl send them; what is not kept or sent is said."""

import logging

import pytest
import requests
from raw_server import answer, raw_server

from pytest_sisyphus.http.client import HttpSession
from pytest_sisyphus.http.mocked import CannedResponse
from pytest_sisyphus.http.timing import Limit

LIMIT = Limit(total=5.0, connect=5.0, read=5.0)
OPTIONS = {"proxies": {}, "verify": True, "allow_redirects": True}


@pytest.fixture
def session():
    made = HttpSession()
    yield made
    made.close()


def visit(session, url, *set_cookie, cookies=None):
    """What is sent to the address, which then sets those cookies: no network is asked."""
    sent = []

    def at_the_server(request):
        sent.append(request.headers.get("Cookie"))
        headers = {"Set-Cookie": set_cookie[0]} if set_cookie else {}
        return CannedResponse(status_code=200, headers=headers, content=b"")

    mocked = session.with_mock(at_the_server)
    mocked.send(requests.Request("GET", url, cookies=cookies), LIMIT, OPTIONS)
    return sent[0]


@pytest.mark.parametrize(
    ("at", "cookie", "to", "is_sent"),
    [
        ("http://localhost:1/", "sid=abc; Domain=localhost", "http://localhost:1/", True),
        ("http://localhost:1/", "sid=abc; Domain=.localhost", "http://localhost:2/", True),
        ("http://localhost:1/", "sid=abc", "http://localhost:1/", True),
        ("http://localhost:1/", "sid=abc", "http://127.0.0.1:1/", False),
        ("http://a.localhost/", "sid=abc; Domain=localhost", "http://b.localhost/", True),
        ("http://127.0.0.1:1/", "sid=abc; Domain=127.0.0.1", "http://127.0.0.1:1/", True),
        ("http://127.0.0.1:1/", "sid=abc", "http://127.0.0.1:1/", True),
        ("http://127.0.0.1:1/", "sid=abc; Domain=0.0.1", "http://127.0.0.1:1/", False),
        ("http://[::1]:1/", "sid=abc", "http://[::1]:1/", True),
        ("http://shop/", "sid=abc; Domain=shop", "http://shop/", True),
        ("http://shop/", "sid=abc", "http://shop/", True),
        ("http://SHOP.test/", "sid=abc; Domain=shop.TEST", "http://shop.test/", True),
        ("http://a.shop.test/", "sid=abc; Domain=shop.test", "http://b.shop.test/", True),
        ("http://a.b.shop.test/", "sid=abc; Domain=shop.test", "http://shop.test/", True),
        ("http://shop.test/", "sid=abc; Domain=shop.test", "http://notshop.test/", False),
        ("http://shop.test/", "sid=abc", "http://a.shop.test/", False),
        ("http://shop.test/", "sid=abc; Domain=a.shop.test", "http://a.shop.test/", False),
        ("http://shop.test/", "sid=abc; Domain=other.test", "http://other.test/", False),
        ("http://shop.test/", "sid=abc; Domain=test", "http://shop.test/", False),
        ("http://shop.test/", "sid=abc; Path=/a", "http://shop.test/a/b", True),
        ("http://shop.test/", "sid=abc; Path=/a", "http://shop.test/ab", False),
        ("https://shop.test/", "sid=abc; Secure", "https://shop.test/", True),
        ("https://shop.test/", "sid=abc; Secure", "http://shop.test/", False),
        ("http://localhost:1/", "sid=abc; Secure", "http://localhost:1/", True),
        ("http://127.0.0.1:1/", "sid=abc; Secure", "http://127.0.0.1:1/", True),
        ("http://shop.test/", "sid=abc; Max-Age=0", "http://shop.test/", False),
    ],
)
def test_a_cookie_goes_where_it_belongs(session, at, cookie, to, is_sent):
    visit(session, at, cookie)

    assert visit(session, to) == ("sid=abc" if is_sent else None)
    assert visit(session.fork(), to) == ("sid=abc" if is_sent else None)


@pytest.mark.parametrize(
    ("at", "cookie", "said"),
    [
        ("http://shop.test/", "sid=abc; Domain=other.test", "not kept: its Domain is other.test"),
        ("http://shop.test/", "sid=abc; Domain=test", "not kept: its Domain is test"),
        ("http://shop.test/", "sid=abc; Secure", "is Secure: only https sends it"),
    ],
)
def test_what_will_not_be_sent_is_said(session, caplog, at, cookie, said):
    with caplog.at_level(logging.WARNING):
        visit(session, at, cookie)

    assert said in caplog.text
    assert "abc" not in caplog.text


def test_what_is_sent_needs_no_word(session, caplog):
    visit(session, "http://localhost/", "sid=abc; Domain=localhost; Secure")

    assert caplog.text == ""


def test_a_cookie_of_a_redirect_is_sent_to_where_it_leads(session):
    hop = answer(b"", "Location: /end", "Set-Cookie: sid=abc; Domain=localhost", status="302 Found")
    seen = []

    class Listening(dict):
        def __getitem__(self, path):
            seen.append(path)
            return super().__getitem__(path)

    with raw_server(Listening({"/": hop, "/end": answer(b"{}")})) as server:
        url = server.url.replace("127.0.0.1", "localhost") + "/"
        exchange = session.send(requests.Request("GET", url), LIMIT, OPTIONS)

    assert seen == ["/", "/end"]
    assert exchange.response.request.headers["Cookie"] == "sid=abc"


def test_the_steps_own_cookies_go_to_every_host(session):
    visit(session, "http://localhost/", "sid=abc; Domain=localhost")

    sent = visit(session, "http://localhost/", cookies={"lang": "zh"})

    assert set(sent.split("; ")) == {"sid=abc", "lang=zh"}


HOSTILE = [
    "",
    ";",
    "=",
    "=x",
    "a",
    "a=b; Max-Age=abc",
    "a=b; Max-Age=9e999",
    f"a=b; Max-Age={'9' * 400}",
    f"a=b; Max-Age={'9' * 5000}",
    "a=b; Max-Age=-1",
    "a=b; Expires=garbage",
    "a=b; Expires=Thu, 99 Foo 99999999999 99:99:99 GMT",
    "a=b; Expires=Thu, 01-Jan-0000 00:00:00 GMT",
    "a=b; Version=abc",
    'a=b; Version=1; Port="x"',
    "a=b; Domain=",
    "a=b; Domain=.",
    "a=b; Domain=..",
    "a=b; Domain=[::1",
    "a=b; Path=",
    "a=b; Path=\xff",
    "a=\xff\xfe",
    "a=" + "x" * 60_000,
    "; ".join(f"a{number}=b" for number in range(5000)),
    "a=b; " + "Expires=" * 5000,
    "a=\x01\x7f",
    'a="b; c=d',
    "$Version=1; a=b",
]


@pytest.mark.parametrize("cookie", HOSTILE, ids=range(len(HOSTILE)))
def test_no_cookie_breaks_a_step(session, cookie):
    lines = [f"Set-Cookie: {cookie}".encode("latin-1"), "Set-Cookie: kept=1"]
    with raw_server({"/": answer(b"{}", *lines), "/next": answer(b"{}")}) as server:
        for path in ("/", "/next"):
            exchange = session.send(requests.Request("GET", server.url + path), LIMIT, OPTIONS)
            assert exchange.response.status_code == 200

    assert session.cookies.get("kept") == "1"
