"""`assert`: a condition on variables."""

import pytest


def ran_with(engine, check):
    return engine.run(
        f"""
        - name: s
          url: http://x/
          mock: {{rules: [{{response: {{status_code: 201, body: {{id: 7}}}}}}]}}
          extractors: {{uid: $.id}}
          validations: [{check}]
        """,
        config="variables: {n: 5, name: x, success: false, d: {a: {b: 5}}, "
        f"long: {'x' * 300}, many: {[1] * 400}}}",
    )


@pytest.mark.parametrize(
    "check",
    [
        '{assert: "${uid} == 7"}',
        '{assert: "${uid == 7}"}',
        "{assert: uid == 7 and n < 6}",
        '{assert: ["${uid} == 7", the user that was made]}',
        '{assert: {condition: "${uid} == 7", description: the user}}',
        '{type: assert, condition: "${uid} == 7"}',
        '{type: assert, expect: "${uid} == 7"}',  # where every other check has what it wants
        '{assert: "${response.status_code} == 201"}',
        "{assert: \"'${name}' == 'x'\"}",
        '{assert: "${nope is not defined}"}',
        '{not: [{assert: "${uid} == 8"}]}',
        '{or: [{assert: "${uid} == 8"}, {assert: "${uid} == 7"}]}',
    ],
)
def test_it_holds(engine, check):
    assert ran_with(engine, check).status == "passed"


@pytest.mark.parametrize(
    ("check", "error"),
    [
        ('{assert: "${uid} == 8"}', "Expected ${uid} == 8, but uid = 7"),
        ("{assert: uid == 8 and n < 6}", "Expected uid == 8 and n < 6, but uid = 7, n = 5"),
        (
            '{assert: "${d.a.b} > 5 && ${response.status_code} == 201"}',
            (
                "Expected ${d.a.b} > 5 && ${response.status_code} == 201, "
                "but d.a.b = 5, response.status_code = 201"
            ),
        ),
        ('{assert: "${success}"}', "Expected ${success}, but success = false"),
        ('{assert: "${n | int} == 4"}', "Expected ${n | int} == 4, but n = 5"),
    ],
)
def test_it_does_not_and_says_what_was_compared(engine, check, error):
    ran = ran_with(engine, check)

    assert ran.error("s") == error
    assert ran.category("s") == "assertion"


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("response.status_code == 200", "response.status_code = 201"),
        ("${response.body.id | string} == 8", "response.body.id = 7"),
        ("name.upper() == name", "name = x"),
        ("${response['body']['id']} == n", "response['body']['id'] = 7, n = 5"),
        ("response.body.nope is defined", 'response.body = {"id":7}'),
        ("response.nope is defined", "response = a mapping of status_code, headers, "),
        ("name == 'd' and 'n' == name", "name = x"),
        ("long == 1", "long = text of 300 characters"),
        ("many | length == 1", "many = a list of 400 elements"),
        ("d.a == many[0]", 'd.a = {"b":5}, many[0] = 1'),
    ],
)
def test_what_was_compared_is_short(engine, condition, values):
    ran = ran_with(engine, f'{{assert: "{condition}"}}')

    assert f", but {values}" in ran.error("s")
    assert len(ran.error("s")) < 300


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        ("${n} = 7", "unexpected '=', equality is =="),
        ("${name} startswith 'a'", "unexpected 'startswith', write text.startswith('…')"),
    ],
)
def test_operators_of_other_languages(engine, condition, hint):
    complaint = engine.complaint(f'- {{name: s, url: /, validations: [{{assert: "{condition}"}}]}}')

    assert hint in complaint


@pytest.mark.parametrize("word", ["success", "ok", '"Yes"'])
def test_a_word_is_no_condition_even_where_a_variable_has_that_name(engine, word):
    complaint = engine.complaint(
        f"- {{name: s, url: /, validations: [{{assert: {word}}}]}}",
        config="variables: {success: 1}",
    )

    assert f"the variable of that name is ${{{word.strip(chr(34))}}}" in complaint


def test_the_result_has_the_condition_and_its_values(engine):
    (result,) = ran_with(engine, '{assert: ["${uid} == 8", who]}').steps["s"]["validations"]

    assert result == {
        "passed": False,
        "type": "assert",
        "path": "",
        "actual": "uid = 7",
        "expected": "${uid} == 8",
        "description": "who",
        "error": "Expected ${uid} == 8, but uid = 7",
    }


@pytest.mark.parametrize(
    ("check", "error"),
    [
        (
            '{assert: "${uidd} == 7"}',
            "no variable 'uidd' in '${uidd} == 7' at case.yaml:9; did you",
        ),
        ('{not: [{assert: "${uidd} == 7"}]}', "no variable 'uidd'"),
        ('{or: [{assert: "${uidd} == 7"}, {eq: [$.id, 7]}]}', "no variable 'uidd'"),
        ("{assert: uidd == 7 or true}", "no variable 'uidd'"),
        ('{assert: "${name}"}', "is neither true nor false"),
        ('{not: [{assert: "${name}"}]}', "is neither true nor false"),
        ('{assert: "${name} > 5"}', "name"),
    ],
)
def test_what_cannot_be_evaluated_never_passes(engine, check, error):
    ran = ran_with(engine, check)

    assert ran.status == "failed"
    assert error in ran.error("s")
    assert ran.steps["s"]["error_info"]["type"] == "ConfigError"


@pytest.mark.parametrize(
    ("condition", "attempts"), [("'${uid}'", 3), ("uid.a == 7", 3), ("nope == 1", 1)]
)
def test_only_what_the_attempt_brought_is_tried_again(engine, condition, attempts):
    ran = engine.run(
        f"""
        - name: s
          url: http://x/
          mock: {{rules: [{{response: {{body: {{id: x}}}}}}]}}
          extractors: {{uid: $.id}}
          retry_times: 2
          validations: [{{assert: "{condition}"}}]
        """
    )

    assert ran.steps["s"]["retry_count"] == attempts - 1
