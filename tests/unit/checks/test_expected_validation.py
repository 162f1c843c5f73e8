"""What is wrong with an expectation is said before anything runs."""

import pytest
from languages import is_chinese

from pytest_sisyphus.checks.builtin import CHECKS
from pytest_sisyphus.extensions.registry import Registry

REGISTRY = Registry("check", CHECKS)


WRONG = [
    ("gt", "abc", "expect must be a number, numeric text or an ISO date, got abc (text)"),
    ("lt", True, "expect must be a number, numeric text or an ISO date, got true (a boolean)"),
    ("ge", None, "expect must be a number, numeric text or an ISO date, got null"),
    ("le", [1], "expect must be a number, numeric text or an ISO date, got [1] (a list)"),
    ("gt", "2024-13-01", "ISO date"),
    ("between", 5, "expect must be [min, max] (in short `between: [path, [min, max]]`), got 5"),
    ("between", [1], "[path, [min, max]]`), got [1] (a list)"),
    ("between", [1, 2, 3], "[path, [min, max]]`), got [1,2,3] (a list)"),
    ("between", {"min": 1, "max": 2}, "expect must be [min, max] ("),
    ("between", [10, 1], "expect must be [min, max], but 10 is the greater one"),
    ("between", ["a", "b"], "cannot order a (text) and b (text)"),
    ("between", [1, "2024-01-01"], "cannot order"),
    ("startswith", 5, "expect must be text, got 5 (a number)"),
    ("endswith", None, "expect must be text, got null"),
    ("regex", 5, "expect must be text, got 5 (a number)"),
    *[
        (kind, "", "expect is empty text, which every text contains")
        for kind in ("startswith", "endswith", "regex")
    ],
    *[
        ("regex", pattern, "is found in every text")
        for pattern in (
            *("x|", "|x", "x*", ".*", "(error)?", "a{0,3}", "^", "$", "^x*", "x*$"),
            *("^|error", "(?:a|b*)", "(?i)x*", "[^a]*", "()"),
        )
    ],
    ("in", [], "expect is an empty list, of which nothing is a member"),
    ("not_in", [], "expect is an empty list, of which nothing is a member"),
    ("len_ge", 0, "expect is 0, and no length is less"),
    ("length_ge", "0", "expect is 0, and no length is less"),
    ("schema", {}, "a schema that asks for nothing"),
    ("schema", {"$schema": "x", "title": "t", "$defs": {}}, "a schema that asks for nothing"),
    ("regex", "(", "the pattern '(' is not a regular expression: missing ) at character 2"),
    ("regex", "[a", "is not a regular expression"),
    ("regex", "*", "nothing to repeat"),
    ("regex", "a" * 20_000, "at most 10000 characters"),
    ("in", "abc", "expect must be a list, got abc (text)"),
    ("in", {"a": 1}, "expect must be a list"),
    ("not_in", 5, "expect must be a list, got 5 (a number)"),
    ("type", "strin", "no type 'strin'; did you mean 'string' or 'str'?"),
    ("type", "Int", "no type 'Int'; did you mean 'int'"),
    ("type", "xyz", "known: str, string, int, integer, float, number, bool, boolean, list,"),
    ("type", 5, "expect must be the name of a type, got 5 (a number)"),
    ("len_eq", "x", "expect must be a length, a whole number from 0 on, got x (text)"),
    ("len_eq", -1, "expect must be a length"),
    ("len_gt", 1.5, "expect must be a length"),
    ("len_le", True, "expect must be a length, a whole number from 0 on, got true (a boolean)"),
    ("length_ge", [1], "expect must be a length"),
    ("exists", "yes", "expect must be true or false, got yes (text)"),
    ("is_null", 1, "expect must be true or false, got 1 (a number)"),
    ("is_empty", None, "expect must be true or false, got null"),
    ("status_code", "ok", "a status code, `2xx`, or a list of those, got ok (text)"),
    ("status_code", 99, "a status code"),
    ("status_code", 2000, "a status code"),
    ("status_code", "6xx", "a status code"),
    ("status_code", "2x", "a status code"),
    ("status_code", True, "a status code"),
    ("status_code", 200.5, "a status code"),
    ("status_code", [], "at least one status code"),
    ("status_code", [200, "x"], "got x (text)"),
    ("status_code", [[200]], "a status code"),
    ("status_code", None, "a status code"),
    ("schema", "file.json", "expect must be a JSON Schema: a mapping"),
    ("schema", [], "expect must be a JSON Schema"),
    ("schema", {"type": "strin"}, "expect is no JSON Schema: at .type: "),
    ("schema", {"properties": {"a": {"minimum": "x"}}}, "at .properties.a.minimum"),
    ("schema", {"pattern": "("}, "at .pattern"),
]


@pytest.mark.parametrize(("kind", "expected", "complaint"), WRONG)
def test_a_bad_expectation_is_refused(kind, expected, complaint):
    assert complaint in REGISTRY[kind].validate_expected(expected)


def test_it_is_refused_in_chinese_as_well(set_to_chinese):
    said = [REGISTRY[kind].validate_expected(expected) for kind, expected, _ in WRONG]

    assert [one for one in said if not is_chinese(one)] == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        *[("eq", value) for value in (0, "", None, [], {}, True)],
        *[("ne", value) for value in (0, "", None, [], {}, True)],
        *[("contains", value) for value in (0, "", None, [], {}, True)],
        *[("gt", value) for value in (0, -1.5, "5", " 5 ", "1e3", "2024-01-01", "20240101T101010")],
        *[("between", value) for value in ([1, 2], [1, 1], ["1", 2], ["2024-01-01", "2024-01-02"])],
        *[("regex", value) for value in ("^a$", r"\d+", "[[a]", "(?P<n>a)", "订单")],
        *[
            ("regex", value)
            for value in ("^$", "^a*$", "^(?!.*error)", r"\b|", "(?<!a)$", r"\Aa?\Z")
        ],
        *[("not_in", value) for value in ([1], ["a", None])],
        *[("len_ge", value) for value in (1, "1")],
        *[("in", value) for value in ([1], ["a", None])],
        *[("type", value) for value in ("str", "integer", "none", None)],
        *[("len_eq", value) for value in (0, 5, "5", 5.0)],
        *[("exists", value) for value in (True, False)],
        *[("status_code", value) for value in (200, "200", "2xx", "5XX", [200, "404", "3xx"])],
        *[("schema", value) for value in ({"type": "object"}, {"pattern": "^a"})],
    ],
)
def test_a_good_expectation_is_not_complained_about(kind, expected):
    assert REGISTRY[kind].validate_expected(expected) is None


def test_the_table_has_what_short_forms_need():
    needs_nothing = {check.name for check in CHECKS if check.default_expect is not ...}
    has_path = {check.name: check.default_path for check in CHECKS if check.default_path is not ...}

    assert needs_nothing == {"exists", "is_null", "is_empty"}
    assert has_path == {"status_code": "$.status_code", "schema": "$"}
    assert REGISTRY["status_code"].default_source == "response"


def test_every_check_has_a_line_for_the_manual():
    assert all(check.description and "\n" not in check.description for check in CHECKS)
