"""`type: database` and `db_query()` on the real SQLite, PostgreSQL and MariaDB."""

import json
import socket
import textwrap
import threading
from pathlib import Path

import pytest

from pytest_sisyphus.values.numbers import number

TABLE = """
- name: table
  type: database
  database: main
  operation: script
  sql: |
    CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(50), updated_at VARCHAR(50));
    INSERT INTO users (id, name) VALUES (1, 'Ann'), (2, 'O''Brien; -- x'), (3, '李雷');
"""


def config(url, more=""):
    return f"databases: {{main: {url!r}, default: {url!r}}}\n{more}"


@pytest.fixture
def on(run_steps, database_url):
    """Runs steps after the table was made."""

    def run(steps, *args, more="", **files):
        text = TABLE + textwrap.dedent(steps)
        return run_steps(text, *args, config=config(database_url, more), **files)

    return run


def ask(sql, *, name="ask", **keys):
    keys = {"database": "main", **keys}
    lines = [f"- name: {name}", "  type: database", f"  sql: {json.dumps(sql, ensure_ascii=False)}"]
    return "\n".join([*lines, *(f"  {key}: {value}" for key, value in keys.items())]) + "\n"


def document(run, step="ask"):
    return run.steps[step]["response"]


class TestOperations:
    def test_a_query_brings_rows_that_outputs_checks_and_extractors_see(self, on):
        """W42"""
        run = on(
            ask("SELECT id, name FROM users ORDER BY id")
            + """
  validations:
  - eq: [$.row_count, 3]
  - eq: ["$.rows[0].name", Ann]
  - eq: ["$.data[2].name", 李雷]
  - eq: ["$.columns", [id, name]]
  - len_eq: [$.rows, 3]
  extractors: {second: "$.rows[1].name"}
"""
        )

        assert run.outcomes == {"passed": 1}
        assert document(run)["rows"][0] == {"id": 1, "name": "Ann"}
        assert run.document["final_variables"]["second"] == "O'Brien; -- x"

    @pytest.mark.parametrize("operation", ["execute", "exec"])
    def test_checks_of_a_statement_that_changes_rows_are_judged(self, on, operation):
        """W16"""
        run = on(
            ask("UPDATE users SET name = 'x' WHERE id < 3", operation=operation)
            + "  validations: [{eq: [$.row_count, 7]}]\n"
        )

        assert run.outcomes == {"failed": 1}
        assert run.error("ask") == "Expected 7, but got 2"

    STYLES = (
        ("SELECT name FROM users WHERE id = :id", "{id: 2}"),
        ("SELECT name FROM users WHERE id = ?", "[2]"),
        ("SELECT name FROM users WHERE id = %s", "[2]"),
        ("SELECT name FROM users WHERE name LIKE '%Brien%' AND id = %s", "[2]"),
        ("SELECT name FROM users WHERE name LIKE '%Brien%' AND '?' = '?'", "[]"),
        ("SELECT name FROM users WHERE name LIKE '%; -- x' AND ':id' <> ' :b'", "null"),
        ("SELECT name FROM users WHERE name = :name", '{name: "O\'Brien; -- x"}'),
        ("SELECT name FROM users WHERE id = :id OR id = :id", "{id: '${two}'}"),
    )

    def test_parameters_of_every_style(self, on):
        """W69"""
        run = on(
            "".join(
                ask(sql, name=f"s{number}", params=params)
                + "  validations: [{eq: ['$.rows[0].name', \"O'Brien; -- x\"]}]\n"
                for number, (sql, params) in enumerate(self.STYLES)
            ),
            more="variables: {two: 2}",
        )

        passed = {
            sql: run.steps[f"s{n}"]["status"] == "success" for n, (sql, _) in enumerate(self.STYLES)
        }
        assert passed == dict.fromkeys(passed, True), run.stdout
        assert run.outcomes == {"passed": 1}

    @pytest.mark.parametrize(
        "params",
        ["[{id: 7, name: a}, {id: 8, name: b}]", "[[7, a], [8, b]]"],
    )
    def test_executemany(self, on, params):
        marks = ":id, :name" if "id" in params else "?, ?"
        run = on(
            ask(
                f"INSERT INTO users (id, name) VALUES ({marks})",
                operation="executemany",
                params=params,
            )
            + ask("SELECT count(*) AS n FROM users", name="count")
        )

        assert document(run)["row_count"] == 2
        assert document(run, "count")["rows"] == [{"n": 5}]

    def test_a_failing_executemany_leaves_nothing(self, on):
        run = on(
            ask(
                "INSERT INTO users (id, name) VALUES (:id, 'a')",
                operation="executemany",
                params="[{id: 7}, {id: 1}]",
            )
            + ask("SELECT count(*) AS n FROM users", name="count")
        )

        assert run.steps["ask"]["error_info"]["type"] == "DatabaseError"
        assert document(run, "count")["rows"] == [{"n": 3}]

    def test_a_failing_script_names_the_statement(self, on):
        run = on(ask("SELECT 1; SELECT nothing FROM nowhere; SELECT 2", operation="script"))

        assert "statement 2 of the script (SELECT nothing FROM nowhere)" in run.error("ask")

    def test_steps_may_hold_a_transaction_open(self, on):
        run = on(
            ask("BEGIN", operation="execute", name="begin")
            + ask("DELETE FROM users", operation="execute", name="delete")
            + ask("ROLLBACK", operation="execute", name="rollback")
            + ask("SELECT count(*) AS n FROM users")
        )

        assert document(run)["rows"] == [{"n": 3}], run.stdout

    def test_a_query_that_brings_no_rows_is_an_error_and_changes_nothing(self, on):
        run = on(ask("DELETE FROM users", name="wrong") + ask("SELECT count(*) AS n FROM users"))

        assert "operation: execute" in run.error("wrong")
        assert document(run)["rows"] == [{"n": 3}]

    def test_columns_of_equal_names_are_told_apart(self, on):
        run = on(ask("SELECT a.id, b.id FROM users a JOIN users b ON b.id = a.id + 1 ORDER BY 1"))

        assert document(run)["columns"] == ["id", "id_2"]
        assert document(run)["rows"][0] == {"id": 1, "id_2": 2}

    def test_a_checks_text_that_looks_like_sql_stays_a_value(self, on):
        run = on(
            ask("SELECT count(*) AS n FROM users WHERE name = :name", params='{name: "x\' OR 1=1"}')
        )

        assert document(run)["rows"] == [{"n": 0}]


class TestValues:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("CAST('12.30' AS DECIMAL(10,2))", number("12.30")),
            ("CAST('12.00' AS DECIMAL(10,2))", number("12.00")),
            (
                "CAST('1234567890123456789012.34' AS DECIMAL(30,2))",
                number("1234567890123456789012.34"),
            ),
            ("CAST('12345678901234567890123' AS DECIMAL(30,0))", 12345678901234567890123),
            ("DATE '2026-01-31'", "2026-01-31"),
            ("TIMESTAMP '2026-01-31 10:20:30'", "2026-01-31T10:20:30"),
            ("NULL", None),
        ],
    )
    @pytest.mark.parametrize("database_url", ["postgresql", "mysql"], indirect=True)
    def test_no_digit_is_lost(self, on, expression, expected):
        """W38"""
        run = on(ask(f"SELECT {expression} AS v"))

        assert document(run)["rows"] == [{"v": expected}]
        assert str(document(run)["rows"][0]["v"]) == str(expected)

    @pytest.mark.parametrize("database_url", ["postgresql", "mysql"], indirect=True)
    def test_nor_on_the_way_there(self, on):
        run = on(ask("SELECT CAST(? AS DECIMAL(30,2)) AS v", params="[1234567890123456789012.30]"))

        assert str(document(run)["rows"][0]["v"]) == "1234567890123456789012.30"

    def test_sqlite_has_doubles_alone(self, run_steps, tmp_path):
        (tmp_path / "a.db").touch()
        run = run_steps(
            ask("SELECT ? AS v", params="[10.50]"), config=config(f"sqlite:///{tmp_path}/a.db")
        )

        assert document(run)["rows"] == [{"v": 10.5}]

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("'\\xff00'::bytea", "/wA="),
            ("'{\"a\": [1, null]}'::jsonb", {"a": [1, None]}),
            (
                "'7f000001-0000-4000-8000-000000000001'::uuid",
                "7f000001-0000-4000-8000-000000000001",
            ),
            ("'[10.50, 1e5]'::jsonb", [number("10.50"), 100000]),
            ("ARRAY[1,2]", [1, 2]),
            ("'NaN'::numeric", "NaN"),
            ("'infinity'::float", "inf"),
            ("interval '90 minutes'", "01:30:00"),
            ("true", True),
        ],
    )
    def test_of_postgresql(self, run_steps, postgresql_url, expression, expected):
        run = run_steps(ask(f"SELECT {expression} AS v"), config=config(postgresql_url))

        assert document(run)["rows"] == [{"v": expected}]

    def test_an_insert_says_its_row(self, run_steps, tmp_path):
        run = run_steps(
            TABLE + ask("INSERT INTO users (name) VALUES ('x')", operation="execute"),
            config=config(f"sqlite:///{tmp_path}/d.sqlite"),
        )

        assert document(run)["last_row_id"] == 4


class TestSettings:
    def test_settings_are_rendered(self, run_steps, mysql_url):
        """W69, W68: a port given on the command line is text"""
        name = mysql_url.rpartition("/")[2]
        run = run_steps(
            ask("SELECT database() AS name"),
            "--sisyphus-var=port=3306",
            config=f"""
            variables: {{host: 127.0.0.1, db: {name}}}
            databases:
              main:
                type: mysql
                host: ${{host}}
                port: ${{port}}
                user: root
                database: ${{db}}
            """,
        )

        assert document(run)["rows"] == [{"name": name}], run.stdout

    @pytest.mark.parametrize(
        "database",
        [
            "sqlite:///own.sqlite",
            "{type: sqlite, path: own.sqlite}",
            "{type: sqlite, connection: own.sqlite}",
        ],
    )
    def test_a_step_may_bring_its_database(self, run_steps, database):
        run = run_steps(ask("CREATE TABLE t (a)", operation="execute", database=database))

        assert run.outcomes == {"passed": 1}, run.stdout
        assert Path("own.sqlite").is_file()

    def test_memory_is_shared_by_the_steps_of_a_case(self, run_steps):
        run = run_steps(
            TABLE + ask("SELECT count(*) AS n FROM users"), config=config("sqlite:///:memory:")
        )

        assert document(run)["rows"] == [{"n": 3}]

    @pytest.mark.parametrize(
        ("step", "complaint"),
        [
            ("{name: s, type: database, sql: SELECT 1}", "'database' is missing"),
            (
                "{name: s, type: database, database: man, sql: SELECT 1}",
                "no database 'man' in config.databases; did you mean 'main'?",
            ),
            ("{name: s, type: database, database: main}", "'sql' is missing"),
            (
                "{name: s, type: database, database: main, sql: x, operation: qery}",
                "no operation 'qery'; did you mean 'query'?",
            ),
            (
                "{name: s, type: database, database: main, sql: x, params: 5}",
                "params is a mapping or a list, got 5",
            ),
            (
                "{name: s, type: database, database: main, sql: x, operation: executemany}",
                "executemany takes params",
            ),
            (
                "{name: s, type: database, database: 'oracle://x', sql: x}",
                "no database type 'oracle'",
            ),
            (
                "{name: s, type: database, database: {type: mysql, hots: x}, sql: x}",
                "unknown key 'hots'; did you mean 'host'?",
            ),
            ("{name: s, type: databse, database: main, sql: x}", "did you mean 'database'?"),
        ],
    )
    def test_what_is_wrong_is_said_at_collection(self, run_steps, step, complaint):
        """W37"""
        run = run_steps(f"- {step}", config=config("sqlite:///x.sqlite"))

        assert run.outcomes == {"errors": 1}
        assert complaint in run.stdout
        assert "case.yaml:" in run.stdout


class TestStrayFiles:
    """W77"""

    def files(self):
        return sorted(path.name for path in Path().iterdir() if path.suffix != ".yaml")

    def test_a_query_makes_no_file(self, run_steps):
        run = run_steps(ask("SELECT 1"), config=config("sqlite:///test.db"))

        assert "there is no such file" in run.error("ask")
        assert run.steps["ask"]["error_info"]["type"] == "DatabaseError"
        assert self.files() == []

    @pytest.mark.parametrize(
        "path",
        ["'${dbp}'", "'$${dbp}'", "nowhere/x.db", "."],
        ids=["missing", "literal", "folder", "dir"],
    )
    def test_a_name_that_is_wrong_becomes_no_file(self, run_steps, path):
        run = run_steps(
            ask("CREATE TABLE t (a)", operation="execute"),
            config=f"databases: {{main: {{type: sqlite, path: {path}}}}}",
        )

        assert run.steps["ask"]["status"] == "error"
        assert self.files() == []

    def test_a_relative_path_starts_at_the_case_file(self, run_yaml, pytester):
        pytester.mkdir("deep")
        text = "name: case\nconfig: {databases: {main: 'sqlite:///own.db'}}\nsteps:\n"
        run_yaml(
            None,
            "deep",
            **{"deep/case__yaml": text + ask("CREATE TABLE t (a)", operation="execute")},
        )

        assert Path("deep/own.db").is_file()
        assert not Path("own.db").exists()


class TestTemplates:
    """Server text can never become SQL."""

    EVIL = "x' OR '1'='1"

    def hostile(self, on, sql, value, **keys):
        return self.all_hostile(on, {"ask": sql}, value, **keys)

    def all_hostile(self, on, asked, value, **keys):
        """SQL by the names of the steps that ask it."""
        return on(
            f"""
- name: server
  type: script
  script: |
    set_var("told", {value!r})
"""
            + "".join(ask(sql, name=name, **keys) for name, sql in asked.items()),
            more="variables: {table: users, condition: id > 1, told_again: '${told}'}",
        )

    @pytest.mark.parametrize(
        "value",
        [
            "x' OR '1'='1",
            "x\\' OR 1=1 -- ",
            "'; DROP TABLE users; --",
            "\\",
            "a\\\\' OR 1=1 #",
            ":id ? %s",
        ],
    )
    def test_in_quotes_it_stays_a_value(self, on, value):
        sql = "SELECT count(*) AS n FROM users WHERE name = '${%s}'"
        run = self.all_hostile(on, {name: sql % name for name in ("told", "told_again")}, value)

        for name in ("told", "told_again"):
            assert document(run, name)["rows"] == [{"n": 0}], name

    def test_in_quotes_it_is_the_value_itself(self, on):
        run = self.hostile(on, "SELECT id FROM users WHERE name = '${told}'", "O'Brien; -- x")

        assert document(run)["rows"] == [{"id": 2}]

    @pytest.mark.parametrize(
        "value", ["1 OR 1=1", "name", "1; DROP TABLE users", "(SELECT 1)", ["1"]]
    )
    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_outside_quotes_only_a_number_is_pasted(self, on, value):
        expressions = {
            "by response": "response.variables.told",  # of the step before it
            "told": "told",
            "again": "told_again",
            "by step": 'steps["server"].document.variables.told',
        }
        sql = "SELECT id FROM users WHERE id = ${%s}"
        run = self.all_hostile(on, {name: sql % one for name, one in expressions.items()}, value)

        for name in expressions:
            assert "would become SQL" in run.error(name), name

    def test_outside_quotes_a_number_is_pasted(self, on):
        run = self.hostile(on, "SELECT name FROM users WHERE id = ${told}", 1)

        assert document(run)["rows"] == [{"name": "Ann"}]

    def test_the_authors_own_variables_may_build_sql(self, on):
        run = on(
            ask("SELECT count(*) AS n FROM ${table} WHERE ${condition}"),
            more="variables: {table: users, condition: id > 1}",
        )

        assert document(run)["rows"] == [{"n": 2}]

    def test_a_value_with_a_template_in_it_is_not_rendered(self, on):
        run = self.hostile(on, "SELECT :told AS v", "${1 + 1}", params="{told: '${told}'}")

        assert document(run)["rows"] == [{"v": "${1 + 1}"}]


class TestDbQuery:
    def test_one_value_stands_for_itself_and_rows_are_a_list(self, on):
        """W74: the column is called updated_at"""
        run = on(
            """
- name: s
  type: script
  script: "1"
  validations:
  - eq: [$.result, "${db_query('SELECT count(*) - 2 FROM users WHERE updated_at IS NULL')}"]
  - eq: ["$.result", "${db_query('SELECT id FROM users WHERE name = ?', 'Ann')}"]
  - eq: ["$.result", "${db_query('SELECT id, name FROM users ORDER BY id')[0].id}"]
  - eq: ["$.result", "${db_query('SELECT id FROM users WHERE id > 1') | length - 1}"]
  - len_eq: ["$.output", "${db_query('SELECT id FROM users WHERE id > 99') | length}"]
"""
        )

        assert run.outcomes == {"passed": 1}, run.stdout

    @pytest.mark.parametrize(
        "sql",
        [
            "DELETE FROM users",
            "UPDATE users SET name = 1",
            "DROP TABLE users",
            "CREATE TABLE other (a INTEGER)",
            "SELECT 1; COMMIT; DELETE FROM users",
            "COMMIT; DELETE FROM users",
            "INSERT INTO users (id) SELECT 9",
        ],
    )
    def test_it_changes_nothing(self, on, sql):
        run = on(
            f"""
- name: wrong
  type: script
  script: "1"
  description: "${{db_query({sql!r})}}"
"""
            + ask("SELECT count(*) AS n FROM users WHERE name <> '1'")
        )

        assert run.steps["wrong"]["error_info"]["type"] == "DatabaseError", run.stdout
        assert document(run)["rows"] == [{"n": 3}]

    def test_it_leaves_the_cases_own_transaction_alone(self, on):
        run = on(
            ask("BEGIN", operation="execute", name="begin")
            + ask("DELETE FROM users WHERE id = 1", operation="execute", name="delete")
            + ask("SELECT ${db_query('SELECT 1')} AS one", name="read")
            + ask("COMMIT", operation="execute", name="commit")
            + ask("SELECT count(*) AS n FROM users")
        )

        assert document(run)["rows"] == [{"n": 2}], run.stdout

    def test_a_config_variable_may_ask(self, on):
        run = on(
            ask("SELECT name FROM users WHERE id = :id", params="{id: '${last}'}"),
            more="variables: {last: \"${db_query('SELECT max(id) FROM users')}\"}",
        )

        assert document(run)["rows"] == [{"name": "李雷"}]

    def test_an_unknown_alias_is_named(self, run_steps):
        run = run_steps(
            "- {name: s, type: script, script: '1', description: \"${db_query('SELECT 1', alias=which)}\"}",
            config="variables: {which: default}\ndatabases: {main: 'sqlite:///x.db'}",
        )

        assert "no database 'default' in config.databases; known: main" in run.error("s")


@pytest.fixture
def silent_server():
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


class TestTrouble:
    @pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
    def test_a_database_that_is_down_is_named_without_its_password(
        self, run_steps, closed_port, scheme
    ):
        url = f"{scheme}://tester:hunter22@127.0.0.1:{closed_port}/shop"
        run = run_steps(ask("SELECT 1"), config=config(url))

        info = run.steps["ask"]["error_info"]
        assert (info["type"], info["category"]) == ("DatabaseError", "system")
        assert f"127.0.0.1:{closed_port}" in info["message"]
        assert "hunter22" not in run.stdout
        assert "hunter22" not in str(run.document)

    @pytest.mark.parametrize(("scheme", "limit"), [("postgresql", 2), ("mysql", 0.3)])
    def test_a_server_that_says_nothing_is_given_up(self, run_steps, silent_server, scheme, limit):
        url = f"{scheme}://u:p@127.0.0.1:{silent_server}/shop"
        run = run_steps(ask("SELECT 1", timeout=limit), config=config(url))

        assert run.steps["ask"]["error_info"]["category"] == "timeout", run.stdout

    @pytest.mark.parametrize(
        ("database_url", "sql"),
        [
            ("postgresql", "SELECT pg_sleep(60)"),
            ("mysql", "SELECT sleep(60), benchmark(100000000000, md5('x'))"),
            (
                "sqlite",
                "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT max(n) FROM r",
            ),
        ],
        indirect=["database_url"],
    )
    def test_the_steps_time_bounds_the_statement_and_the_connection_lives_on(self, on, sql):
        run = on(ask(sql, name="slow", timeout=0.3) + ask("SELECT count(*) AS n FROM users"))

        info = run.steps["slow"]["error_info"]
        assert (info["type"], info["category"]) == ("TimeoutError", "timeout"), run.stdout
        assert "longer than 0.3 s" in info["message"]
        assert document(run)["rows"] == [{"n": 3}]

    def test_a_locked_database_ends_with_the_steps_time(self, run_steps, tmp_path):
        url = f"sqlite:///{tmp_path}/d.sqlite"
        run = run_steps(
            TABLE
            + ask("BEGIN EXCLUSIVE", operation="execute", name="lock")
            + ask("SELECT id FROM users", database="other", timeout=0.3),
            config=f"databases: {{main: {url!r}, other: '{url}?timeout=1'}}",
        )

        assert run.steps["ask"]["error_info"]["category"] == "timeout", run.stdout

    @pytest.mark.parametrize(
        ("sql", "params", "said"),
        [
            ("SELECT :id", "{ID: 1}", "params has no value for :id"),
            ("SELECT :id", "{id: 1, other: 2}", "the SQL has no :other"),
            ("SELECT ?", "[1, 2]", "1 marks (? or %s), params has 2 values"),
            ("SELECT :id", "[1]", "params has 1 values; for :id write params: {id: …}"),
            ("SELECT * FROM nowhere", "null", "nowhere"),
        ],
    )
    def test_wrong_parameters_and_statements_are_told(self, on, sql, params, said):
        run = on(ask(sql, params=params) + ask("SELECT count(*) AS n FROM users", name="next"))

        assert said in run.error("ask")
        assert document(run, "next")["rows"] == [{"n": 3}]

    def test_what_ran_before_is_kept(self, on):
        """W37"""
        run = on(ask("SELECT 1 AS one", name="before") + ask("SELECT broken broken broken"))

        assert run.statuses() == ["success", "success", "error"]
        assert document(run, "before")["rows"] == [{"one": 1}]

    def test_the_extra_may_be_missing(self, run_steps, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "sqlalchemy", None)
        monkeypatch.delitem(__import__("sys").modules, "pytest_sisyphus.sql.connection")
        run = run_steps(ask("SELECT 1"), config=config("sqlite:///x.db"))

        assert "databases need sqlalchemy, which is not installed" in run.error("ask")
        assert "pytest-sisyphus[database]" in run.steps["ask"]["error_info"]["suggestion"]

    def test_nothing_stays_open(self, on):
        before = threading.active_count()
        run = on(ask("SELECT id FROM users") + ask("SELECT nothing", name="bad"))

        assert run.outcomes == {"failed": 1}
        assert threading.active_count() == before
