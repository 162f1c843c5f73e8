"""A decimal keeps the digits it was written with, from wherever it comes to wherever it goes."""

import json
from pathlib import Path

import pytest

LONG = "0.123456789012345678"


def answered(body):
    """A step that gets this body."""
    return f"- name: s\n  url: /raw\n  params: {{type: application/json, body: '{body}'}}\n"


@pytest.mark.parametrize(
    ("body", "check", "passes"),
    [
        ('{"a": 0.123456789012345678}', "eq: [$.a, 0.123456789012345678]", True),
        ('{"a": 0.123456789012345678}', "eq: [$.a, 0.123456789012345679]", False),
        ('{"a": 0.123456789012345678}', "gt: [$.a, 0.123456789012345677]", True),
        ('{"a": 0.123456789012345678}', "between: [$.a, [0.1, 0.123456789012345677]]", False),
        ('{"a": 1234567890123456.78}', "eq: [$.a, 1234567890123456.80]", False),
        ('{"a": 1234567890123456.78}', 'eq: [$.a, "1234567890123456.78"]', True),
        ('{"a": 12345678901234567890}', "eq: [$.a, 12345678901234567891]", False),
        ('{"a": 31.0100}', 'eq: [$.a, "31.0100"]', True),
        ('{"a": 31.0100}', 'eq: [$.a, "31.01"]', True),
        ('{"a": 31.0100}', "eq: [$.a, 31.01]", True),
        ('{"a": 5.00}', "eq: [$.a, 5]", True),
        ('{"a": 5.00}', 'eq: [$.a, "5"]', True),
        ('{"a": 5}', "eq: [$.a, 5.00]", True),
        ('{"a": [10.50]}', "eq: [$.a, [10.5]]", True),
        ('{"a": [10.50]}', "contains: [$.a, 10.5]", True),
        ('{"a": 10.50}', "in: [$.a, [1, 10.5]]", True),
        ('{"a": 10.50}', "regex: [$.a, '^10[.]50$']", True),
        ('{"a": 10.50}', "type: [$.a, float]", True),
        ('{"a": 10.50}', "type: [$.a, number]", True),
        ('{"a": 10.50}', "type: [$.a, int]", False),
        ('{"a": [{"p": 10.50}]}', "length_eq: ['$.a[?@.p==10.5]', 1]", True),
        ('{"a": 10.50}', "schema: [$.a, {type: number, minimum: 10.50, enum: [10.5]}]", True),
        ('{"a": 10.50}', "schema: [$.a, {type: integer}]", False),
        ('{"a": 0.07}', "schema: [$.a, {multipleOf: 0.01}]", True),
        ('{"a": 10.50}', "schema: [$.a, {multipleOf: 0.01}]", True),
        ('{"a": 10.505}', "schema: [$.a, {multipleOf: 0.01}]", False),
        ('{"a": 1e300}', "schema: [$.a, {multipleOf: 1.0e-300}]", True),
    ],
)
def test_checks_look_at_every_digit(run_steps, body, check, passes):
    run = run_steps(f"{answered(body)}  validations: [{{{check}}}]")

    assert run.outcomes == ({"passed": 1} if passes else {"failed": 1})


def test_a_failed_check_shows_the_digits(run_steps):
    run = run_steps(answered('{"a": 10.50}') + "  validations: [{eq: [$.a, 10.60]}]")

    assert "Expected 10.60, but got 10.50" in run.stdout


@pytest.mark.parametrize(
    ("keys", "sent"),
    [
        ("body: {p: '${price}'}", lambda asked: asked["body"] == '{"p": 10.50}'),
        ("body: {p: 10.50}", lambda asked: asked["body"] == '{"p": 10.50}'),
        ("body: {p: '${10.50}'}", lambda asked: asked["body"] == '{"p": 10.50}'),
        ("json: ['${price}', 10.5]", lambda asked: asked["body"] == "[10.50, 10.5]"),
        ("body: 'p=${price}'", lambda asked: asked["body"] == "p=10.50"),
        ("form: {p: '${price}'}", lambda asked: asked["body"] == "p=10.50"),
        ("params: {p: '${price}'}", lambda asked: asked["query"] == {"p": "10.50"}),
        ("params: {p: 1e5}", lambda asked: asked["query"] == {"p": "1e5"}),
        ("headers: {X-P: '${price}'}", lambda asked: asked["headers"]["X-P"] == "10.50"),
        ("cookies: {p: '${price}'}", lambda asked: asked["headers"]["Cookie"] == "p=10.50"),
        ("body: '${json({\"p\": price})}'", lambda asked: asked["body"] == '{"p":10.50}'),
        ("body: '${parse_json(\"[1.50]\")}'", lambda asked: asked["body"] == "[1.50]"),
        ("body: '${price * 2}'", lambda asked: asked["body"] == "21.0"),
        ("body: '${row.p}'", lambda asked: asked["body"] == "0.10"),
        ("body: !include more.yaml", lambda asked: asked["body"] == '{"p": 7.70}'),
    ],
)
def test_it_is_sent_on_as_it_came(run_steps, server, keys, sent):
    run = run_steps(
        answered('{"a": 10.50}')
        + f"  extractors: {{price: $.a}}\n- name: t\n  method: POST\n  url: /anything\n  {keys}",
        config="variables: {row: {p: 0.10}}",
        more__yaml="p: 7.70\n",
    )

    assert run.outcomes == {"passed": 1}, run.stdout
    assert sent(server.requests[-1]), server.requests[-1]


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("{type: json, file_path: rows.json}", "10.50"),
        ("[{id: a, p: 10.50}]", "10.50"),
        ("{type: csv, file_path: rows.csv}", '"10.50"'),
    ],
)
def test_data_rows_keep_theirs(run_steps, server, source, written):
    run = run_steps(
        "- name: s\n  method: POST\n  url: /anything\n  body: {p: '${p}'}",
        config=f"data_source: {source}",
        rows__json='[{"id": "a", "p": 10.50}]',
        rows__csv="id,p\na,10.50\n",
    )

    assert run.outcomes == {"passed": 1}
    assert server.requests[-1]["body"] == f'{{"p": {written}}}'


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n1")], ids=["here", "xdist"])
def test_reports_show_it_as_a_json_number(run_steps, workers):
    run = run_steps(
        answered(f'{{"a": 10.50, "b": {LONG}}}')
        + "  extractors: {price: $.a}\n  validations: [{gt: [$.b, 0.10]}]",
        "--sisyphus-report=json:out.json",
        "--sisyphus-report=html:out.html",
        "--sisyphus-report=csv:out.csv",
        *workers,
    )

    assert run.outcomes == {"passed": 1}, run.stdout
    text = Path("out.json").read_text()
    json.loads(text)
    for shown in ('"a": 10.50', f'"b": {LONG}', '"price": 10.50', f'"actual": {LONG}', "0.10"):
        assert shown in text
    assert f'"b":{LONG}' in Path("out.html").read_text()


def test_what_no_number_can_hold_is_no_value(run_steps):
    run = run_steps(answered('{"a": 1e400}') + "  validations: [{gt: [$.a, 5]}]")

    assert run.outcomes == {"failed": 1}


@pytest.mark.parametrize("where", ["body: {p: 1e400}", "body: '${1e400}'"])
def test_nor_is_it_written_in_a_case(run_steps, where):
    run = run_steps(f"- name: s\n  url: /\n  {where}")

    assert run.outcomes == {"errors": 1}
    assert "case.yaml:" in run.stdout


def test_a_script_may_hand_it_on(run_steps, server):
    run = run_steps(
        answered('{"a": 10.50}')
        + """
  extractors: {price: $.a}
- name: t
  type: script
  script: |
    price = get_var("price")
    set_var("text", str(price) + f"{response['body']['a']}")
    set_var("same", [price, {"deep": price}])
    set_var("more", [price * 2, price + 1])
    return price
  validations: [{regex: [$.result, "^10[.]50$"]}]
- name: u
  method: POST
  url: /anything
  body: "${text} ${same} ${more}"
"""
    )

    assert run.outcomes == {"passed": 1}, run.stdout
    assert server.requests[-1]["body"] == '10.5010.50 [10.50,{"deep":10.50}] [21.0,11.5]'


def test_a_script_and_a_hook_get_a_number_that_calculates(run_steps, pytester):
    pytester.makeconftest(
        """
        from pytest_sisyphus.extensions.types import CheckType, Function, CheckOutcome

        def judge(selection, expected, *, strict):
            right = isinstance(selection.value, float) and selection.value * 1.1 < expected
            return CheckOutcome(passed=right, error="" if right else "no")

        def pytest_sisyphus_checks():
            return [CheckType(name="cheap", check=judge, description="below")]

        def pytest_sisyphus_functions(context):
            return [Function(name="doubled", call=lambda x: x * 2, description="twice")]
        """
    )
    run = run_steps(
        answered('{"a": 10.50}')
        + "  extractors: {price: $.a}\n"
        + "  validations: [{cheap: [$.a, 12]}, {eq: [$.a, '${doubled(5.25)}']}]\n"
        + "- name: t\n  type: script\n  script: return get_var('price') * 2\n"
        + "  validations: [{eq: [$.result, 21]}]\n"
    )

    assert run.outcomes == {"passed": 1}, run.stdout
