"""One attempt: what counts as received, and that trouble is named without the address."""

import socket

import pytest
from hook_receiver import HANG, answer, receiver

from orchestrator.notifications import post as module
from orchestrator.notifications.notification import WebhookRequest
from orchestrator.notifications.post import Outcome, judged, post
from orchestrator.secrets import Secret


@pytest.fixture
def told():
    with receiver() as one:
        yield one


def request(url, **fields):
    return WebhookRequest(url=Secret(f"{url}/geheim"), body="{}中".encode(), **fields)


DINGTALK = ("errcode",)
FEISHU = ("code", "StatusCode")


@pytest.mark.parametrize(
    ("status", "body", "zero", "trouble"),
    [
        (200, b"", (), ""),
        (204, b"", (), ""),
        (200, b'{"code": 20000}', (), ""),
        (199, b"", (), "HTTP 199"),
        (302, b"", (), "HTTP 302"),
        (404, b"geheim", (), "HTTP 404"),
        (503, b'{"errcode": 0}', DINGTALK, "HTTP 503"),
        (200, b'{"errcode": 0, "errmsg": "ok"}', DINGTALK, ""),
        (200, b'{"errcode": 310000, "errmsg": "geheim"}', DINGTALK, "errcode 310000"),
        (200, b'{"StatusCode": 0, "code": 0}', FEISHU, ""),
        (200, b'{"code": 19021, "msg": "geheim"}', FEISHU, "code 19021"),
        (200, b'{"code": 0, "StatusCode": 9}', FEISHU, "StatusCode 9"),
        (200, b'{"errcode": "geheim"}', DINGTALK, "errcode is not 0"),
        (200, b'{"errcode": null}', DINGTALK, "errcode is not 0"),
        (200, b"<html>login</html>", DINGTALK, "HTTP 200 without errcode"),
        (200, b"[0]", FEISHU, "HTTP 200 without code or StatusCode"),
        (200, b"[" * 4096, DINGTALK, "HTTP 200 without errcode"),
        (200, b"\xff", DINGTALK, "HTTP 200 without errcode"),
    ],
)
def test_what_counts_as_received(status, body, zero, trouble):
    assert judged(status, body, zero) == trouble


def test_the_request_carries_the_body_and_the_delivery_id(told):
    assert post(request(told.url, headers={"X-More": "m"}), "d1") == Outcome()
    [one] = told.told
    assert (one.path, one.body, one.delivery) == ("/geheim", "{}中".encode(), "d1")
    assert one.headers["content-type"] == "application/json; charset=utf-8"
    assert one.headers["x-more"] == "m"


def test_a_redirect_is_not_followed(told):
    told.script = [answer(307, b"", f"Location: {told.url}/elsewhere")]
    assert post(request(told.url), "d1").trouble == "HTTP 307"
    assert len(told.told) == 1


def test_no_login_of_a_netrc_is_sent_along(told, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password geheim\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    post(request(told.url), "d1")
    assert "authorization" not in told.told[0].headers


@pytest.mark.parametrize(
    ("script", "trouble"),
    [
        (HANG, "no answer in time"),
        (b"", "no connection"),
        (b"geheim\r\n", "no connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "ChunkedEncodingError"),
    ],
)
def test_a_receiver_that_does_not_answer_is_trouble(told, script, trouble):
    told.script = [script]
    assert post(request(told.url), "d1", timeout=(5.0, 0.5)) == Outcome(trouble)


def test_a_receiver_that_drips_is_left_after_a_while(told, monkeypatch):
    ticks = iter([0.0, *map(float, range(5, 100, 5))])
    monkeypatch.setattr(module, "tick", lambda: next(ticks))
    told.script = [answer(200, b"x" * 4000)]
    assert post(request(told.url), "d1", in_all=20.0).trouble == "no answer in time"


def test_an_endless_answer_is_read_at_its_beginning(told):
    told.script = [answer(200, b'{"errcode": 0}' + b" " * 10**6)]
    assert post(request(told.url, zero=DINGTALK), "d1") == Outcome()


def test_a_closed_port_is_no_connection():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert post(request(f"http://127.0.0.1:{port}"), "d1") == Outcome("no connection")


def test_what_requests_refuses_is_named_by_its_kind():
    assert post(request("http://*geheim*"), "d1").trouble == "InvalidURL"
    assert post(request("http://h", headers={"a": "geheim\nb: c"}), "d1").trouble == "InvalidHeader"


@pytest.mark.parametrize(
    ("header", "wait"),
    [("120", 120.0), ("999999", 0.0), ("Wed, 21 Oct 2026", 0.0), ("-5", 0.0)],
)
def test_a_receiver_may_ask_to_be_left_alone(told, header, wait):
    told.script = [answer(429, b"", f"Retry-After: {header}"), answer(200, b"", "Retry-After: 9")]
    assert post(request(told.url), "d1") == Outcome("HTTP 429", wait)
    assert post(request(told.url), "d2") == Outcome()
