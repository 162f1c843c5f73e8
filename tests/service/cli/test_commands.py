"""`sisyphus-orchestrator` as a process: what it prints, how it refuses, how it ends."""

import os
import re
import signal
import socket
import sys

import httpx2
import pytest
from command_kit import serving

from orchestrator.config.doubts import doubts
from orchestrator.config.load import load
from orchestrator.config.settings import Settings
from orchestrator.db import schema
from orchestrator.db.engine import opened
from orchestrator.server import other_instances_warnings, stopping
from orchestrator.store.instances import all_instances


def test_serve_prints_its_real_address_and_ends_on_sigterm(tmp_path):
    with serving(tmp_path, "--runner", "external", "--auth", "none") as (process, base):
        assert httpx2.get(f"{base}/readyz").status_code == 200
        answer = httpx2.get(f"{base}/it/api/automation/execution/list").json()
        assert answer == {"code": 20000, "msg": "success", "data": {"list": [], "total": 0}}
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert (tmp_path / "sisyphus.sqlite3").exists()
    assert "Traceback" not in (tmp_path / "stderr").read_text()


def test_a_token_of_the_command_line_opens_the_running_service(tmp_path, cli):
    code, out, _ = cli("token", "add", "--user", "8", "--name", "ci")
    token = out.strip()
    assert (code, len(token)) == (0, 47)

    with serving(tmp_path, "--runner", "external") as (_, base):
        url = f"{base}/it/api/automation/execution/list"
        assert httpx2.get(url, headers={"token": token}).status_code == 200
        assert httpx2.get(url).status_code == 401
        assert cli("token", "revoke", "1")[0] == 0
        assert httpx2.get(url, headers={"token": token}).status_code == 401
    assert token not in (tmp_path / "stderr").read_text()


def test_the_first_token_says_that_it_makes_the_tables(cli, tmp_path):
    (tmp_path / "empty.sqlite3").touch()
    for name in ("new", "empty"):
        url = f"sqlite:///{name}.sqlite3"
        said = f"the tables of {url} are made: `serve` must be given the same --database-url"
        add = ("token", "add", "--user", "8", "--database-url", url)
        code, out, err = cli(*add)
        assert (code, len(out.splitlines()), said in err) == (0, 1, True)
        assert cli(*add)[2] == ""


@pytest.mark.parametrize(
    ("runner", "said"),
    [
        ("local", "is asked to end, its queue stays"),
        ("jenkins", "what the runner jenkins runs goes on"),
        ("external", "what the runner external runs goes on"),
        ("ours", "the runner ours is closed"),
    ],
)
def test_a_stop_says_what_becomes_of_the_runs_of_its_runner(runner, said):
    assert stopping(runner).startswith("stopping; ")
    assert said in stopping(runner)
    assert ("asked" in stopping(runner)) == (runner == "local")


def test_a_public_address_below_a_path_is_doubted():
    for root in ("", "https://t.example", "https://t.example/", "https://t.example/it/api/"):
        assert list(doubts(load({"public_url": root} if root else {}, {}))) == []
    for below in ("https://t.example/sisyphus/", "https://t.example/sisyphus/it/api"):
        [said] = doubts(load({"public_url": below}, {}))
        assert said.startswith("--public-url has the path /sisyphus: the page works at the root")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"lease": "3"}, "--lease 3: pytest sends a heartbeat every 15 s, so executions would be"),
        ({"lease": "44.5"}, "--lease 44.5: pytest sends a heartbeat every 15 s"),
        ({"lease": "45"}, None),
        (
            {"jwt_key": "x" * 40, "jwt_audience": "a"},
            "--jwt-key, --jwt-audience: nothing reads that with --auth token, only with --auth jwt",
        ),
        (
            {"auth": "jwt", "jwt_key": "x" * 40, "redis_prefix": "login:"},
            "--redis-prefix: nothing reads that with --auth jwt, only with --auth redis",
        ),
        ({"auth": "jwt", "jwt_key": "x" * 40}, None),
        ({"auth": "ours", "jwt_audience": "a"}, None),
        (
            {"jenkins_url": "https://j.example/", "jenkins_job": "auto"},
            "--jenkins-url, --jenkins-job: nothing reads that with --runner local, only with",
        ),
        ({"runner": "jenkins", "jenkins_url": "https://j.example/"}, None),
        ({"runner": "ours", "jenkins_url": "https://j.example/"}, None),
        ({"project_root": "closed"}, "--project-root closed: "),
        ({"project_root": "closed", "runner": "external"}, None),
    ],
)
def test_options_that_are_perhaps_not_what_was_meant_are_doubted(
    tmp_path, monkeypatch, given, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / ".sisyphus").touch()  # as in a folder that nobody may write
    found = list(doubts(load(given, {})))
    assert [one.startswith(said or "nothing") for one in found] == [True] * bool(said), found


def test_doubts_are_in_the_log_and_are_said_by_the_doctor(cli, tmp_path):
    odd = ("--runner", "external", "--lease", "3")
    said = "--lease 3: pytest sends a heartbeat every 15 s"
    with serving(tmp_path, *odd):
        assert f"WARNING sisyphus.serve {said}" in (tmp_path / "stderr").read_text()
    assert "ok    options: none is doubtful\n" in cli("doctor")[1]
    cli("token", "add", "--user", "8")
    code, out, _ = cli("doctor", "--port", "0", "--public-url", "https://t.example", *odd)
    assert (code, f"warn  options: {said}" in out) == (0, True), out


@pytest.mark.parametrize(
    ("scheme", "module"), [("postgresql", "psycopg"), ("mysql", "pymysql"), ("mariadb", "pymysql")]
)
def test_a_driver_that_is_missing_is_said_with_its_extra(cli, monkeypatch, scheme, module):
    monkeypatch.setitem(sys.modules, module, None)
    code, _, err = cli("db", "check", "--database-url", f"{scheme}://u:geheim@h/d")
    assert code == 2
    assert f"database url '{scheme}://u:***@h/d' needs the module {module}, which" in err
    assert "pip install 'pytest-sisyphus[database]'" in err


def test_sigterm_ends_the_children_of_the_service(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "conftest.py").write_text(
        "import os, pathlib, time\n"
        "pathlib.Path('pid.new').write_text(str(os.getpid()))\n"
        "pathlib.Path('pid.new').rename('pid')\n"
        "time.sleep(600)\n"
    )
    secret = {"X-CALLBACK-SECRET": "s"}
    arguments = ("--auth", "none", "--callback-secret", "s", "--project-root", "project")
    with serving(tmp_path, *arguments) as (process, base):
        api = f"{base}/it/api/automation"
        case = {"caseId": 1, "caseKey": "a"}
        httpx2.post(f"{api}/case/sync", json={"projectId": 1, "cases": [case]}, headers=secret)
        row = httpx2.post(f"{api}/case/run", json={"caseId": 1, "envCode": "st"}).json()["data"]
        assert row["status"] == 2
        assert row["console_url"].startswith(base)
        from service_kit import until

        until((project / "pid").exists)
        child = int((project / "pid").read_text())
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_token_list_shows_everything_but_the_tokens(cli):
    allowed = ("--permissions", "view, run")
    token = cli("token", "add", "--user", "8", "--name", "ci", *allowed)[1].strip()
    cli("token", "add", "--user", "9")
    assert cli("token", "revoke", "2") == (0, "token 2 is revoked\n", "")

    code, out, _ = cli("token", "list")

    head, first, second = out.splitlines()
    assert code == 0
    assert head.split() == ["ID", "USER", "CREATED", "REVOKED", "PERMISSIONS", "NAME"]
    assert re.fullmatch(r"\s+1\s+8\s+\S+ \S+\s+-\s+view,run\s+ci", first)
    assert re.fullmatch(r"\s+2\s+9(\s+\S+ \S+){2}\s+all\s*", second)
    assert token not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["serve", "--port", "x"],
            "--port: 'x' is not usable; give a whole number from 0 to 65535",
        ),
        (["serve", "--project-root", "/nope"], "--project-root '/nope' is not a folder"),
        (
            ["serve", "--database-url", "sqlite:////nope/x.db"],
            "cannot open the database sqlite:////nope/x.db: its folder does not exist",
        ),
        (
            ["serve", "--database-url", "postgresql://u:ge@heim@127.0.0.1:1/d"],
            "the database url has more than one @; in user and password write @ as %40",
        ),
        (
            ["serve", "--database-url", "postgresql://u:p?a@geheim@127.0.0.1:1/d"],
            "the database url has more than one @; in user and password write @ as %40",
        ),
        (["serve", "--database-url", "sqlite:///."], "cannot open the database"),
        (["serve", "--database-url", "sqlite://"], "in-memory"),
        (["serve", "--database-url", "geheim"], "the database url cannot be read; give one"),
        (["serve", "--database-url", "mysql://u:geheim@h:x/d"], "the database url cannot be read"),
        (["serve", "--database-url", "oracel://h/d?password=geheim"], "oracel://h/d"),
        (["serve", "--database-url", "@none"], "--database-url: that is not usable; the file"),
        (
            ["serve", "--database-url", "oracle://x"],
            "database url 'oracle://x': the service works on SQLite, PostgreSQL, MySQL and",
        ),
        (
            ["token", "list", "--database-url", "mssql+pyodbc://x"],
            "PostgreSQL, MySQL and MariaDB; give",
        ),
        (["serve", "--database-url", "oracel://u:geheim@h/d"], "oracel://u:***@h/d"),
        (["serve", "--auth", "none", "--host", "0.0.0.0"], "--auth none is refused"),
        (["serve", "--host", "no.such.host.invalid"], "cannot listen on no.such.host.invalid"),
        (["serve", "--timezone", "Mars/Base"], "give a time zone's name"),
        (["serve", "--public-url", "tests.example.com"], "give an address"),
        (["serve", "--config", "none.toml"], "cannot read the configuration none.toml"),
        (["serve", "--callback-secret", "@geheim"], "the file named after the @ cannot be read"),
        (["serve", "--callback-secret", "@/geheim"], "the file named after the @ cannot be read"),
        (["serve", "--callback-secret", "@geheim/x"], "the file named after the @ cannot be read"),
        (["serve", "--callback-secret", "@/usr/none"], "the file /usr/none cannot be read: No"),
        (["serve", "--frobnicate"], "unknown argument --frobnicate; --help shows"),
        (["serve", "--prt", "1"], "unknown argument --prt; did you mean --port?"),
        (["serve", "--lnag", "zh"], "unknown argument --lnag; did you mean --lang?"),
        (["db", "upgrade", "--run"], "unknown argument --run; --help shows"),
        (["serve", "--log-format", "xml"], "argument --log-format: invalid choice: 'xml'"),
        (["serve", "--auth", "ldap"], "no auth backend 'ldap'; known: token, redis, jwt, none"),
        (["serve", "--runner", "ci"], "--runner: no runner 'ci'; known: local, jenkins, external"),
        (["serve", "--plugins", "no_such_one"], "plugin 'no_such_one', named by --plugins, cannot"),
        (["token", "add", "--user", "0"], "give a positive number"),
        (["token", "add", "--user", str(2**64)], "give a positive number"),
        (
            ["token", "add", "--user", "me"],
            "argument --user: 'me' is not usable; give a whole number",
        ),
        ([], "required: COMMAND"),
    ],
)
def test_a_users_error_is_one_line_and_exit_code_2(cli, monkeypatch, arguments, message):
    monkeypatch.setenv("SISYPHUS_PORT", "0")  # the usual one may be taken here
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert "geheim" not in err


def test_a_token_that_nobody_has_is_said(cli):
    cli("token", "add", "--user", "8")
    assert "there is no token 7" in cli("token", "revoke", "7")[2]


@pytest.mark.parametrize("way", ["option", "environment", "file"])
def test_the_databases_address_may_be_in_a_file(cli, tmp_path, monkeypatch, way):
    (tmp_path / "url").write_text("sqlite:///elsewhere.sqlite3\n")
    (tmp_path / "service.toml").write_text('database-url = "@url"\n')
    if way == "environment":
        monkeypatch.setenv("SISYPHUS_DATABASE_URL", "@url")
    options = {"option": ["--database-url", "@url"], "file": ["--config", "service.toml"]}
    code, out, _ = cli("db", "upgrade", *options.get(way, []))
    assert (code, out.startswith("sqlite:///elsewhere.sqlite3 is made, with the schema")) == (
        0,
        True,
    )


def test_an_upgrade_says_what_it_found(cli):
    url = "sqlite:///sisyphus.sqlite3"
    assert cli("db", "upgrade")[1] == f"{url} is made, with the schema {schema.newest()}\n"
    with opened(url) as database, database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    said = f"{url} is migrated from no version to {schema.newest()}\n"
    assert cli("db", "upgrade")[1] == said
    assert cli("db", "upgrade")[1] == f"{url} has the schema {schema.newest()}, as wanted\n"


def test_a_second_process_on_one_sqlite_file_is_warned(tmp_path):
    arguments = ("--runner", "external", "--auth", "none")
    second = tmp_path / "second"
    second.mkdir()
    url = f"sqlite:///{tmp_path / 'sisyphus.sqlite3'}"
    with serving(tmp_path, *arguments) as (first, _):
        from service_kit import until

        until(lambda: instances(url))
        with serving(second, *arguments, "--database-url", url):
            pass
        assert "service process works on" not in (tmp_path / "stderr").read_text()
    said = (second / "stderr").read_text()
    assert f"another service process works on this database (process {first.pid} at" in said
    assert "SQLite is for one" in said


def instances(url):
    with opened(url) as database, database.reading() as session:
        return all_instances(session)


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({"runner": "local"}, "--public-url and --callback-url of"),
        ({"runner": "local", "public_url": "http://p"}, "--public-url and --callback-url of"),
        ({"runner": "local", "public_url": "http://p", "callback_url": "http://p"}, None),
        ({"runner": "jenkins"}, "--public-url of"),
        ({"runner": "jenkins", "public_url": "http://p"}, None),
    ],
)
def test_processes_that_share_a_server_are_asked_for_a_common_address(options, asked):
    settings = Settings(database_url="postgresql://h/d", **options)
    assert list(other_instances_warnings(settings, [])) == []
    said = list(other_instances_warnings(settings, ["7 at h"]))
    assert [asked in line for line in said] == ([True] if asked else [])


def test_a_port_in_use_is_said(cli):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, _, err = cli("serve", "--runner", "external", "--port", str(port))
    assert code == 2
    assert err == (
        f"sisyphus-orchestrator: cannot listen on 127.0.0.1:{port}: another process does; "
        "--port takes another port\n"
    )


@pytest.mark.parametrize("name", ["database_url", "redis_url", "jwt_key", "jenkins_token"])
@pytest.mark.parametrize("place", ["given", "environ"])
def test_what_may_hold_a_password_may_be_in_a_file(tmp_path, name, place):
    (tmp_path / "held").write_text("redis://:geheim@h/0\n")
    text = f"@{tmp_path / 'held'}"
    user = {"jenkins_user": "u"} if name == "jenkins_token" else {}
    options = {"runner": "external", **user}
    if place == "given":
        settings = load({**options, name: text}, {})
    else:
        settings = load(options, {f"SISYPHUS_{name.upper()}": text})
    assert str.__str__(getattr(settings, name)) == "redis://:geheim@h/0"
    assert "geheim" not in repr(settings)


@pytest.mark.parametrize("at", ["", "@"])
def test_the_file_of_webhooks_is_named_with_or_without_an_at(tmp_path, at):
    (tmp_path / "url").write_text("https://h/geheim\n")
    path = tmp_path / "hooks.toml"
    path.write_text(f'[[webhooks]]\nname = "w"\nurl = "@{tmp_path / "url"}"\n')
    settings = load({"runner": "external", "webhooks": f"{at}{path}"}, {})
    assert [one.url.reveal() for one in settings.webhooks] == ["https://h/geheim"]
    assert "geheim" not in repr(settings)
