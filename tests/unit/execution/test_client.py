"""The door to the orchestrator: addresses, headers and what failures say."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from scripted_orchestrator import HEARTBEAT, scripted, status

from pytest_sisyphus.execution.client import CallFailed, Orchestrator, readable_url
from pytest_sisyphus.options import Secret


@pytest.fixture
def server():
    with scripted() as server:
        yield server


def client(server, path=""):
    return Orchestrator(server.url + path, token=Secret(server.token), secret=Secret())


@pytest.mark.parametrize("path", ["", "/", "/it/api", "/it/api/"])
def test_the_address_may_name_the_prefix_or_not(server, path):
    data = client(server, path).post(HEARTBEAT, {"executionId": 13}, 5)

    assert data == {"execution_status": 2}


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


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("soon", None),
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
