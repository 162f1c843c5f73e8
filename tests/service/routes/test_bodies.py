"""Bodies: nobody's are read, and not too many at once."""

import http.client
import json
import socket
import time

import pytest
from live_kit import live
from service_kit import API, SECRET, TOKEN

from orchestrator.routes import bodies

LIMIT = 1024 * 1024


@pytest.fixture
def served(tmp_path):
    with live(tmp_path, body_limit=LIMIT) as service:
        yield service


def half_request(service, path, sent, announced, **headers):
    """A connection on which part of a body has come."""
    connection = socket.create_connection(("127.0.0.1", service.port), timeout=30)
    head = f"POST {API}{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {announced}\r\n"
    head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    connection.sendall(head.encode() + b"\r\n" + b" " * sent)
    return connection


def answer_on(connection):
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.headers, json.loads(response.read())


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/case/run", {}, 401, 40001),
        ("/case/run", {"token": "wrong"}, 401, 40001),
        ("/execution/case/result", {}, 403, 40004),
        ("/execution/case/result", {"X_CALLBACK_TOKEN": "wrong"}, 403, 40004),
        ("/case/sync", {"X_CALLBACK_SECRET": "wrong"}, 403, 40004),
    ],
)
def test_a_stranger_is_refused_before_the_body_has_come(served, path, headers, status, code):
    with half_request(served, path, 10, LIMIT, **headers) as connection:
        told, _, envelope = answer_on(connection)

    assert (told, envelope["code"]) == (status, code)


def test_a_stranger_who_sends_a_large_body_hears_the_answer(served):
    body = b" " * (LIMIT - 1)
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    connection.request("POST", f"{API}/case/sync", body, {"X-CALLBACK-SECRET": "wrong"})
    response = connection.getresponse()

    assert (response.status, json.loads(response.read())["code"]) == (403, 40004)
    connection.close()


def test_only_so_many_bytes_of_bodies_are_held_at_once(served):
    held = [
        half_request(served, "/case/run", LIMIT - 1, LIMIT, token=TOKEN)
        for _ in range(bodies._AT_ONCE)
    ]
    free = served.app.state.bodies
    deadline = time.monotonic() + 30
    while free._free > bodies._AT_ONCE and time.monotonic() < deadline:
        time.sleep(0.01)

    with half_request(served, "/case/run", LIMIT - 1, LIMIT, token=TOKEN) as connection:
        status, headers, _ = answer_on(connection)
    assert (status, int(headers["Retry-After"]) > 0) == (503, True)

    for connection in held:
        connection.close()
    while free._free < bodies._AT_ONCE * LIMIT and time.monotonic() < deadline:
        time.sleep(0.01)
    assert free._free == bodies._AT_ONCE * LIMIT  # all of it is given back
    assert served.front("/execution/cancel", {"executionId": 99})["code"] == 40011


def test_a_body_that_does_not_end_is_refused(tmp_path, monkeypatch):
    with live(tmp_path) as service:
        monkeypatch.setattr(service.app.state.bodies, "_patience", 0.2)
        headers = {"X_CALLBACK_SECRET": SECRET}
        with half_request(service, "/case/sync", 10, 20, **headers) as connection:
            status, _, envelope = answer_on(connection)

    assert (status, envelope["code"]) == (422, 40009)
