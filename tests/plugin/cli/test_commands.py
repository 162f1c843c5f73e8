"""`sisyphus-api-engine` and `sisyphus-api-validate`, as processes of their own."""

import csv
import functools
import io
import json
import os
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from plugin_command_kit import command, process

from pytest_sisyphus.cli import commands
from pytest_sisyphus.cli.language import speak
from pytest_sisyphus.i18n import language_set_back

pytestmark = pytest.mark.slow

OK = """
name: {name}
config: {{base_url: {url}}}
steps:
  - {{name: ask, type: request, url: /anything, validations: [{{status_code: 200}}]}}
"""
FAILING = """
name: pay
config: {{base_url: {url}}}
steps:
  - name: pay
    type: request
    url: /anything
    validations:
      - {{eq: [$.path, /paid]}}
"""
PROFILED = """
name: profiled
config:
  base_url: {url}
  profiles: {{dev: {{variables: {{where: dev}}}}, test: {{variables: {{where: test}}}}}}
  active_profile: dev
steps:
  - {{name: ask, type: request, url: "/${{where}}"}}
"""
BROKEN = "name: bad\nsteps: []\nstepz: 1\n"


@pytest.fixture
def folder(pytester, server, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name, text in {"ok": OK, "failing": FAILING, "profiled": PROFILED}.items():
        (pytester.path / f"{name}.yaml").write_text(text.format(url=server.url, name=name))
    (pytester.path / "broken.yaml").write_text(BROKEN)
    return pytester.path


@pytest.fixture
def engine(run, folder):
    return functools.partial(run, commands.engine, "--cases")


@pytest.fixture
def validate(run, folder):
    return functools.partial(run, commands.validate)


class TestExitCodes:
    @pytest.mark.parametrize(
        ("args", "code", "said"),
        [
            (["ok.yaml"], 0, "1 passed"),
            (["ok.yaml", "failing.yaml"], 1, "1 failed, 1 passed"),
            (["ok.yaml", "broken.yaml"], 4, "unknown key 'stepz'"),
            (["failing.yaml", "broken.yaml"], 4, "1 failed"),
            (["broken.yaml"], 4, "unknown key 'stepz'"),
            (["nowhere.yaml"], 4, "file or directory not found: nowhere.yaml"),
            (["ok.yaml", "--format", "xml"], 4, "invalid choice: 'xml'"),
            (["ok.yaml", "-o", "report.odd"], 4, "no format has this extension"),
            (["ok.yaml", "-o", "ok.yaml/r.txt"], 4, "-o ok.yaml/r.txt: cannot write it"),
            (["ok.yaml", "-o", "ok.yaml/r.json"], 4, "ok.yaml/r.json: cannot write it"),
            (["ok.yaml", "--no-such-flag"], 4, "unrecognized arguments: --no-such-flag"),
            (["profiled.yaml", "--profile", "prod"], 4, "no profile 'prod'"),
            (["ok.yaml", "--profile", "prod"], 1, "no profile 'prod'"),
            (["empty"], 5, ""),
        ],
    )
    def test_say_how_it_went(self, engine, folder, args, code, said):
        (folder / "empty").mkdir()

        ended = engine(*args)

        assert said in ended.stdout + ended.stderr
        assert ended.code == code

    def test_an_interrupted_run_is_two_and_its_report_whole(self, folder):
        (folder / "conftest.py").write_text(
            "import pytest\n@pytest.fixture\ndef stop():\n    raise KeyboardInterrupt\n"
        )
        text = (folder / "ok.yaml").read_text()
        (folder / "z.yaml").write_text(text.replace("name: ok", "name: z\nusefixtures: [stop]"))

        ended = process("engine", "--cases", "ok.yaml", "z.yaml", "--format", "json", "-v")

        assert ended.code == 2
        assert [one["test_case"]["status"] for one in ended.json] == ["passed", "failed"]

    def test_a_green_run_without_its_report_is_not_green(self, engine):
        ended = engine("ok.yaml", "--format", "json", "-o", "/dev/full")

        assert "could not be written" in ended.stderr
        assert ended.code == 3


class TestStandardOutput:
    """The report, and nothing else."""

    def test_compact_json_by_default(self, engine):
        ended = engine("ok.yaml", "failing.yaml", "--format", "json")

        assert [(one["step"], one.get("status")) for one in ended.json] == [
            ("ask", None),
            ("pay", "failed"),
        ]
        assert "1 failed, 1 passed" in ended.stderr
        assert "json-compact report on standard output written" in ended.stderr

    def test_the_whole_document_with_v(self, engine):
        ended = engine("ok.yaml", "--format", "json", "-v")

        assert ended.json["test_case"]["name"] == "ok"
        assert ended.json["statistics"]["total_steps"] == 1

    @pytest.mark.parametrize(
        ("flags", "columns"), [([], 3), (["-v"], 17)], ids=["compact", "verbose"]
    )
    def test_csv(self, engine, flags, columns):
        ended = engine("ok.yaml", "--format", "csv", *flags)

        header, row = csv.reader(io.StringIO(ended.stdout))
        assert len(header) == len(row) == columns

    def test_junit_and_html(self, engine):
        assert ET.fromstring(engine("ok.yaml", "--format", "junit").stdout).get("tests") == "1"
        assert engine("ok.yaml", "--format", "html").stdout.startswith("<!")

    def test_is_not_disturbed_by_what_cases_and_conftests_print(self, folder):
        (folder / "conftest.py").write_text(
            "import os, subprocess, warnings\n"
            "print('printed')\n"
            "os.write(1, b'written')\n"
            "subprocess.run(['echo', 'echoed'])\n"
            "def pytest_runtest_setup(item):\n"
            "    warnings.warn('warned')\n"
            "    print('printed')\n"
        )

        ended = process("engine", "--cases", "ok.yaml", "--format", "json", "-v")

        assert ended.json["test_case"]["status"] == "passed"

    def test_is_empty_when_a_file_is_written(self, engine, folder):
        ended = engine("ok.yaml", "-o", "out/report.json")

        assert ended.stdout == ""
        assert json.loads((folder / "out" / "report.json").read_text())[0]["step"] == "ask"

    def test_a_reader_that_leaves_early_is_no_error(self, folder):
        args = command("engine", "--cases", "ok.yaml", "--format", "html")
        with subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.close()
            stderr = process.stderr.read().decode()
        assert "Traceback" not in stderr
        assert "BrokenPipe" not in stderr


class TestText:
    def test_a_case_that_left_out_a_step_says_so(self, folder, engine):
        skipping = "  - {name: rest, type: wait, seconds: 0, skip_if: true}\n"
        with (folder / "ok.yaml").open("a") as file:
            file.write(skipping)

        ended = engine("ok.yaml")

        assert ended.stdout.splitlines()[0].endswith("(1 of 2 steps)")

    def test_each_case_and_each_failure_with_its_line(self, engine):
        ended = engine("ok.yaml", "failing.yaml")

        lines = ended.stdout.splitlines()
        assert lines[0].startswith("PASSED  ok ")
        assert lines[1].startswith("FAILED  pay ")
        assert "failing.yaml:9: eq $.path: Expected /paid, but got /anything" in ended.stdout
        assert "FAILED failing.yaml::pay - $.path: Expected /paid, but got /any" in ended.stdout
        assert "\x1b[" not in ended.stdout

    def test_v_shows_the_steps(self, engine):
        lines = engine("ok.yaml", "-v").stdout.splitlines()

        assert lines[1].startswith("    SUCCESS ask in ")
        assert "ok status_code" in lines[3]

    def test_to_a_file(self, engine, folder):
        ended = engine("failing.yaml", "-o", "run.txt")

        assert (ended.code, ended.stdout) == (1, "")
        assert "FAILED  pay" in (folder / "run.txt").read_text()

    def test_on_a_terminal_it_has_colours_and_progress(self, folder, monkeypatch):
        (folder / "two.yaml").write_text((folder / "ok.yaml").read_text())
        monkeypatch.setenv("TERM", "xterm")
        for name in ("NO_COLOR", "PY_COLORS"):
            monkeypatch.delenv(name, raising=False)
        shown = on_a_terminal(command("engine", "--cases", "ok.yaml", "two.yaml"))

        assert "\x1b[32mPASSED" in shown
        assert "1/2 cases, 0 failed, about " in shown
        assert " s left" in shown


def on_a_terminal(args):
    ours, theirs = os.openpty()
    with subprocess.Popen(args, stdout=theirs, stderr=theirs, stdin=theirs) as process:
        os.close(theirs)
        pieces = []
        try:
            while piece := os.read(ours, 65536):
                pieces.append(piece)
        except OSError:
            pass  # Linux says so when the other side is closed
        finally:
            os.close(ours)
        process.wait(timeout=60)
    return b"".join(pieces).decode()


class TestFlags:
    def test_a_folder_means_its_yaml_cases_only(self, engine, folder):
        (folder / "test_python.py").write_text("def test_it():\n    raise OSError\n")
        (folder / "compose.yml").write_text("services: {}\n")
        (folder / "broken.yaml").unlink()
        (folder / "failing.yaml").unlink()

        ended = engine(".", "--format", "json", "-v")

        assert ended.code == 0
        assert [one["test_case"]["name"] for one in ended.json] == ["ok", "profiled"]

    @pytest.mark.parametrize(("flags", "path"), [([], "/dev"), (["--profile", "test"], "/test")])
    def test_profile(self, engine, server, flags, path):
        engine("profiled.yaml", *flags)

        assert server.requests[-1]["path"] == path

    def test_language_of_the_page(self, engine):
        pages = {
            lang: engine("ok.yaml", "--format", "html", "--report-lang", lang).stdout
            for lang in ("zh", "en")
        }

        assert pages["zh"] != pages["en"]

    def test_n_runs_in_processes(self, folder):
        paths = ["ok.yaml", "failing.yaml", "broken.yaml"]
        ended = process("engine", "--cases", *paths, "-n", "2", "--format", "json", "-v")

        assert ended.code == 4
        assert [one["test_case"]["name"] for one in ended.json] == ["ok", "pay"]

    def test_allure(self, engine, folder):
        engine("ok.yaml", "--allure")
        engine("ok.yaml", "--allure", "--allure-dir", "deep/results", "--format", "json")

        for name in ("allure-results", "deep/results"):
            assert len(list((folder / name).glob("*-result.json"))) == 1

    def test_allure_clean_empties_results_only(self, engine, folder):
        """W8"""
        engine("ok.yaml", "--allure")
        engine("ok.yaml", "--allure", "--allure-clean")
        assert len(list((folder / "allure-results").glob("*-result.json"))) == 1

        (folder / "allure-results" / "notes.txt").touch()
        ended = engine("ok.yaml", "--allure", "--allure-clean")

        assert ended.code == 4
        assert "notes.txt is no Allure result" in ended.stderr
        assert len(list((folder / "allure-results").glob("*-result.json"))) == 1


class TestTheFolderItRunsIn:
    @pytest.mark.parametrize("addopts", ["--collect-only -k nothing", "-x --no-such-option", "-vv"])
    def test_addopts_are_not_for_it(self, engine, folder, addopts):
        (folder / "pytest.ini").write_text(f"[pytest]\naddopts = {addopts}\n")

        assert engine("ok.yaml", "--format", "json").json[0]["step"] == "ask"

    def test_settings_and_conftests_are(self, folder, server):
        (folder / "pytest.ini").write_text("[pytest]\nsisyphus_unknown_keys = warn\n")
        (folder / "conftest.py").write_text(
            "from pytest_sisyphus.extensions.types import Function\n"
            "def pytest_sisyphus_functions(context):\n"
            "    return [Function(name='mine', call=lambda: '/mine', description='mine')]\n"
        )
        text = (folder / "ok.yaml").read_text().replace("url: /anything", 'url: "${mine()}"')
        (folder / "ok.yaml").write_text(text + "unknown: 1\n")

        assert process("engine", "--cases", "ok.yaml").code == 0
        assert server.requests[-1]["path"] == "/mine"

    def test_nothing_is_left_in_it(self, engine, folder):
        """W77"""
        before = sorted(path.name for path in folder.rglob("*") if "__pycache__" not in str(path))

        engine("ok.yaml", "--format", "json")

        after = sorted(path.name for path in folder.rglob("*") if "__pycache__" not in str(path))
        assert after == before


def test_a_file_that_is_nearly_a_case_is_told_beside_the_report(engine, folder):
    (folder / "near.yaml").write_text("name: a\nstep: []\n")
    (folder / "broken.yaml").unlink(missing_ok=True)

    ended = engine(".", "--format", "json")

    assert "warning: near.yaml:2: not collected: has 'name' but no 'steps'" in ended.stderr
    assert "near.yaml" not in ended.stdout


class TestValidate:
    def test_a_file_that_is_nearly_a_case_is_a_complaint(self, validate, folder):
        (folder / "near").mkdir()
        (folder / "near" / "a.yaml").write_text("name: a\nstep: []\n")

        ended = validate("near")

        assert ended.code == 1
        assert ended.stdout == (
            "near/a.yaml:2: not collected: "
            "has 'name' but no 'steps'; did you mean 'steps' for 'step'?\n"
        )

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (
                "name: a\nsteps: [{name: s, url: /}]\n".encode("utf-16"),
                "1: not collected: is UTF-16;",
            ),
            (
                b"- name: a\n  steps: [{name: s, url: /}]\n",
                "1: not collected: has its case in a list",
            ),
            (
                b"tags: [x]\nsteps: [{name: s, url: /}]\n",
                "2: not collected: has 'steps' but no 'name'",
            ),
        ],
    )
    def test_a_whole_case_that_would_go_unseen_is_one(self, validate, folder, text, said):
        (folder / "near").mkdir()
        (folder / "near" / "a.yaml").write_bytes(text)

        ended = validate("near")

        assert ended.code == 1
        assert ended.stdout.startswith(f"near/a.yaml:{said}")

    def test_only_what_is_named_is_looked_at(self, validate, folder):
        (folder / "near.yaml").write_text("name: a\nstep: [{name: s, url: /}]\n")
        (folder / "older.yaml").write_text("config: {name: a}\nteststeps: [{name: s}]\n")

        ended = validate("ok.yaml")
        assert (ended.code, ended.stdout) == (0, "")

        ended = validate("ok.yaml", "older.yaml")
        assert ended.code == 1
        assert ended.stdout.startswith("older.yaml:2:1: the file is of the older engine's newer")

    def test_what_keeps_pytest_from_collecting_is_passed_on(self, validate, folder):
        (folder / "conftest.py").write_text("def pytest_sisyphus_function(): pass\n")

        ended = validate("ok.yaml")

        assert ended.code == 1
        assert "not validated: unknown hook 'pytest_sisyphus_function'" in ended.stderr

    def test_warnings_about_a_case_are_shown_and_are_no_complaints(self, validate, folder):
        (folder / "warned.yaml").write_text(
            "name: a\nconfig: {debug: true}\nsteps: [{name: s, type: wait, seconds: 0}]\n"
        )

        ended = validate("warned.yaml")

        assert ended.code == 0
        assert "warning: warned.yaml:2:10: config.debug does nothing any more" in ended.stderr

    def test_all_complaints_about_all_files(self, validate, folder):
        (folder / "worse.yaml").write_text(
            "name: worse\nsteps:\n  - {name: a, type: requst}\n  - {nam: b, type: request}\n"
        )

        ended = validate(".")

        lines = ended.stdout.splitlines()
        assert ended.code == 1
        assert [line.split(": ")[0] for line in lines if line.startswith("broken")] == [
            "broken.yaml:2:8",
            "broken.yaml:3:1",
        ]
        assert sum(line.startswith("worse.yaml:") for line in lines) >= 2
        assert all(line.startswith(("broken.yaml:", "worse.yaml:")) for line in lines)

    def test_good_files(self, validate):
        ended = validate("ok.yaml", "failing.yaml")

        assert (ended.code, ended.stdout) == (0, "")
        assert "2 cases, no complaints" in ended.stderr

    def test_one_is_not_many(self, validate, folder):
        (folder / "one.yaml").write_text("name: a\nsteps: []\n")

        assert "1 case, no complaints" in validate("ok.yaml").stderr
        assert "1 complaint\n" in validate("one.yaml").stderr

    @pytest.mark.parametrize(
        ("path", "said"),
        [("nowhere.yaml", "file or directory not found"), ("empty", "no case found")],
    )
    def test_nothing_to_validate_is_not_fine(self, validate, folder, path, said):
        (folder / "empty").mkdir()

        ended = validate(path)

        assert ended.code == 1
        assert said in ended.stderr

    @pytest.mark.parametrize("paths", [["other"], ["other/sisyphus.yaml"]])
    def test_project_configuration_is_checked_where_no_case_is(self, validate, folder, paths):
        file = folder / "other" / "sisyphus.yaml"
        file.parent.mkdir()
        file.write_text("variables: {a: 1}\n")
        ended = validate(*paths)
        assert (ended.code, ended.stdout) == (0, "")
        assert ended.stderr == "1 sisyphus.yaml file, no complaints\n"

        file.write_text("base_url: http://x.test\nheadder: {}\n")
        ended = validate(*paths)
        assert ended.code == 1
        assert ended.stdout == (
            "other/sisyphus.yaml:2:1: unknown key 'headder'; did you mean 'headers'? (at headder)\n"
        )

    def test_mistakes_of_project_configuration_are_said_once(self, validate, folder):
        (folder / "sisyphus.yaml").write_text("a: 1\nb: 2\n")
        ended = validate("ok.yaml", "failing.yaml")
        assert ended.code == 1
        assert [line.split()[3] for line in ended.stdout.splitlines()] == ["'a'", "'b'"]

    def test_nothing_is_run(self, validate, server):
        validate("ok.yaml")

        assert server.requests == []


def test_a_terminal_that_cannot_encode_chinese_shows_escapes(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1", newline=""))
    with language_set_back():
        speak(["--lang", "zh"])
        sys.stdout.write("用例")
        sys.stdout.flush()

    assert written.getvalue() == b"\\u7528\\u4f8b"
