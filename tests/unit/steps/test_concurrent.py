"""`type: concurrent`: threads, copies, merged results."""

import threading

import pytest

from pytest_sisyphus.extensions.types import Function

ANSWER = "mock: {rules: [{response: {body: {n: %s}}}]}"


def concurrent(children, keys=""):
    lines = "\n".join(f"    - {child}" for child in children)
    return f"- name: c\n  type: concurrent\n{keys}  concurrent_steps:\n{lines}\n"


def child(name, body="1", more=""):
    return f"{{name: {name}, url: http://x/, {ANSWER % body}{more}}}"


class TestVerdicts:
    def test_a_failed_child_fails_the_step(self, engine):
        """W13"""
        ran = engine.run(
            concurrent(
                [
                    child("a"),
                    child("b", more=", validations: [{eq: [$.n, 2]}]"),
                    child("c", more=", skip_if: true"),
                    child("d"),
                ]
            )
        )

        assert ran.status == "failed"
        assert ran.statuses() == {
            "c": "failed",
            "a": "success",
            "b": "failed",
            "c [2]": "skipped",
            "d": "success",
        }
        assert ran.error("c") == "step 'b': Expected 2, but got 1"
        document = ran.response("c")
        assert document["total_steps"] == 4
        assert (document["passed"], document["failed"], document["skipped"]) == (2, 1, 1)

    def test_the_first_listed_failure_is_the_steps(self, engine):
        ran = engine.run(
            concurrent(
                [
                    "{name: slow, type: wait, condition: 1 == 2, max_wait: 1}",
                    "{name: broken, url: '${nothing}'}",
                ]
            )
        )

        assert ran.error("c").startswith("step 'slow': ")
        assert ran.category("c") == "timeout"
        assert ran.steps["broken"]["status"] == "error"

    def test_its_checks_and_extractors_read_its_document(self, engine):
        """W16"""
        ran = engine.run(
            concurrent([child("a"), child("b", body="5")]) + "  validations:\n"
            "    - eq: [total_steps, 2]\n"
            "    - eq: ['$.steps[1].document.body.n', 5]\n"
            "    - eq: [$.passed, 9]\n"
            "  extractors: {names: '$.steps[*].name'}\n"
        )

        assert [check["passed"] for check in ran.steps["c"]["validations"]] == [True, True, False]
        assert ran.variables["names"] == ["a", "b"]
        assert ran.steps["c"]["status"] == "failed"

    def test_children_are_in_the_outputs(self, engine):
        """W40"""
        ran = engine.run(concurrent([child("a"), child("b")]))

        assert ran.names == ["c", "a", "b"]
        assert [ran.steps[name]["parent"] for name in "ab"] == ["c", "c"]
        assert ran.response("a")["body"] == {"n": 1}
        assert ran.document["statistics"]["total_steps"] == 3


class TestVariables:
    def test_children_start_from_copies_and_are_merged_as_listed(self, engine):
        ran = engine.run(
            concurrent(
                [
                    child("a", '"${x + 1}"', ", extractors: {x: $.n, a: $.n}"),
                    child("b", '"${x + 10}"', ", extractors: {x: $.n, b: $.n}"),
                ]
            )
            + "- {name: after, type: wait, seconds: 0}\n",
            config="variables: {x: 0}",
        )

        assert ran.variables == {"x": 10, "a": 1, "b": 10}
        assert ran.steps["c"]["extracted_vars"] == {"x": 10, "a": 1, "b": 10}

    def test_overrides_are_seen_in_threads(self, engine):
        """W71"""
        ran = engine.run(
            concurrent([child("a", '"${x}${y}${z}"', ", extractors: {got: $.n}")]),
            config="""
            variables: {x: low, y: low, z: low}
            active_profile: p
            profiles: {p: {overrides: {x: high}}}
            env_vars: {overrides: {y: high}}
            """,
            z="high",
        )

        assert ran.variables["got"] == "highhighhigh"

    def test_what_ran_inside_is_readable_afterwards(self, engine):
        ran = engine.run(
            concurrent([child("a", "7"), child("b", "8")]) + "- name: after\n  url: http://x/\n"
            "  depends_on: [a, b]\n"
            "  mock: {rules: [{response: {body: \"${steps['b'].document.body.n}\"}}]}\n"
        )

        assert ran.response("after")["body"] == 8

    def test_steps_inside_cannot_see_each_other(self, engine):
        ran = engine.run(
            concurrent(
                [child("a", "1", ", extractors: {mine: $.n}"), child("b", '"${mine}"')],
                "  max_concurrency: 1\n",
            )
        )

        assert ran.steps["b"]["status"] == "error"
        assert "no variable 'mine'" in ran.error("b")

    def test_a_variable_is_made_once_for_all_threads(self, engine):
        ran = engine.run(
            concurrent(
                [
                    child("a", '"${id}"', ", extractors: {a: $.n}"),
                    child("b", '"${id}"', ", extractors: {b: $.n}"),
                ],
                "  repeat: 20\n",
            ),
            config="variables: {id: '${uuid()}'}",
        )

        assert ran.variables["a"] == ran.variables["b"] == ran.variables["id"]
        assert {ran.response(name)["body"]["n"] for name in ran.names[1:]} == {ran.variables["a"]}

    def test_cookies_are_copied_and_merged_as_listed(self, engine):
        def sets(name, cookie):
            return (
                f"{{name: {name}, url: http://x/, mock: {{rules: [{{response: "
                f"{{headers: {{Set-Cookie: {cookie}}}, "
                "body: {saw: \"${request.headers.get('cookie', '')}\"}}}]}}"
            )

        ran = engine.run(
            "- "
            + sets("before", "s=0")
            + "\n"
            + concurrent([sets("a", "s=1"), sets("b", "t=2"), child("c")], "  max_concurrency: 1\n")
            + "- "
            + sets("after", "u=3")
            + "\n"
        )

        saw = {name: ran.response(name)["body"]["saw"] for name in ("a", "b", "after")}
        assert saw == {"a": "s=0", "b": "s=0", "after": "s=1; t=2"}

    def test_cookies_that_a_child_cleared_are_gone(self, engine):
        ran = engine.run(
            """
            - name: in
              url: http://x/
              mock: {rules: [{response: {headers: {Set-Cookie: s=0}}}]}
            - name: c
              type: concurrent
              concurrent_steps:
                - {name: out, url: http://x/, cookies: clear, mock: {rules: [{response: {}}]}}
            - name: after
              url: http://x/
              mock:
                rules: [{response: {body: "${request.headers.get('cookie', 'none')}"}}]
            """
        )

        assert ran.response("after")["body"] == "none"


class TestThreads:
    @pytest.mark.parametrize(("keys", "most"), [("", 3), ("  max_concurrency: 5\n", 5)])
    def test_so_many_run_at_once_and_no_more(self, engine, keys, most):
        barrier = threading.Barrier(most, timeout=20)
        running = []
        engine.extra_functions = (
            Function(name="meet", call=lambda: self._meet(barrier, running), description="waits"),
        )

        ran = engine.run(concurrent([child(f"s{n}", '"${meet()}"') for n in range(most * 2)], keys))

        assert ran.status == "passed"
        assert max(ran.response(f"s{n}")["body"]["n"] for n in range(most * 2)) <= most

    @staticmethod
    def _meet(barrier, running):
        """Returns only when as many others are here; how many were running then."""
        running.append(1)
        here = len(running)
        barrier.wait()
        running.pop()
        barrier.wait()
        return here

    def test_loops_and_concurrent_steps_nest(self, engine):
        ran = engine.run(
            """
            - name: outer
              type: concurrent
              concurrent_steps:
                - name: l
                  type: loop
                  loop_type: for
                  loop_count: 2
                  loop_steps:
                    - name: inner
                      type: concurrent
                      concurrent_steps:
                        - {name: leaf, type: wait, seconds: 0}
                        - {name: leaf, type: wait, seconds: 0}
                - {name: w, type: wait, seconds: 0}
            """
        )

        assert ran.names == [
            "outer",
            "l",
            "inner [1]",
            "leaf [1]",
            "leaf [1] [2]",
            "inner [2]",
            "leaf [2]",
            "leaf [2] [2]",
            "w",
        ]

    def test_a_timeout_bounds_what_runs_inside(self, engine):
        ran = engine.run(
            concurrent(
                ["{name: a, type: wait, seconds: 9}", "{name: b, type: wait, seconds: 9}"],
                "  timeout: 4\n  max_concurrency: 1\n",
            )
        )

        assert ran.clock.slept == [4]
        assert ran.category("c") == "timeout"
        assert "no time was left" in ran.error("b")


class TestRepeat:
    def test_latency_and_throughput_are_measured(self, engine):
        ran = engine.run(
            """
            - name: c
              type: concurrent
              max_concurrency: 1
              repeat: 4
              concurrent_steps:
                - name: hit
                  url: http://x/
                  mock: {rules: [{response: {delay: 0.25}}]}
            """
        )

        assert ran.names == ["c", "hit [1]", "hit [2]", "hit [3]", "hit [4]"]
        document = ran.response("c")
        assert document["total_steps"] == 4
        same = dict.fromkeys(("min", "avg", "p50", "p95", "p99", "max"), 250.0)
        assert document["latency"] == same
        assert document["throughput"] == 4.0

    def test_what_brought_nothing_is_no_measurement(self, engine):
        ran = engine.run(concurrent(["{name: no, url: 'http://127.0.0.1:9/'}"], "  repeat: 2\n"))

        assert ran.response("c")["failed"] == 2
        assert "latency" not in ran.response("c")
        assert "throughput" not in ran.response("c")

    def test_without_repeat_nothing_is_measured(self, engine):
        assert "latency" not in engine.run(concurrent([child("a")])).response("c")


@pytest.mark.filterwarnings("ignore:.*makes no template")  # in a body it may be meant
def test_text_of_a_server_is_never_a_template(engine):
    """W1"""
    evil = "${7 * 7} {{ 7 * 7 }} ${choice([])}"
    written = evil.replace("${", "$${")
    ran = engine.run(
        f"""
        - name: c
          type: concurrent
          concurrent_steps:
            - name: get
              url: http://x/
              mock: {{rules: [{{response: {{body: {{v: "{written}"}}}}}}]}}
              extractors: {{v: $.v}}
        - name: d
          type: concurrent
          concurrent_steps:
            - name: "use ${{v}}"
              url: http://x/
              mock: {{rules: [{{response: {{body: {{v: "${{v}}"}}}}}}]}}
              validations: [{{eq: [$.v, "${{v}}"]}}]
        """
    )

    assert ran.status == "passed"
    assert ran.response(f"use {evil}")["body"] == {"v": evil}


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ("max_concurrency: 0", "greater than or equal to 1"),
        ("max_concurrency: many", "a whole number"),
        ("repeat: 0", "greater than or equal to 1"),
        ("repeat: 1000000000", "less than or equal to"),
        ("threads: 3", "unknown key 'threads'"),
    ],
)
def test_what_cannot_be_concurrent_is_refused(engine, keys, complaint):
    assert complaint in engine.complaint(concurrent([child("a")], f"  {keys}\n"))


@pytest.mark.parametrize(
    ("children", "complaint"),
    [
        ([child("a"), child("b", more=", depends_on: a")], "they run at the same time"),
        ([child("a", more=", depends_on: z")], "names no earlier step"),
    ],
)
def test_depends_on_a_step_that_cannot_be_over_is_refused(engine, children, complaint):
    """W26"""
    assert complaint in engine.complaint(concurrent(children))


def test_concurrent_without_steps_is_refused(engine):
    assert "needs concurrent_steps" in engine.complaint("- {name: c, type: concurrent}")
