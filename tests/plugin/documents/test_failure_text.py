"""The lines by which a failure is told, and what other plugins can tell of it."""

import re
from pathlib import Path

import pytest

CASES = """
name: check
steps: [{name: s, type: wait, seconds: 0, validations: [{eq: [$.attempts, 77, "how often"]}]}]
---
name: inner
steps:
  - name: l
    type: loop
    loop_type: for
    loop_count: 1
    loop_steps: [{name: s, type: wait, seconds: 0, validations: [{eq: [$.attempts, 77]}]}]
---
name: extractor
steps: [{name: s, type: wait, seconds: 0, extractors: {n: $.nope}}]
---
name: refused
steps: [{name: s, url: "http://127.0.0.1:1/"}]
---
name: unplanned
config: {base_url: "${nowhere}"}
steps: [{name: s, url: /}]
"""
#: case -> line, and what the summary says of it (from its beginning).
EXPECTED = {
    "check": (2, "$.attempts: Expected 77, but got 0 (how often) (step 's')"),
    "inner": (10, "$.attempts: Expected 77, but got 0 (step 's [1]')"),
    "extractor": (13, "extractor 'n': no match for $.nope"),
    "refused": (16, "GET http://127.0.0.1:1/: cannot connect"),
}


def summary(stdout, case):
    return re.search(rf"^FAILED \S+::{case} - (.*)$", stdout, re.MULTILINE)[1]


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n1")], ids=["serial", "xdist"])
def test_the_summary_has_the_reason_first_and_the_line_its_place(run_yaml, workers):
    run = run_yaml(CASES, "--tb=line", "-vv", *workers)

    for case, (line, reason) in EXPECTED.items():
        assert summary(run.stdout, case).startswith(reason)
        assert f"{Path.cwd()}/case.yaml:{line}: {reason}" in run.stdout
    assert summary(run.stdout, "unplanned").startswith("no variable 'nowhere'")


def test_the_headline_has_path_and_description(run_yaml):
    run = run_yaml(CASES, "-k", "check")

    headline = "case.yaml:2: step 's' failed: $.attempts: Expected 77, but got 0 (how often)"
    assert headline in run.stdout
    assert run.error("s") == "Expected 77, but got 0"


def test_paths_are_as_the_caller_would_write_them(run_yaml, monkeypatch):
    Path("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    Path("here").mkdir()
    Path("case.yaml").write_text(CASES.lstrip(), encoding="utf-8")
    Path("broken.yaml").write_text("name: a\nsteps: [{nmae: s}]\n", encoding="utf-8")
    monkeypatch.chdir("here")

    run = run_yaml(None, "../case.yaml", "../broken.yaml", "--continue-on-collection-errors")

    assert "\n../case.yaml:2: step 's' failed" in run.stdout
    assert "FAILED ../case.yaml:2: eq $.attempts" in run.stdout
    assert "../broken.yaml:2:9: " in run.stdout
    assert run.documents[0]["test_case"]["meta"]["location"] == "case.yaml:1"


@pytest.mark.parametrize(
    ("wanted", "reruns"),
    [("ConnectionError", 1), ("AssertionError", 2), ("ValidationError", 1), ("KeyError", 0)],
)
def test_only_rerun_knows_the_type_of_the_error(run_yaml, wanted, reruns):
    run = run_yaml(CASES, "-p", "pytest_rerunfailures", "--reruns=1", f"--only-rerun={wanted}")

    assert run.outcomes.get("rerun", 0) == reruns


def test_the_exception_is_of_pythons_type_where_there_is_one(run_yaml):
    conftest = """
        import pytest

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if call.excinfo:
                kinds = (AssertionError, ConnectionError)
                print("raised", item.name, [kind.__name__ for kind in kinds if isinstance(call.excinfo.value, kind)])
            return report
        """
    run = run_yaml(CASES, "-s", conftest__py=conftest)

    assert "raised check ['AssertionError']" in run.stdout
    assert "raised refused ['ConnectionError']" in run.stdout
    assert "raised extractor []" in run.stdout
