"""The door to the orchestrator: addresses, headers and what failures say."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from scripted_orchestrator import (
    ABORT,
    FINISH,
    GARBAGE,
    HEARTBEAT,
    PULL,
    RESULT,
    START,
    SYNC,
    raw,
    says,
    scripted,
    status,
)

from pytest_sisyphus.config.option_types import Secret
from pytest_sisyphus.execution.client import CallFailed, OrchestratorClient, readable_url
from pytest_sisyphus.i18n import language_set_back, set_language


@pytest.fixture
def server():
    with scripted() as server:
        yield server


def client(server, path=""):
    return OrchestratorClient(server.url + path, token=Secret(server.token), secret=Secret())


@pytest.mark.parametrize("path", ["", "/", "/it/api", "/it/api/"])
def test_the_address_may_name_the_prefix_or_not(server, path):
    data = client(server, path).post(HEARTBEAT, {"executionId": 13}, 5)

    assert data == {"execution_status": 2}


@pytest.mark.parametrize("spoken", ["zh", "en"])
def test_the_service_is_asked_in_the_language_of_the_run(server, spoken):
    heard = []
    server.on_headers = heard.append
    with language_set_back():
        set_language(spoken)
        client(server).post(HEARTBEAT, {"executionId": 13}, 5)

    assert [one["Accept-Language"] for one in heard] == [spoken]


@pytest.mark.parametrize(
    ("url", "readable"),
    [
        ("http://host:1/it/api", "http://host:1"),
        ("https://user:pass@host/", "https://host"),
        ("http://host/proxy/it/api/", "http://host/proxy"),
    ],
)
def test_an_address_is_shown_without_its_password(url, readable):
    assert readable_url(url) == readable


def test_a_wrong_token_that_is_a_word_does_not_mask_the_refusal(server, monkeypatch):
    monkeypatch.setenv("CALLBACK_TOKEN", "missing or wrong")
    wrong = OrchestratorClient(server.url, token=Secret("missing or wrong"), secret=Secret())

    with pytest.raises(CallFailed) as failed:
        wrong.post(HEARTBEAT, {"executionId": 13}, 5)

    said = f"{server.url} answered 403: the callback token or secret is missing or wrong"
    assert str(failed.value) == said


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("soon", None),
        ("1e300", 3600.0),
        ("inf", 3600.0),
        ("nan", 0.0),
        ("in an hour", pytest.approx(3600, abs=60)),
    ],
)
def test_retry_after_in_both_spellings(server, value, seconds):
    if value == "in an hour":
        value = format_datetime(datetime.now(UTC) + timedelta(hours=1))
    server.fail(HEARTBEAT, status(503, Retry_After=value))

    with pytest.raises(CallFailed) as caught:
        client(server).post(HEARTBEAT, {"executionId": 13}, 5)

    assert caught.value.transient
    assert caught.value.retry_after == seconds


def test_credentials_are_not_sent_after_a_redirect(server):
    with scripted() as elsewhere:
        server.fail(HEARTBEAT, status(302, Location=elsewhere.url + "/it/api" + HEARTBEAT))

        with pytest.raises(CallFailed, match="answered 302"):
            client(server).post(HEARTBEAT, {"executionId": 13}, 5)

        assert elsewhere.calls == []


def test_a_netrc_file_does_not_add_credentials(server, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    heard = []
    server.on_headers = heard.append

    client(server).post(HEARTBEAT, {"executionId": 13}, 5)

    assert "Authorization" not in heard[0]


def test_a_server_whose_clock_is_elsewhere_means_its_own_hour(server):
    away, now = "Tue, 01 Jan 2030 00:00:07 GMT", "Tue, 01 Jan 2030 00:00:00 GMT"
    head = f"HTTP/1.1 503 Busy\r\nRetry-After: {away}\r\nDate: {now}\r\n"
    server.fail(HEARTBEAT, raw(f"{head}Content-Length: 0\r\n\r\n".encode()))

    with pytest.raises(CallFailed) as caught:
        client(server).post(HEARTBEAT, {"executionId": 13}, 5)

    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_no_answer(server, answer):
    server.fail(RESULT, answer)

    with pytest.raises(CallFailed) as caught:
        client(server).post(RESULT, {"executionId": 13, "results": []}, 5)

    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
    assert caught.value.retry_after is None or caught.value.retry_after <= 3600.0


STANDING = {"execution_id": 13, "execution_status": 3}


@pytest.mark.parametrize("path", [START, HEARTBEAT, RESULT, FINISH, ABORT])
def test_every_answer_says_how_the_execution_stands(server, path):
    server.fail(path, says(STANDING), says({"rejected": [], "missing": []}))
    calls = client(server)

    assert calls.post(path, {}, 5) == STANDING
    with pytest.raises(CallFailed, match="its execution_status is no number") as caught:
        calls.post(path, {}, 5)
    assert caught.value.transient


@pytest.mark.parametrize(
    ("path", "name"), [(RESULT, "rejected"), (FINISH, "missing"), (SYNC, "rejected")]
)
@pytest.mark.parametrize("rows", [7, {"a": 1}, [7], [[]], None])
def test_an_answer_that_names_cases_lists_them(server, path, name, rows):
    row = {"execution_case_id": 101, "reason": "x"}
    server.fail(path, says({**STANDING, name: rows}), says({**STANDING, name: [row]}))
    calls = client(server)

    with pytest.raises(CallFailed, match=f"its {name} is no list of mappings"):
        calls.post(path, {}, 5)
    assert calls.post(path, {}, 5)[name] == [row]


@pytest.mark.parametrize("data", [{}, {"executionId": 13}, {"executionId": "13", "items": []}])
def test_a_pull_without_its_cases_is_none(server, data):
    server.fail(PULL, says(data))

    with pytest.raises(CallFailed, match="not as the orchestrator does"):
        client(server).get(PULL, {"executionId": 13}, 5)


@pytest.mark.flaky(reruns=2)  # a busy machine may stand still for a second, but not each time
def test_an_answer_that_comes_byte_by_byte_ends_with_the_call(server):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"
    server.fail(HEARTBEAT, raw(head, *[b" "] * 40, pause=0.1))
    began = time.monotonic()

    with pytest.raises(CallFailed, match="no answer in time"):
        client(server).post(HEARTBEAT, {"executionId": 13}, 0.5)

    assert time.monotonic() - began < 2


def test_an_answer_without_end_is_not_kept(server, monkeypatch):
    monkeypatch.setattr("pytest_sisyphus.execution.client.LARGEST_ANSWER", 100_000)
    server.fail(HEARTBEAT, raw(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 10_000] * 50))

    with pytest.raises(CallFailed, match="larger than 100000 bytes"):
        client(server).post(HEARTBEAT, {"executionId": 13}, 5)
