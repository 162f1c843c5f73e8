"""What an operator looks at: metrics, log, probes, doctor, the database commands."""

import io
import json
import logging

import pytest
from service_kit import FakeClock, Service, metric, sqlite_url
from services import made_on

from orchestrator.config import logging as logs
from orchestrator.db.engine import Database, opened
from orchestrator.db.schema import newest
from orchestrator.executions.retention import Pruned, prune
from orchestrator.runners.artifacts import Artifacts


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


def test_the_levels_of_the_loggers_are_as_before():
    loggers = [logging.getLogger(name) for name in ("", "alembic", "urllib3")]
    before = [logger.level for logger in loggers]

    with logs.to_stderr("text"):
        within = [logger.level for logger in loggers]

    assert within == [logging.INFO, logging.WARNING, logging.ERROR]
    assert [logger.level for logger in loggers] == before


@pytest.mark.every_database
def test_prune_removes_what_is_old_and_over_but_never_the_newest(tmp_path, database_url):
    clock = FakeClock()
    with Service(tmp_path, database_url=database_url, clock=clock) as service:
        service.plan(1)
        runs = [{"planId": 2001, "envCode": f"e{n}"} for n in range(120)]
        ids = [service.front("/plan/run", run)["data"]["id"] for run in runs]
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

        service.sql(
            "UPDATE execution SET process = '1:a:b' WHERE id IN (:a, :b)", a=ids[1], b=ids[2]
        )
        assert pruned(older_than=1, keep=0) == Pruned()
        clock.forward(2 * 24 * 3600)
        assert pruned(older_than=1, keep=500) == Pruned()
        assert pruned(older_than=1, keep=10) == Pruned(executions=110, folders=1, missing=1)
        assert len(said) == 3
        left = service.front("/execution/list", query={"pageSize": 500})["data"]["list"]
        case_rows = service.sql("SELECT * FROM execution_case")
        database.close()

    assert [row["id"] for row in left] == [ids[-1] + 1, *reversed(ids[-9:]), ids[0]]
    assert not artifacts.folder(ids[1]).exists()
    assert len(case_rows) == 11


def test_the_database_is_upgraded_and_checked_by_command(cli):
    there = f"sqlite:///sisyphus.sqlite3 has the schema {newest()}"
    missing = (
        "no database at sqlite:///sisyphus.sqlite3; sisyphus-orchestrator db upgrade makes one"
    )
    assert cli("db", "check") == (1, f"{missing}\n", "")
    assert cli("db", "upgrade") == (0, f"{there}\n", "")
    assert cli("db", "check") == (0, f"{there}, as wanted\n", "")
    assert cli("db", "prune", "--older-than", "30")[:2] == (0, "0 executions removed in all\n")
    assert cli("db", "prune", "--older-than", "-1")[0] == 2


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE alembic_version SET version_num = '0001'", "has the schema 0001, wanted "),
        ("DELETE FROM alembic_version", "has the schema of no version, wanted "),
        ("DROP TABLE idempotency_key", ", but other tables\n"),
    ],
)
def test_a_schema_that_is_not_the_newest_is_said(cli, tmp_path, statement, said):
    url = sqlite_url(tmp_path)
    with opened(url) as database, database.writing() as connection:
        connection.exec_driver_sql(statement)
    code, out, _ = cli("db", "check", "--database-url", url)
    assert (code, said in out) == (1, True), out
    if "tables" not in said:
        assert "run sisyphus-orchestrator db upgrade" in cli("doctor", "--database-url", url)[1]


@pytest.mark.parametrize(
    "command",
    [
        ("db", "prune", "--older-than", "1"),
        ("token", "list"),
        ("token", "revoke", "7"),
        ("plan", "import", "plans.yaml"),
    ],
)
def test_a_mistyped_database_is_refused_and_not_made(cli, tmp_path, command):
    (tmp_path / "plans.yaml").write_text("plans: []")
    code, out, err = cli(*command, "--database-url", "sqlite:///typo.sqlite3")
    assert (code, out) == (2, "")
    assert "no database at sqlite:///typo.sqlite3; sisyphus-orchestrator db upgrade makes" in err
    assert not (tmp_path / "typo.sqlite3").exists()


def test_prune_says_when_it_looked_for_the_files_in_another_place(cli, tmp_path):
    clock = FakeClock()
    with Service(tmp_path, clock=clock) as service:
        number = service.run_plan(1)["id"]
        service.front("/execution/cancel", {"executionId": number})
        service.sql("UPDATE execution SET process = '1:a:b'")
        url = service.url
    code, out, err = cli(
        *("db", "prune", "--older-than", "1"), *("--database-url", url), *("--data-dir", "other")
    )
    assert code == 0
    assert f"0 of 1 folders removed in {tmp_path / 'other'}\n" in out
    assert "though 1 of these executions ran beside a service" in err


def test_the_first_token_makes_the_database_and_says_so(cli):
    assert "sqlite:///sisyphus.sqlite3 is new" in cli("token", "add", "--user", "8")[2]
    assert cli("token", "add", "--user", "9")[2] == ""


def test_a_token_may_be_made_for_looking_only(cli):
    assert cli("token", "add", "--user", "8", "--permissions", "view")[0] == 0
    code, _, err = cli("token", "add", "--user", "8", "--permissions", "fly")
    assert (code, "give some of view,run,manage" in err) == (2, True)


def test_the_doctor_names_each_thing_that_is_missing(cli):
    code, out, _ = cli("doctor")
    assert code == 1
    assert "FAIL  database: no database at sqlite:///sisyphus.sqlite3;" in out
    assert "skip  tokens: not looked at before database is right" in out
    assert "ok    project:" in out
    cli("token", "add", "--user", "8")

    code, out, _ = cli("doctor")
    assert (code, out.count("FAIL")) == (0, 0)
    assert "tokens: 1 frontend token\n" in out

    unreachable = ("--auth", "redis", "--redis-url", "redis://:geheim@127.0.0.1:1/0")
    code, out, err = cli("doctor", *unreachable, "--runner", "external")
    assert code == 1
    assert "FAIL  logins: --auth redis:" in out
    assert "FAIL  address: runners elsewhere cannot reach" in out
    assert "geheim" not in out + err


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_the_doctor_says_of_an_empty_server_what_makes_the_tables(cli, kind):
    with made_on(kind) as url:
        code, out, _ = cli("doctor", "--database-url", url)
        assert code == 1
        assert "has no tables yet; run sisyphus-orchestrator db upgrade\n" in out
        assert out.count("FAIL") == 1
        assert "has no tables yet" in cli("token", "list", "--database-url", url)[2]


@pytest.mark.parametrize(
    "url", ["postgresql://u:geheim@127.0.0.1:1/d", "mysql://u:geheim@127.0.0.1:1/d?password=geheim"]
)
@pytest.mark.parametrize("command", [("doctor",), ("token", "list"), ("db", "check")])
def test_a_server_that_is_away_is_one_line(cli, url, command):
    code, out, err = cli(*command, "--database-url", url)
    assert code in (1, 2)
    assert "does not answer: " in out + err
    assert "Background" not in out + err
    assert "geheim" not in out + err


def test_the_doctor_says_a_wrong_runner_once(cli):
    cli("token", "add", "--user", "8")
    code, out, _ = cli("doctor", "--runner", "ci")
    assert code == 1
    assert out.count("no runner 'ci'") == out.count("FAIL") == 1
    assert out.count("not looked at before extensions is right") == 3
