"""Certificates are read once a run, and yet each server is believed only by who trusts it."""

import contextlib
import http.server
import os
import ssl
import threading

import pytest
import requests
import trustme
from raw_server import answer, raw_server

from pytest_sisyphus.errors import ConnectionFailed
from pytest_sisyphus.http import connections
from pytest_sisyphus.http.client import HttpSession
from pytest_sisyphus.http.timing import Limit

LIMIT = Limit(total=5.0, connect=5.0, read=5.0)


def context_of(authority, name="127.0.0.1"):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(made)
    return made


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def bundle(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def serve(authority):
    with contextlib.ExitStack() as stack:

        def run(answers, *, tls=None):
            return stack.enter_context(raw_server(answers, tls=tls or context_of(authority)))

        yield run


def ask(url, verify, proxies=None):
    """Over a connection of its own."""
    session = HttpSession(has_own_connections=True)
    options = {"verify": verify, "allow_redirects": True, "proxies": proxies or {}}
    try:
        return session.send(requests.Request("GET", url), LIMIT, options)
    finally:
        session.close()


def test_a_bundle_is_read_once(serve, bundle, monkeypatch):
    server, read = serve({"/": answer(b"{}")}), []
    make = connections.create_urllib3_context
    monkeypatch.setattr(
        connections, "create_urllib3_context", lambda **asked: read.append(asked) or make(**asked)
    )

    for _ in range(3):
        assert ask(server.url + "/", str(bundle)).content == b"{}"

    assert len(read) == 1
    assert server.connections == [1, 2, 3]


def test_who_trusts_others_does_not_trust_it(serve, bundle):
    server = serve({"/": answer(b"{}")})
    ask(server.url + "/", str(bundle))

    with pytest.raises(ConnectionFailed, match="TLS failed"):
        ask(server.url + "/", verify=True)


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_who_checked_nothing_lets_others_check(serve, bundle):
    stranger = serve({"/": answer(b"{}")}, tls=context_of(trustme.CA()))
    assert ask(stranger.url + "/", verify=False).content == b"{}"

    with pytest.raises(ConnectionFailed, match="TLS failed"):
        ask(stranger.url + "/", str(bundle))


def test_the_name_is_checked_for_each_server(serve, bundle, authority):
    ask(serve({"/": answer(b"{}")}).url + "/", str(bundle))
    misnamed = serve({"/": answer(b"{}")}, tls=context_of(authority, "else.test"))

    with pytest.raises(ConnectionFailed, match="TLS failed"):
        ask(misnamed.url + "/", str(bundle))


def test_a_server_without_tls_is_told_as_such():
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()

    with pytest.raises(ConnectionFailed) as caught:
        ask(f"https://127.0.0.1:{server.server_port}/", verify=True)

    thread.join(10)
    server.server_close()
    assert caught.value.suggestion == "at this port is no TLS: write http://, or the port of https"


def test_a_bundle_that_changes_is_read_again(serve, bundle):
    other = trustme.CA()
    server = serve({"/": answer(b"{}")}, tls=context_of(other))
    with pytest.raises(ConnectionFailed):
        ask(server.url + "/", str(bundle))

    other.cert_pem.write_to_path(str(bundle))
    os.utime(bundle, (1, 1))

    assert ask(server.url + "/", str(bundle)).content == b"{}"


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_a_proxy_behind_tls_passes_requests_on(serve):
    proxy = serve({"http://far.test/a": answer(b"{}")})

    answered = ask("http://far.test/a", verify=True, proxies={"http": proxy.url})

    assert answered.content == b"{}"
    assert answered.performance["tls_time"] > 0
