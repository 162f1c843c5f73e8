"""A case in which no check was evaluated is flagged, wherever its pass is told."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

UNCHECKED = """
name: look
case_id: 1
steps:
  - {name: s, type: wait, seconds: 0, extractors: {n: $.attempts}}
"""
CHECK = "validations: [{eq: [$.attempts, 0]}]"
XDIST = ("-p", "xdist", "-n1")


@pytest.fixture
def run_flagged(run_yaml, monkeypatch):
    monkeypatch.delenv("SISYPHUS_UNCHECKED")
    return run_yaml


@pytest.mark.parametrize("workers", [(), XDIST], ids=["serial", "parallel"])
def test_the_terminal_names_it(run_flagged, workers):
    run = run_flagged(UNCHECKED, "-v", *workers)

    assert run.outcomes == {"passed": 1, "warnings": 1}
    assert "PASSED (nothing checked)" in run.stdout
    summary = run.stdout.partition("warnings summary")[2]
    assert "case.yaml::look" in summary
    assert "case.yaml:1: NothingChecked: nothing was checked" in summary


#: steps of a case, and whether something is checked by them.
STEPS = {
    "a check": (f"[{{name: s, type: wait, seconds: 0, {CHECK}}}]", True),
    "extractors alone": ("[{name: s, type: wait, seconds: 0, extractors: {n: $.attempts}}]", False),
    "a script": ("[{name: s, type: script, script: 'assert 1'}]", False),
    "a condition waited for": ("[{name: s, type: wait, condition: '${1 == 1}'}]", True),
    "a condition to run": ("[{name: s, type: wait, seconds: 0, only_if: '${1 == 1}'}]", False),
    "a check that was skipped": (
        f"[{{name: a, type: wait, seconds: 0}}, {{name: s, type: wait, seconds: 0, skip_if: true, {CHECK}}}]",
        False,
    ),
    "a check in a loop": (
        (
            "[{name: l, type: loop, loop_type: for, loop_count: 2, "
            f"loop_steps: [{{name: s, type: wait, seconds: 0, {CHECK}}}]}}]"
        ),
        True,
    ),
    "a loop of no round": (
        (
            "[{name: a, type: wait, seconds: 0}, {name: l, type: loop, loop_type: for, loop_count: 0, "
            f"loop_steps: [{{name: s, type: wait, seconds: 0, {CHECK}}}]}}]"
        ),
        False,
    ),
    "a check of a step's setup": (
        f"[{{name: s, type: wait, seconds: 0, setup: [{{name: t, type: wait, seconds: 0, {CHECK}}}]}}]",
        True,
    ),
}


@pytest.mark.parametrize(("steps", "is_checked"), STEPS.values(), ids=STEPS)
def test_what_counts_as_a_check(run_flagged, steps, is_checked):
    run = run_flagged(f"name: a\nsteps: {steps}\n")

    assert run.outcomes == {"passed": 1, **({} if is_checked else {"warnings": 1})}
    assert run.document.get("checked") == (None if is_checked else 0)


def test_until_and_benchmarks_are_checks(run_steps, monkeypatch):
    monkeypatch.delenv("SISYPHUS_UNCHECKED")
    run = run_steps(
        """
        - {name: p, type: poll, request: {url: /anything}, until: "${status_code == 200}"}
        """
    )
    assert run.outcomes == {"passed": 1}
    run = run_steps(
        """
        - name: b
          url: /anything
          performance: {enabled: true, repeat: 2, benchmarks: {max_response_time: 60000}}
        """
    )
    assert run.outcomes == {"passed": 1}


@pytest.mark.parametrize("workers", [(), XDIST], ids=["serial", "parallel"])
def test_a_project_may_make_it_an_error(run_flagged, monkeypatch, workers):
    monkeypatch.setenv("SISYPHUS_UNCHECKED", "error")
    run = run_flagged(UNCHECKED, *workers, "--sisyphus-report=junit:r.xml")

    assert run.outcomes == {"failed": 1}
    assert "nothing was checked" in run.stdout.partition("short test summary")[2]
    assert ET.parse("r.xml").find(".//testcase/error").get("type") == "ConfigError"


def test_a_case_that_failed_anyway_keeps_its_reason(run_flagged, monkeypatch):
    monkeypatch.setenv("SISYPHUS_UNCHECKED", "error")
    run = run_flagged("name: a\nsteps: [{name: s, type: script, script: 'assert 0'}]\n")

    assert run.document["error_info"]["type"] == "ScriptError"


def test_a_skipped_case_is_no_case_that_checked_nothing(run_flagged):
    run = run_flagged("name: a\nsteps: [{name: s, type: wait, seconds: 0, skip_if: true}]\n")

    assert run.outcomes == {"skipped": 1}


def test_where_warnings_are_errors_it_fails(run_flagged):
    run = run_flagged(UNCHECKED, "-Werror")

    assert run.outcomes == {"failed": 1}
    assert run.document["error_info"]["message"].startswith("nothing was checked")


def test_or_ignore_it(run_flagged, monkeypatch):
    monkeypatch.setenv("SISYPHUS_UNCHECKED", "ignore")
    run = run_flagged(UNCHECKED, "-v", "--sisyphus-report=json:r.json")

    assert run.outcomes == {"passed": 1}
    assert "nothing" not in run.stdout
    assert "checked" not in Path("r.json").read_text(encoding="utf-8")


def test_an_unknown_word_is_refused(run_flagged, monkeypatch):
    monkeypatch.setenv("SISYPHUS_UNCHECKED", "fail")
    run = run_flagged(UNCHECKED)

    assert run.result.ret == pytest.ExitCode.USAGE_ERROR
    assert "expected warn, error or ignore, got 'fail'" in run.result.stderr.str()


def test_every_report_has_a_mark(run_flagged):
    formats = ("json", "html", "junit", "allure")
    reports = [f"--sisyphus-report={one}:r.{one}" for one in formats]
    run_flagged(UNCHECKED, "--sisyphus-report-lang=zh", *reports)

    assert json.loads(Path("r.json").read_text(encoding="utf-8"))["checked"] == 0
    assert '<span class="tag kind-tag">未做校验</span>' in Path("r.html").read_text("utf-8")
    properties = ET.parse("r.junit").findall(".//testcase/properties/property")
    assert {"name": "checked", "value": "0"} in [one.attrib for one in properties]
    (path,) = Path("r.allure").glob("*-result.json")
    result = json.loads(path.read_text(encoding="utf-8"))
    assert result["statusDetails"]["message"] == "nothing checked"
    assert {"name": "tag", "value": "nothing checked"} in result["labels"]


def test_other_plugins_reports_have_it_too(run_flagged):
    run_flagged(UNCHECKED, "-p", "allure_pytest", "--alluredir=theirs", "--junitxml=j.xml")

    (path,) = Path("theirs").glob("*-result.json")
    labels = json.loads(path.read_text(encoding="utf-8"))["labels"]
    assert {"name": "tag", "value": "nothing checked"} in labels
    properties = ET.parse("j.xml").findall(".//property")
    assert {"name": "checked", "value": "0"} in [one.attrib for one in properties]


@pytest.mark.parametrize("run_mode", [1, 2], ids=["serial", "parallel"])
def test_the_platform_is_told(project, orchestrator, run_mode):
    rows = "config: {data_source: [{id: a}, {id: b}]}"
    other = UNCHECKED.replace("case_id: 1", f"case_id: 2\n{rows}").replace("look", "rows")
    checked = UNCHECKED.replace("case_id: 1", "case_id: 3").replace(
        "extractors: {n: $.attempts}", CHECK
    )
    for name, text in {"a": UNCHECKED, "b": other, "c": checked}.items():
        (project.root / f"{name}.yaml").write_text(text, encoding="utf-8")
    orchestrator.want(1, 2, 3, run_mode=run_mode)

    project.run("-Wdefault")

    assert {n: orchestrator.final(n)["resultMessage"] for n in (1, 2, 3)} == {
        1: "执行通过（未检查任何内容）",
        2: "执行通过：共 2 项，通过 2，其中 2 项未检查任何内容",
        3: "执行通过",
    }


@pytest.mark.parametrize(
    ("policy", "checks"), [("warn", {"passed": 0, "total": 0}), ("ignore", None)]
)
def test_the_page_of_the_platform_shows_no_count_where_it_is_ignored(
    project, orchestrator, monkeypatch, policy, checks
):
    monkeypatch.setenv("SISYPHUS_UNCHECKED", policy)
    (project.root / "a.yaml").write_text(UNCHECKED, encoding="utf-8")
    orchestrator.want(1)

    project.run("-Wdefault")

    assert orchestrator.final(1)["ext"].get("checks") == checks


def test_a_case_that_fails_for_it_failed_on_the_platform_too(project, orchestrator, monkeypatch):
    monkeypatch.setenv("SISYPHUS_UNCHECKED", "error")
    (project.root / "a.yaml").write_text(UNCHECKED, encoding="utf-8")
    orchestrator.want(1)

    project.run()

    assert orchestrator.final(1)["status"] == 3
    assert orchestrator.final(1)["errorMessage"].startswith("nothing was checked: no step that ran")
