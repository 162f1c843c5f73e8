"""What a failed check says: one plain sentence, short, with the difference in sight."""

import json

import pytest
from languages import is_chinese

from pytest_sisyphus.checks.builtin import CHECKS
from pytest_sisyphus.checks.evaluate import evaluate
from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import StepData
from pytest_sisyphus.extract.select import select

REGISTRY = Registry("check", CHECKS)


def error_of(kind, body, expected, path="$", *, strict=False):
    subject = StepData(document={"status_code": 500, "body": body}, body=body)
    verdict = evaluate(REGISTRY[kind], select(subject, path), expected, strict=strict)
    assert not verdict.passed
    return verdict.error


QUOTE = "this is text, and a number never equals it: expect it in quotes, or a variable as ${name | string}"
FAILURES = [
    # as in the output protocol
    ("eq", 1001, 0, "Expected 0, but got 1001"),
    ("eq", "参数错误", "success", "Expected success, but got 参数错误"),
    ("eq", True, False, "Expected false, but got true"),
    ("eq", None, 5, "Expected 5, but got null"),
    ("eq", 5.5, 5, "Expected 5, but got 5.5"),
    # quotes only where the bare text would be misread
    ("eq", "5", 5, f'Expected 5, but got "5" ({QUOTE})'),
    ("eq", "6", 5, 'Expected 5, but got "6"'),
    ("eq", "", 0, 'Expected 0, but got ""'),
    ("eq", "5.0", 5, f'Expected 5, but got "5.0" ({QUOTE})'),
    ("eq", "true", True, f'Expected true, but got "true" ({QUOTE.replace("number", "boolean")})'),
    (
        "match",
        {"a": "0"},
        {"a": 0},
        f'Expected a match of {{"a":0}}, but at $.a: expected 0, but got "0" ({QUOTE})',
    ),
    ("eq", None, "null", 'Expected "null", but got null'),
    ("eq", "", "x", 'Expected x, but got ""'),
    ("eq", "x ", "x", 'Expected x, but got "x "'),
    ("eq", "a\nb", "a", 'Expected a, but got "a\\nb"'),
    ("eq", "[1]", [1], 'Expected [1], but got "[1]"'),
    ("eq", "a b", "a c", "Expected a c, but got a b"),
    ("ne", 5, 5, "Expected anything but 5, but got 5"),
    ("ne", 5, "5", 'Expected anything but "5", but got 5'),
    ("gt", 3, 5, "Expected more than 5, but got 3"),
    ("ge", 3, 5, "Expected at least 5, but got 3"),
    ("lt", 5, 3, "Expected less than 3, but got 5"),
    ("le", 5, 3, "Expected at most 3, but got 5"),
    ("between", 12, [1, 10], "Expected something within [1,10], but got 12"),
    ("contains", "abc", "x", "Expected something that contains x, but got abc"),
    (
        "not_contains",
        [{"role": "admin", "id": 1}],
        {"role": "admin"},
        (
            'Expected something without {"role":"admin"}, but element 0 has all of it: '
            '{"role":"admin","id":1} (as match looks for a part; name more keys to tell the '
            "elements apart)"
        ),
    ),
    ("not_contains", "abc", "b", "Expected something without b, but got abc"),
    ("startswith", "abc", "b", "Expected text that starts with b, but got abc"),
    ("endswith", "abc", "b", "Expected text that ends with b, but got abc"),
    ("regex", "abc", "^b", "Expected text in which ^b is found, but got abc"),
    ("in", 3, [1, 2], "Expected one of [1,2], but got 3"),
    ("not_in", 1, [1, 2], "Expected none of [1,2], but got 1"),
    ("type", "5", "int", 'Expected type int, but got str: "5"'),
    ("type", True, "int", "Expected type int, but got bool: true"),
    ("len_eq", [1, 2], 3, "Expected the length to be 3, but got 2"),
    ("len_gt", "ab", 3, "Expected the length to be more than 3, but got 2"),
    ("is_null", 5, True, "Expected $ to be null, but got 5"),
    ("is_null", None, False, "Expected $ not to be null, but got null"),
    ("is_empty", [1], True, "Expected $ to be empty, but got [1]"),
    ("exists", 5, False, "Expected no match for $, but got 5"),
    # what cannot be judged
    (
        "gt",
        "abc",
        5,
        (
            "cannot order abc (text) and 5 (a number): both must be numbers, numeric "
            "text or ISO dates"
        ),
    ),
    (
        "lt",
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        ('cannot order "2024-01-01" and "2024-01-01T00:00:00Z": one has a time zone, one has none'),
    ),
    ("contains", 5, "5", "a number contains nothing; text, a list or a mapping does"),
    (
        "not_contains",
        ["admin", "root"],
        ["admin", "root"],
        (
            'cannot look for ["admin","root"] (a list) among values of which none is a list, such '
            "as admin (text); write one check for each of its values"
        ),
    ),
    (
        "not_in",
        "admin",
        [["admin", "root"]],
        'admin (text) is never one of [["admin","root"]], which holds no plain value',
    ),
    ("contains", "code 200", 200, "cannot look for 200 (a number) in text"),
    ("not_contains", None, "x", "null contains nothing; text, a list or a mapping does"),
    ("startswith", 200, "2", "must be text, got 200 (a number)"),
    ("len_eq", None, 0, "null has no length: null"),
    ("is_empty", 0, True, "a number is neither empty nor full: 0"),
    ("in", "a", "abc", "expect must be a list, got abc (text)"),
]


@pytest.mark.parametrize(("kind", "actual", "expected", "error"), FAILURES)
def test_a_failure_says(kind, actual, expected, error):
    assert error_of(kind, actual, expected) == error


OF_PATHS = [
    (
        "eq",
        "$.cod",
        0,
        "no match for $.cod; at that level there is: code, items; did you mean 'code'?",
    ),
    (
        "exists",
        "$.cod",
        True,
        "no match for $.cod; at that level there is: code, items; did you mean 'code'?",
    ),
    ("len_eq", "$.items[*]", 3, "Expected matches to be 3, but got 2"),
    (
        "eq",
        "$.items[?@.id==1].id",
        [1],
        "Expected [1], but got 1 (a single match stands for itself, not for a list of one)",
    ),
    (
        "eq",
        "$.items[*].id",
        [1, 3],
        "Expected [1,3], but got [1,2] (at match [1]: expected 3, but got 2)",
    ),
    (
        "eq",
        "$.items",
        [{"id": 1}, {"id": 3}],
        (
            'Expected [{"id":1},{"id":3}], but got '
            '[{"id":1},{"id":2}] (at $.items[1].id: expected 3, but got 2)'
        ),
    ),
    ("status_code", "$.status_code", [200, "2xx"], 'Expected status [200,"2xx"], but got 500'),
]


@pytest.mark.parametrize(("kind", "path", "expected", "error"), OF_PATHS)
def test_a_failure_of_a_path_says(kind, path, expected, error):
    body = {"code": 0, "items": [{"id": 1}, {"id": 2}]}

    assert error_of(kind, body, expected, path) == error


DIFFERENCES = [
    (
        {"items": [1, {"price": 12}]},
        {"items": [1, {"price": 10}]},
        "at $.items[1].price: expected 10, but got 12",
    ),
    ({"a": 1}, {"a": 1, "b": 2}, "at $.b: expected 2, but it is missing"),
    ({"a": 1, "b": 2}, {"a": 1}, "at $.b: expected nothing, but got 2"),
    ([1, 2, 3], [1], "at $[1]: expected nothing, but got 2; at $[2]: expected nothing"),
    ([1], [1, 2], "at $[1]: expected 2, but it is missing"),
    ({"a b": {"中文": 1}}, {"a b": {"中文": 2}}, "at $['a b'].中文: expected 2, but got 1"),
    ({"a": "1"}, {"a": 1}, f'at $.a: expected 1, but got "1" ({QUOTE})'),
    ({"a": "1"}, {"a": 2}, 'at $.a: expected 2, but got "1")'),
    (list(range(20)), list(range(1, 21)), "; and 15 more)"),
]


@pytest.mark.parametrize(("actual", "expected", "place"), DIFFERENCES)
def test_the_difference_of_mappings_and_lists_is_named(actual, expected, place):
    assert place in error_of("eq", actual, expected)


def test_with_strict_the_text_of_a_number_is_said_to_be_text():
    said = error_of("eq", 5, "5", strict=True)
    assert (
        said
        == 'Expected "5", but got 5 (with strict, text equals only text: expect it without quotes, or a variable as ${name | int})'
    )
    assert "(with strict, text" not in error_of("eq", 5, "6", strict=True)
    assert "strict" in error_of("eq", {"a": 5}, {"a": "5"}, strict=True)


def test_each_failure_is_said_in_chinese_as_well(set_to_chinese):
    body = {"code": 0, "items": [{"id": 1}, {"id": 2}]}
    said = [
        *(error_of(kind, actual, expected) for kind, actual, expected, _ in FAILURES),
        *(error_of(kind, body, expected, path) for kind, path, expected, _ in OF_PATHS),
        *(error_of("eq", actual, expected) for actual, expected, _ in DIFFERENCES),
    ]

    assert [one for one in said if not is_chinese(one)] == []


@pytest.mark.parametrize("kind", ["eq", "ne", "contains", "regex", "in", "type", "is_empty"])
def test_a_huge_value_makes_a_short_sentence(kind):
    body = {"rows": [{"id": i, "text": "x" * 100} for i in range(2000)]}
    expected = {
        "ne": body,
        "contains": "nope",
        "regex": "nope",
        "in": [1],
        "type": "int",
        "is_empty": True,
    }.get(kind, {})

    assert len(error_of(kind, body, expected)) < 1500


def test_long_text_is_shown_around_its_first_difference():
    actual, expected = "x" * 5000 + "B" + "y" * 5000, "x" * 5000 + "A" + "y" * 5000

    error = error_of("eq", actual, expected)

    assert error.startswith("Expected …xxxx")
    assert "xxxAyyy" in error
    assert "xxxByyy" in error
    assert len(error) < 400


def test_long_text_that_only_goes_on_is_shown_where_it_does():
    error = error_of("eq", "x" * 300 + "END", "x" * 300)

    assert "xEND" in error


def test_half_characters_of_a_server_never_reach_a_report_raw():
    body = json.loads('{"\\ud800": "\\udfff", "ok": "\\ud83d\\ude00"}')

    for error in (
        error_of("eq", body, {"x": 1}),
        error_of("eq", body, 1, "$.nope"),
        error_of("eq", body, "x", "$.ok"),
        error_of("contains", ["\ud800"], "x"),
    ):
        error.encode("utf-8")
    assert "😀" in error_of("eq", body, "x", "$.ok")


def test_a_number_too_long_to_print_is_described():
    assert "bits)" in error_of("eq", 10**6000, 5)
