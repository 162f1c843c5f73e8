"""`type: loop`, without a network."""

import pytest

EVIL = "${7 * 7} ${choice([])} {{ 7 * 7 }}"


def loop(keys, steps=None):
    """A loop of one step that extracts `seen` from what `index` and `item` say."""
    steps = steps or "[{name: child, url: /x, mock: {rules: [{response: {body: '${index}'}}]}}]"
    return f"- name: l\n  type: loop\n  {keys}\n  loop_steps: {steps}\n"


def child(body, checks="[]", more=""):
    return (
        f"[{{name: child, url: /x, mock: {{rules: [{{response: {{body: {body}}}}}]}}, "
        f"validations: {checks}{more}}}]"
    )


@pytest.mark.parametrize(
    ("keys", "bodies"),
    [
        ("loop_type: for\n  loop_count: 3", ["0", "1", "2"]),
        ("loop_type: for\n  loop_count: 0", []),
        ("loop_type: for\n  loop_count: ${1 + 1}", ["0", "1"]),
        ('loop_type: for\n  loop_count: "${n}"', ["0", "1"]),
        ("loop_type: while\n  loop_condition: ${index} < 2", ["0", "1"]),
        ("loop_type: while\n  loop_condition: index < 2", ["0", "1"]),
        ("loop_type: while\n  loop_condition: false", []),
        ("loop_type: foreach\n  loop_items: [a, b]", ["0", "1"]),
        ("loop_type: foreach\n  loop_items: ${list}", ["0", "1", "2"]),
        ("loop_type: foreach\n  loop_items: []", []),
    ],
)
def test_rounds_count_from_0(engine, keys, bodies):
    ran = engine.run(loop(keys), config='variables: {list: [7, 8, 9], n: "2"}')

    assert [step["response"]["body"] for step in ran.document["steps"][1:]] == [
        int(body) for body in bodies
    ]
    assert ran.response("l")["iterations"] == len(bodies)
    assert ran.names[1:] == [f"child [{n + 1}]" for n in range(len(bodies))]


@pytest.mark.parametrize(
    ("keys", "body", "seen"),
    [
        ("loop_items: [a, b]", '"${item}${index}"', ["a0", "b1"]),
        ("loop_items: [a, b]\n  loop_variable: it", '"${it}${index}"', ["a0", "b1"]),
        ("loop_items: [{n: 1}, {n: [2]}]", '"${item.n}"', [1, [2]]),
        (
            "loop_items: [5, null, true, 1.5]",
            '{v: "${item}"}',
            [{"v": 5}, {"v": None}, {"v": True}, {"v": 1.5}],
        ),
        ("loop_items: [x]\n  loop_variable: index", '"${index}"', ["x"]),
    ],
)
def test_foreach_gives_the_element_itself(engine, keys, body, seen):
    ran = engine.run(loop(f"loop_type: foreach\n  {keys}", child(body)))

    assert [step["response"]["body"] for step in ran.document["steps"][1:]] == seen


def test_a_while_loop_can_change_its_condition(engine):
    """W56"""
    ran = engine.run(
        loop(
            "loop_type: while\n  loop_condition: ${left} > 0",
            child('{left: "${left - 1}"}', more=", extractors: {left: $.left}"),
        ),
        config="variables: {left: 3}",
    )

    assert ran.response("l")["iterations"] == 3
    assert ran.variables["left"] == 0


@pytest.mark.parametrize(
    ("most", "rounds"), [("", 1000), ("\n  max_iterations: 5", 5), ("\n  max_iterations: 1", 1)]
)
def test_a_loop_that_does_not_end_fails(engine, most, rounds):
    """W22"""
    steps = "[{name: child, type: wait, seconds: 0}]"
    ran = engine.run(loop(f"loop_type: while\n  loop_condition: true{most}", steps))

    assert ran.steps["l"]["status"] == "failed"
    assert ran.category("l") == "timeout"
    assert f"not over after {rounds} rounds" in ran.error("l")
    assert ran.response("l")["iterations"] == rounds
    assert len(ran.names) == rounds + 1


@pytest.mark.parametrize("rounds", [5, 4])
def test_as_many_rounds_as_allowed_are_no_failure(engine, rounds):
    ran = engine.run(
        loop(f"loop_type: while\n  loop_condition: index < {rounds}\n  max_iterations: 5")
    )

    assert ran.steps["l"]["status"] == "success"


@pytest.mark.parametrize(
    ("on_failure", "statuses", "counts"),
    [
        ("stop", ["success", "success", "failed", "skipped"], (2, 1, 1)),
        (
            "continue",
            ["success", "success", "failed", "success", "success", "success"],
            (5, 1, 0),
        ),
    ],
)
def test_a_failed_child_fails_the_loop(engine, on_failure, statuses, counts):
    """W12"""
    ran = engine.run(
        f"""
        - name: l
          type: loop
          loop_type: foreach
          loop_items: [1, 2, 3]
          on_failure: {on_failure}
          loop_steps:
            - name: judge
              url: /x
              mock: {{rules: [{{response: {{body: {{n: "${{item}}"}}}}}}]}}
              validations: [{{ne: [$.n, 2]}}]
            - {{name: after, type: wait, seconds: 0}}
        """
    )

    assert ran.status == "failed"
    assert [step["status"] for step in ran.document["steps"]] == ["failed", *statuses]
    document = ran.response("l")
    assert (document["passed"], document["failed"], document["skipped"]) == counts
    assert ran.steps["l"]["error_info"]["type"] == "AssertionError"
    assert ran.error("l").startswith("step 'judge' in round 2: ")


def test_what_could_not_be_carried_out_keeps_the_rounds_before_it(engine):
    ran = engine.run(
        loop("loop_type: while\n  loop_condition: ${list[index]} > 0"),
        config="variables: {list: [5, 5]}",
    )

    assert ran.steps["l"]["status"] == "error"
    assert "no element 2" in ran.error("l")
    assert ran.names == ["l", "child [1]", "child [2]"]


@pytest.mark.parametrize(
    ("items", "kind"),
    [
        ('"${text}"', "text"),
        ('"${mapping}"', "a mapping"),
        ('"${n}"', "a number"),
        ('"${nothing}"', "null"),
    ],
)
def test_foreach_over_no_list_is_an_error(engine, items, kind):
    ran = engine.run(
        loop(f"loop_type: foreach\n  loop_items: {items}"),
        config='variables: {text: "[1, 2]", mapping: {a: 1}, n: 5, nothing: null}',
    )

    assert ran.steps["l"]["status"] == "error"
    assert f"loop_items must be a list, got {kind}" in ran.error("l")
    assert "case.yaml:" in ran.error("l")


def test_the_loops_variables_do_not_leave_it(engine):
    ran = engine.run(
        loop("loop_type: for\n  loop_count: 2", child('"${index}"', more=", extractors: {e: $}"))
        + '- {name: outer, type: wait, seconds: 0, skip_if: "${index} == 9"}\n',
        config="variables: {index: 9}",
    )

    assert ran.variables == {"index": 9, "e": 1}
    assert ran.steps["outer"]["status"] == "skipped"


def test_loops_in_loops_keep_their_names_apart(engine):
    """W70"""
    ran = engine.run(
        """
        - name: outer
          type: loop
          loop_type: foreach
          loop_items: [a, b]
          loop_variable: letter
          loop_steps:
            - name: inner
              type: loop
              loop_type: for
              loop_count: 2
              loop_steps:
                - name: leaf
                  url: /x
                  mock: {rules: [{response: {body: "${letter}${index}"}}]}
                  extractors: {last: $}
        - name: leaf
          type: wait
          seconds: 0
        """
    )

    leaves = [f"leaf [{n}]" for n in ("1.1", "1.2", "2.1", "2.2")]
    assert [ran.response(leaf)["body"] for leaf in leaves] == ["a0", "a1", "b0", "b1"]
    assert [ran.steps[leaf]["parent"] for leaf in leaves] == ["inner [1]"] * 2 + ["inner [2]"] * 2
    assert len(set(ran.names)) == len(ran.names) == 8
    assert ran.variables == {"last": "b1"}
    assert ran.document["statistics"]["total_steps"] == 8


def test_two_loops_with_the_same_child_have_different_names(engine):
    text = loop("loop_type: for\n  loop_count: 1")
    ran = engine.run(text + text.replace("name: l", "name: m"))

    assert ran.names == ["l", "child [1]", "m", "child [1] [2]"]


def test_depends_on_works_inside_a_loop(engine):
    """W70, W26"""
    ran = engine.run(
        """
        - {name: before, type: wait, seconds: 0}
        - name: l
          type: loop
          loop_type: for
          loop_count: 2
          loop_steps:
            - {name: a, type: wait, seconds: 0, skip_if: "${index} == 1", depends_on: before}
            - {name: b, type: wait, seconds: 0, depends_on: a}
        - {name: after, type: wait, seconds: 0, depends_on: [l, before]}
        """
    )

    assert ran.statuses() == {
        "before": "success",
        "l": "success",
        "a [1]": "success",
        "b [1]": "success",
        "a [2]": "skipped",
        "b [2]": "skipped",
        "after": "success",
    }


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("befor", "did you mean 'before'"), ("c", "names no earlier step"), ("l", "no earlier step")],
)
def test_a_misspelt_depends_on_inside_a_loop_is_refused(engine, name, complaint):
    """W26"""
    message = engine.complaint(
        f"""
        - {{name: before, type: wait, seconds: 0}}
        - name: l
          type: loop
          loop_type: for
          loop_count: 2
          loop_steps:
            - {{name: b, type: wait, seconds: 0, depends_on: {name}}}
            - {{name: c, type: wait, seconds: 0}}
        """
    )

    assert complaint in message
    assert "case.yaml:9:" in message


def test_a_loops_checks_and_extractors_read_its_document(engine):
    """W16"""
    ran = engine.run(
        loop("loop_type: for\n  loop_count: 2") + "  validations:\n"
        "    - eq: [iterations, 2]\n"
        "    - eq: [$.passed, 2]\n"
        "    - eq: ['$.steps[1].document.body', 1]\n"
        "    - eq: [failed, 1]\n"
        "  extractors: {names: '$.steps[*].name'}\n"
    )

    checks = [check["passed"] for check in ran.steps["l"]["validations"]]
    assert checks == [True, True, True, False]
    assert ran.status == "failed"
    assert ran.variables["names"] == ["child", "child"]
    assert all("document" not in step for step in ran.response("l")["steps"])


@pytest.mark.parametrize("value", [EVIL, "1 == 1", "true) or (1", "__import__('os')"])
@pytest.mark.filterwarnings("ignore:.*makes no template")  # in a body it may be meant
def test_text_of_a_server_in_a_condition_is_never_evaluated(engine, value):
    """W1"""
    ran = engine.run(
        f"""
        - name: get
          url: /x
          mock: {{rules: [{{response: {{body: {{v: {untouched(value)}}}}}}}]}}
          extractors: {{v: $.v}}
        - name: l
          type: loop
          loop_type: while
          loop_condition: "${{v}}"
          loop_steps: [{{name: child, type: wait, seconds: 0}}]
        - name: m
          type: loop
          loop_type: while
          loop_condition: "${{v}} != 'x' && ${{index}} < 1"
          loop_steps: [{{name: kid, type: wait, seconds: 0, description: d}}]
        - name: n
          type: loop
          loop_type: foreach
          loop_items: ["${{v}}"]
          loop_steps:
            - name: "leaf ${{item}}"
              url: /x
              mock: {{rules: [{{response: {{body: {{got: "${{item}}"}}}}}}]}}
              validations: [{{eq: [$.got, "${{v}}"]}}]
        """
    )

    assert ran.steps["l"]["status"] == "error"
    assert "child [1]" not in ran.names
    assert ran.response("m")["iterations"] == 1
    assert ran.steps["n"]["status"] == "success"
    assert ran.response(f"leaf {value} [1]")["body"] == {"got": value}


def untouched(value):
    """Text for which a mock's template has no meaning."""
    return "'" + value.replace("${", "$${").replace("'", "''") + "'"


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ("loop_type: for", "needs loop_count"),
        ("loop_type: while", "needs loop_condition"),
        ("loop_type: foreach", "needs loop_items"),
        ("loop_type: until", "'for', 'while' or 'foreach'"),
        ("loop_count: 3", "'loop_type' is missing"),
        ("loop_type: for\n  loop_count: 3\n  loop_items: [1]", "has loop_count, not loop_items"),
        ("loop_type: for\n  loop_count: -1", "greater than or equal to 0"),
        ("loop_type: for\n  loop_count: 1.5", "a whole number"),
        ("loop_type: for\n  loop_count: true", "expected a number"),
        ("loop_type: for\n  loop_count: 999999999999", "less than or equal to"),
        ("loop_type: for\n  loop_count: 1\n  max_iterations: 0", "greater than or equal to 1"),
        ("loop_type: for\n  loop_count: 1\n  on_failure: ignore", "'stop' or 'continue'"),
        ("loop_type: for\n  loop_count: 1\n  loop_step: []", "did you mean"),
        ("loop_type: foreach\n  loop_items: {a: 1}", "must be a list, got a mapping"),
        ("loop_type: foreach\n  loop_items: abc", "must be a list, got text"),
    ],
)
def test_what_cannot_be_a_loop_is_refused(engine, keys, complaint):
    assert complaint in engine.complaint(loop(keys))


def test_a_loop_without_steps_is_refused(engine):
    message = engine.complaint("- {name: l, type: loop, loop_type: for, loop_count: 1}")

    assert "needs loop_steps" in message


def test_the_loops_timeout_bounds_what_runs_in_it(engine):
    ran = engine.run(
        """
        - name: l
          type: loop
          loop_type: for
          loop_count: 100
          timeout: 5
          loop_steps:
            - name: child
              type: wait
              seconds: 2
              teardown: [{name: tidy, type: wait, seconds: 0}]
        - {name: later, type: wait, seconds: 50}
        """
    )

    assert ran.clock.slept == [2, 0, 2, 0, 1, 0, 50]
    assert ran.category("l") == "timeout"
    assert ran.steps["tidy [3]"]["status"] == "success"
    assert ran.steps["later"]["status"] == "success"


@pytest.mark.parametrize(
    ("child_keys", "slept"),
    [
        ("mock: {rules: [{response: {delay: 20}}]}", [4]),
        (
            (
                "retry_times: 9, validations: [{status_code: 200}], "
                "mock: {rules: [{response: {status_code: 500}}]}"
            ),
            [1, 2],
        ),
    ],
)
def test_neither_a_slow_answer_nor_retries_outlast_the_loop(engine, child_keys, slept):
    steps = f"[{{name: child, url: http://x/, {child_keys}}}]"

    ran = engine.run(loop("loop_type: for\n  loop_count: 9\n  timeout: 4", steps))

    assert ran.clock.slept == slept
    assert ran.status == "failed"


def test_a_retried_loop_starts_anew(engine):
    ran = engine.run(
        loop("loop_type: for\n  loop_count: 2\n  retry_times: 1", child("x", "[{eq: [$, y]}]"))
    )

    assert ran.names == ["l", "child [1]"]
    assert ran.steps["l"]["retry_count"] == 1
    assert ran.clock.slept == [1]


def test_an_interrupted_loop_keeps_what_ran(engine, interrupting):
    ran = engine.run(
        """
        - {name: before, type: wait, seconds: 0}
        - name: l
          type: loop
          loop_type: for
          loop_count: 5
          loop_steps:
            - {name: child, type: wait, seconds: 0}
            - {name: stop, type: interrupt, only_if: "${index} == 1"}
        """
    )

    assert ran.statuses() == {
        "before": "success",
        "l": "error",
        "child [1]": "success",
        "stop [1]": "skipped",
        "child [2]": "success",
        "stop [2]": "error",
    }
    assert ran.error("l") == "interrupted by KeyboardInterrupt"
    assert ran.status == "failed"
