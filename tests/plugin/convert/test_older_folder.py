"""A folder of the older engine: what its files say together."""

import os
import re
from pathlib import Path

import pytest

from pytest_sisyphus import run_cases
from pytest_sisyphus.cli.commands import validate
from pytest_sisyphus.cli.convert import convert

STEP = "- {name: a, url: http://x.test}"
CASE = f"name: c\nsteps:\n{STEP}\n"
SCENARIO = """
config: {CONFIG}
teststeps:
- {name: a, keyword_type: request, request: {url: "/anything/{{who}}"}}
"""
PROJECT = """
active_profile: dev
profiles:
  dev: {base_url: BASE, variables: {who: dev, n: 1}}
  uat: {base_url: http://uat.test}
variables: {who: all, common: {X-App: web}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys, recorder):
    """Write `old/`, convert it to `new/`: the exit code, and what is said."""
    monkeypatch.chdir(tmp_path)

    def call(files, *options, paths=("old",), output="new"):
        for name, text in files.items():
            path = tmp_path / "old" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(
                text if isinstance(text, bytes) else text.replace("BASE", recorder.url).encode()
            )
        named = [] if output is None else ["-o", output]
        code = convert(["engine", *paths, *named, *options])
        return code, capsys.readouterr().err

    return call


@pytest.fixture
def sent(tmp_path, recorder):
    """What the cases of `new/` send, all of which pass."""

    def call():
        before = len(recorder.requests)
        reports = run_cases(tmp_path / "new", root=tmp_path / "new")
        assert {str(one.status) for one in reports} == {"passed"}
        return [one["target"] for one in recorder.requests[before:]]

    return call


class TestProjectFile:
    def test_it_becomes_project_configuration(self, folder, sent, tmp_path):
        scenario = SCENARIO.replace("CONFIG", "name: c")
        code, said = folder({".sisyphus/config.yaml": PROJECT, "case.yaml": scenario})

        assert code == 0, said
        assert "old/.sisyphus/config.yaml → new/sisyphus.yaml (project configuration)" in said
        assert "  7 values: 7 used, 0 left out, 0 not converted" in said
        assert "    who: dev\n" in (tmp_path / "new/sisyphus.yaml").read_text()
        assert sent() == ["/anything/dev"]

    def test_what_a_case_says_goes_over_it(self, folder, sent, tmp_path):
        config = "name: c, base_url: 'BASE/status/200?', variables: {who: me, x: 1}"
        project = PROJECT.replace("dev: {base_url: BASE", "dev: {base_url: http://dev.test")
        scenario = SCENARIO.replace("CONFIG", config)
        code, said = folder({".sisyphus/config.yaml": project, "case.yaml": scenario})

        assert code == 0, said
        assert sent() == ["/status/200?/anything/me"]
        written = (tmp_path / "new/case.yaml").read_text()
        assert "dev.test" not in written
        assert written.count("who: me") == 2  # uat has no such variable

    @pytest.mark.parametrize("source", ["rows", "csv"])
    def test_a_column_goes_over_it(self, folder, sent, tmp_path, source):
        rows = "\nddts: {parameters: [{who: a, x: 1}, {who: b, x: 2}]}\n"
        head = "name: c"
        csv = f"{head}, csv_datasource: rows.csv"
        scenario = SCENARIO.replace("CONFIG", head if source == "rows" else csv)
        scenario = scenario.replace("{{who}}", "{{who}}/{{x}}?{{who}}=${who}")
        files = {".sisyphus/config.yaml": PROJECT, "rows.csv": "who,x\na,1\nb,2\n"}
        code, said = folder({**files, "case.yaml": scenario + (rows if source == "rows" else "")})

        assert code == 0, said
        (tmp_path / "new/rows.csv").write_text(files["rows.csv"])
        assert sent() == [f"/anything/{one}?{one[0]}=$%7Bwho%7D" for one in ("a/1", "b/2")]
        assert "anything/${data.who}/${x}" in (tmp_path / "new/case.yaml").read_text()

    def test_a_script_that_reads_such_a_column_is_told_of(self, folder):
        script = "- {name: a, type: script, script: \"print(get_var('who'))\"}\n"
        case = f"name: c\nconfig: {{data_source: [{{who: me}}]}}\nsteps:\n{script}"
        _, said = folder({".sisyphus/config.yaml": PROJECT, "case.yaml": case})

        assert (
            "case.yaml:4: changed: steps[0].script: this now reads the profile's value of who"
            in said
        )

    def test_it_goes_over_it_in_conditions_and_variables(self, folder, tmp_path, sent):
        project = (
            "active_profile: dev\nprofiles: {dev: {variables: {user: prof, value: 0, m: 1}}}\n"
        )
        case = """
name: c
config:
  data_source: [{user: bob, value: v}]
  data_iterations: true
  variables:
    hi: "hi ${user}"
    m: "${user}"
  base_url: "BASE/anything/${user}"
  headers:
    X-User: "${user}"
steps:
- name: a
  url: "/${hi}/${base64_encode(value=user)}/${{'user': user}['user']}/$${user}"
  only_if: "user == 'bob' && '${user}' == 'bob' && user is defined"
  validations:
  - assert: "user == 'bob'"
  - assert: ["'user' == 'user' and user == 'bob'", "user"]
  - or: [{type: assert, condition: user == 'bob'}]
- name: b
  type: loop
  loop_type: while
  loop_condition: user == 'x'
  loop_steps: [{name: d, type: wait, seconds: 0, skip_if: user == 'bob'}]
- name: e
  type: poll
  request: {url: /, json: {condition: user == 'bob'}}
  until: user == 'bob' or '${user}' == 'bob'
- !include f.inc.yaml
"""
        included = {"f.inc.yaml": "{name: f, type: wait, seconds: 0}"}
        files = {".sisyphus/config.yaml": project, "case.yaml": case, **included}
        code, said = folder(files)

        assert code == 0, said
        changed = [line.split(": ")[2] for line in said.splitlines() if ": changed: " in line]
        assert [one for one in changed if not one.endswith("_if")] == [
            "steps[2].until",
            "steps[3]",
        ]
        assert "changed: steps[3]: where what is included names user, value, it now reads " in said
        written = (tmp_path / "new/case.yaml").read_text()
        assert "base64_encode(value=data.user)" in written
        assert " condition: user == 'bob'\n" in written  # what is sent
        assert "until: user == 'bob' or '${data.user}' == 'bob'\n" in written
        assert "X-User: ${data.user}\n" in written
        assert sent()[0] == "/anything/bob/hi%20bob/Ym9i/bob/$%7Buser%7D"

    def test_it_goes_over_it_in_profiles_headers_and_mocks(self, folder, recorder, sent):
        project = "active_profile: dev\nprofiles: {dev: {variables: {who: prof}}}\n"
        case = """
name: c
config:
  base_url: BASE
  data_source: [{who: ann}]
  data_iterations: true
  headers: {X-C: "${who}"}
  profiles: {dev: {variables: {hi: "hi ${who}"}, headers: {X-P: "${who}"}}}
steps:
- {name: a, url: "/anything/${hi}"}
"""
        mocked = """
name: m
config:
  base_url: BASE
  data_source: [{who: ann}]
  data_iterations: true
  mock:
    rules:
    - request: {url: /mocked}
      condition: request.query.q == who
      response: {body: {who: "${who}"}}
steps:
- {name: b, url: "/mocked?q=ann", validations: [{type: eq, path: $.who, expect: ann}]}
"""
        files = {".sisyphus/config.yaml": project, "case.yaml": case, "mocked.yaml": mocked}
        code, said = folder(files)

        assert (code, said.count("changed: ")) == (0, 0), said
        assert sent() == ["/anything/hi%20ann"]
        headers = recorder.requests[-1]["headers"]
        assert (headers["X-C"], headers["X-P"]) == ("ann", "ann")

    def test_another_environment_lies_over_its_active_profile(self, folder, tmp_path, sent):
        head = "name: c, variables: {n: 2}, environment: {name: st, base_url: '', variables: {who: me}}"
        scenario = SCENARIO.replace("CONFIG", head).replace("{{who}}", "{{who}}/{{n}}/{{far[0].a}}")
        project = PROJECT.replace("n: 1", "n: 1, far: [{a: '{{n}}x'}]")
        _, said = folder({".sisyphus/config.yaml": project, "case.yaml": scenario})

        assert sent() == ["/anything/me/2/2x"]
        assert "who: dev" not in (tmp_path / "new/case.yaml").read_text().split("uat:")[0]
        assert "config.environment: the project's profile 'dev' held under this env" in said
        assert "left out: config.environment.base_url: it is empty" in said
        same = scenario.replace("name: st", "name: dev")
        _, said = folder({"case.yaml": same}, "--force")
        assert "held under" not in said

    def test_an_included_config_that_it_goes_over_is_told_of(self, folder):
        case = f"name: c\nconfig: !include config.inc.yaml\nsteps:\n{STEP}\n"
        files = {".sisyphus/config.yaml": PROJECT, "case.yaml": case}
        _, said = folder({**files, "config.inc.yaml": "base_url: http://x.test\n"})
        assert "old/case.yaml:2: changed: config: this went over the project's profiles" in said

        for key in ("variables", "profiles"):
            config = f"config: {{{key}: !include inc.yaml}}"
            part = {"case.yaml": f"name: c\n{config}\nsteps:\n{STEP}\n", "inc.yaml": "{}"}
            code, said = folder({**files, **part}, "--force")
            assert code == 0
            assert f"old/case.yaml:2: changed: config.{key}: this went over the pro" in said

    def test_what_it_refers_to_in_vain_is_not_converted(self, folder, tmp_path):
        project = "active_profile: st\nvariables: !include more.yaml\ntimeout: 5\n"
        code, said = folder({".sisyphus/config.yaml": project, "case.yaml": CASE})

        assert code == 1
        assert "config.yaml:1: NOT CONVERTED: active_profile: there is no such profile" in said
        assert "config.yaml:2: NOT CONVERTED: variables: no !include is kept here" in said
        assert (tmp_path / "new/sisyphus.yaml").read_text().endswith("\ntimeout: 5\n")

    def test_what_was_not_read_of_its_profiles_is_left_out(self, folder, tmp_path):
        dev = "base_url: http://x.test, timeout: 5, headers: {X: a, Y: !include y.inc}, tenant: 7"
        project = f"profiles:\n  dev: {{{dev}}}\n  uat: {{verify_ssl: false}}\n"
        code, said = folder({".sisyphus/config.yaml": project, "case.yaml": CASE})

        assert code == 0, said
        for key in ("dev.timeout", "dev.headers", "dev.tenant", "uat.verify_ssl"):
            assert f"left out: profiles.{key}: of the project's profiles the older " in said
        written = (tmp_path / "new/sisyphus.yaml").read_text()
        assert written == "profiles:\n  dev:\n    base_url: http://x.test\n  uat: {}\n"

    def test_an_empty_one_is_none(self, folder, tmp_path):
        assert folder({".sisyphus/config.yaml": "# nothing\n", "case.yaml": CASE})[0] == 0
        assert not (tmp_path / "new/sisyphus.yaml").exists()

    def test_what_has_no_place_there_is_not_converted(self, folder, tmp_path):
        project = "variables: {a: '{{random(3)}}'}\nengine: {threads: 3}\nsteps: []\n"
        code, said = folder({".sisyphus/config.yaml": project, "case.yaml": CASE})

        assert code == 1
        assert "config.yaml:2: NOT CONVERTED: engine: unknown key 'engine'" in said
        assert "config.yaml:3: NOT CONVERTED: steps: unknown key 'steps'" in said
        written = (tmp_path / "new/sisyphus.yaml").read_text()
        assert written.endswith("variables:\n  a: ${random_str(3)}\n")
        assert "# NOT CONVERTED: line 2, engine" in written

    def test_one_that_is_there_stays_and_keeps_nothing_back(self, folder, tmp_path):
        files = {".sisyphus/config.yaml": PROJECT, "case.yaml": CASE}
        (tmp_path / "new").mkdir()
        (tmp_path / "new/sisyphus.yaml").write_bytes("timeout: 5 # 中\n".encode("gbk"))

        code, said = folder(files)
        assert code == 1
        assert "NOT CONVERTED: new/sisyphus.yaml is there already; say --force" in said
        assert (tmp_path / "new/sisyphus.yaml").read_text("gbk") == "timeout: 5 # 中\n"
        assert (tmp_path / "new/case.yaml").exists()

        (tmp_path / "new/case.yaml").unlink()
        assert folder(files, "--force")[0] == 0
        # what would be written is there
        assert folder(files)[0] == 0

    def test_standard_output_has_no_place_for_it(self, folder):
        files = {".sisyphus/config.yaml": PROJECT, "case.yaml": CASE}
        code, said = folder(files, paths=["old/case.yaml"], output=None)

        assert code == 1
        assert "it becomes a sisyphus.yaml in a folder: say -o FOLDER" in said
        assert folder(files, "--check", paths=["old/case.yaml"], output=None)[0] == 0

    @pytest.mark.parametrize("at", ["", "old/.sisyphus/"])
    def test_it_may_be_named_itself(self, folder, tmp_path, monkeypatch, at):
        project = {".sisyphus/config.yaml": "variables: {a: 1}\n"}
        (tmp_path / "old/.sisyphus").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / at)
        named = Path("old/.sisyphus/config.yaml")
        named = named.relative_to(at) if at else named
        code, _ = folder(project, paths=[str(named)], output=str(tmp_path / "new"))

        assert code == 0
        assert (tmp_path / "new/sisyphus.yaml").read_text() == "variables:\n  a: 1\n"


PART = "name: first\nurl: /anything/1?t=${1 if now_us() else 0}\ncondition: 1 == 1\n"
INCLUDING = (
    "name: c\nconfig: !include parts/config.yaml\n"
    "steps:\n- !include parts/first.yaml\n- !include parts/more.yaml\n"
    "- {name: last, url: /anything/4, depends_on: second}\n"
)
INCLUDED_FROM = {
    "case.yaml": INCLUDING,
    "parts/config.yaml": "base_url: BASE\nverbose: true\n",
    "parts/first.yaml": PART,
    "parts/more.yaml": "- {name: second, url: /anything/2}\n- !include deeper/third.yaml\n",
    "parts/deeper/third.yaml": "third:\n  url: /anything/3  # the third\n  loop_max: 4\n",
}


class TestIncludes:
    def test_what_is_included_is_converted_beside(self, folder, tmp_path, sent):
        files = {**INCLUDED_FROM, "parts/deeper/third.yaml": "third: {url: /anything/3}  # it\n"}
        code, said = folder(files)

        assert code == 0, said
        assert "old/parts/first.yaml → new/parts/first.yaml (included)" in said
        assert "old/parts/config.yaml:2: left out: verbose: the command line" in said
        new = tmp_path / "new"
        assert "- !include parts/first.yaml\n" in (new / "case.yaml").read_text()
        assert (new / "parts/more.yaml").read_text() == (
            "- name: second\n  url: /anything/2\n- !include deeper/third.yaml\n"
        )
        assert (new / "parts/deeper/third.yaml").read_text() == "third:  # it\n  url: /anything/3\n"
        assert 'only_if: "1 == 1"' in (new / "parts/first.yaml").read_text()
        assert sent() == [
            "/anything/1?t=1",
            *(f"/anything/{number}" for number in (2, 3, 4)),
        ]
        assert validate([str(new)]) == 0

    def test_what_is_wrong_in_one_is_told_where_it_stands(self, folder, tmp_path):
        code, said = folder(INCLUDED_FROM)

        assert code == 1
        assert "third.yaml:3: NOT CONVERTED: third.loop_max: unknown key 'max_iter" in said
        written = (tmp_path / "new/case.yaml").read_text()
        assert "tags: [unconverted]" in written
        assert "!include parts/more.yaml" in written

    def test_what_is_wrong_in_the_file_itself_is_dropped(self, folder, tmp_path):
        case = INCLUDING + "- {name: x, url: /anything, fooo: 1}\n"
        code, said = folder({**INCLUDED_FROM, "case.yaml": case})

        assert code == 1
        assert "old/case.yaml:7: NOT CONVERTED: steps[3].fooo: unknown key 'fooo'" in said
        assert "- !include parts/more.yaml\n" in (tmp_path / "new/case.yaml").read_text()

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("nowhere.yaml", "there is no file 'nowhere.yaml'"),
            ("../../../x.yaml", "lies outside of"),
            ("case.yaml", "files include each other"),
            ("broken.inc", "old/broken.inc:2:1: not YAML: "),
        ],
    )
    def test_one_that_is_not_there_is_not_converted(self, folder, tmp_path, name, said):
        case = f"name: c\nsteps:\n{STEP}\n- !include {name}\n"
        code, account = folder({"case.yaml": case, "broken.inc": "a: [\n"})

        assert code == 1
        assert "old/case.yaml:4: NOT CONVERTED: steps[1]: " in account
        assert said in account
        assert "!include" not in (tmp_path / "new/case.yaml").read_text().split("steps:\n  - ")[1]

    @pytest.mark.parametrize(
        ("before", "part"), [("1", "[1, 2]"), ("true", "[true]"), ("null", "[]"), ("1", "{a: 1}")]
    )
    def test_one_in_a_list_stays_where_it_is(self, folder, tmp_path, before, part):
        listed = f"[{before}, !include ids.inc.yaml, {before}, !include ids.inc.yaml]"
        case = f"name: c\nconfig: {{variables: {{ids: {listed}}}}}\nsteps:\n{STEP}\n"
        code, said = folder({"case.yaml": case, "ids.inc.yaml": part})

        assert code == 0, said
        items = [before, "!include ids.inc.yaml"] * 2
        written = (tmp_path / "new/case.yaml").read_text()
        assert written.count("!include") == 2
        assert "".join(f"      - {one}\n" for one in items) in written or (
            f"[{', '.join(items)}]" in written
        )

    def test_what_is_empty_stays_what_it_is(self, folder, tmp_path):
        case = "name: c\nconfig: !include c.inc.yaml\nsteps:\n"
        case += f"{STEP}\n- !include steps.inc.yaml\n- {{name: z, url: http://x.test}}\n"
        code, said = folder(
            {"case.yaml": case, "c.inc.yaml": "{}  # no\n", "steps.inc.yaml": "[]\n"}
        )

        assert code == 0, said
        assert (
            "  - !include steps.inc.yaml\n  - name: z\n" in (tmp_path / "new/case.yaml").read_text()
        )
        assert (tmp_path / "new/c.inc.yaml").read_text() == "{}\n# no\n"
        assert (tmp_path / "new/steps.inc.yaml").read_text() == "[]\n"
        assert validate(["new"]) == 0

    @pytest.mark.parametrize(
        ("line", "part"),
        [
            ("foo: !include x.inc.yaml", "a: 1\n"),
            ("validations: [!include x.inc.yaml, {status_code: 200}]", "nosuch: [1]\n"),
        ],
    )
    def test_one_that_is_refused_as_a_whole_is_dropped(self, folder, tmp_path, line, part):
        step = f"- name: b\n  url: http://x.test\n  {line}\n"
        code, said = folder({"case.yaml": f"{CASE}{step}", "x.inc.yaml": part})

        assert code == 1
        assert said.count("old/case.yaml:6: ") == 1
        assert "!include" not in (tmp_path / "new/case.yaml").read_text()

    def test_what_is_wrong_in_included_json_is_told_by_each_that_includes_it(
        self, folder, tmp_path
    ):
        step = "- name: b\n  url: http://x.test\n  validations: !include checks.json\n"
        json = '[{"eq": ["$.a", 1]},\n {"eqq": ["$.a", 1]}]\n'
        included = {"steps.inc.yaml": step, "checks.json": json}
        through = CASE + "- !include steps.inc.yaml\n"
        files = {"a.yaml": CASE + "- {name: z}\n" + step, "b.yaml": CASE + step, "c.yaml": through}
        code, said = folder({**included, **files, "d.yaml": through})

        assert code == 1
        for place in ("a.yaml:7: NOT CONVERTED: steps[2]", "b.yaml:6: NOT CONVERTED: steps[1]"):
            assert said.count(f"old/{place}.validations: old/checks.json:2:") == 1
        told = "old/steps.inc.yaml:3: NOT CONVERTED: [0].validations: old/checks.json:2:"
        assert said.count(told) == 1
        for name in ("a", "b", "c", "d"):
            assert "tags: [unconverted]" in (tmp_path / f"new/{name}.yaml").read_text()

    def test_nothing_is_written_outside_of_the_folder(self, folder, tmp_path):
        files = {"cases/case.yaml": f"name: c\nsteps:\n{STEP}\n- !include ../part.yaml\n"}
        part = {"part.yaml": "{name: b, url: http://x.test}\n"}
        code, said = folder({**files, **part}, paths=["old/cases"])

        assert code == 1
        assert "old/part.yaml: NOT CONVERTED: it would lie outside of what -o names" in said
        assert not (tmp_path / "part.yaml").exists()


def test_what_is_included_is_written_into_a_folder_beside(folder, tmp_path):
    files = {"case.yaml": "name: c\nsteps: [!include parts/a.yaml]\n", "parts/a.yaml": STEP[2:]}
    code, said = folder(files, paths=["old/parts/.."], output="old/../new")

    assert code == 0, said
    assert (tmp_path / "new/parts/a.yaml").is_file()


def test_every_file_that_cannot_be_read_is_named(folder, tmp_path):
    files = {
        "broken.yaml": "name: c\nsteps: [\n",
        "utf-16.yaml": "name: 用例\nsteps: []\n".encode("utf-16"),
        "good.yaml": CASE,
    }
    code, said = folder(files, paths=["old", "nowhere.yaml"])

    assert code == 4
    broken, nowhere, *rest = said.splitlines()
    assert broken.startswith("old/broken.yaml:3")
    assert nowhere.startswith("nowhere.yaml:1:1: cannot be read: ")
    assert rest == ["nothing was written"]
    assert not (tmp_path / "new").exists()


def test_files_of_which_nothing_is_made_are_named(folder):
    _, said = folder({"case.yaml": CASE, "part.yaml": "url: /x\n", "a/x.yml": "1", "y.txt": "1"})

    assert "no cases of the older engine, left alone: old/a/x.yml, old/part.yaml\n" in said
    files = {"case.yaml": "name: c\nsteps: [!include part.yaml]\n", "a/x.yml": "name：c"}
    assert "left alone: old/a/x.yml\n" in folder(files, "--force")[1]


def test_what_is_to_be_copied_is_not_left_alone(folder):
    step = "- {name: b, url: http://x.test, json: !include text.yaml}\n"
    _, said = folder({"case.yaml": CASE + step, "text.yaml": "hello\n"})

    assert "copied beside it: text.yaml" in said
    assert "left alone" not in said


def test_the_files_that_a_case_reads_are_copied_unless_they_are_there(folder, tmp_path):
    case = (
        "name: c\nconfig: {data_source: {type: csv, file_path: data/rows.csv}}\nsteps:\n"
        "- {name: a, url: http://x.test, files: {f: up/a.png}, json: !include body.json}\n"
    )
    files = {"case.yaml": case, "data/rows.csv": "a\n1\n", "up/a.png": "x", "body.json": "{}"}
    code, said = folder(files)

    assert code == 0, said
    assert "    copied beside it: body.json, data/rows.csv, up/a.png\n" in said
    assert (tmp_path / "new/data/rows.csv").read_text() == "a\n1\n"
    (tmp_path / "new/up/a.png").write_text("y")
    (tmp_path / "new/body.json").unlink()
    assert "    copied beside it: body.json\n" in folder(files)[1]
    assert (tmp_path / "new/up/a.png").read_text() == "y"
    assert "up/a.png" in folder(files, "--force")[1]
    assert (tmp_path / "new/up/a.png").read_text() == "x"
    assert sorted(one.name for one in (tmp_path / "new").rglob(".*")) == []


def test_files_that_would_lie_outside_are_named(folder, tmp_path):
    files = {"a/case.yaml": CASE.replace("}", ", files: {f: ../up.txt}}"), "up.txt": "x"}
    code, said = folder(files, paths=["old/a/case.yaml"], output="new/case.yaml")

    assert code == 0, said
    assert "    copy beside it, with the same paths: ../up.txt\n" in said
    assert not (tmp_path / "up.txt").exists()


def test_rows_lie_where_the_older_engine_was_started(folder, tmp_path):
    source = "data_source: {type: csv, file_path: old/data/rows.csv}"
    case = f"name: c\nconfig: {{{source}}}\nsteps:\n{STEP}\n"
    code, said = folder({"cases/case.yaml": case, "data/rows.csv": "a\n1\n"})

    assert code == 0
    assert "copied beside it: old/data/rows.csv (from old/data/rows.csv)\n" in said
    assert (tmp_path / "new/cases/old/data/rows.csv").is_file()


class TestEncodings:
    def test_a_chinese_one_is_read_and_told_of(self, folder, tmp_path):
        steps = "- !include 部分.yaml\n- {name: 乙, url: http://x.test/丙, json: {a: 中}}\n"
        case = f"# 注释\nname: 用例\nsteps:\n{steps}"
        part = "{name: 甲, type: wait, seconds: 0}\n"
        files = {"case.yaml": case.encode("gbk"), "部分.yaml": part.encode("gb18030")}
        code, said = folder(files)

        assert code == 0, said
        assert "old/case.yaml:2: changed: it reads as GBK; what is written is UTF-8\n" in said
        assert "部分.yaml:1: changed: it reads as GBK" in said
        assert "# 注释\nname: 用例\n" in (tmp_path / "new/case.yaml").read_text("utf-8")

    def test_that_of_rows_is_written(self, folder, sent, tmp_path):
        project = PROJECT.replace("who: dev", "谁: 开发")
        scenario = SCENARIO.replace("CONFIG", "name: c, csv_datasource: rows.csv")
        scenario = scenario.replace("{{who}}", "{{谁}}")
        files = {"case.yaml": scenario, "rows.csv": "谁,x\n张三,1\n".encode("gbk")}
        code, said = folder({".sisyphus/config.yaml": project, **files})

        assert code == 0, said
        assert "config.csv_datasource: rows.csv reads as gbk; now this is said" in said
        assert sent() == ["/anything/%E5%BC%A0%E4%B8%89"]

    def test_columns_that_cannot_be_known_are_told_of(self, folder):
        source = "data_source: {type: csv, file_path: rows.csv, encoding: utf-8}"
        case = f"name: c\nconfig: {{{source}}}\nsteps:\n{STEP}\n"
        _, said = folder({"case.yaml": case, "rows.csv": "谁\n张三\n".encode("gbk")})

        assert "config.data_source.file_path: its columns are not known: rows.csv:2: not " in said


def test_columns_of_a_json_file_go_over_a_profile(folder, tmp_path):
    source = "data_source: {type: json, file_path: rows.json, data_key: rows}"
    case = f"name: c\nconfig: {{{source}}}\nsteps:\n- {{name: a, url: 'http://x.test/${{who}}'}}\n"
    rows = '{"rows": [{"who": "me"}]}'
    folder({".sisyphus/config.yaml": PROJECT, "case.yaml": case, "rows.json": rows})

    assert "http://x.test/${data.who}\n" in (tmp_path / "new/case.yaml").read_text()


def test_the_folder_of_a_project_file_may_be_named(folder, tmp_path):
    code, said = folder({".sisyphus/config.yaml": PROJECT}, paths=["old/.sisyphus"])

    assert code == 0, said
    assert (tmp_path / "new/sisyphus.yaml").is_file()


def test_files_beside_the_folder_of_a_case_are_reached_from_anywhere(folder, tmp_path, monkeypatch):
    case = CASE.replace("}", ", files: {f: ../up.txt}}")
    folder({"a/case.yaml": case, "up.txt": "x"})
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    code, said = folder({}, paths=["../old"], output="../newer")
    assert code == 0, said
    assert (tmp_path / "newer/up.txt").is_file()


def test_rows_that_are_not_there_are_named(folder):
    source = "data_source: {type: csv, file_path: none.csv}"
    case = f"name: c\nconfig: {{{source}}}\nsteps:\n{STEP}\n"

    assert "    is not there: none.csv: its columns are not known" in folder({"case.yaml": case})[1]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("extractors: 5", "steps[1].extractors: "),
        ("validations: [{type: {a: 1}, path: $.a}]", "steps[1].validations[0]: "),
    ],
)
def test_values_of_no_such_type_are_told_of(folder, key, said):
    case = f"{CASE}- {{name: b, url: http://x.test, {key}}}\n"
    code, account = folder({"case.yaml": case})

    assert code == 1
    assert f"old/case.yaml:4: NOT CONVERTED: {said}" in account


def test_two_cases_of_one_name_get_two(folder):
    code, said = folder({"case.yaml": f"{CASE}---\n{CASE}"})

    assert code == 0
    assert (
        "old/case.yaml:5: changed: name: a case before it has this name; it is now 'c (2)'" in said
    )
    assert validate(["new"]) == 0


def test_what_is_said_stands_where_it_was(folder, tmp_path):
    case = "name: c\nsteps:\n" + STEP + "\n- {name: b}\n- {name: d, url: http://x.test, foo: 1}\n"
    _, said = folder({"case.yaml": case})

    assert said.index("case.yaml:4: ") < said.index("case.yaml:5: ")
    written = (tmp_path / "new/case.yaml").read_text()
    assert written.index("name: a\n") < written.index("line 4, steps[1]: ")
    assert written.index("line 4, ") < written.index("line 5, ") < written.index("name: d\n")


def test_a_script_of_a_file_comes_into_the_case_or_is_told_of(folder, tmp_path):
    step = "- {{name: {0}, type: script, script_file: ../scripts/{0}.py}}\n"
    case = "name: c\nsteps:\n" + step.format("a") + step.format("gbk")
    scripts = {"scripts/a.py": "print(5)\n", "scripts/gbk.py": "# 中\n".encode("gbk")}
    code, said = folder({"cases/case.yaml": case, **scripts})

    assert code == 0
    assert "steps[1].script_file: it reads as GBK" in said
    assert "# 中" in (tmp_path / "new/cases/case.yaml").read_text("utf-8")
    assert "print(5)" in (tmp_path / "new/cases/case.yaml").read_text()


def test_the_language_may_be_said_first(folder, capsys):
    folder({"case.yaml": CASE})

    assert convert(["--lang", "zh", "engine", "old", "-o", "new"]) == 0
    assert "个值" in capsys.readouterr().err
    assert convert(["engine", "old", "-o", "new", "--lang", "en"]) == 0
    assert "values: " in capsys.readouterr().err


def test_a_step_around_a_step_has_no_need_of_a_name(folder, tmp_path):
    step = "- {name: a, url: http://x.test, setup: [{type: wait, seconds: 0}]}"
    code, said = folder({"case.yaml": f"name: c\nsteps:\n{step}\n"})

    assert code == 0, said
    assert "name: setup 1\n" in (tmp_path / "new/case.yaml").read_text()


def test_a_file_of_the_older_engine_is_told_how_to_convert_it(folder, capsys):
    case = "name: c\nsteps:\n- {name: a, url: http://x.test, condition: 1 == 1}\n"
    folder({"case.yaml": case})

    assert validate(["old/case.yaml"]) == 1

    said = capsys.readouterr().out
    assert "old/case.yaml:1:1: the file has words of the older engine; this rewrites " in said
    assert "sisyphus-api-convert engine PATH -o NEW" in said


ROWS = f"name: NAME\nconfig: {{data_source: {{type: csv, file_path: rows.csv}}}}\nsteps:\n{STEP}\n"


class TestCopies:
    """Files that a case reads go with it."""

    @pytest.mark.parametrize(("second", "code"), [("v\nb\n", 4), ("v\na\n", 0)])
    def test_of_two_under_one_name_neither_is_lost(self, folder, tmp_path, second, code):
        files = {
            "a/a.yaml": ROWS.replace("NAME", "a"),
            "a/rows.csv": "v\na\n",
            "b/b.yaml": ROWS.replace("NAME", "b"),
            "b/rows.csv": second,
        }
        got, said = folder(files, paths=("old/a/a.yaml", "old/b/b.yaml"))
        assert got == code, said
        assert ("two files would be written to" in said) == bool(code)
        assert (tmp_path / "new" / "a.yaml").exists() == (not code)

    def test_one_that_cannot_be_written_keeps_all_back(self, folder, tmp_path):
        (tmp_path / "new" / "rows.csv").mkdir(parents=True)
        code, said = folder({"a.yaml": ROWS.replace("NAME", "a"), "rows.csv": "v\na\n"})
        assert (code, "it is a folder" in said) == (4, True)
        assert [one.name for one in (tmp_path / "new").iterdir()] == ["rows.csv"]


class TestIncludedLast:
    def test_json_files_that_a_pattern_names_are_copied(self, folder, recorder, sent):
        step = "- {name: a, method: PUT, url: BASE/anything, json: !include 'data/*.json'}\n"
        files = {"case.yaml": f"name: c\nsteps:\n{step}"}
        code, said = folder(files | {"data/1.json": '{"n": 1}', "data/2.json": '{"n": 2}'})

        assert code == 0, said
        assert "copied beside it: data/1.json, data/2.json" in said
        assert sent() == ["/anything"]
        assert recorder.requests[-1]["json"] == [{"n": 1}, {"n": 2}]

    def test_steps_without_a_name_are_told_apart_over_their_files(self, folder, tmp_path, sent):
        case = "name: c\nsteps:\n- url: BASE/anything/0\n- !include a/login.yaml\n- !include b/login.yaml\n"
        case += "- !include b/a/login.yaml\n"
        parts = {f"{one}/login.yaml": f"- url: BASE/anything/{one}\n" for one in ("a", "b", "b/a")}
        code, said = folder({"case.yaml": case, **parts})

        assert code == 0, said
        assert sent() == [f"/anything/{one}" for one in ("0", "a", "b", "b/a")]
        files = ("case.yaml", *parts)
        texts = [(tmp_path / "new" / one).read_text() for one in files]
        names = re.findall("name: (.* .*)", "".join(texts))
        assert names == ["step 1", "a/login 1", "b/login 1", "b/a/login 1"]

    def test_what_is_no_file_is_not_waited_for(self, folder, tmp_path):
        (tmp_path / "old").mkdir()
        os.mkfifo(tmp_path / "old/pipe")
        step = "- {name: a, method: PUT, url: http://x.test, body: !include pipe}\n"
        code, said = folder({"case.yaml": f"name: c\nsteps:\n{step}"})

        assert code == 1
        assert "NOT CONVERTED: steps[0].body: there is no file 'pipe'" in said

    def test_nothing_is_told_of_what_lies_outside(self, folder, tmp_path):
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside/part.yaml").write_text("a: true\n")
        os.chdir(tmp_path / "outside")
        step = "- {name: a, url: http://x.test, params: !include ../outside/part.yaml}\n"
        files = {"case.yaml": f"name: c\nsteps:\n{step}"}
        _, inside = folder(files, "--check", paths=("../old",))
        os.chdir(tmp_path / "old")
        _, outside = folder(files, "--check", paths=("case.yaml",))

        assert "the older engine sent True" in inside
        assert "part.yaml' lies outside of" in outside
        assert "the older engine sent True" not in outside

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("[1, 2]", []),
            (
                "{a: 1}",
                ["the older engine sent a mapping as a form unless the step has the header"],
            ),
            (
                "a: ${n}",
                ["the older engine sent a mapping as a form unless the step has the header"],
            ),
            ("just words", []),
        ],
    )
    def test_an_included_body_is_told_of_as_what_it_is(self, folder, text, told):
        step = "- {name: a, method: PUT, url: http://x.test, body: !include body.inc.yaml}\n"
        _, said = folder({"case.yaml": f"name: c\nsteps:\n{step}", "body.inc.yaml": f"{text}\n"})

        assert re.findall("changed: steps.0..body: (.*header)", said) == told

    def test_included_headers_say_what_the_body_is(self, folder):
        step = "- {name: a, method: PUT, url: http://x.test, headers: !include h.inc.yaml, body: {n: '${n}'}, params: !include p.inc.yaml}\n"
        parts = {"h.inc.yaml": "Content-Type: application/json\n", "p.inc.yaml": "\n\na: true\n"}
        _, said = folder({"case.yaml": f"name: c\nsteps:\n{step}", **parts})

        assert "case.yaml:3: changed: steps[0].body: the older engine put a text for ${n}" in said
        assert "case.yaml:3: changed: steps[0].params: the older engine sent True" in said
        assert "sent a mapping as a form" not in said
