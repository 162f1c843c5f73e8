"""What an operator looks at: metrics, log, probes, doctor, the database commands."""

import io
import json
import logging
import re

import pytest
from service_kit import FakeClock, Service
from test_command_line import cli  # noqa: F401 -- a fixture

from orchestrator import logs
from orchestrator.artifacts import Artifacts
from orchestrator.database import Database
from orchestrator.retention import prune


def metric(service, name):
    text = service.client.get("/metrics").text
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, text
    return float(found[1])


def test_metrics_count_what_happened(service):
    waiting = service.run_plan(1)["id"]
    service.front("/execution/cancel", {"executionId": waiting})
    number = service.started(1, 2)
    service.result(number, 1, 2)
    unknown = {"executionId": number, "results": [{"caseId": 99, "status": 2}]}
    service.told("/execution/case/result", unknown)
    assert metric(service, 'sisyphus_executions{status="3"}') == 1
    assert metric(service, 'sisyphus_executions{status="6"}') == 1
    assert metric(service, "sisyphus_queue_length") == 0

    service.clock.forward(91)
    service.front("/execution/poll", {})
    service.result(number, 2, 2)

    assert metric(service, "sisyphus_lease_expiries_total") == 1
    for fate, count in {"taken": 1, "rejected": 1, "late": 1}.items():
        assert metric(service, f'sisyphus_results_total{{fate="{fate}"}}') == count
    call = 'call="execution/case/result"'
    assert metric(service, f'sisyphus_callbacks_total{{{call},status="200"}}') == 3
    assert metric(service, f"sisyphus_callback_seconds_count{{{call}}}") == 3


def test_an_unmigrated_database_is_not_ready(service):
    assert service.client.get("/readyz").status_code == 200
    service.sql("UPDATE alembic_version SET version_num = '0001'")
    answer = service.client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "database not migrated\n")


def test_the_log_as_json_names_request_and_execution(service, monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    with logs.to_stderr("json"):
        number = service.started(1)
        service.runner.refuses = "no\nroom"
        service.front("/plan/run", {"planId": 2001, "envCode": "qa"})
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]

    requests = [line for line in lines if line["logger"] == "sisyphus.http"]
    assert len({line["request_id"] for line in requests}) == len(requests) > 3
    [refused] = [line for line in lines if line["logger"] == "sisyphus.trigger"]
    assert refused["request_id"] == requests[-1]["request_id"]
    assert (refused["level"], "no\nroom" in refused["message"]) == ("WARNING", True)
    assert number == 1


def test_the_log_as_text_names_the_execution():
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", stream)
        with logs.to_stderr("text"):
            logging.getLogger("x").info("hello", extra={"execution_id": 7})
            logging.getLogger("x").info("bye")
    first, second = stream.getvalue().splitlines()
    assert first.endswith("INFO x hello execution=7")
    assert second.endswith("INFO x bye")


@pytest.mark.every_database
def test_prune_removes_what_is_old_and_over_but_never_the_newest(tmp_path, database_url):
    clock = FakeClock()
    with Service(tmp_path, database_url=database_url, clock=clock) as service:
        ids = [service.run_plan(1, envCode=f"e{n}")["id"] for n in range(120)]
        for number in ids[1:]:
            service.front("/execution/cancel", {"executionId": number})
        headers = {"Idempotency-Key": "k"}
        service.front("/plan/run", {"planId": 2001, "envCode": "x"}, headers=headers)
        artifacts = Artifacts(tmp_path / "files")
        artifacts.prepare(ids[1])
        said = []
        database = Database(database_url)

        def pruned(**limits):
            return prune(database, artifacts, clock, say=said.append, **limits)

        assert pruned(older_than=1, keep=0) == 0
        clock.forward(2 * 24 * 3600)
        assert pruned(older_than=1, keep=500) == 0
        assert pruned(older_than=1, keep=10) == 110
        assert len(said) == 3
        left = service.front("/execution/list", query={"pageSize": 500})["data"]["list"]
        case_rows = service.sql("SELECT * FROM execution_case")
        database.close()

    assert [row["id"] for row in left] == [ids[-1] + 1, *reversed(ids[-9:]), ids[0]]
    assert not artifacts.folder(ids[1]).exists()
    assert len(case_rows) == 11


def test_the_database_is_upgraded_and_checked_by_command(cli):  # noqa: F811 -- the fixture
    assert cli("db", "check")[0] == 1
    assert cli("db", "upgrade")[:2] == (
        0,
        "sqlite:///sisyphus.sqlite3 has the schema {}\n".format(cli("db", "check")[1].split()[-1]),
    )
    assert cli("db", "check")[0] == 0
    assert cli("db", "prune", "--older-than", "30")[:2] == (0, "0 executions removed in all\n")
    assert cli("db", "prune", "--older-than", "-1")[0] == 2


def test_a_token_may_be_made_for_looking_only(cli):  # noqa: F811
    assert cli("token", "add", "--user", "8", "--permissions", "view")[0] == 0
    code, _, err = cli("token", "add", "--user", "8", "--permissions", "fly")
    assert (code, "give some of view,run,manage" in err) == (2, True)


def test_the_doctor_names_each_thing_that_is_missing(cli):  # noqa: F811
    code, out, _ = cli("doctor")
    assert code == 1
    assert "FAIL  database: sqlite:///sisyphus.sqlite3 has no tables yet; run" in out
    assert "ok    project:" in out
    cli("token", "add", "--user", "8")

    code, out, _ = cli("doctor")
    assert (code, out.count("FAIL")) == (0, 0)
    assert "1 frontend tokens" in out

    unreachable = ("--auth", "redis", "--redis-url", "redis://:geheim@127.0.0.1:1/0")
    code, out, err = cli("doctor", *unreachable, "--runner", "external")
    assert code == 1
    assert "FAIL  logins: --auth redis:" in out
    assert "FAIL  address: runners elsewhere cannot reach" in out
    assert "geheim" not in out + err
