"""What an operator looks at: metrics, log, probes, doctor, the database commands."""

import io
import json
import logging
import socket

import pytest
from command_kit import serving
from service_kit import FakeClock, Service, metric, sqlite_url
from services import made_on

from orchestrator.config import logging as logs
from orchestrator.db import engine
from orchestrator.db.engine import Database, opened
from orchestrator.db.schema import newest
from orchestrator.executions import retention
from orchestrator.executions.retention import Pruned, prune
from orchestrator.metrics import Metrics
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


def test_metrics_are_told_while_the_database_is_away():
    there, gone = Metrics(), Metrics()
    there.observe(lambda: {3: 1}, lambda: 2)
    gone.observe(lambda: None, lambda: 2)
    for one in (there, gone):
        one.record_results(taken=1, rejected=0, late=False)
        lines = one.text().decode().splitlines()
        assert 'sisyphus_results_total{fate="taken"} 1.0' in lines
        assert "sisyphus_lease_expiries_total 2.0" in lines
        assert f"sisyphus_database_up {int(one is there)}.0" in lines
        assert ('sisyphus_executions{status="3"} 1.0' in lines) == (one is there)


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
def test_prune_removes_what_is_old_and_over_but_never_the_newest(
    tmp_path, database_url, monkeypatch
):
    monkeypatch.setattr(retention, "_BATCH", 5)
    clock = FakeClock()
    with Service(tmp_path, database_url=database_url, clock=clock) as service:
        service.plan(1)
        runs = [{"planId": 2001, "envCode": f"e{n}"} for n in range(21)]
        ids = [service.front_data("/plan/run", run)["id"] for run in runs]
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
        wanted = {(1, 500): 0, (1, 10): 11, (1, 0): 20, (3, 0): 0}
        counted = {
            limits: retention.count(database, clock, older_than=limits[0], keep=limits[1])
            for limits in wanted
        }
        assert counted == wanted
        assert pruned(older_than=1, keep=10) == Pruned(executions=11, folders=1, missing=1)
        assert len(said) == 3
        left = service.front_data("/execution/list", query={"pageSize": 500})["list"]
        case_rows = service.sql("SELECT * FROM execution_case")
        database.close()

    assert [row["id"] for row in left] == [ids[-1] + 1, *reversed(ids[-9:]), ids[0]]
    assert not artifacts.folder(ids[1]).exists()
    assert len(case_rows) == 11


def test_the_database_is_upgraded_and_checked_by_command(cli, tmp_path):
    there = f"sqlite:///sisyphus.sqlite3 has the schema {newest()}"
    missing = (
        f"no database at sqlite:///{tmp_path}/sisyphus.sqlite3: name the one of the service with "
        "--database-url, or start in its folder; `serve` or `db upgrade` makes a new one"
    )
    assert cli("db", "check") == (1, f"{missing}\n", "")
    made = f"sqlite:///sisyphus.sqlite3 is made, with the schema {newest()}\n"
    assert cli("db", "upgrade") == (0, made, "")
    assert cli("db", "upgrade") == (0, f"{there}, as wanted\n", "")
    assert cli("db", "check") == (0, f"{there}, as wanted\n", "")
    assert cli("db", "prune", "--older-than", "30")[:2] == (0, "executions removed: 0\n")
    assert cli("db", "prune", "--older-than", "-1")[0] == 2


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE alembic_version SET version_num = '0001'", "has the schema 0001, wanted "),
        ("DELETE FROM alembic_version", "has the schema of no version, wanted "),
        (
            "UPDATE alembic_version SET version_num = '9999'",
            "the schema '9999', which this version",
        ),
        ("DROP TABLE idempotency_key", ", but other tables: somebody changed them"),
    ],
)
def test_a_schema_that_is_not_the_newest_is_said(cli, tmp_path, statement, said):
    url = sqlite_url(tmp_path)
    with opened(url) as database, database.writing() as connection:
        connection.exec_driver_sql(statement)
    code, out, _ = cli("db", "check", "--database-url", url)
    assert (code, said in out) == (1, True), out
    if "other tables" in said:
        assert out.splitlines()[0] == "missing: table idempotency_key"
    if "9999" in statement:
        assert "which this version does not know" in cli("doctor", "--database-url", url)[1]
    elif "tables" not in said:
        assert "`db upgrade` migrates it" in cli("doctor", "--database-url", url)[1]


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
    assert f"no database at sqlite:///{tmp_path}/typo.sqlite3: name the one of the service" in err
    assert "`serve` or `db upgrade` makes a new one" in err
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
    assert f"folders removed in {tmp_path / 'other'}: 0 of 1\n" in out
    assert "though 1 of these executions ran beside a service" in err


def test_a_dry_run_counts_and_removes_nothing(cli, tmp_path):
    with Service(tmp_path, clock=FakeClock()) as service:
        number = service.run_plan(1)["id"]
        service.front("/execution/cancel", {"executionId": number})
        url = service.url
    asked = ("db", "prune", "--older-than", "0", "--database-url", url)
    said = "executions that would be removed: 1\nnothing was written (--dry-run)\n"
    assert cli(*asked, "--dry-run") == (0, said, "")
    assert cli(*asked, "--dry-run", "--keep", "1")[1].startswith(
        "executions that would be removed: 0"
    )
    assert "executions removed: 1\n" in cli(*asked)[1]
    assert "would be removed: 0\n" in cli(*asked, "--dry-run")[1]
    typo = ("--database-url", "sqlite:///typo.sqlite3")
    assert "no database at " in cli("db", "prune", "--older-than", "0", "--dry-run", *typo)[2]
    assert not (tmp_path / "typo.sqlite3").exists()


def test_a_token_may_be_made_for_looking_only(cli):
    assert cli("token", "add", "--user", "8", "--permissions", "view")[0] == 0
    code, _, err = cli("token", "add", "--user", "8", "--permissions", "fly")
    assert (code, "give some of view,run,manage" in err) == (2, True)


def test_the_doctor_names_each_thing_that_is_missing(cli, tmp_path):
    code, out, _ = cli("doctor")
    assert code == 1
    assert f"FAIL  database: no database at sqlite:///{tmp_path}/sisyphus.sqlite3:" in out
    assert "skip  tokens: not looked at before database is right" in out
    assert "ok    project:" in out
    cli("token", "add", "--user", "8")

    code, out, _ = cli("doctor", "--port", "0")
    assert (code, out.count("FAIL")) == (0, 0), out
    assert "tokens: frontend tokens: 1\n" in out

    (tmp_path / "file").touch()
    out = cli("doctor", "--data-dir", "file/x")[1]
    assert f"FAIL  files: {tmp_path / 'file'} cannot be written" in out
    long = "x" * 300  # cannot be looked at, as what is behind a closed folder
    out = cli("doctor", "--data-dir", long)[1]
    assert f"FAIL  files: {tmp_path / long} cannot be written" in out

    unreachable = ("--auth", "redis", "--redis-url", "redis://:geheim@127.0.0.1:1/0")
    unreachable = (*unreachable, "--redis-prefix", "login:")
    code, out, err = cli("doctor", *unreachable, "--runner", "external")
    assert code == 1
    assert "FAIL  logins: --auth redis:" in out
    assert "FAIL  address: runners elsewhere cannot reach" in out
    assert "geheim" not in out + err


def test_the_doctor_says_of_a_database_that_takes_nothing(cli, tmp_path, monkeypatch):
    url = sqlite_url(tmp_path)
    asked = ("doctor", "--runner", "external", "--database-url", url)
    assert "ok    database: " in cli(*asked)[1]
    readonly = (*engine._SQLITE_PRAGMAS, "PRAGMA query_only=ON")  # as a disk that is read only
    monkeypatch.setattr(engine, "_SQLITE_PRAGMAS", readonly)
    said = f"FAIL  database: {url} cannot be written: attempt to write a readonly database\n"
    assert said in cli(*asked)[1]


def test_the_doctor_tries_a_folder_that_only_seems_to_take_files(cli):
    said = "FAIL  files: /proc cannot be written; give --data-dir a folder that can"
    assert said in cli("doctor", "--data-dir", "/proc/none/x")[1]


def test_the_doctor_says_who_has_the_port(cli, tmp_path):
    def said(port):
        return cli("doctor", "--runner", "external", "--port", port)[1]

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    assert f"ok    port: 127.0.0.1:{port} is free\n" in said(port)
    with serving(tmp_path, "--runner", "external") as (_, address):
        assert f"ok    port: {address} is a service that runs" in said(address.rpartition(":")[2])
    with socket.socket() as mute:  # bound, and nobody answers there
        mute.bind(("127.0.0.1", 0))
        port = str(mute.getsockname()[1])
        assert f"FAIL  port: cannot listen on 127.0.0.1:{port}: " in said(port)


def test_a_mistyped_variable_is_said_by_the_doctor_and_in_the_log(cli, tmp_path, monkeypatch):
    said = "the variable SISYPHUS_SLOT is no option; did you mean SISYPHUS_SLOTS?"
    with serving(tmp_path, "--runner", "external", SISYPHUS_SLOT="3"):
        assert f"WARNING sisyphus.serve {said}\n" in (tmp_path / "stderr").read_text()
    monkeypatch.setenv("SISYPHUS_SLOT", "3")
    assert f"FAIL  variables: {said}\n" in cli("doctor", "--runner", "external")[1]


def test_a_folder_that_cannot_be_written_stops_the_start_where_runs_need_it(cli, tmp_path):
    (tmp_path / "file").touch()
    code, _, err = cli("serve", "--data-dir", "file/x")
    assert (code, f"{tmp_path / 'file'} cannot be written; give --data-dir" in err) == (2, True)


def test_the_log_may_be_of_warnings_only():
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", stream)
        with logs.to_stderr("text", "warning"):
            logging.getLogger("sisyphus.http").info("GET")
            logging.getLogger("sisyphus.x").warning("away")
    assert stream.getvalue().endswith("WARNING sisyphus.x away\n")
    assert "GET" not in stream.getvalue()


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_the_doctor_says_of_an_empty_server_what_makes_the_tables(cli, kind):
    with made_on(kind) as url:
        code, out, _ = cli("doctor", "--port", "0", "--database-url", url)
        assert code == 1
        assert "has no tables yet; `serve` or `db upgrade` makes them\n" in out
        assert out.count("FAIL") == 1
        assert "has no tables yet" in cli("token", "list", "--database-url", url)[2]


@pytest.mark.parametrize(
    ("kind", "command"), [("postgresql", "createdb"), ("mysql", "mysqladmin create")]
)
def test_a_database_that_a_server_does_not_have_is_said_with_what_makes_it(cli, kind, command):
    with made_on(kind) as url:
        code, _, err = cli("db", "upgrade", "--database-url", f"{url.rpartition('/')[0]}/none_here")
    assert code == 2
    said = f"; the service makes tables, and no database: `{command} none_here` makes it"
    assert err.rstrip().endswith(said), err


@pytest.mark.parametrize(
    "url", ["postgresql://u:geheim@127.0.0.1:1/d", "mysql://u:geheim@127.0.0.1:1/d?password=geheim"]
)
@pytest.mark.parametrize("command", [("doctor",), ("token", "list"), ("db", "check")])
def test_a_server_that_is_away_is_one_line(cli, caplog, url, command):
    code, out, err = cli(*command, "--database-url", url)
    assert code in (1, 2)
    assert caplog.messages == []
    assert "does not answer: " in out + err
    assert "Background" not in out + err
    assert "geheim" not in out + err


def test_the_doctor_says_a_wrong_runner_once(cli):
    cli("token", "add", "--user", "8")
    code, out, _ = cli("doctor", "--port", "0", "--runner", "ci")
    assert code == 1
    assert out.count("no runner 'ci'") == out.count("FAIL") == 1
    assert out.count("not looked at before extensions is right") == 4
