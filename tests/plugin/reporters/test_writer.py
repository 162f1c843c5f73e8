"""`--sisyphus-report`: real runs, every format, however they end."""

import csv
import json
import re
import signal
import subprocess
import sys
import textwrap
from xml.etree import ElementTree as ET

import pytest

from pytest_sisyphus.config.option_types import REPORT_FORMATS

FILES = {
    "json": "r.json",
    "json-compact": "rc.json",
    "csv": "r.csv",
    "csv-compact": "rc.csv",
    "html": "r.html",
    "junit": "r.xml",
    "allure": "allure",
}
ALL = [f"--sisyphus-report={kind}:{path}" for kind, path in FILES.items()]
XDIST = ("-p", "xdist")

CONFTEST = """
import os, signal
import pytest
from pytest_sisyphus.extensions.types import Function

@pytest.fixture
def broken():
    raise OSError("no database")

@pytest.fixture
def left_open():
    yield
    raise OSError("still open")

def die():
    os._exit(3)

def interrupt():
    raise KeyboardInterrupt

def terminate():
    os.kill(os.getpid(), signal.SIGTERM)
    return "/anything"

def pytest_sisyphus_functions(context):
    return [
        Function(name=one.__name__, call=one, description="ends the run")
        for one in (die, interrupt, terminate)
    ]
"""


def cases(server, *texts):
    """YAML cases of `name: steps-or-keys`, each against the server."""
    head = f"config: {{base_url: {server.url}}}\n"
    return "---\n".join(head + textwrap.dedent(text).strip("\n") + "\n" for text in texts)


OK = """
name: {name}
steps:
  - {{name: ask, type: request, url: /anything, validations: [{{status_code: 200}}]}}
"""
FAILING = """
name: pay
case_key: order-pay
tags: [smoke]
steps:
  - {name: ask, type: request, url: /anything, validations: [{eq: [$.path, /anything]}]}
  - {name: pay, type: request, url: /anything, validations: [{eq: [$.path, /paid]}]}
"""
SKIPPING = """
name: gift
steps:
  - {name: ask, type: request, url: /anything, skip_if: true}
"""
DISABLED = """
name: off
enabled: false
case_id: 7
steps:
  - {name: ask, type: request, url: /anything}
"""
FIXTURE = """
name: torn
usefixtures: [broken]
steps:
  - {name: ask, type: request, url: /anything}
"""
TEARDOWN = """
name: left over
usefixtures: [left_open]
steps:
  - {name: ask, type: request, url: /anything}
"""
ENDING = """
name: ending
steps:
  - {name: ask, type: request, url: /anything}
  - {name: end, type: request, url: "${FUNCTION()}"}
  - {name: never, type: request, url: /anything}
"""
PYTHON = """
import pytest

def test_passes():
    pass

def test_fails():
    assert 1 == 2

@pytest.mark.skip(reason="not today")
def test_skipped():
    pass
"""
STORY = (OK.format(name="first"), FAILING, SKIPPING, DISABLED, FIXTURE, TEARDOWN)
#: name → status of the story's cases.
ENDS = {
    "first": "passed",
    "pay": "failed",
    "gift": "skipped",
    "off": "skipped",
    "torn": "failed",
    "left over": "failed",
}


class Folder:
    """The reports of a run, read."""

    def __init__(self, path):
        self.path = path

    def documents(self, name="r.json"):
        read = json.loads((self.path / name).read_text("utf-8"), parse_constant=pytest.fail)
        return read if isinstance(read, list) else [read]

    def statuses(self):
        return {one["test_case"]["name"]: one["test_case"]["status"] for one in self.documents()}

    def rows(self, name="r.csv"):
        with (self.path / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def testcases(self):
        return list(ET.parse(self.path / "r.xml").getroot().iter("testcase"))

    def junit(self):
        """name → the tag of its end."""
        return {one.get("name"): _end(one) for one in self.testcases()}

    def allure(self):
        """name → status, of the result that began last."""
        paths = (self.path / "allure").glob("*-result.json")
        results = [json.loads(path.read_text("utf-8")) for path in paths]
        results.sort(key=lambda one: one.get("start", 0))
        return {one["name"]: one["status"] for one in results}

    def html(self):
        return (self.path / "r.html").read_text("utf-8")


def _end(testcase):
    ends = [child.tag for child in testcase if child.tag in {"failure", "error", "skipped"}]
    return ends[0] if ends else "passed"


@pytest.fixture
def reports(pytester):
    pytester.makeconftest(CONFTEST)
    return Folder(pytester.path)


@pytest.fixture
def started(pytester, server, monkeypatch):
    """`started(text, *args)`: a pytest process of its own, until it ends."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(text, *args):
        (pytester.path / "case.yaml").write_text(text, encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "pytest_sisyphus.plugin", *args],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


class TestEveryCaseAppears:
    @pytest.fixture
    def story(self, run_yaml, server, reports):
        run = run_yaml(
            cases(server, *STORY),
            *ALL,
            "--continue-on-collection-errors",
            test_py__py=PYTHON,
            zbad__yaml="name: bad\nsteps: []\nstepz: 1\n",
        )
        assert "could not be written" not in run.stdout
        return reports

    def test_in_json(self, story):
        assert story.statuses() == ENDS
        assert list(story.statuses()) == list(ENDS)

    def test_in_compact_json(self, story):
        entries = story.documents("rc.json")

        assert [(one["step"], one.get("status")) for one in entries] == [
            ("ask", None),
            ("ask", None),
            ("pay", "failed"),
            ("ask", "skipped"),
            ("off", "skipped"),
            ("torn", "error"),
            ("ask", None),
            ("left over", "error"),
        ]

    def test_in_csv(self, story):
        assert [(row["Test Name"], row["Step Name"], row["Status"]) for row in story.rows()] == [
            ("first", "ask", "success"),
            ("pay", "ask", "success"),
            ("pay", "pay", "failed"),
            ("gift", "ask", "skipped"),
            ("off", "", "skipped"),
            ("torn", "", "error"),
            ("left over", "ask", "success"),
            ("left over", "", "error"),
        ]
        assert len(story.rows("rc.csv")) == 8

    def test_in_junit_with_python_tests_and_broken_files(self, story):
        assert story.junit() == {
            "zbad.yaml": "error",
            "first": "passed",
            "pay": "failure",
            "gift": "skipped",
            "off": "skipped",
            "torn": "error",
            "left over": "error",
            "test_passes": "passed",
            "test_fails": "failure",
            "test_skipped": "skipped",
        }

    def test_in_allure_with_python_tests_and_broken_files(self, story):
        assert story.allure() == {
            "zbad.yaml": "broken",
            "first": "passed",
            "pay": "failed",
            "gift": "skipped",
            "off": "skipped",
            "torn": "broken",
            "left over": "broken",
            "test_passes": "passed",
            "test_fails": "failed",
            "test_skipped": "skipped",
        }

    def test_in_html_with_python_tests_and_broken_files(self, story):
        page = story.html()

        assert [name for name in (*ENDS, "test_fails", "zbad.yaml") if name not in page] == []

    def test_no_part_file_is_left(self, story):
        assert [path for path in story.path.rglob("*") if path.name.endswith(".part")] == []


#: what differs from run to run: moments, durations, ports of clients, ids, workers, and whether a
#: connection was still open.
_VOLATILE = re.compile(
    r'\d{4}-\d\d-\d\dT[\d:.]+|"duration": [\d.e-]+|"(?:total|dns|tcp|tls|server|download)_time": '
    r'[\d.e-]+|"response_time": [\d.e-]+|(?:< )?[\d.]+ m?s\b|client\\*": \d+|time="[\d.]+"'
    r'|"Date": "[^"]+"|"(?:start|stop)": \d+|[0-9a-f]{8}-[0-9a-f-]{27}|"gw\d"|"main"'
    r'|"size": \d+|"Content-Length": "\d+"|"reused": (?:true|false)'
    r'|\{"name": "(?:dns|tcp|tls)_time", "value": "[^"]+"\}, '
)


def stable(text):
    return _VOLATILE.sub("", text)


def test_parallel_and_serial_runs_give_the_same_files(run_yaml, server, reports, monkeypatch):
    texts = [OK.format(name=f"case {number}") for number in range(6)]
    files = {f"z{number}__yaml": cases(server, *texts) for number in range(2)}
    kinds = ("json", "json-compact", "junit")

    seen = {}
    for workers in ("0", "2"):
        asked = [f"--sisyphus-report={kind}:{workers}-{FILES[kind]}" for kind in kinds]
        allure = f"--sisyphus-report=allure:allure-{workers}"
        how = (*XDIST, "-n", workers, "--sisyphus-seed=7")
        run = run_yaml(cases(server, *STORY), *how, *asked, allure, **files)
        assert run.result.ret == pytest.ExitCode.TESTS_FAILED
        results = (reports.path / f"allure-{workers}").glob("*-result.json")
        seen[workers] = [
            *(
                stable((reports.path / f"{workers}-{FILES[kind]}").read_text("utf-8"))
                for kind in kinds
            ),
            sorted(stable(path.read_text("utf-8")) for path in results),
        ]

    for parallel, serial in zip(seen["2"], seen["0"], strict=True):
        assert parallel == serial
    assert seen["0"][0].count('"test_case"') == 18


class TestHoweverItEnds:
    """What ran is in every report, and every report is whole."""

    def test_ctrl_c(self, started, server, reports):
        ending = ENDING.replace("FUNCTION", "interrupt")
        text = cases(server, OK.format(name="first"), ending, OK.format(name="last"))

        ended = started(text, *ALL)

        assert ended.returncode == pytest.ExitCode.INTERRUPTED
        assert reports.statuses() == {"first": "passed", "ending": "failed"}
        ending = reports.documents()[1]
        assert ending["steps"][0]["status"] == "success"
        assert "interrupted" in ending["error_info"]["message"]
        assert reports.junit() == {"first": "passed", "ending": "error"}
        assert reports.allure() == {"first": "passed", "ending": "broken"}

    def test_sigterm_is_ctrl_c(self, started, server, reports):
        text = cases(server, OK.format(name="first"), ENDING.replace("FUNCTION", "terminate"))

        ended = started(text, *ALL)

        assert ended.returncode == pytest.ExitCode.INTERRUPTED
        assert list(reports.statuses()) == ["first", "ending"]
        assert reports.statuses()["first"] == "passed"

    def test_a_worker_that_dies(self, run_yaml, server, reports):
        text = cases(
            server,
            OK.format(name="first"),
            ENDING.replace("FUNCTION", "die"),
            OK.format(name="last"),
        )

        run_yaml(text, *XDIST, "-n", "1", *ALL)

        assert reports.statuses() == {"first": "passed", "ending": "failed", "last": "passed"}
        assert "crashed" in reports.documents()[1]["error_info"]["message"]
        assert reports.junit()["ending"] == "error"
        assert reports.allure()["ending"] == "broken"

    def test_a_run_stopped_at_the_first_failure(self, run_yaml, server, reports):
        run_yaml(cases(server, *STORY), "-x", *ALL)

        assert reports.statuses() == {"first": "passed", "pay": "failed"}

    def test_a_run_without_a_case(self, run_yaml, reports):
        run_yaml(None, *ALL)

        assert reports.documents() == []
        assert reports.rows() == []
        assert reports.testcases() == []


class TestReruns:
    FLAKY = """
import pytest
count = []

@pytest.fixture
def flaky():
    count.append(1)
    if len(count) == 1:
        raise OSError("not yet")
"""

    def test_the_last_attempt_counts(self, run_yaml, server, reports):
        (reports.path / "conftest.py").write_text(self.FLAKY)
        text = OK.format(name="flaky") + "usefixtures: [flaky]\ncase_key: f\n"

        run_yaml(cases(server, text), "-p", "pytest_rerunfailures", "--reruns", "2", *ALL)

        assert len(reports.documents()) == 1
        assert reports.statuses() == {"flaky": "passed"}
        assert reports.junit() == {"flaky": "passed"}
        results = [
            json.loads(path.read_text("utf-8"))
            for path in (reports.path / "allure").glob("*-result.json")
        ]
        assert sorted(one["status"] for one in results) == ["broken", "passed"]
        assert len({one["historyId"] for one in results}) == 1


class TestWhatCannotBeWritten:
    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            (["json:folder"], "json:folder: cannot write it: it is a folder (json:folder/ writes"),
            (["html:folder"], "html:folder: cannot write it: it is a folder"),
            (["html:out/"], "html:out/: html writes one file; the path may not end in a slash"),
            (["junit:file/r.xml"], "junit:file/r.xml: cannot write it"),
            (["allure:file"], "allure:file: cannot write it"),
            (["json:file/"], "json:file: cannot write it"),
            (["json:a", "csv:a"], "two reports go to 'a'"),
            (["csv:good.csv", "json:/proc/no/such"], "json:/proc/no/such: cannot write it"),
        ],
    )
    def test_what_can_be_known_is_said_before_anything_runs(
        self, run_yaml, server, reports, asked, said
    ):
        (reports.path / "folder").mkdir()
        (reports.path / "file").touch()

        run = run_yaml(
            cases(server, OK.format(name="first")), *(f"--sisyphus-report={one}" for one in asked)
        )

        assert run.result.ret == pytest.ExitCode.USAGE_ERROR
        assert f"--sisyphus-report: {said}" in run.result.stderr.str()
        assert server.requests == []
        assert not (reports.path / "good.csv").exists()
        assert list(reports.path.rglob("*.part")) == []

    @pytest.mark.parametrize("kind", ["json", "csv", "html", "junit"])
    def test_a_full_disk_is_said_aloud_and_changes_nothing_else(
        self, run_yaml, server, reports, kind
    ):
        run = run_yaml(
            cases(server, OK.format(name="first")),
            f"--sisyphus-report={kind}:/dev/full",
            "--sisyphus-report=json-compact:rc.json",
        )

        assert run.result.ret == pytest.ExitCode.OK
        said = f"{kind} report /dev/full could not be written: No space left on device"
        assert said in run.stdout
        assert len(reports.documents("rc.json")) == 1

    def test_a_report_of_an_earlier_run_stays_until_the_new_one_is_whole(
        self, run_yaml, server, reports
    ):
        (reports.path / "r.json").write_text("old")

        run_yaml("name: bad\n", "--sisyphus-report=json:r.json", "--no-such-option")

        assert (reports.path / "r.json").read_text() == "old"
        assert list(reports.path.rglob("*.part")) == []


PROFILES = """
config:
  profiles: {{test: {{base_url: {url}}}, uat: {{base_url: {url}}}}}
  active_profile: {name}
"""


@pytest.mark.parametrize(
    ("args", "by_case"),
    [
        ([], {"in test": "test", "in uat": "uat", "anywhere": None}),
        (["-k", "uat"], {"in uat": "uat"}),
        (["-k", "in", "--sisyphus-profile=test"], {"in test": "test", "in uat": "test"}),
        (["-k", "anywhere"], {"anywhere": None}),
        (["-n2", *XDIST], {"in test": "test", "in uat": "uat", "anywhere": None}),
    ],
)
def test_the_profiles_that_the_cases_ran_with_are_named(run_yaml, server, reports, args, by_case):
    shown = ", ".join(sorted({*by_case.values()} - {None}))
    in_profiles = [
        OK.format(name=f"in {name}") + PROFILES.format(url=server.url, name=name)
        for name in ("test", "uat")
    ]

    run_yaml("---\n".join([*in_profiles, cases(server, OK.format(name="anywhere"))]), *ALL, *args)

    root = ET.parse(reports.path / "r.xml").getroot()
    found = {one.get("name"): one.get("value") for one in root.find("testsuite/properties")}
    assert found.get("profile", "") == shown
    of_cases = {
        one.get("name"): one.find("properties/property[@name='profile']")
        for one in reports.testcases()
    }
    assert {name: None if one is None else one.get("value") for name, one in of_cases.items()} == (
        by_case
    )
    assert re.findall(r"<dt>Profile</dt><dd>(.*?)</dd>", reports.html()) == [shown] * bool(shown)


def test_collecting_only_writes_nothing(run_yaml, server, reports):
    run_yaml(cases(server, *STORY), "--collect-only", *ALL)

    assert [name for name in FILES.values() if (reports.path / name).exists()] == []


def test_a_folder_gets_a_file_for_each_case(run_yaml, server, reports):
    run_yaml(cases(server, *STORY), "--sisyphus-report=json:out/")

    found = [json.loads(path.read_text("utf-8")) for path in (reports.path / "out").iterdir()]
    assert {one["test_case"]["name"]: one["test_case"]["status"] for one in found} == ENDS


def test_paths_are_relative_to_where_pytest_was_started(started, server, reports, monkeypatch):
    (reports.path / "pytest.ini").write_text("[pytest]\n")
    (reports.path / "deep").mkdir()
    monkeypatch.chdir(reports.path / "deep")

    started(cases(server, OK.format(name="first")), "..", "--sisyphus-report=json:r.json")

    assert (reports.path / "deep" / "r.json").exists()


def test_a_format_that_is_not_asked_for_is_not_imported(started, server, reports):
    with (reports.path / "conftest.py").open("a") as conftest:
        conftest.write(
            "\nimport sys\n"
            "def pytest_unconfigure(config):\n"
            "    found = sorted(name for name in sys.modules if 'reporters' in name\n"
            "                   or name.startswith('allure'))\n"
            "    print('IMPORTED', found)\n"
        )

    without = started(cases(server, OK.format(name="first")))
    with_json = started(cases(server, OK.format(name="first")), "--sisyphus-report=json:r.json")

    assert "IMPORTED []" in without.stdout
    assert "reporters.json_file" in with_json.stdout
    assert "allure" not in with_json.stdout
    assert "html" not in with_json.stdout


def test_a_secret_is_in_no_report(run_yaml, server, reports):
    canary = "c4nary-0f-s3crets"
    text = f"""
        name: secrets
        description: "password={canary}"
        config:
          base_url: {server.url}
          variables: {{api_key: {canary}, url_with: "http://u:{canary}@127.0.0.1:9/"}}
        steps:
          - name: send
            type: request
            method: POST
            url: "/anything?token={canary}"
            headers: {{Authorization: Bearer {canary}, Cookie: "session={canary}"}}
            body: {{password: "${{api_key}}", note: "key ${{api_key}} in text"}}
            validations: [{{eq: [$.body, "${{api_key}}"]}}]
          - {{name: broken, type: request, url: "${{url_with}}"}}
    """
    run = run_yaml(text, *ALL, "--junitxml=pytest.xml", "-s")

    leaks = [
        path.name
        for path in reports.path.rglob("*")
        if path.is_file()
        and path.suffix != ".yaml"
        and canary in path.read_text("utf-8", "replace")
    ]
    assert leaks == []
    assert canary not in run.stdout
    assert set(FILES) == set(REPORT_FORMATS)


def test_pytests_own_junit_xml_has_the_essentials(run_yaml, server, reports):
    run_yaml(cases(server, FAILING, DISABLED), "--junitxml=pytest.xml")

    root = ET.parse(reports.path / "pytest.xml").getroot()
    properties = {
        case.get("name"): {one.get("name"): one.get("value") for one in case.iter("property")}
        for case in root.iter("testcase")
    }
    pay = properties["pay"]
    assert pay.pop("step 1").startswith("success: ask, ")
    assert pay.pop("step 2").endswith("checks 0/1 (case.yaml:7)")
    assert pay == {
        "location": "case.yaml:1",
        "case_key": "order-pay",
        "tags": "smoke",
        "steps": "1 passed, 1 failed, 0 skipped",
    }
    assert properties["off"] == {"location": "case.yaml:9", "case_id": "7", "case_key": "7"}


def test_what_pytest_fail_says(run_yaml, reports):
    """Of a Python test it is a failure, of a case's fixture a message without pytest's type."""
    fails = 'import pytest\n\ndef test_it():\n    pytest.fail("order 12: not paid")\n'
    (reports.path / "test_p.py").write_text(fails)
    fixture = '@pytest.fixture\ndef paid():\n    pytest.fail("order 12: not paid")\n'
    (reports.path / "conftest.py").write_text(f"import pytest\n\n{fixture}")
    text = "name: c\nusefixtures: [paid]\nsteps: [{name: s, type: wait, seconds: 0}]\n"
    run_yaml(text, "--sisyphus-report=junit:ours.xml", "test_p.py", "case.yaml")

    cases = ET.parse(reports.path / "ours.xml").getroot().iter("testcase")
    said = [(one.tag, one.get("message")) for case in cases for one in case if one.get("message")]
    assert said == [
        ("failure", "Failed: order 12: not paid"),
        ("error", "ConfigError: order 12: not paid"),
    ]


def test_the_lines_of_rows_in_both_junit_files(run_yaml, reports):
    text = "# rows\nname: r\nconfig: {data_source: [{a: 1}, {a: 2}]}\nsteps:\n"
    text += "- {name: s, type: wait, seconds: 0}\n"
    ours = ("--sisyphus-report=junit:ours.xml",)
    run_yaml(text, *ours, "--junitxml=pytest.xml", "-o", "junit_family=xunit1")

    def lines(name):
        cases = ET.parse(reports.path / name).getroot().iter("testcase")
        return [(case.get("name"), case.get("line")) for case in cases]

    assert lines("ours.xml") == [("r[0]", "2"), ("r[1]", "2")]
    assert lines("pytest.xml") == [("r[0]", "1"), ("r[1]", "1")]  # it counts from 0


def test_allure_pytest_shows_the_steps(started, server, reports):
    started(cases(server, FAILING), "-p", "allure_pytest.plugin", "--alluredir=theirs")

    (path,) = (reports.path / "theirs").glob("*-result.json")
    result = json.loads(path.read_text("utf-8"))
    assert result["status"] == "failed"  # and not `broken`
    assert [(one["name"], one["status"]) for one in result["steps"]] == [
        ("ask", "passed"),
        ("pay", "failed"),
    ]
    pay = result["steps"][1]
    assert [one["name"] for one in pay["attachments"]] == ["request, checks, response"]
    assert {"duration", "request", "status_code"} <= {one["name"] for one in pay["parameters"]}


def test_the_trace_of_a_fixture_is_the_fixtures(run_yaml, server, reports):
    run = run_yaml(cases(server, FIXTURE), *ALL)

    (document,) = reports.documents()
    assert document["error_info"]["message"] == "OSError: no database"
    (case,) = reports.testcases()
    assert "conftest.py:" in case.find("error").text
    for text in (case.find("error").text, run.stdout):
        assert "site-packages" not in text
        assert "item.py" not in text


def test_an_unused_signal_handler_is_left_alone(run_yaml, server, reports):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    run_yaml(cases(server, OK.format(name="first")), "--sisyphus-report=json:r.json")

    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


KEPT = """
def pytest_unconfigure(config):
    reports = config.pluginmanager.get_plugin("terminalreporter").stats["passed"]
    session = config.pluginmanager.get_plugin("session")
    print("REPORTS", len(reports), sum(hasattr(one, "sisyphus") for one in reports))
    documents = [one.sisyphus_document for one in session.items]
    print("ITEMS", len(documents), sum(one is not None for one in documents))
"""


def test_documents_are_let_go_when_their_test_is_over(run_yaml, server, reports):
    """pytest keeps its reports and items: with a body in each, they would eat the memory."""
    texts = cases(server, OK.format(name="first"), OK.format(name="second"))

    run = run_yaml(texts, "--sisyphus-report=json:r.json", conftest__py=KEPT)

    assert "REPORTS 2 0\nITEMS 2 0" in run.stdout
    assert len(json.loads((reports.path / "r.json").read_text("utf-8"))) == 2


UNMATCHED = """
name: unmatched
steps:
  - name: ask
    type: request
    method: POST
    url: /anything
    body: {there: null}
    validations:
      - eq: [$.json.gone, 1]
      - eq: [$.json.there, 1]
"""


def test_what_matched_nothing_is_told_from_null(run_yaml, server, reports):
    run = run_yaml(cases(server, UNMATCHED), *ALL)

    assert ": eq $.json.gone: no match for $.json.gone; at that level there is: there" in run.stdout
    assert ": eq $.json.there: Expected 1, but got null" in run.stdout
    (case,) = ET.parse("r.xml").iter("testcase")
    assert "no match for $.json.gone" in case.find("failure").get("message")
    (step,) = run.document["steps"]
    assert step["meta"]["absent"] == ["unmatched", ""]
