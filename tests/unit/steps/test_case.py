"""`type: case`: the steps of another case inside this one."""

import textwrap

import pytest

LOGIN = """
name: login
config:
  variables: {user: guest, unused: "${no_such}"}
  mock: {enabled: true, rules: [{name: all, request: {url: ""}, response: {body: {token: "of ${user}"}}}]}
setup:
- {name: prepare, type: script, script: "set_var('prepared', 1)"}
steps:
- {name: post, url: "http://x.test/login", extractors: {token: $.token}}
teardown:
- {name: clean, type: wait, seconds: 0}
"""


@pytest.fixture
def files(engine):
    def write(**texts):
        for name, text in texts.items():
            path = engine.folder / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")

    write(login=LOGIN)
    return write


@pytest.mark.usefixtures("files")
class TestCalled:
    def test_its_steps_are_children_and_what_it_returns_are_variables(self, engine):
        ran = engine.run(
            """
            - {name: as alice, type: case, file: login.yaml, variables: {user: alice}, returns: token}
            - {name: as bob, type: case, file: login.yaml, variables: {user: "${bob}"}, returns: {other: token}}
            - {name: as guest, type: case, file: login.yaml}
            - {name: see, type: script, script: "return [get_var('token'), get_var('other')]"}
            """,
            bob="bob",
        )

        assert ran.status == "passed"
        assert [(one["name"], one.get("parent")) for one in ran.document["steps"]] == [
            ("as alice", None),
            ("prepare", "as alice"),
            ("post", "as alice"),
            ("clean", "as alice"),
            ("as bob", None),
            ("prepare [2]", "as bob"),
            ("post [2]", "as bob"),
            ("clean [2]", "as bob"),
            ("as guest", None),
            ("prepare [3]", "as guest"),
            ("post [3]", "as guest"),
            ("clean [3]", "as guest"),
            ("see", None),
        ]
        assert ran.response("see")["result"] == ["of alice", "of bob"]
        assert ran.variables == {"bob": "bob", "token": "of alice", "other": "of bob"}

    def test_its_document_is_read_by_checks(self, engine):
        ran = engine.run(
            """
            - name: s
              type: case
              file: login.yaml
              returns: [token, prepared]
              validations:
              - eq: [$.case, login]
              - eq: [$.file, login.yaml]
              - eq: [$.passed, 3]
              - eq: [$.returned, {token: of guest, prepared: 1}]
              - eq: ["$.steps[1].document.body.token", of guest]
              extractors: {again: $.returned.token}
            """
        )

        assert ran.status == "passed", ran.error("s")
        assert ran.variables["again"] == "of guest"

    def test_its_variables_and_steps_stay_inside(self, engine):
        ran = engine.run(
            """
            - {name: call, type: case, file: login.yaml}
            - {name: see, url: "${token}"}
            - {name: step, type: wait, seconds: 0, only_if: "'post' in steps"}
            """
        )

        assert "no variable 'token'" in ran.error("see")
        assert ran.statuses()["step"] == "skipped"

    def test_it_sees_no_variable_of_its_caller(self, engine, files):
        files(other="{name: a, steps: [{name: see, url: '${mine}'}]}")

        ran = engine.run(
            "- {name: s, type: case, file: other.yaml}", config="variables: {mine: '/x'}"
        )

        assert "no variable 'mine'" in ran.error("see")
        assert ran.error("s").startswith(
            "case.yaml:5: step 'see' of the case 'a' at other.yaml:1: "
        )

    def test_what_it_does_not_set_cannot_be_returned(self, engine):
        ran = engine.run("- {name: s, type: case, file: login.yaml, returns: {a: tokn, t: token}}")

        assert ran.error("s") == (
            "case.yaml:3: the called case set no variable 'tokn', which 'returns' names; did you "
            "mean 'token'?"
        )
        assert ran.statuses() == {
            "s": "error",
            "prepare": "success",
            "post": "success",
            "clean": "success",
        }

    def test_a_setup_that_fails_keeps_its_steps_from_running(self, engine, files):
        files(
            other="""
            name: other
            setup: [{name: breaks, type: script, script: "raise ValueError('no')"}]
            steps: [{name: never, type: wait, seconds: 0}]
            teardown: [{name: clean, type: wait, seconds: 0}]
            """
        )

        ran = engine.run("- {name: s, type: case, file: other.yaml, returns: [x]}")

        assert ran.statuses() == {
            "s": "error",
            "breaks": "error",
            "never": "skipped",
            "clean": "success",
        }
        assert "step 'breaks' of the case 'other' at other.yaml:2" in ran.error("s")
        assert "'returns'" not in ran.error("s")

    def test_one_whose_steps_are_skipped_is_skipped(self, engine, files):
        files(other="{name: a, steps: [{name: never, type: wait, seconds: 0, skip_if: true}]}")

        ran = engine.run("- {name: s, type: case, file: other.yaml, returns: [x]}")

        assert ran.statuses() == {"s": "skipped", "never": "skipped"}

    def test_its_own_config_holds(self, engine, files):
        files(
            other="""
            name: other
            config: {stop_on_failure: true}
            steps:
            - {name: fails, type: wait, seconds: 0, validations: [{exists: $.nope}]}
            - {name: never, type: wait, seconds: 0}
            """
        )

        ran = engine.run(
            """
            - {name: s, type: case, file: other.yaml}
            - {name: after, type: wait, seconds: 0}
            """
        )

        assert ran.statuses() == {
            "s": "failed",
            "fails": "failed",
            "never": "skipped",
            "after": "success",
        }

    def test_the_timeout_of_the_step_is_that_of_the_whole_call(self, engine, files):
        files(
            other="""
            name: other
            steps: [{name: long, type: wait, seconds: 3}, {name: next, type: wait, seconds: 3}, {name: late, type: wait, seconds: 0}]
            teardown: [{name: clean, type: wait, seconds: 1}]
            """
        )

        ran = engine.run("- {name: s, type: case, file: other.yaml, timeout: 5}")

        assert ran.category("s") == "timeout"
        assert ran.statuses()["long"] == "success"
        assert ran.statuses()["late"] == "error"
        assert ran.statuses()["clean"] == "success"

    def test_the_call_is_tried_again_as_a_whole(self, engine, files):
        files(
            other="""
            name: other
            steps: [{name: dice, type: wait, seconds: 0, validations: [{assert: "${nth} == 3"}]}]
            """
        )
        ran = engine.run(
            """
            - name: s
              type: case
              file: other.yaml
              variables: {nth: "${n}"}
              retry_policy: {max_attempts: 3, rerender: true}
              setup: [{name: first, type: script, script: "set_var('n', 3)"}]
            """
        )
        assert ran.status == "passed"

        ran = engine.run(
            "- {name: s, type: case, file: other.yaml, variables: {nth: 1}, retry_times: 2}"
        )
        assert ran.steps["s"]["retry_count"] == 2
        assert len(ran.steps["s"]["attempts"]) == 3

    def test_in_a_loop_it_runs_with_each_element(self, engine):
        ran = engine.run(
            """
            - name: all
              type: loop
              loop_type: foreach
              loop_items: [a, b]
              loop_steps:
              - {name: call, type: case, file: login.yaml, variables: {user: "${item}"}, returns: [token]}
            - {name: both, type: concurrent, concurrent_steps: [
                {name: x, type: case, file: login.yaml, returns: {one: token}},
                {name: y, type: case, file: login.yaml, variables: {user: z}, returns: {two: token}}]}
            """
        )

        assert ran.status == "passed"
        assert ran.variables == {"token": "of b", "one": "of guest", "two": "of z"}
        assert "post [2]" in ran.names

    def test_random_values_differ_from_call_to_call(self, engine, files):
        files(
            other="{name: a, config: {variables: {v: '${uuid()}'}}, steps: [{name: w, type: wait, seconds: 0}]}"
        )
        calls = [
            f"{{name: s{n}, type: case, file: other.yaml, returns: {{v{n}: v}}}}" for n in (1, 2)
        ]

        ran = engine.run(f"[{', '.join(calls)}]")
        again = engine.run(f"[{', '.join(calls)}]")

        assert ran.variables["v1"] != ran.variables["v2"]
        assert ran.variables == again.variables

    def test_a_case_of_the_same_file(self, engine, files):
        files(
            two="{name: a, steps: [{name: s, type: case, file: two.yaml, case: b}]}\n---\n"
            "{name: b, steps: [{name: w, type: wait, seconds: 0}]}"
        )

        ran = engine.run("- {name: s, type: case, file: two.yaml, case: a}")

        assert ran.status == "passed"
        assert ran.names == ["s", "s [2]", "w"]
        assert ran.steps["w"]["meta"]["called_at"] == ["two.yaml:1", "case.yaml:3"]

    def test_a_path_is_relative_to_the_file_that_names_it(self, engine, files):
        files(
            parts__outer="{name: a, steps: [{name: s, type: case, file: inner.yaml}]}",
            parts__inner="{name: b, steps: [{name: w, url: 'http://x.test', method: POST, body_file: b.json}],"
            " config: {mock: {enabled: true, rules: [{name: all, request: {}, response: {}}]}}}",
        )
        (engine.folder / "parts/b.json").write_text("1")

        ran = engine.run("- {name: s, type: case, file: parts/outer.yaml}")

        assert ran.status == "passed", ran.error("s")

    def test_file_and_name_may_be_templates(self, engine):
        ran = engine.run(
            "- {name: s, type: case, file: '${f}.yaml', case: '${c}', returns: [token]}",
            f="login", c="login",
        )  # fmt: skip
        assert ran.variables["token"] == "of guest"

        ran = engine.run(
            "- {name: s, type: case, file: '${f}.yaml', case: '${c}'}", f="login", c="logn"
        )
        assert ran.error("s") == (
            "case.yaml:3: login.yaml holds no case 'logn'; did you mean 'login'?"
        )

    def test_a_template_that_leads_into_a_circle(self, engine, files):
        files(
            one="{name: a, config: {variables: {f: two}}, steps: [{name: s, type: case, file: '${f}.yaml'}]}",
            two="{name: b, config: {variables: {f: one}}, steps: [{name: s, type: case, file: '${f}.yaml'}]}",
        )

        ran = engine.run("- {name: s, type: case, file: one.yaml}")

        assert (
            "cases call each other in a circle: case.yaml:3 → one.yaml:1 → two.yaml:1 ('a')"
            in ran.error("s")
        )

    def test_a_call_that_is_interrupted_shows_what_ran(self, engine, files):
        files(
            other="""
            name: other
            steps: [{name: one, type: wait, seconds: 0}, {name: two, type: stops}]
            teardown: [{name: clean, type: wait, seconds: 0}]
            """
        )
        engine.extra_steps = [_stops()]

        ran = engine.run("- {name: s, type: case, file: other.yaml}")

        assert ran.statuses() == {
            "s": "error",
            "one": "success",
            "two": "error",
            "clean": "success",
        }


def _stops():
    from pytest_sisyphus import StepSpec, StepType

    def run(spec, context):
        raise KeyboardInterrupt

    return StepType(name="stops", spec=StepSpec, run=run, description="Ctrl-C")


#: (keys of the step, key path of the complaint, what it says)
ROWS = [
    ("file: login.yml", "file", "there is no file 'login.yml' (login.yml); did you mean 'login.yaml' or 'broken.yaml'?"),
    ("file: parts", "file", "there is no file 'parts' (parts)"),
    ("file: parts/login.yaml", "file", "there is no file 'parts/login.yaml' (parts/login.yaml)"),
    ("case: login", "file", "'file' is missing"),
    ("file: ../../x.yaml", "file", "'../../x.yaml' lies outside of"),
    ("file: '*.yaml'", "file", "file names one case file, got the pattern '*.yaml'"),
    ("file: [login.yaml]", "file", "expected text (put quotes around it), got a list"),
    ("file: login.yaml, case: logn", "file", "login.yaml holds no case 'logn'; did you mean 'login'?"),
    ("file: two.yaml", "file", "two.yaml holds several cases; say which: case: 'first', 'second'"),
    ("file: two.yaml, case: zzz", "file", "two.yaml holds no case 'zzz'; known: first, second"),
    ("file: off.yaml", "file", "the case 'off' at off.yaml:1 is switched off (enabled: false)"),
    ("file: rows.yaml", "file", "the case 'rows' at rows.yaml:1 has a data_source: it is many cases, and none of them can be called; give the values as variables"),
    ("file: parts.yaml", "file", "parts.yaml holds no case: none of its documents has a name"),
    ("file: broken.yaml", "file", "the called case 'broken' is not right: broken.yaml:3:25: unknown key 'ulr'; did you mean 'url'? (at steps[0].ulr), and 2 more"),
    ("file: yaml.yaml", "file", "the called case 'yaml.yaml' is not right: yaml.yaml:2:1: not YAML:"),
    ("file: login.yaml, return: [token]", "return", "unknown key 'return'; did you mean 'returns'?"),
    ("file: login.yaml, returns: [5]", "returns", "returns lists names of variables, got 5"),
    ("file: login.yaml, returns: {token: 5}", "returns.token", "expected text"),
    ("file: login.yaml, returns: [a-b]", "returns.a-b", 'a variable called "a-b"'),
    ("file: login.yaml, returns: [response]", "returns.response", "would hide the built-in 'response'"),
    ("file: login.yaml, variables: [user]", "variables", "expected a mapping"),
    ("file: login.yaml, variable: {user: a}", "variable", "unknown key 'variable'; did you mean 'variables'?"),
    ("file: login.yaml, data: {user: a}", "data", "unknown key 'data'"),
    ("file: login.yaml, steps: [a]", "steps", "unknown key 'steps'"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "path", "message"), ROWS, ids=[keys for keys, _, _ in ROWS])
def test_a_mistake(engine, files, keys, path, message):
    step = "steps: [{name: w, type: wait, seconds: 0}]"
    files(
        two=f"{{name: first, {step}}}\n---\n{{name: second, {step}}}",
        off=f"{{name: 'off', enabled: false, {step}}}",
        rows=f"{{name: rows, config: {{data_source: [{{a: 1}}]}}, {step}}}",
        parts="- {name: w, type: wait, seconds: 0}",
        broken="name: broken\nsteps:\n- {name: a, url: /x,    ulr: /y}\n- {name: b, utl: /y}",
        yaml="name: a\n\tsteps: []",
    )

    said = engine.complaint(f"- {{name: s, type: case, {keys}}}")

    assert message in said
    assert said.startswith("case.yaml:3:")
    assert f"(at steps[0].{path})" in said or path == "file"


def test_a_data_source_that_is_switched_off_is_none(engine, files):
    files(
        rows="""
    name: rows
    config: {data_source: [{a: 1}], data_iterations: false}
    steps: [{name: w, type: wait, seconds: 0}]
    """
    )

    assert engine.run("- {name: s, type: case, file: rows.yaml}").status == "passed"


@pytest.mark.parametrize(
    ("files_", "chain"),
    [
        ({}, "case.yaml:3 → case.yaml:3 ('case')"),
        (
            {"one": "{name: a, steps: [{name: s, type: case, file: case.yaml}]}"},
            "case.yaml:3 → one.yaml:1 → case.yaml:3 ('a')",
        ),
        (
            {
                "one": "{name: a, steps: [{name: s, type: case, file: two.yaml}]}",
                "two": "name: b\nsteps: [{name: s, type: case, file: one.yaml}]",
            },
            "case.yaml:3 → one.yaml:1 → two.yaml:2 ('a')",
        ),
    ],
)
def test_a_circle_is_refused_with_its_places(engine, files, files_, chain):
    files(**files_)

    said = engine.complaint(f"- {{name: s, type: case, file: {'one' if files_ else 'case'}.yaml}}")

    assert said.startswith("case.yaml:3:")
    assert f"cases call each other in a circle: {chain}" in said
    assert "not right" not in said


def test_calls_are_bounded_in_depth(engine, files):
    files(
        **{
            f"f{n}": f"{{name: a, steps: [{{name: s, type: case, file: f{n + 1}.yaml}}]}}"
            for n in range(40)
        },
        f40="{name: a, steps: [{name: w, type: wait, seconds: 0}]}",
    )

    said = engine.complaint("- {name: s, type: case, file: f0.yaml}")

    assert (
        "cases call each other more than 20 deep: case.yaml:3 → f0.yaml:1 → f1.yaml:1 → …" in said
    )
    assert len(said) < 4000
