"""What a result costs in Python, in calls of functions: a guard that needs no clock.

A budget is what is called now and a tenth: a check, a copy or an object more for each result is
seen, another release of a library is not. Where a newer Python calls less, nothing is wrong.
"""

import asyncio
import json
import selectors
import sys
from pathlib import Path

import pytest
from service_kit import API, until

PATH = f"{API}/execution/case/result"
#: the event loop, which is another in a service, and these tests.
NOT_OURS = (str(Path(asyncio.__file__).parent), selectors.__file__, __file__)


class Calls:
    """Calls of Python functions in this thread while the block lasts."""

    def __enter__(self):
        self.number = 0
        sys.setprofile(self._note)
        return self

    def _note(self, frame, event, _argument):
        if event == "call" and not frame.f_code.co_filename.startswith(NOT_OURS):
            self.number += 1

    def __exit__(self, *_):
        sys.setprofile(None)


class Runner:
    """A runner with its own token that talks to the application itself, no client in between."""

    def __init__(self, service, cases):
        self._app = service.app
        self._number = service.started(*range(1, cases + 1))
        body = {"executionId": self._number}
        self._token = service.front_data("/execution/token", body)["token"]
        service.call(
            "/execution/case/result", {**body, "caseId": 1, "status": 1}, token=self._token
        )
        self.rows = service.cases(self._number)
        self._attempt = 0

    def result(self, row):
        self._attempt += 1
        return {
            "executionCaseId": row["id"],
            "caseId": row["case_id"],
            "status": 2 + self._attempt % 2,
            "pytestNodeid": "tests/login.yaml::login",
            "errorMessage": "expected 200 but got 500",
            "durationSeconds": 0.125,
            "retryCount": self._attempt,
            "resultId": f"runner/{self._attempt}",
            "ext": {"steps": [{"name": "login", "ok": True}]},
        }

    def single(self, row):
        return {"executionId": self._number, **self.result(row)}

    def batch(self, size):
        results = [self.result(row) for row in self.rows[:size]]
        return {"executionId": self._number, "results": results}

    async def send(self, body):
        data = json.dumps(body).encode()
        scope = {
            "type": "http",
            "method": "POST",
            "path": PATH,
            "query_string": b"",
            "headers": [
                (b"content-length", str(len(data)).encode()),
                (b"x-callback-token", self._token.encode()),
            ],
            "client": ("127.0.0.1", 1),
        }
        answered = []

        async def receive():
            return {"type": "http.request", "body": data, "more_body": False}

        async def send(message):
            answered.append(message)

        await self._app(scope, receive, send)
        assert answered[0]["status"] == 200, answered

    def of_loop(self, bodies):
        """Calls in the event loop for these, one after the other, once the ways are warm."""

        async def sent():
            await self.send(bodies[0])
            with Calls() as calls:
                for body in bodies[1:]:
                    await self.send(body)
            return calls.number

        return asyncio.run(sent())


@pytest.fixture
def runner(service):
    return Runner(service, 100)


@pytest.fixture
def of_group(runner, service, monkeypatch):
    """Calls in the writer's thread for one group of so many results."""
    writer, numbers = service.app.state.services.writer, []
    together = writer._commit_group

    def counted(pieces):
        with Calls() as calls:
            together(pieces)
        numbers.append(calls.number)

    monkeypatch.setattr(writer, "_commit_group", counted)

    def of(size):
        numbers.clear()
        runner.of_loop([runner.batch(size), runner.batch(size)])  # the first compiles
        until(lambda: len(numbers) == 2)
        return numbers[-1]

    return of


def test_a_single_result_in_the_event_loop(runner):
    bodies = [runner.single(row) for row in runner.rows[:41]]
    assert runner.of_loop(bodies) / 40 <= 101


def test_each_result_of_a_batch_in_the_event_loop(runner):
    small, large = (runner.of_loop([runner.batch(size)] * 2) for size in (10, 60))
    assert (large - small) / 50 <= 9


def test_a_group_in_the_writer(of_group):
    assert of_group(1) <= 760


def test_each_result_of_a_group_in_the_writer(of_group):
    assert (of_group(60) - of_group(10)) / 50 <= 23
