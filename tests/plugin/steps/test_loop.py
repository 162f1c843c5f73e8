"""`type: loop` in a run of pytest; its rules are in tests/unit/steps."""

import json

LOOP = """
    - name: l
      type: loop
      loop_type: foreach
      loop_items: [1, 2, 3]
      loop_steps:
        - name: post ${item}
          method: POST
          url: /anything
          body: {n: "${item}"}
          validations: [{lt: [$.json.n, %d]}]
"""


def test_children_are_steps_of_the_report(run_steps, pytester):
    """W40"""
    run = run_steps(LOOP % 9, "--sisyphus-report=json:out.json")

    document = json.loads((pytester.path / "out.json").read_text(encoding="utf-8"))
    assert [(step["name"], step.get("parent")) for step in document["steps"]] == [
        ("l", None),
        ("post 1 [1]", "l"),
        ("post 2 [2]", "l"),
        ("post 3 [3]", "l"),
    ]
    assert document["steps"][3]["response"]["body"]["json"] == {"n": 3}
    assert document["statistics"]["total_steps"] == 4
    assert document["statistics"]["pass_rate"] == 100.0
    assert run.outcomes == {"passed": 1}


def test_a_failed_child_fails_the_case_and_is_shown(run_steps, server):
    """W12"""
    run = run_steps(LOOP % 2)

    assert run.outcomes == {"failed": 1}
    assert len(server.requests) == 2
    assert run.statuses() == ["failed", "success", "failed"]
    assert run.document["error_info"]["message"] == (
        "step 'post 2' in round 2: Expected less than 2, but got 2"
    )
    run.result.stdout.fnmatch_lines(["case.yaml:*: step 'post 2 [[]2]' in 'l' failed: *"])


def test_a_loop_can_wait_for_the_server(run_steps, server):
    """W56"""
    run = run_steps(
        """
        - name: l
          type: loop
          loop_type: while
          loop_condition: "!${ok}"
          loop_steps: [{name: ask, url: /flaky/2, extractors: {ok: $.ok}}]
        """,
        config="variables: {ok: false}",
    )

    assert run.outcomes == {"passed": 1}
    assert server.counts == {"/flaky/2": 3}


def test_secrets_that_only_a_loop_held_are_masked(run_steps, server):
    run = run_steps(
        """
        - name: l
          type: loop
          loop_type: foreach
          loop_items: [hush-hush-1, hush-hush-2]
          loop_variable: password
          loop_steps: [{name: in, url: "/anything?q=${password}"}]
        - {name: later, url: /anything, params: {q: hush-hush-1}}
        """,
        "-rA",
        "--sisyphus-report=json:out.json",
    )

    assert "hush-hush-1" in server.requests[0]["target"]
    loop_document = json.dumps(run.document)
    assert "hush-hush" not in loop_document
    assert "hush-hush" not in run.stdout


def test_interrupted_rounds_are_kept(pytester, server, monkeypatch):
    """W39"""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makefile(
        ".yaml",
        case=f"""
name: case
config: {{base_url: {server.url}}}
steps:
  - name: l
    type: loop
    loop_type: for
    loop_count: 5
    loop_steps:
      - {{name: ask, url: /anything}}
      - {{name: bang, type: ctrl-c, only_if: "${{index}} == 1"}}
""",
    )
    pytester.makeconftest(
        """
        from pytest_sisyphus.spec.step import StepSpec
        from pytest_sisyphus.steps.protocol import StepType

        def run(spec, context):
            raise KeyboardInterrupt

        def pytest_sisyphus_step_types():
            return [StepType(name="ctrl-c", spec=StepSpec, run=run, description="")]
        """
    )

    result = pytester.runpytest_subprocess(
        "-p", "pytest_sisyphus.plugin", "--sisyphus-report=json:out.json"
    )

    assert result.ret == 2
    document = json.loads((pytester.path / "out.json").read_text(encoding="utf-8"))
    assert [step["name"] for step in document["steps"]] == [
        "l",
        "ask [1]",
        "bang [1]",
        "ask [2]",
        "bang [2]",
    ]
