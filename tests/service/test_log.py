"""What the log tells an operator: who asked, what was refused, how an execution ended."""

import json
import logging
import re
import time

import pytest
from service_kit import Service

from orchestrator.config.logging import _Ids, _Json, _Text
from orchestrator.config.settings import Settings
from orchestrator.server import started


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO)

    def of(logger):
        return [
            (record.levelname, record.getMessage(), getattr(record, "execution_id", None))
            for record in caplog.records
            if record.name == logger
        ]

    return of


def test_an_end_is_said_with_how_by_whom_and_what_became_of_the_cases(tmp_path, lines):
    with Service(tmp_path) as service:
        number = service.started(1, 2)
        service.result(number, 1, 2)
        service.front("/execution/cancel", {"executionId": number})
        service.front("/execution/cancel", {"executionId": number})
    [(level, line, execution)] = lines("sisyphus.executions")
    assert (level, execution) == ("INFO", number)
    assert line.startswith("ended as CANCELED (cancel by user ")
    assert line.endswith("): 1 passed, 1 canceled")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("gone\nended as PASSED\u2028at 100%", "; gone ended as PASSED at 100%"),
        (None, ""),  # what its runner once said of its start is none
    ],
)
def test_the_reason_of_an_end_is_its_own_in_one_line(tmp_path, lines, message, reason):
    with Service(tmp_path) as service:
        number = service.started(1)
        more = {} if message is None else {"message": message}
        service.told("/execution/abort", {"executionId": number, "status": 8, **more})
    [(level, line, _)] = lines("sisyphus.executions")
    assert (level, line) == ("WARNING", f"ended as CALLBACK_LOST (abort): 1 blocked{reason}")


def test_a_request_says_its_execution_and_why_it_was_refused(tmp_path, lines):
    with Service(tmp_path) as service:
        number = service.started(1)
        service.front("/plan/run", {"planId": 99, "envCode": "st"})
        service.front("/execution/detail", query={"executionId": number})
        service.client.get("/it/api/automation/nowhere")
        service.client.get("/it/api/automation/plan/save")
        service.client.get("/page/open?key=geheim")
        service.client.get(f"/files/{'0' * 32}/console")
    said = {line.split('"')[1]: (line, execution) for _, line, execution in lines("sisyphus.http")}
    refused, _ = said["/it/api/automation/plan/run"]
    assert " 200 " in refused
    assert "code=40009 client=" in refused
    for path, code in (
        ("/it/api/automation/nowhere", 40400),
        ("/it/api/automation/plan/save", 40500),
    ):
        assert f"code={code} client=" in said[path][0]
    looked, execution = said["/it/api/automation/execution/detail"]
    assert "client=" not in looked
    for path, status, code in (("/page/open", 410, ""), ("/files/", 404, " code=40400")):
        line = next(line for shown, (line, _) in said.items() if shown.startswith(path))
        assert re.fullmatch(rf'\w+ GET "\S+" {status} [\d.]+ms{code} client=\S+', line)
    assert execution == number


def test_as_json_a_line_that_begins_with_its_execution_names_it():
    record = logging.LogRecord("x", logging.INFO, "", 0, "execution %d: it ended", (7,), None)
    assert _Ids().filter(record)
    assert json.loads(_Json().format(record))["execution_id"] == 7


@pytest.mark.parametrize(
    ("zone", "shown"), [("UTC", "00:00:01,250+0000"), ("UTC-8", "08:00:01,250+0800")]
)
def test_a_time_has_its_zone(monkeypatch, zone, shown):
    record = logging.LogRecord("x", logging.INFO, "", 0, "it ended", (), None)
    record.created, record.msecs = 1.25, 250.0
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert _Text("%(asctime)s %(message)s").format(record) == f"1970-01-01 {shown} it ended"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_first_line_says_what_is_served_and_shows_no_password(tmp_path):
    url = "postgresql://u:geheim@db/sisyphus"
    line = started(Settings(database_url=url, project_root=tmp_path, port=8000))
    assert "http://127.0.0.1:8000, database postgresql://u:***@db/sisyphus, files in " in line
    assert line.endswith(f"runner local in {tmp_path}, logins token")
    given = Settings(public_url="https://t.example", project_root=tmp_path, port=8000)
    assert "http://127.0.0.1:8000, public address https://t.example, database " in started(given)
    assert f"database sqlite:///{tmp_path}/a.sqlite3" in started(
        Settings(database_url=f"sqlite:///{tmp_path}/a.sqlite3", project_root=tmp_path)
    )
