"""A service whose runner speaks to the tests' Jenkins; nothing is polled unless a test says so."""

import contextlib
import re
from pathlib import Path

from jenkins_server import TOKEN, USER, jenkins_server
from service_kit import Service

from orchestrator.runners.jenkins.client import Account, JenkinsClient
from orchestrator.runners.jenkins.runner import JenkinsRunner, JenkinsSettings
from orchestrator.runners.protocol import PollInterval
from orchestrator.secrets import Secret

BASE = "http://127.0.0.1:8000"
NEVER = PollInterval(first=3600.0, last=3600.0)


class Monotonic:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def client_of(url, *, token=TOKEN, timeout=(2.0, 0.4), pauses=(0.0, 0.0)):
    account = Account(url=url, user=USER, token=Secret(token))
    return JenkinsClient(account, timeout=timeout, pauses=pauses)


def runner_of(url, *, monotonic=None, client=None, **settings):
    options = {
        "base_url": BASE,
        "default_job": "pytest-auto-runner",
        "poll_interval": NEVER,
        "patience": 0.0,
        "search_pause": 0.0,
    }
    return JenkinsRunner(
        JenkinsSettings(**(options | settings)),
        client or client_of(url),
        **({"monotonic": monotonic} if monotonic else {}),
    )


class OnJenkins:
    """The service, its Jenkins and the seconds that the runner sees."""

    def __init__(self, service, server, monotonic):
        self.service = service
        self.server = server
        self.monotonic = monotonic

    def run(self, *cases, **fields):
        """The answer of `plan/run` with these cases."""
        self.service.plan(*(cases or (1,)))
        return self.service.front("/plan/run", {"planId": 2001, "envCode": "st", **fields})

    def queued(self, *cases):
        """An execution in 2, and its queue item."""
        row = self.run(*cases)["data"]
        assert row["status"] == 2
        return row["id"], self.server.items[row["jenkins_queue_id"]]

    def built(self, *cases):
        """An execution in 2, and its build."""
        number, item = self.queued(*cases)
        return number, self.server.start(item)

    def started(self, *cases):
        """An execution in 3 that its pytest told about its build."""
        number, build = self.built(*cases)
        told = {"executionId": number, "buildNumber": build.number, "jobName": build.job}
        self.service.told("/execution/start", told)
        return number, build

    def poll(self, number):
        answer = self.service.front("/execution/poll", {"executionId": number})
        assert answer["code"] == 20000, answer
        return answer["data"]


@contextlib.contextmanager
def on_jenkins(folder, *, url="", options=None, service=None, **settings):
    monotonic = Monotonic()
    with jenkins_server(**(options or {})) as server:
        runner = runner_of(url or server.url, monotonic=monotonic, **settings)
        with Service(folder, runner=runner, **(service or {})) as running:
            yield OnJenkins(running, server, monotonic)


def documented_answers():
    """The rows of the manual's table: when, what Jenkins does, the execution's status."""
    manual = Path(__file__).parents[2] / "docs/en" / "jenkins.md"
    table = manual.read_text("utf-8").split("<!-- answers -->")[1].strip().split("\n\n")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (\d) \|$", table, re.MULTILINE)
    return [(f"{when}: {what}", int(status)) for when, what, status in rows]
