"""What is sent is what a session of requests sends, byte by byte."""

import contextlib
import re
import socket
import threading

import pytest
import requests
from urllib3.util import SKIP_HEADER

from pytest_sisyphus.http.client import HttpSession
from pytest_sisyphus.http.encodings import ACCEPTED
from pytest_sisyphus.http.timing import Limit

LIMIT = Limit(total=5.0, connect=5.0, read=5.0)
OPTIONS = {"proxies": {}, "verify": True, "allow_redirects": False}
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def is_complete(request):
    """By what its head says; there are some that lie."""
    head, end, body = request.partition(b"\r\n\r\n")
    if re.search(rb"\r\ntransfer-encoding: chunked", head, re.IGNORECASE):
        return body.endswith(b"0\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    return bool(end) and len(body) == int(length[1] if length else 0)


class Listener:
    """Keeps what comes over one connection after the other, and answers it."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.netloc = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.heard = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.settimeout(0.5)
                heard = b""
                with connection:
                    with contextlib.suppress(TimeoutError):
                        while not is_complete(heard) and (piece := connection.recv(65536)):
                            heard += piece
                    connection.sendall(ANSWER)
                self.heard.append(heard)

    def close(self):
        self._listener.close()


@pytest.fixture(scope="module")
def listener():
    made = Listener()
    yield made
    made.close()


def by_requests(request, proxies, cookies):
    """As a session of requests does it; None: not sent, whoever would add it."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Accept-Encoding"] = ACCEPTED
        session.cookies.update(cookies)
        prepared = session.prepare_request(request)
        if "Cookie" in prepared.headers and "Cookie" not in request.headers:
            prepared.headers["Cookie"] = prepared.headers.pop("Cookie")
        for name, line in request.headers.items():
            if line is None:
                prepared.headers.pop(name, None)
        for name in ("User-Agent", "Accept-Encoding"):
            prepared.headers.setdefault(name, SKIP_HEADER)
        session.send(prepared, allow_redirects=False, proxies=proxies)


def by_us(request, proxies, cookies):
    session = HttpSession()
    session.cookies.update(cookies)
    session.send(request, LIMIT, {**OPTIONS, "proxies": proxies})
    session.close()


def signed(request):
    request.headers["X-Signature"] = f"{request.method} {request.headers.get('Cookie')}"
    request.body = b"signed"
    return request


def moved(request):
    request.url += "?sign=a b&ü=[1]"
    return request


#: what is asked, without its address
REQUESTS = {
    "plain": {},
    "a method in small letters": {"method": "get"},
    "a method of one's own": {"method": "purge-it"},
    "a path": {"url": "/a/b/../c/./d//e;p=1?x=1&y#there"},
    "a path that must be quoted": {"url": "/ä ö/%7e%zz/{x}|[1]^`\"<>\\?q=ü [a]|{b}&c='d'"},
    "no path": {"url": ""},
    "no path, but a query": {"url": "?a=b"},
    "an empty query": {"url": "/a?"},
    "params": {"params": {"a": "1 2", "b": ["x", "y"], "ü": "ä&=", "e": ""}},
    "params behind others": {"url": "/a?b=c#d", "params": {"e": "f"}},
    "headers": {
        "headers": {
            "X-A": "1",
            "accept": "text/plain",
            "x-ü".encode().decode("ascii", "ignore"): "v",
        }
    },
    "header bytes": {"headers": {"X-A": "ü".encode()}},
    "headers in latin-1": {"headers": {"X-A": "é"}},
    "headers left out": {"headers": {"User-Agent": None, "Accept-Encoding": None, "accept": None}},
    "connection left out": {"headers": {"Connection": None}},
    "a host of one's own": {"headers": {"Host": "else.test"}},
    "the host cannot be left out": {"headers": {"Host": None}},
    "another connection": {"headers": {"Connection": "close"}},
    "cookies": {"cookies": {"a": "1", "b": "x y"}},
    "cookies of both": {"cookies": {"a": "1"}, "jar": {"b": "2"}},
    "cookies of the session": {"jar": {"b": "2"}, "method": "POST", "data": b"x"},
    "a cookie header": {"headers": {"Cookie": "own=1"}, "jar": {"b": "2"}, "cookies": {"c": "3"}},
    "a cookie header left out": {"headers": {"Cookie": None}, "jar": {"b": "2"}},
    "basic": {"auth": ("user", "pässword")},
    "auth that signs": {"auth": signed, "jar": {"b": "2"}, "method": "POST", "data": b"x"},
    "auth that moves it": {"auth": moved},
    "credentials in the address": {"user": "user:p%40ss@"},
    "an empty post": {"method": "POST"},
    "an empty text": {"method": "POST", "data": b""},
    "an empty form": {"method": "POST", "data": {}},
    "an empty delete": {"method": "DELETE"},
    "bytes": {"method": "POST", "data": b"\x00\xff"},
    "a long body": {"method": "PUT", "data": b"x" * 200_000},
    "a get with a body": {"data": b"x"},
    "json": {
        "method": "POST",
        "data": b'{"a": 1}',
        "headers": {"Content-Type": "application/json"},
    },
    "a form": {"method": "POST", "data": {"a": "1", "b": ["x", "ü"], "c": ""}},
    "a form of another type": {
        "method": "POST",
        "data": {"a": "1"},
        "headers": {"content-type": "x/y"},
    },
    "a length of one's own": {
        "method": "POST",
        "data": b"abc",
        "headers": {"Content-Length": "99"},
    },
    "a length without a body": {"method": "POST", "headers": {"Content-Length": "3"}},
    "a length left out": {"method": "POST", "data": b"abc", "headers": {"Content-Length": None}},
    "a length left out of nothing": {"method": "POST", "headers": {"content-length": None}},
    "chunks": {"headers": {"Transfer-Encoding": "chunked"}},
    "chunks of a body": {
        "method": "POST",
        "data": b"abc",
        "headers": {"Transfer-Encoding": "chunked", "Content-Length": None},
    },
    "chunks of nothing": {
        "method": "POST",
        "headers": {"Transfer-Encoding": "chunked", "Content-Length": None},
    },
}


def asked(netloc, *, url="/", user="", jar=None, **rest):
    request = requests.Request(**{"method": "GET", **rest}, url=f"http://{user}{netloc}{url}")
    return request, jar or {}


@pytest.mark.parametrize("through", ["directly", "a proxy", "a proxy with a password"])
@pytest.mark.parametrize("name", REQUESTS)
def test_it_is_the_same_byte_by_byte(listener, name, through):
    proxy = "http://" + ("me:pass@" if "password" in through else "") + listener.netloc
    proxies = {} if through == "directly" else {"http": proxy}
    netloc = "far.test" if proxies else listener.netloc
    already = len(listener.heard)

    for send in (by_requests, by_us):
        request, jar = asked(netloc, **REQUESTS[name])
        send(request, proxies, jar)
    until_heard(listener, already + 2)

    theirs, ours = listener.heard[already:]
    assert ours == theirs


def until_heard(listener, count):
    for _ in range(1000):
        if len(listener.heard) >= count:
            return
        threading.Event().wait(0.01)
