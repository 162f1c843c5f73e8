"""W43: each phase is measured on the connection itself, against a server that delays that phase.

Only lower bounds, and that the delay is in its own phase and in no other.
"""

import contextlib
import socket
import ssl
import threading
import time

import pytest
import requests
import trustme

from pytest_sisyphus.http.client import HttpSession
from pytest_sisyphus.http.timing import Limit

DELAY = 0.15
MS = DELAY * 1000
LIMIT = Limit(total=20.0, connect=20.0, read=20.0)
#: of what is measured here: a busy machine may stand still anywhere, but not each time.
best_of_three = pytest.mark.flaky(reruns=2)
OPTIONS = {"proxies": None, "verify": False, "allow_redirects": True}
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


class PhasedServer:
    """Answers every request with four bytes, slowly where it is told to be slow."""

    def __init__(self, *, handshake=0.0, first_byte=0.0, drip=0.0, tls=None):
        self.delays = handshake, first_byte, drip
        self.tls = tls
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.listener.getsockname()[1]}/"

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with contextlib.suppress(OSError), connection:
                    self._answer_all(connection)

    def _answer_all(self, connection):
        handshake, first_byte, drip = self.delays
        if self.tls:
            time.sleep(handshake)
            connection = self.tls.wrap_socket(connection, server_side=True)
        with connection:
            while connection.recv(65536):
                time.sleep(first_byte)
                connection.sendall(ANSWER)
                for letter in (b"b", b"o", b"d", b"y"):
                    time.sleep(drip / 4)
                    connection.sendall(letter)

    def close(self):
        self.listener.close()


@pytest.fixture
def measure(request):
    """`measure(**delays)`: the performance of one request, or of several on one connection."""
    with contextlib.ExitStack() as stack:

        def run(*, count=1, **delays):
            server = PhasedServer(**delays)
            stack.callback(server.close)
            session = HttpSession()
            stack.callback(session.close)
            made = [
                session.send(requests.Request("GET", server.url), LIMIT, OPTIONS).performance
                for _ in range(count)
            ]
            return made if count > 1 else made[0]

        yield run


@pytest.fixture(scope="module")
def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


PHASES = ("dns_time", "tcp_time", "tls_time", "server_time", "download_time")


def the_slow_one(performance):
    return [name for name in PHASES if performance[name] >= MS * 0.95]


@best_of_three
@pytest.mark.parametrize(
    ("delay", "phase"),
    [("first_byte", "server_time"), ("drip", "download_time")],
)
def test_a_delay_is_in_its_own_phase(measure, delay, phase):
    performance = measure(**{delay: DELAY})

    assert the_slow_one(performance) == [phase]
    assert performance["total_time"] >= performance[phase]


@best_of_three
@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_a_slow_handshake_is_tls_time(measure, tls):
    performance = measure(handshake=DELAY, tls=tls)

    assert the_slow_one(performance) == ["tls_time"]


@best_of_three
def test_a_slow_resolver_is_dns_time(measure, monkeypatch):
    """The resolver is the system's, behind `socket.getaddrinfo`: that is what is slow here."""
    resolve = socket.getaddrinfo

    def slowly(*args, **options):
        time.sleep(DELAY)
        return resolve(*args, **options)

    with monkeypatch.context() as patched:
        patched.setattr("pytest_sisyphus.http.timing.socket.getaddrinfo", slowly)
        performance = measure()

    # urllib3 asks again for the address that was found, which is not DNS but costs here too
    assert "dns_time" in the_slow_one(performance)
    assert "server_time" not in the_slow_one(performance)


@best_of_three
def test_a_slow_accept_is_in_no_servers_answer(measure):
    """The kernel connects before a server accepts: what it then waits for is the first byte."""
    performance = measure(first_byte=DELAY)

    assert performance["tcp_time"] < MS


def test_without_tls_there_is_none(measure):
    assert measure()["tls_time"] == 0


def test_a_kept_connection_says_so_and_has_no_connecting(measure):
    first, second = measure(count=2)

    assert (first["reused"], second["reused"]) == (False, True)
    assert [second[name] for name in PHASES[:3]] == [0, 0, 0]


def test_the_total_is_at_least_its_phases(measure):
    performance = measure(first_byte=DELAY, drip=DELAY)

    assert performance["total_time"] >= sum(performance[name] for name in PHASES) * 0.99


def test_nothing_but_what_was_measured_is_there(measure):
    assert measure().keys() == {*PHASES, "total_time", "size", "reused"}


class TestCertificates:
    @pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
    def test_verify_ssl_false_accepts_any(self, measure, tls):
        """W10"""
        assert measure(tls=tls)["size"] == 4
