"""`tags` and `marks`: pytest marks of a case, without arguments and with them."""

import pytest

PASS = "steps: [{name: s, type: wait, seconds: 0}]"
FAIL = "steps: [{name: s, type: wait, seconds: 0, validations: [{eq: [$.waited, 5]}]}]"
PLUGINS = ("-p", "xdist", "-p", "pytest_timeout", "-p", "pytest_rerunfailures")

#: (the marks and tags, what is said of them)
REFUSED = {
    "tags: [timeout]": "2:8: 'timeout' is a mark that takes arguments (timeout(timeout, ",
    "tags: [flaky]": "2:8: 'flaky' is a mark that takes arguments (flaky(reruns=1, ",
    "tags: [xdist_group]": "2:8: 'xdist_group' is a mark that takes arguments, no tag; write marks: [{xdist_group: …}]",
    "tags: [own]": "2:8: 'own' is a mark that takes arguments (own(level))",
    "tags: ['timeout(1)']": "2:8: a tag takes no arguments; write marks: [{timeout: …}] for 'timeout(1)'",
    "tags: ['(x)']": "2:8: a tag takes no arguments; write marks: [{NAME: …}]",
    "marks: [timeout]": "2:9: the mark 'timeout' needs arguments (timeout(timeout, ",
    "marks: [{timeout: soon}]": "2:9: timeout takes a number of seconds, got \"soon\"",
    "marks: [{timeout: {method: thread}}]": "2:9: timeout takes a number of seconds, got null",
    "marks: [xdist_group]": "2:9: the mark 'xdist_group' needs arguments",
    "marks: [{skipif: {reason: r}}]": "2:9: skipif needs a condition",
    "marks: [{skipif: '1 +'}]": "2:18: unexpected the end",
    "marks: [{parametrize: [a, [1]]}]": "2:9: 'parametrize' is no mark of a YAML case; config.data_source",
    "marks: [usefixtures]": "2:9: 'usefixtures' is no mark of a YAML case; the key usefixtures",
    "marks: [{xfail: {raises: Nope}}]": "2:9: raises is the name of one of Python's exceptions",
    "marks: [{own: '${x}'}]": "2:15: pytest reads marks before a case runs",
    "marks: [{own: 1, timeout: 2}]": "2:9: a mark is its name, or 'name: arguments', got a mapping",
    "marks: [5]": "2:9: a mark is its name",
    "marks: [{own: [{a b: 1}]}]": "2:9: an argument of a mark has a name, got \"a b\"",
}  # fmt: skip


@pytest.mark.parametrize("written", REFUSED)
def test_what_would_end_the_run_or_do_nothing_is_a_complaint(run_yaml, written):
    run = run_yaml(
        f"name: a\n{written}\n{PASS}\n",
        "--continue-on-collection-errors",
        *PLUGINS,
        other__yaml=f"name: b\n{PASS}\n",
        pytest__ini="[pytest]\nmarkers = own(level): how much\n",
    )

    assert run.outcomes == {"passed": 1, "errors": 1}
    assert f"case.yaml:{REFUSED[written]}" in run.stdout


def test_an_unregistered_mark_is_warned_of_or_refused(run_yaml):
    text = f"name: a\nmarks: [{{timeuot: 5}}]\n{PASS}\n"
    said = "case.yaml:2:9: no plugin that is loaded, and no ini option, registers the mark"

    run = run_yaml(text, *PLUGINS)
    assert run.outcomes == {"passed": 1, "warnings": 1}
    assert f"{said} 'timeuot'; did you mean 'timeout'?" in run.stdout
    assert "case.yaml:2: SisyphusWarning: case.yaml:2:9: no plugin" in run.stdout

    run = run_yaml(text, "--strict-markers", *PLUGINS)
    assert run.outcomes == {"errors": 1}
    assert said in run.stdout


def test_arguments_arrive_as_they_are_written(run_yaml):
    run = run_yaml(
        f"""
        name: a
        marks:
          - one
          - two: g1
          - three: [1, [2], {{deep: {{a: 1}}}}]
          - four: {{level: 3}}
        {PASS}
        """,
        "-m",
        "one and four(level=3)",
        "--strict-markers",
        pytest__ini="[pytest]\nmarkers =\n  one\n  two(x)\n  three\n  four\n",
        conftest__py="""
            def pytest_collection_modifyitems(items):
                for mark in reversed(items[0].own_markers):
                    print("MARK", mark.name, mark.args, mark.kwargs)
        """,
    )

    assert run.outcomes == {"passed": 1}
    assert [line for line in run.stdout.splitlines() if line.startswith("MARK")] == [
        "MARK four () {'level': 3}",
        "MARK three (1, [2]) {'deep': {'a': 1}}",
        "MARK two ('g1',) {}",
        "MARK one () {}",
    ]


@pytest.mark.parametrize(
    ("mark", "outcome"),
    [
        ("skip: not today", "skipped"),
        ('skipif: "${n} == 4"', "skipped"),
        ("skipif: {condition: n == 4, reason: r}", "skipped"),
        ("skipif: [n == 5, data.row == 7]", "skipped"),
        ("skipif: [n == 5, {reason: r}]", "failed"),
        ("skipif: false", "failed"),
        ("skipif: nn == 4", "errors"),
        ("xfail: {reason: known}", "xfailed"),
        ("xfail: {raises: AssertionError}", "xfailed"),
        ("xfail: {raises: [OSError]}", "failed"),
        ("xfail: n == 5", "failed"),
    ],
)
def test_marks_of_pytest_itself(run_yaml, mark, outcome):
    source = "config: {variables: {n: 4}, data_source: [{row: 7}]}"

    run = run_yaml(f"name: a\nmarks: [{{{mark}}}]\n{source}\n{FAIL}\n", "-rs")

    assert run.outcomes == {outcome: 1}


def test_a_condition_that_cannot_be_evaluated_says_why(run_yaml):
    run = run_yaml(f"name: a\nmarks: [{{skipif: nn == 4}}]\n{PASS}\n")

    assert "no variable 'nn' in 'nn == 4' at case.yaml:2" in run.stdout


def test_marks_of_other_plugins(run_yaml):
    run = run_yaml(
        f"""
        name: again
        marks: [{{flaky: {{reruns: 2}}}}]
        {FAIL}
        ---
        name: slow
        marks: [{{timeout: 0.2}}]
        steps: [{{name: s, type: wait, seconds: 20}}]
        """,
        *PLUGINS,
    )

    assert run.outcomes == {"failed": 2, "rerun": 2}
    assert "Timeout (>0.2s) from pytest-timeout" in run.stdout


def test_marks_travel_between_processes(run_yaml):
    marks = "[{xdist_group: g}, {own: [1, {level: high}]}, {skipif: n == 5}]"
    cases = "---\n".join(
        f"name: c{n}\nmarks: {marks}\nconfig: {{variables: {{n: 4}}}}\n{PASS}\n" for n in range(4)
    )

    run = run_yaml(cases, "-p", "xdist", "-n2", "--dist=loadgroup")

    assert run.outcomes["passed"] == 4


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("(caseid=1002)", " has no 'caseid'; did you mean 'case_id'"),
        ("", " names no case; write case_id=1002 or case_key"),
        ("()", " names no case"),
        ("(1002)", " takes no argument without its name; write case_id=1002"),
        ("(case_id='abc')", ': case_id is a whole number, got "abc"; write case_id=1002'),
        ("(case_id=True)", ": case_id is a whole number, got true"),
        ("(case_key=' ')", ': case_key is a text that is not empty, got " "'),
    ],
)
def test_a_mark_of_a_python_test_that_names_no_case_is_an_error(pytester, written, said):
    pytester.makepyfile(
        test_a=f"import pytest\n\n\n@pytest.mark.sisyphus{written}\ndef test_it(): pass\n"
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(errors=1)
    assert f"test_a.py:4: @pytest.mark.sisyphus{said}" in result.stdout.str()


def test_where_the_marks_are_right_no_place_is_looked_for(pytester, monkeypatch):
    looked_for = []
    pytester.makepyfile(
        "import pytest\n\n@pytest.mark.sisyphus(case_id=1)\ndef test_it(): pass\n\ndef test_more(): pass\n"
    )

    with monkeypatch.context() as patched:  # this test's own report asks for its place, too
        patched.setattr(pytest.Function, "location", property(looked_for.append))
        pytester.runpytest_inprocess("--collect-only").assert_outcomes()

    assert looked_for == []
