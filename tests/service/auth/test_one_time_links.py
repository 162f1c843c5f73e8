"""The link that `serve` and `demo` print: it signs one browser in, once, and soon nobody."""

import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from service_kit import API, TOKEN, Service, until

from orchestrator.auth.one_time_links import LIFETIME, OneTimeLinks
from orchestrator.secrets import Secret
from orchestrator.server import first_link

PAGE = {"X-Sisyphus-Page": "1"}
COMMAND = Path(sys.executable).with_name("sisyphus-orchestrator")


def opened(service, key, method="GET", **headers):
    return service.client.request(
        method, f"/page/open?key={key}", headers=headers, follow_redirects=False
    )


def issued(service):
    return service.app.state.services.links.issue(lambda: Secret(TOKEN)).reveal()


def test_it_begins_a_session_and_goes_to_the_page(service):
    answer = opened(service, issued(service))

    assert (answer.status_code, answer.headers["location"]) == (303, "/executions")
    cookie = answer.headers["set-cookie"].split("; ")
    assert cookie == [f"sisyphus={TOKEN}", "HttpOnly", "Path=/it/api", "SameSite=strict"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert service.client.get(f"{API}/execution/list", headers=PAGE).json()["code"] == 20000


def test_it_is_dead_then(service):
    key = issued(service)
    opened(service, key)
    again = opened(service, key)

    assert again.status_code == 410
    assert "set-cookie" not in again.headers
    assert "/sign-in" in again.text


def test_whoever_comes_with_a_browser_is_asked_by_the_page_to_sign_in(service):
    answer = opened(service, "wrong", accept="text/html,*/*;q=0.8")

    assert (answer.status_code, answer.headers["content-type"]) == (410, "text/html; charset=utf-8")
    assert '<div id="app">' in answer.text


def test_who_only_looks_does_not_use_it_up(service):
    key = issued(service)
    look = opened(service, key, "HEAD")
    assert (look.status_code, "set-cookie" in look.headers) == (200, False)
    assert opened(service, key).status_code == 303


@pytest.mark.parametrize("key", ["", "wrong", "é字", "x" * 5000])
def test_a_key_that_never_was_opens_nothing_and_counts(tmp_path, key):
    with Service(tmp_path, login_failures=2) as service:
        codes = [opened(service, key).status_code for _ in range(3)]
    assert codes == [410, 410, 429]


def test_it_dies_by_itself():
    now = [0.0]
    links = OneTimeLinks(monotonic=lambda: now[0])
    made = []

    def token():
        made.append(1)
        return Secret("t")

    early, late = (links.issue(token).reveal() for _ in range(2))
    now[0] = LIFETIME - 1
    assert links.redeem(early) == "t"
    now[0] = LIFETIME + 1
    assert links.redeem(late) is None
    assert len(made) == 1


def test_two_that_come_at_once_are_not_both_let_in():
    from concurrent.futures import ThreadPoolExecutor

    links = OneTimeLinks()
    for _ in range(50):
        key = links.issue(lambda: Secret("t")).reveal()
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(links.redeem, [key] * 4))
        assert sum(one is not None for one in found) == 1


def test_the_first_link_makes_a_token_when_it_is_used(service):
    service.sql("DELETE FROM static_token")
    services = service.app.state.services
    link = first_link(services, services.settings)
    assert service.sql("SELECT count(*) FROM static_token")[0][0] == 0
    assert link.startswith("http://127.0.0.1:8000/page/open?key=")

    assert opened(service, link.partition("=")[2]).status_code == 303
    assert [tuple(row) for row in service.sql("SELECT user_id, name FROM static_token")] == [
        (1, "one-time link")
    ]
    me = service.client.get("/it/api/page/me", headers=PAGE).json()["data"]
    assert (me["user_id"], me["permissions"]) == (1, ["manage", "run", "view"])


def test_no_log_holds_the_key(service, caplog):
    caplog.set_level("DEBUG")
    key = issued(service)
    opened(service, key)
    lines = [r.getMessage() for r in caplog.records if not r.name.startswith("http")]
    assert any('"/page/open" 303' in line for line in lines)
    assert key not in "\n".join(lines)


def serving(folder, *options):
    command = [COMMAND, "serve", "--port", "0", "--runner", "external", *options]
    return [*command, "--database-url", f"sqlite:///{folder}/s.sqlite3"]


@pytest.fixture
def served(tmp_path):
    """`first_lines(*options)`: what `serve` prints until it listens, and its link works."""
    running = []

    def first_lines(*options):
        process = subprocess.Popen(
            serving(tmp_path, *options),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=tmp_path,
        )
        running.append(process)
        lines = []
        while not any("listening" in line for line in lines[:-1]):
            lines.append(process.stdout.readline())
            if "listening" in lines[-1]:
                break
        return process, lines

    yield first_lines
    for process in running:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def test_a_fresh_service_on_loopback_prints_one_and_a_later_one_does_not(served, tmp_path):
    process, lines = served()
    said = process.stdout.readline()
    link = re.search(r"http://127\.0\.0\.1:\d+/page/open\?key=\S+", said)[0]
    assert "once" in said
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError) as moved:
        opener.open(link)
    assert moved.value.code == 303
    assert moved.value.headers["Set-Cookie"].startswith("sisyphus_")
    moved.value.close()

    second, lines = served()
    second.terminate()
    rest = second.stdout.read()
    assert "page/open" not in "".join(lines) + rest


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args):
        return None


@pytest.mark.parametrize(("elsewhere", "comes"), [(0, False), (1, True)])
def test_none_goes_to_the_journal_of_systemd_which_keeps_it(
    tmp_path, monkeypatch, elsewhere, comes
):
    """What inherits the variable and writes elsewhere prints its link."""
    written = tmp_path / "stdout"
    with written.open("w") as stdout:
        there = os.fstat(stdout.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{there.st_dev}:{there.st_ino + elsewhere}")
        process = subprocess.Popen(
            serving(tmp_path), stdout=stdout, stderr=subprocess.DEVNULL, cwd=tmp_path
        )
    try:
        until(lambda: "listening" in written.read_text())
        until(lambda: not comes or "page/open" in written.read_text())
    finally:
        process.terminate()
        process.wait(60)
    assert ("page/open" in written.read_text()) is comes


def test_one_that_others_reach_prints_none(served):
    process, lines = served("--host", "0.0.0.0")
    process.terminate()
    assert "page/open" not in "".join(lines) + process.stdout.read()
