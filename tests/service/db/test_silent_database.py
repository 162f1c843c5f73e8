"""A database whose connections go silent: every wait ends, and what was not stored comes again."""

import http.client
import signal
import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa
from live_kit import live
from service_kit import API, SECRET, TOKEN
from services import made_on
from silent_proxy import SilentProxy

from orchestrator.db import schema, time_limits
from orchestrator.db.engine import Database

pytestmark = pytest.mark.slow

LIMIT = 20


@pytest.fixture(params=["postgresql", "mysql"])
def through_proxy(request):
    """The proxy before a migrated database of our own, and the address through it."""
    with made_on(request.param) as direct:
        database = Database(direct)
        schema.upgrade(database)
        database.close()
        url = sa.make_url(direct)
        with SilentProxy(url.host, url.port) as proxy:
            through = url.set(host="127.0.0.1", port=proxy.port)
            yield proxy, through.render_as_string(hide_password=False)


def asked(service, *paths):
    """Each request by a thread of its own, all at once: `{path: (status, seconds)}`."""
    import requests

    answers = []

    def ask(path):
        began = time.monotonic()
        url = f"http://127.0.0.1:{service.port}{path[1]}"
        headers = {"token": TOKEN, "X-CALLBACK-SECRET": SECRET}
        response = requests.request(
            path[0], url, json=path[2] if path[0] == "POST" else None, headers=headers, timeout=60
        )
        answers.append((path, response, time.monotonic() - began))

    threads = [threading.Thread(target=ask, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_calls_end_when_their_connections_go_silent_and_probes_answer_meanwhile(
    tmp_path, through_proxy, monkeypatch
):
    monkeypatch.setattr(time_limits, "STATEMENT", 3)  # the next test has the real one
    proxy, url = through_proxy
    with live(tmp_path, database_url=url) as service:
        number = service.started(1, 2)
        result = {"executionId": number, "caseId": 1, "status": 2}
        call = ("POST", f"{API}/execution/case/result", result)
        look = ("GET", f"{API}/execution/list", None)
        asked(service, *[look] * 8)  # so that some connections wait in the pool
        proxy.silence()

        calls = threading.Thread(target=lambda: told.extend(asked(service, *[call, look] * 30)))
        told = []
        calls.start()
        time.sleep(1)
        [(_, health, seconds)] = asked(service, ("GET", "/healthz", None))
        calls.join()

        assert health.status_code == 200
        assert seconds < time_limits.STATEMENT  # what waits for the database takes as long
        assert {response.status_code for _, response, _ in told} <= {200, 503}
        assert max(seconds for *_, seconds in told) < LIMIT
        [(_, again, _)] = asked(service, call)
        assert again.status_code == 200
        assert service.detail(number)["passed_count"] == 1


def test_a_database_that_swallows_new_connections_too_is_refused_in_time(tmp_path, through_proxy):
    proxy, url = through_proxy
    with live(tmp_path, database_url=url) as service:
        number = service.started(1)
        proxy.swallow_all = True
        result = {"executionId": number, "caseId": 1, "status": 2}

        told = asked(
            service,
            *[("POST", f"{API}/execution/case/result", result)] * 3,
            ("GET", f"{API}/execution/list", None),
            ("GET", "/readyz", None),
            ("GET", "/metrics", None),
        )

        [counted] = [response for (_, path, _), response, _ in told if path == "/metrics"]
        assert (counted.status_code, "sisyphus_database_up 0.0" in counted.text) == (200, True)
        refused = [response for _, response, _ in told if response is not counted]
        assert [response.status_code for response in refused] == [503] * 5
        assert all(int(response.headers["Retry-After"]) > 0 for response in refused)
        assert max(seconds for *_, seconds in told) < LIMIT
        proxy.swallow_all = False


SERVE = "import sys; from orchestrator.cli.commands import main; sys.exit(main(sys.argv[1:]))"


def test_a_service_on_a_silent_database_stops_in_time(tmp_path, through_proxy):
    proxy, url = through_proxy
    options = ["--port=0", f"--database-url={url}", "--runner=external", "--sweep=0.2"]
    service = subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", *options, "--callback-secret", SECRET],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    )
    try:
        line = next(line for line in service.stdout if "listening on" in line)
        port = int(line.split("/it/")[0].rpartition(":")[2])
        proxy.swallow_all = True
        time.sleep(0.5)  # a round of the watchdog is at work
        sender = http.client.HTTPConnection("127.0.0.1", port)
        headers = {"X-CALLBACK-SECRET": SECRET, "Content-Type": "application/json"}
        sender.request("POST", f"{API}/case/sync", '{"projectId": 1, "cases": []}', headers)
        began = time.monotonic()
        service.send_signal(signal.SIGTERM)
        service.wait(timeout=30)
        seconds = time.monotonic() - began
        sender.close()
    finally:
        service.kill()
        service.wait()
        service.stdout.close()

    assert seconds < LIMIT  # two statements, one after the other, each until its own limit
