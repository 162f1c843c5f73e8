"""A console by pieces: whole characters, whole stars, and a word of why it waits."""

import random
import re

import pytest
from service_kit import TOKEN, Service

from orchestrator.executions.console import Consoles
from orchestrator.runners.artifacts import Artifacts
from orchestrator.runners.protocol import RunPhase, RunState
from orchestrator.secrets import Secret

SECRET = Secret("a-secret-of-the-service")
PLAIN = SECRET.reveal()
OURS = "sis_" + "Az09_-" * 7 + "x"


@pytest.fixture
def written(tmp_path):
    """`consoles(data)`: of execution 1, whose console holds that."""
    artifacts = Artifacts(tmp_path)

    def consoles(data):
        artifacts.prepare(1)
        artifacts.console(1).write_bytes(data)
        return Consoles(artifacts, [SECRET])

    return consoles


def pieces(consoles, size, **options):
    """All of it, asked for piece by piece."""
    found, offset = [], 0
    while True:
        piece = consoles.read(1, offset, size, **options)
        assert piece.offset == offset
        found.append(piece.text)
        if piece.next in {piece.size, offset}:
            return found
        offset = piece.next


LETTERS = ["a", "é", "字", "😀", "\n", OURS, SECRET.reveal(), "s", "sis_", "a-secret"]


def starred(text):
    """Every letter that is part of a secret, wherever one begins."""
    shown = list(text)
    for at in range(len(text)):
        for secret in (re.match("sis_[A-Za-z0-9_-]{43}", text[at:]), text[at:].startswith(PLAIN)):
            length = len(PLAIN) if secret is True else len(secret[0]) if secret else 0
            shown[at : at + length] = "*" * length
    return "".join(shown)


@pytest.mark.parametrize("size", [7, 16, 61, 1000])
def test_cuts_never_show_half_a_character_or_half_a_secret(written, size):
    rng = random.Random(size)
    for _ in range(20):
        text = "".join(rng.choices(LETTERS, k=60))
        found = pieces(written(text.encode()), size, growing=False)
        assert "".join(found) == starred(text)
        assert all("\ufffd" not in piece for piece in found)


@pytest.mark.parametrize("hidden", [OURS, SECRET.reveal()])
def test_what_may_become_a_secret_is_not_shown_before_it_is_known(written, hidden):
    for length in range(1, len(hidden)):
        begun = f"token {hidden[:length]}"
        piece = written(begun.encode()).read(1, 0, 1000, growing=True)
        assert (piece.text, piece.next) == ("token ", len("token "))
        done = written(begun.encode()).read(1, 0, 1000, growing=False)
        assert done.text == begun
    whole = written(f"token {hidden}".encode()).read(1, 0, 1000, growing=True)
    assert whole.text == f"token {'*' * len(hidden)}"


def test_a_character_that_is_not_there_yet_is_waited_for(written):
    consoles = written("ok 字".encode()[:-1])
    assert consoles.read(1, 0, 1000, growing=True).text == "ok "
    assert consoles.read(1, 0, 1000, growing=False).text == "ok \ufffd"


@pytest.mark.parametrize("size", range(1, 12))
def test_the_end_begins_with_a_whole_character(written, size):
    text = "a字b字c"
    piece = written(text.encode()).last(1, size, growing=False)
    assert text.endswith(piece.text)
    assert piece.offset + len(piece.text.encode()) == piece.next == len(text.encode())
    assert size - len(piece.text.encode()) < 3 or piece.text == text


@pytest.mark.parametrize(
    ("data", "wanted", "text", "line"),
    [
        ("a\nbc\nd", 1, "a\nbc\nd", 1),
        ("a\nbc\nd", 2, "bc\nd", 2),
        ("a\nbc\nd", 3, "d", 3),
        ("a\nbc\nd", 9, "d", 3),
        ("a\nbc\n", 9, "", 3),
        ("", 9, "", 1),
        ("\n\n字\n", 3, "字\n", 3),
        (f"{'x' * 300_000}\ny\n{'z' * 300_000}\nend", 2, f"y\n{'z' * 300_000}\nend", 2),
        (f"{'x' * 300_000}\ny\n{'z' * 300_000}\nend", 4, "end", 4),
        (f"{'x' * 300_000}\ny\n{'z' * 300_000}", 9, "z" * 300_000, 3),
    ],
)
def test_a_line_is_found_however_far_it_is(written, data, wanted, text, line):
    consoles = written(data.encode())
    piece = consoles.at_line(1, wanted, 1_000_000, growing=False)
    assert (piece.text == text, piece.line) == (
        True,
        line,
    )  # else the difference is half a megabyte
    end = consoles.last(1, max(1, len(text.encode())), growing=False)
    assert end.line == data[: len(data) - len(end.text)].count("\n") + 1


def test_of_a_file_that_is_not_there_nothing_is_read(tmp_path):
    piece = Consoles(Artifacts(tmp_path), []).read(1, 50, 100, growing=True)
    assert (piece.text, piece.offset, piece.next, piece.size) == ("", 0, 0, 0)


class TestTheEndpoint:
    def ask(self, service, number, **query):
        answer = service.front("/execution/console", query={"executionId": number, **query})
        assert answer["code"] == 20000, answer
        return answer["data"]

    def local(self, service):
        """An execution as the local runner makes them, with a console."""
        number = service.started(1)
        service.sql("UPDATE execution SET runner = 'local'")
        return number

    def write(self, service, number, text):
        artifacts = service.app.state.services.artifacts
        artifacts.prepare(number)
        artifacts.console(number).write_text(text, "utf-8")

    def test_it_is_followed_to_its_end(self, service):
        number = self.local(service)
        before = self.ask(service, number)
        self.write(service, number, "line 1\n")
        first = self.ask(service, number)
        self.write(service, number, f"line 1\nline 2 {TOKEN} {OURS}\n")
        service.front("/execution/cancel", {"executionId": number})
        second = self.ask(service, number, offset=first["next"])

        assert (before["text"], before["size"], before["over"]) == ("", 0, False)
        assert (first["text"], first["next"], first["over"]) == ("line 1\n", 7, False)
        assert second["text"] == f"line 2 {TOKEN} {'*' * len(OURS)}\n"
        assert (second["over"], second["next"]) == (True, second["size"])
        assert second["url"] == service.detail(number)["console_url"]

    def test_its_end_first(self, service):
        number = self.local(service)
        self.write(service, number, "x" * 5000 + "the end")
        piece = self.ask(service, number, tail=1024)
        assert (piece["offset"], piece["next"], len(piece["text"])) == (3983, 5007, 1024)
        assert piece["text"].endswith("the end")
        assert piece["line"] == 1

    def test_from_a_line_on(self, service):
        number = self.local(service)
        self.write(service, number, "one\ntwo\nthree\n")
        piece = self.ask(service, number, line=2)
        assert (piece["text"], piece["line"], piece["offset"]) == ("two\nthree\n", 2, 4)
        assert self.ask(service, number, offset=4)["line"] is None

    def test_of_a_run_elsewhere_its_address_is_told(self, service):
        number = service.started(1, consoleUrl="https://jenkins.example/57/console")
        piece = self.ask(service, number)
        expected = {"text": None, "offset": 0, "next": 0, "size": 0, "line": None, "over": False}
        assert piece == expected | {"url": "https://jenkins.example/57/console"}

    def test_what_was_canceled_may_still_write(self, tmp_path):
        from service_kit import FakeProcessRunner

        with Service(tmp_path, runner=FakeProcessRunner()) as service:
            number = self.local(service)
            self.write(service, number, "tearing down")
            service.front("/execution/cancel", {"executionId": number})
            held = number in service.runner.running()
            assert self.ask(service, number)["over"] is not held

    @pytest.mark.parametrize(
        "query",
        [
            {"offset": -1},
            {"limit": 1023},
            {"limit": 2**21},
            {"tail": 10},
            {"offset": "x"},
            {"line": 0},
        ],
    )
    def test_other_numbers_are_refused(self, calm, query):
        answer = calm.front("/execution/console", query={"executionId": 1, **query})
        assert (answer["code"], answer["msg"].split()[0]) == (40009, next(iter(query)))

    def test_it_asks_for_a_login(self, calm):
        path = "/it/api/automation/execution/console?executionId=1"
        assert calm.client.get(path).status_code == 401


class TestWaiting:
    def waiting(self, service, number):
        return service.detail(number)["waiting"]

    def test_what_runs_or_is_over_waits_for_nothing(self, service):
        number = service.started(1)
        assert self.waiting(service, number) is None
        service.front("/execution/cancel", {"executionId": number})
        assert self.waiting(service, number) is None

    @pytest.mark.every_database
    def test_of_the_local_runner_how_many_are_before(self, service):
        service.plan(1)
        numbers = []
        for env in "abc":
            body = {"planId": 2001, "envCode": env}
            numbers.append(service.front_data("/plan/run", body)["id"])
        service.sql("UPDATE execution SET runner = 'local', owner = 'me'")
        service.told("/execution/start", {"executionId": numbers[0]})

        told = [self.waiting(service, number) for number in numbers[1:]]
        assert [one["ahead"] for one in told] == [1, 2]
        assert {(one["kind"], one["slots"], one["reason"]) for one in told} == {("slots", 1, None)}
        assert told[0]["since"] == service.detail(numbers[1])["created_at"]
        service.sql("UPDATE execution SET process = 'p' WHERE id = :id", id=numbers[1])
        assert self.waiting(service, numbers[1])["kind"] == "runner"
        assert self.waiting(service, numbers[2])["ahead"] == 2
        service.front("/execution/cancel", {"executionId": numbers[0]})
        assert self.waiting(service, numbers[2])["ahead"] == 1

    def test_for_somebody_who_runs_it(self, tmp_path):
        from orchestrator.runners.external import ExternalRunner

        with Service(tmp_path, runner=ExternalRunner(), public_url="https://t.example") as service:
            number = service.run_plan(1)["id"]
            told = self.waiting(service, number)

        assert told["kind"] == "external"
        expected = f"pytest --sisyphus-execution={number} --sisyphus-url=https://t.example"
        assert told["command"] == expected

    def test_in_the_runners_own_words_also_for_listeners(self, service):
        from orchestrator.store.changes import START

        number = service.run_plan(1)["id"]
        assert self.waiting(service, number)["reason"] is None
        for reason in ("Waiting for next available executor", "", "In the quiet period"):
            service.runner.sightings[number] = RunState(phase=RunPhase.ACTIVE, reason=reason)
            told = service.front_data("/execution/poll", {"executionId": number})["waiting"]
            assert (told["kind"], told["reason"]) == ("runner", reason or None)
            heard = service.app.state.feeds.read(number, START).entries[-1].data.decode()
            assert (f'"reason":"{reason}"' if reason else '"reason":null') in heard

    def test_a_runner_out_of_reach_gives_no_reason_to_wait(self, service):
        number = service.run_plan(1)["id"]
        before = service.detail(number)["updated_time"]
        service.clock.forward(60)
        service.runner.sightings[number] = RunState(phase=RunPhase.UNREACHABLE, reason="timeout")
        told = service.front_data("/execution/poll", {"executionId": number})
        assert (told["waiting"]["reason"], told["updated_time"]) == (None, before)

    def test_all_that_is_open_says_it(self, service):
        service.run_plan(1)
        (row,) = service.front_data("/execution/poll", {})["list"]
        assert row["waiting"]["kind"] == "runner"
