"""`config.data_source`: each row is a test of its own."""

import json
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from yaml_kit import ONLY_OURS

from pytest_sisyphus.nodes.file import CaseFile

STEP = """
- name: s
  type: script
  script: |
    return [get_var("data"), get_var("_data_index"), get_var("_data_total")]
"""


@pytest.fixture
def run_rows(run_steps):
    def run(source, *args, step=STEP, more="", **files):
        return run_steps(step, *args, config=f"data_source: {source}\n{more}", **files)

    return run


def names(run):
    return [report.nodeid for report in run.reports if report.when == "call"]


def rows(run):
    return [document["steps"][0]["response"]["result"] for document in run.documents]


class TestSources:
    @pytest.mark.parametrize(
        "source",
        [
            "[{id: a, n: 1}, {id: b, n: 2}]",
            "{type: inline, data: [{id: a, n: 1}, {id: b, n: 2}]}",
            "{type: inline, data: '${listed}'}",
            "{type: json, file_path: rows.json}",
            "{type: json, file_path: deep.json, data_key: data.0.rows}",
            "{type: json, file_path: '${folder}/deep.json', data_key: data.0.rows}",
            "{type: database, database: main, sql: 'SELECT id, n FROM t WHERE n > ?', params: [0]}",
        ],
    )
    def test_each_row_is_an_item(self, run_rows, source):
        """W41, W66"""
        listed = [{"id": "a", "n": 1}, {"id": "b", "n": 2}]
        Path("rows.json").write_text(json.dumps(listed))
        Path("deep.json").write_text(json.dumps({"data": [{"rows": listed}]}))
        engine = sa.create_engine("sqlite:///rows.db")
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE t (id TEXT, n INTEGER)")
            connection.exec_driver_sql("INSERT INTO t VALUES ('a', 1), ('b', 2)")
        engine.dispose()
        run = run_rows(
            source,
            "--sisyphus-report=json:out.json",
            more="variables: {folder: ., listed: [{id: a, n: 1}, {id: b, n: 2}]}\n"
            "databases: {main: 'sqlite:///rows.db'}",
        )

        assert names(run) == ["case.yaml::case[a]", "case.yaml::case[b]"], run.stdout
        assert rows(run) == [[listed[0], 0, 2], [listed[1], 1, 2]]
        written = json.loads(Path("out.json").read_text())
        assert [one["test_case"]["name"] for one in written] == ["case[a]", "case[b]"]

    @pytest.mark.parametrize(
        ("options", "content"),
        [
            ("", b"id,n\na,1\nb,2\n"),
            ("", b"\xef\xbb\xbfid,n\r\na,1\r\n\r\nb,2\r\n"),
            ("delimiter: ';'", b"id;n\na;1\nb;2"),
            ("delimiter: '\\t'", b"id\tn\na\t1\nb\t2"),
            ("encoding: utf-16", "id,n\na,1\nb,2\n".encode("utf-16")),
            ("", b'"id","n"\n"a","1"\n"b","2"\n'),
        ],
    )
    def test_csv(self, run_rows, options, content):
        """W76: the BOM is no part of the first column's name"""
        Path("rows.csv").write_bytes(content)
        run = run_rows(f"{{type: csv, file_path: rows.csv, {options}}}")

        assert [row for row, *_ in rows(run)] == [{"id": "a", "n": "1"}, {"id": "b", "n": "2"}]

    def test_csv_without_a_header(self, run_rows):
        Path("rows.csv").write_text("a,张\nb,2\n")
        run = run_rows("{type: csv, file_path: rows.csv, has_header: false}")

        assert rows(run)[0][0] == {"column_1": "a", "column_2": "张"}

    def test_paths_start_at_the_case_file(self, run_yaml, pytester):
        """W76"""
        pytester.mkdir("deep")
        Path("deep/rows.csv").write_text("id\na\n")
        text = "name: case\nconfig: {data_source: {type: csv, file_path: rows.csv}}\nsteps:" + STEP
        run = run_yaml(None, "deep", **{"deep/case__yaml": text})

        assert names(run) == ["deep/case.yaml::case[a]"]

    @pytest.mark.parametrize(
        ("written", "shown"), [("rows.csv", "deep/rows.csv"), ("../data/rows.csv", "data/rows.csv")]
    )
    def test_a_file_that_is_not_there_is_named_from_the_root_on(
        self, run_yaml, pytester, written, shown
    ):
        pytester.mkdir("deep")
        text = (
            f"name: a\nconfig: {{data_source: {{type: csv, file_path: {written}}}}}\nsteps:{STEP}"
        )
        run = run_yaml(None, "deep", **{"deep/case__yaml": text})

        assert f": cannot read {shown}: No such file" in run.stdout

    def test_a_near_name_of_it_is_named(self, run_rows):
        Path("users.csv").write_text("id\na\n")
        run = run_rows("{type: csv, file_path: user.csv}")

        assert "No such file or directory; did you mean 'users.csv'?" in run.stdout

    def test_values_in_the_case_file_may_be_templates_those_of_files_are_not(self, run_rows):
        Path("rows.csv").write_text("id,n\na,${1 + 1}\n")
        inline = run_rows("[{id: a, n: '${1 + 1}', m: '${n + 1}'}]")
        from_file = run_rows("{type: csv, file_path: rows.csv}")

        assert rows(inline)[0][0] == {"id": "a", "n": 2, "m": 3}
        assert rows(from_file)[0][0]["n"] == "${1 + 1}"

    def test_columns_are_variables_with_the_prefix(self, run_rows):
        step = """
- name: "for ${u_name} ${data.name} ${_data_index + 1}/${_data_total}"
  type: script
  script: get_var("u_name")
"""
        run = run_rows(
            "[{name: Ann}]", step=step, more="variable_prefix: u_\nvariables: {u_name: x}"
        )

        assert [step["name"] for step in run.document["steps"]] == ["for Ann Ann 1/1"]

    def test_headers_and_the_profile_may_name_columns(self, run_rows):
        profile = "{variables: {hi: 'hi ${who}'}, headers: {X-P: '${data.who}'}, timeout: '${9}'}"
        more = (
            "headers: {X-C: '${who}'}\nproxies: {http: 'http://${who}.test'}\n"
            f"active_profile: dev\nprofiles: {{dev: {profile}}}\n"
            "mock: {rules: [{response: {body: '${request.headers}'}}]}\n"
        )
        step = "- {name: s, url: 'http://x.test/${hi}'}\n"
        run = run_rows("[{who: ann}, {who: bob}]", step=step, more=more)

        exchanged = [document["steps"][0]["response"] for document in run.documents]
        assert [one["url"] for one in exchanged] == [
            "http://x.test/hi%20ann",
            "http://x.test/hi%20bob",
        ]
        headers = [{key.lower(): value for key, value in one["body"].items()} for one in exchanged]
        assert [(one["x-c"], one["x-p"]) for one in headers] == [("ann", "ann"), ("bob", "bob")]

    def test_it_can_be_switched_off(self, run_rows):
        run = run_rows(
            "[{id: a}]",
            step="- {name: s, type: script, script: '1'}",
            more="data_iterations: false",
        )

        assert names(run) == ["case.yaml::case"]

    def test_database_rows_cannot_become_sql(self, run_rows):
        step = """
- name: s
  type: database
  database: main
  sql: SELECT 1 WHERE 1 = ${n} OR 1 = ${data.n}
"""
        run = run_rows(
            "{type: database, database: main, sql: \"SELECT '1 OR 1=1' AS n\"}",
            step=step,
            more="databases: {main: 'sqlite:///:memory:'}",
        )

        assert "would become SQL" in run.error("s")


class TestIds:
    @pytest.mark.parametrize(
        ("source", "ids"),
        [
            ("[{id: 1, name: x}, {id: 2, name: y}]", ["1", "2"]),
            ("[{name: x, case: a}, {name: 张 三, case: b}]", ["x", "张 三"]),
            ("[{case: c::1}, {case: 'a[b]'}]", ["c::1", "a[b]"]),
            ("[{n: 5}, {n: 6}]", ["0", "1"]),
            ("[{id: '', name: x}, {id: null}]", ["x", "1"]),
            ("[{id: '${uuid()}'}, {id: {}}]", ["0", "1"]),
            ('[{id: "a\\nb"}]', ["a\\nb"]),
        ],
    )
    def test_they_come_from_a_column_or_the_index(self, run_rows, source, ids):
        run = run_rows(source)

        assert names(run) == [f"case.yaml::case[{one}]" for one in ids], run.stdout

    @pytest.mark.parametrize("args", [["-k", "b"], ["case.yaml::case[b]"]])
    def test_they_select(self, run_rows, args):
        run = run_rows("[{id: a}, {id: b}, {id: c}]", *args)

        assert names(run) == ["case.yaml::case[b]"]

    def test_the_case_without_an_id_selects_all(self, run_rows):
        assert len(names(run_rows("[{id: a}, {id: b}]", "case.yaml::case"))) == 2

    def test_failed_rows_run_again_alone(self, pytester, monkeypatch):
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        Path("case.yaml").write_text(
            "name: case\nconfig: {data_source: [{id: a}, {id: b}]}\nsteps:\n"
            "- {name: s, type: script, script: return get_var('id'), "
            "validations: [{eq: [$.result, a]}]}\n"
        )
        options = ("-p", "pytest_sisyphus.plugin", "-Wdefault")
        first = pytester.runpytest_inprocess(*options)
        second = pytester.runpytest_inprocess(*options, "--lf", "-v")

        assert first.parseoutcomes() == {"passed": 1, "failed": 1}
        assert second.parseoutcomes()["failed"] == 1
        assert "case.yaml::case[a]" not in second.stdout.str()


class TestComplaints:
    @pytest.mark.parametrize(
        ("source", "complaint"),
        [
            ("[]", "data_source has no rows: nothing would be tested"),
            ("{type: csv, file_path: empty.csv}", "empty.csv has no rows"),
            ("{type: csv, file_path: header.csv}", "header.csv has no rows"),
            (
                "{type: csv, file_path: ragged.csv}",
                "ragged.csv:3: the row has 3 values, the columns are 2",
            ),
            ("{type: csv, file_path: twice.csv}", "twice.csv:1: two columns are called 'id'"),
            ("{type: csv, file_path: quote.csv}", "quote.csv:2: unexpected end of data"),
            ("{type: csv, file_path: latin.csv}", "latin.csv:2: not utf-8"),
            ("{type: csv, file_path: header.csv, encoding: utf-9}", "no encoding 'utf-9'"),
            (
                "{type: csv, file_path: header.csv, delimiter: ab}",
                "delimiter is one character, not 'ab'",
            ),
            ("{type: csv, file_path: ../x.csv}", "'../x.csv' lies outside of"),
            ("{type: csv}", "a data source of type csv needs 'file_path'"),
            ("{type: csv, file_path: x, data: []}", "a data source of type csv has no 'data'"),
            ("{type: cvs, file_path: x}", "no data source type 'cvs'; did you mean 'csv'?"),
            ("{type: csv, file: x}", "unknown key 'file'; did you mean 'file_path'?"),
            ("{type: json, file_path: broken.json}", "broken.json is not JSON"),
            (
                "{type: json, file_path: rows.json, data_key: usres}",
                "no 'usres'; did you mean 'users'?",
            ),
            (
                "{type: json, file_path: rows.json, data_key: users}",
                "row 2 of rows.json is no mapping but 5",
            ),
            (
                "{type: json, file_path: rows.json}",
                "the rows of rows.json are a list of mappings, not a mapping",
            ),
            ("[{id: a}, {id: a}]", "rows 1 and 2 of data_source are both called 'a'"),
            ("[{id: a}, {n: 1}, {id: 1}]", "rows 2 and 3 of data_source are both called '1'"),
            ("5", "expected a mapping, got 5; for example data_source: [{user: ann, age: 20}]"),
            (
                "a/rows.CSV",
                'got "a/rows.CSV"; write {type: csv, file_path: a/rows.CSV} (at config.',
            ),
            ("'${x} y.csv'", 'write {type: csv, file_path: "${x} y.csv"} (at config.'),
            ("rows.json", 'got "rows.json"; write {type: json, file_path: rows.json} (at config.'),
            ("{type: database, database: man, sql: SELECT 1}", "no database 'man'"),
            (
                "{type: database, database: 'sqlite:///no.db', sql: SELECT 1}",
                "there is no such file",
            ),
            (
                "{type: database, database: 'sqlite:///:memory:', sql: SELECT 1 WHERE 1 = 2}",
                "the query has no rows",
            ),
            (
                "{type: database, database: 'sqlite:///:memory:', sql: CREATE TABLE t (a)}",
                "not authorized",
            ),
        ],
    )
    def test_each_is_a_collection_error_with_its_place(self, run_rows, source, complaint):
        """W23, W76"""
        for name, content in {
            "empty.csv": b"",
            "header.csv": b"id,n\n",
            "ragged.csv": b"id,n\na,1\nb,2,3\n",
            "twice.csv": b"id,id\na,1\n",
            "quote.csv": b'id,n\n"a,1\n',
            "latin.csv": b"id\n\xe9\n",
            "broken.json": b"[1,",
            "rows.json": b'{"users": [{"id": 1}, 5]}',
        }.items():
            Path(name).write_bytes(content)
        run = run_rows(source)

        assert run.outcomes == {"errors": 1}
        assert complaint in run.stdout, run.stdout
        assert "case.yaml:4:" in run.stdout

    @pytest.mark.parametrize(
        ("source", "complaint"),
        [
            ("{type: csv, file_path: rows.csv}", "a/b/case.yaml:3:16: a/b/rows.csv:2: the row has"),
            (
                "{type: csv, file_path: ../rows.csv}",
                "a/b/case.yaml:3:16: a/rows.csv:3: the row has",
            ),
            ("{type: json, file_path: rows.json}", "a/b/rows.json is not JSON"),
            (
                "{type: json, file_path: ../rows.json}",
                "rows 1 and 2 of a/rows.json are both called",
            ),
        ],
    )
    def test_a_file_of_rows_is_named_with_its_folder(self, run_yaml, source, complaint):
        Path("a/b").mkdir(parents=True)
        Path("a/b/rows.csv").write_text("id,n\na\n")
        Path("a/rows.csv").write_text("id,n\na,1\nb\n")
        Path("a/b/rows.json").write_text("[1,")
        Path("a/rows.json").write_text('[{"id": 1}, {"id": 1}]')
        text = f"name: case\nconfig:\n  data_source: {source}\nsteps:{STEP}"
        Path("a/b/case.yaml").write_text(text)
        run = run_yaml(None, "a/b/case.yaml")

        assert run.outcomes == {"errors": 1}
        assert complaint in run.stdout, run.stdout


class TestManyRows:
    def test_a_thousand_rows_collect_at_once(self, run_rows, monkeypatch):
        took = []
        original = CaseFile.collect

        def timed(self):
            start = time.process_time()
            items = list(original(self))
            took.append(time.process_time() - start)
            return items

        monkeypatch.setattr(CaseFile, "collect", timed)
        Path("rows.csv").write_text("id,n\n" + "".join(f"r{n},{n}\n" for n in range(1000)))
        run = run_rows("{type: csv, file_path: rows.csv}", "-k", "r999")

        assert run.outcomes == {"passed": 1, "deselected": 999}
        assert took[0] < 1

    def test_all_workers_see_the_same_rows(self, pytester, tmp_path, monkeypatch):
        """The query answers differently each time: only one worker may ask it."""
        Path("case.yaml").write_text(
            "name: case\nconfig:\n  data_source:\n    type: database\n"
            "    database: 'sqlite:///:memory:'\n"
            "    sql: SELECT hex(randomblob(8)) AS id UNION ALL SELECT hex(randomblob(8))\n"
            "steps:" + STEP
        )
        monkeypatch.setenv("SISYPHUS_UNCHECKED", "ignore")
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        result = pytester.run(
            sys.executable, "-m", "pytest", *ONLY_OURS, "-p", "xdist", "-n2", "case.yaml"
        )

        assert result.parseoutcomes() == {"passed": 2}
        assert list(tmp_path.glob("sisyphus-*")) == []

    def test_one_query_is_asked_once_in_a_session(self, run_yaml):
        text = (
            "name: case\nconfig:\n  data_source:\n    type: database\n"
            "    database: 'sqlite:///:memory:'\n    sql: SELECT hex(randomblob(8)) AS id\nsteps:"
        ) + STEP
        run = run_yaml(text, other__yaml=text)

        first, second = names(run)
        assert first.partition("[")[2] == second.partition("[")[2]
