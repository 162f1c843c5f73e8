"""What each check passes, fails and cannot judge: the table of the dialect, row by row."""

from decimal import Decimal

import pytest

from pytest_sisyphus.checks.builtin import CHECKS
from pytest_sisyphus.checks.evaluate import evaluate
from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import Selection, StepData
from pytest_sisyphus.extract.select import select

REGISTRY = Registry("check", CHECKS)
YES, NO, NEITHER = "passes", "fails", "is not judged"


def judged(kind, actual, expected, *, strict=False):
    subject = StepData(document={}, body=actual)
    selection = Selection(path="$", matches=(actual,), step_data=subject)
    return outcome(evaluate(REGISTRY[kind], selection, expected, strict=strict))


def judged_at(kind, path, body, expected=...):
    subject = StepData(document={"status_code": 200, "body": body}, body=body)
    check = REGISTRY[kind]
    expected = check.default_expect if expected is ... else expected
    return outcome(evaluate(check, select(subject, path), expected, strict=False))


def outcome(verdict):
    assert bool(verdict.error) is not verdict.passed
    assert verdict.evaluated or not verdict.passed
    return YES if verdict.passed else NO if verdict.evaluated else NEITHER


@pytest.mark.parametrize(
    ("actual", "expected", "result", "strict_result"),
    [
        (5, 5, YES, YES),
        (5, 6, NO, NO),
        (5, 5.0, YES, YES),
        (5.0, 5, YES, YES),
        (0.1, 0.1, YES, YES),
        (0, -0.0, YES, YES),
        (Decimal("9.90"), 9.9, YES, YES),
        (9.9, Decimal("9.9"), YES, YES),
        (2**60, 2**60 + 1, NO, NO),
        (2**53 + 1, float(2**53), NO, NO),
        ("成功", "成功", YES, YES),
        ("成功", "失败", NO, NO),
        ("a", "A", NO, NO),
        ("", "", YES, YES),
        ("a ", "a", NO, NO),
        (None, None, YES, YES),
        (None, "", NO, NO),
        (None, 0, NO, NO),
        (None, False, NO, NO),
        (None, "null", NO, NO),
        (None, "None", NO, NO),
        ("", None, NO, NO),
        # a boolean is no number
        (True, True, YES, YES),
        (True, 1, NO, NO),
        (1, True, NO, NO),
        (False, 0, NO, NO),
        (0, False, NO, NO),
        (0.0, False, NO, NO),
        # text that is the number's or boolean's text
        (200, "200", YES, NO),
        (5.0, "5.0", YES, NO),
        (5.0, "5", YES, NO),
        (5, "5.0", YES, NO),
        (9.9, "9.9", YES, NO),
        (-3, "-3", YES, NO),
        (True, "true", YES, NO),
        (True, "True", YES, NO),
        (False, "False", YES, NO),
        (False, "false", YES, NO),
        (Decimal("9.90"), "9.90", YES, NO),
        (200, " 200", NO, NO),
        (200, "0200", NO, NO),
        (200, "2e2", NO, NO),
        (9.9, "9.90", NO, NO),
        (True, "yes", NO, NO),
        (True, "1", NO, NO),
        (1, "true", NO, NO),
        (0, "", NO, NO),
        # never the reverse
        ("200", 200, NO, NO),
        ("true", True, NO, NO),
        ("5.0", 5.0, NO, NO),
        ("null", None, NO, NO),
        # deep
        ([1, 2], [1, 2], YES, YES),
        ([1, 2], [2, 1], NO, NO),
        ([1, 2], [1, 2, 3], NO, NO),
        ([1, 2, 3], [1, 2], NO, NO),
        ([], [], YES, YES),
        ([], {}, NO, NO),
        ([], None, NO, NO),
        ([1], 1, NO, NO),
        ([True], [1], NO, NO),
        ([1, 2], ["1", "2"], YES, NO),
        (["1"], [1], NO, NO),
        ({"a": 1}, {"a": 1}, YES, YES),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, YES, YES),
        ({"a": 1, "b": 2}, {"a": 1}, NO, NO),
        ({"a": 1}, {"a": 1, "b": 2}, NO, NO),
        ({"a": 1}, {"A": 1}, NO, NO),
        ({"a": {"b": [1, {"c": True}]}}, {"a": {"b": [1, {"c": True}]}}, YES, YES),
        ({"a": {"b": [1, {"c": True}]}}, {"a": {"b": [1, {"c": "true"}]}}, YES, NO),
        ({"a": {"b": [1, {"c": True}]}}, {"a": {"b": [1, {"c": 1}]}}, NO, NO),
        ({"价格": 8.5}, {"价格": "8.5"}, YES, NO),
        ({"a": 1}, "{'a': 1}", NO, NO),
        ({"a": 1}, '{"a": 1}', NO, NO),
        ([1], "[1]", NO, NO),
        (b"x", b"x", YES, YES),
        (b"x", "x", NO, NO),
        (float("nan"), float("nan"), NO, NO),
        (float("inf"), float("inf"), YES, YES),
        pytest.param(10**5000, 10**5000, YES, YES, id="a number too long to print"),
    ],
)
def test_eq_and_ne(actual, expected, result, strict_result):
    for name in ("eq", "equals", "=="):
        assert judged(name, actual, expected) == result
    assert judged("eq", actual, expected, strict=True) == strict_result

    opposite = {YES: NO, NO: YES}
    for name in ("ne", "not_equals", "!="):
        assert judged(name, actual, expected) == opposite[result]
    assert judged("ne", actual, expected, strict=True) == opposite[strict_result]


@pytest.mark.parametrize(
    ("actual", "expected", "sign"),
    [
        (5, 3, 1),
        (3, 5, -1),
        (5, 5, 0),
        (5, 5.0, 0),
        (0.1, 0.2, -1),
        (-1, 0, -1),
        (10**30, 10**29, 1),
        (Decimal("9.9"), 9.9, 0),
        (9.9, "9.9", 0),
        ("10", 9, 1),
        (10, "9", 1),
        ("10", "9", 1),
        (" 10 ", 9, 1),
        ("1e3", 999, 1),
        ("+5", 5, 0),
        (".5", 0.5, 0),
        ("-3", "-2", -1),
        (float("inf"), 5, 1),
        # dates
        ("2024-01-02", "2024-01-01", 1),
        ("2024-01-01", "2024-01-01", 0),
        ("2024-01-01", "2024-01-01T00:00:00", 0),
        ("2024-01-01 12:00:00", "2024-01-01", 1),
        ("2024-01-01T12:00:00Z", "2024-01-01T12:00:00+00:00", 0),
        ("2024-01-01T12:00:00Z", "2024-01-01T12:00:00+08:00", 1),
        ("2024-01-01T12:00:00.5", "2024-01-01T12:00:00.25", 1),
        ("20240102", "2024-01-01", 1),
        # what has no order
        ("abc", 5, None),
        (5, "abc", None),
        ("abc", "abd", None),
        ("", 5, None),
        (None, 5, None),
        (5, None, None),
        (True, 0, None),
        (1, False, None),
        ([5], 3, None),
        ({"a": 5}, 3, None),
        (float("nan"), 5, None),
        ("nan", 5, None),
        ("2024-01-01", 5, None),
        ("2024-13-01", "2024-01-01", None),
        ("2024-01-01T12:00:00Z", "2024-01-01T12:00:00", None),
        ("2024-01-01", "2024-01-01T12:00:00+08:00", None),
        ("12:30", "12:00", None),
    ],
)
def test_gt_lt_ge_le(actual, expected, sign):
    def said(holds):
        return NEITHER if sign is None else YES if holds else NO

    for name in ("gt", "greater_than", ">"):
        assert judged(name, actual, expected) == said(sign == 1)
    for name in ("lt", "less_than", "<"):
        assert judged(name, actual, expected) == said(sign == -1)
    for name in ("ge", "gte", "greater_or_equal", "greater_than_or_equal", ">="):
        assert judged(name, actual, expected) == said(sign in {0, 1})
    for name in ("le", "lte", "less_or_equal", "less_than_or_equal", "<="):
        assert judged(name, actual, expected) == said(sign in {0, -1})


@pytest.mark.parametrize(
    ("kind", "actual", "expected", "result"),
    [
        ("between", 5, [1, 10], YES),
        ("between", 1, [1, 10], YES),
        ("between", 10, [1, 10], YES),
        ("between", 10.01, [1, 10], NO),
        ("between", 0, [1, 10], NO),
        ("between", "5", [1, "10"], YES),
        ("between", "2024-05-01", ["2024-01-01", "2024-12-31"], YES),
        ("between", "2025-05-01", ["2024-01-01", "2024-12-31"], NO),
        ("between", "x", [1, 10], NEITHER),
        ("between", None, [1, 10], NEITHER),
        ("between", 5, [10, 1], NEITHER),
        ("between", 5, [1], NEITHER),
        ("between", 5, 5, NEITHER),
        # text
        ("startswith", "订单创建", "订单", YES),
        ("startswith", "订单创建", "创建", NO),
        ("startswith", "abc", "", NEITHER),
        ("startswith", 200, "2", NEITHER),
        ("startswith", ["a"], "a", NEITHER),
        ("startswith", None, "", NEITHER),
        ("startswith", "200", 2, NEITHER),
        ("starts_with", "abc", "ab", YES),
        ("endswith", "订单创建", "创建", YES),
        ("endswith", "abc", "ab", NO),
        ("ends_with", "abc", "bc", YES),
        ("endswith", 200, "0", NEITHER),
        # patterns
        ("regex", "order-123", r"\d+", YES),
        ("regex", "order-123", r"^\d+$", NO),
        ("matches", "order-123", r"^order-\d{3}$", YES),
        ("regex", "订单 123", r"^\w+ \d+$", YES),
        ("regex", 123, r"^\d+$", YES),
        ("regex", 1.5, r"^1\.5$", YES),
        ("regex", True, "^true$", YES),
        ("regex", {"a": [1]}, r'"a":\[1\]', YES),
        ("regex", ["茶"], "茶", YES),
        ("regex", "", "^$", YES),
        ("regex", None, ".*", NEITHER),
        ("regex", b"x", "x", NEITHER),
        ("regex", "x", "(", NEITHER),
        ("regex", "x", 5, NEITHER),
        ("regex", "a" * 60 + "b", "^(a|aa)+$", NEITHER),
        # types
        ("type", "x", "str", YES),
        ("type", "x", "string", YES),
        ("type", "5", "int", NO),
        ("type", 5, "int", YES),
        ("type", 5, "integer", YES),
        ("type", 5, "number", YES),
        ("type", 5, "float", NO),
        ("type", 5.0, "float", YES),
        ("type", 5.0, "int", NO),
        ("type", 5.5, "number", YES),
        ("type", Decimal("5.5"), "number", YES),
        ("type", True, "bool", YES),
        ("type", True, "boolean", YES),
        ("type", True, "int", NO),
        ("type", True, "number", NO),
        ("type", 1, "bool", NO),
        ("type", [], "list", YES),
        ("type", [], "array", YES),
        ("type", {}, "list", NO),
        ("type", {}, "dict", YES),
        ("type", {}, "object", YES),
        ("type", [], "object", NO),
        ("type", None, "null", YES),
        ("type", None, "none", YES),
        ("type", None, None, YES),
        ("type", None, "object", NO),
        ("type", 0, "null", NO),
        ("type", 5, "strin", NEITHER),
        ("type", 5, "__eq__", NEITHER),
        ("type", 5, 5, NEITHER),
        # lengths
        ("len_eq", "héé", 3, YES),
        ("len_eq", "订单", 2, YES),
        ("len_eq", [1, 2], 2, YES),
        ("len_eq", {"a": 1}, 1, YES),
        ("len_eq", [], 0, YES),
        ("len_eq", [1, 2], "2", YES),
        ("len_eq", [1, 2], 2.0, YES),
        ("len_eq", [1, 2], 3, NO),
        ("length_eq", [1, 2], 2, YES),
        ("length_equals", [1, 2], 2, YES),
        ("len_gt", [1, 2], 1, YES),
        ("len_gt", [1, 2], 2, NO),
        ("length_greater_than", [1, 2], 1, YES),
        ("len_lt", [1, 2], 3, YES),
        ("length_lt", [1, 2], 2, NO),
        ("len_ge", [1, 2], 2, YES),
        ("length_ge", [1, 2], 3, NO),
        ("len_le", [1, 2], 2, YES),
        ("length_less_or_equal", [1, 2], 1, NO),
        ("len_eq", 5, 1, NEITHER),
        ("len_eq", None, 0, NEITHER),
        ("len_eq", True, 1, NEITHER),
        ("len_lt", 5, 100, NEITHER),
        ("len_eq", [1], -1, NEITHER),
        ("len_eq", [1], True, NEITHER),
        ("len_eq", [1], 1.5, NEITHER),
        ("len_eq", [1], "x", NEITHER),
        # null, empty
        ("is_null", None, True, YES),
        ("is_null", 0, True, NO),
        ("is_null", "", True, NO),
        ("is_null", None, False, NO),
        ("is_null", "x", False, YES),
        ("is_null", "x", "no", NEITHER),
        ("is_empty", "", True, YES),
        ("is_empty", [], True, YES),
        ("is_empty", {}, True, YES),
        ("is_empty", None, True, YES),
        ("is_empty", " ", True, NO),
        ("is_empty", [None], True, NO),
        ("is_empty", "", False, NO),
        ("is_empty", None, False, NO),
        ("is_empty", "x", False, YES),
        ("is_empty", 0, True, NEITHER),
        ("is_empty", 0, False, NEITHER),
        ("is_empty", False, True, NEITHER),
        ("exists", None, True, YES),
        ("exists", 0, True, YES),
        ("exists", 0, False, NO),
        ("exists", 0, "true", NEITHER),
        # status codes
        ("status_code", 200, 200, YES),
        ("status_code", 200, "200", YES),
        ("status_code", 201, 200, NO),
        ("status_code", 204, "2xx", YES),
        ("status_code", 204, "2XX", YES),
        ("status_code", 304, "2xx", NO),
        ("status_code", 404, [200, 404], YES),
        ("status_code", 404, ["200", "4xx"], YES),
        ("status_code", 503, ["2xx", 404], NO),
        ("status_code", 200, [], NEITHER),
        ("status_code", 200, "20x", NEITHER),
        ("status_code", 200, "ok", NEITHER),
        ("status_code", 200, True, NEITHER),
        ("status_code", 200, None, NEITHER),
        ("status_code", 200, 99, NEITHER),
        ("status_code", "200", 200, NEITHER),
        ("status_code", None, "2xx", NEITHER),
        ("status_code", True, "2xx", NEITHER),
    ],
)
def test_a_check(kind, actual, expected, result):
    assert judged(kind, actual, expected) == result


@pytest.mark.parametrize(
    ("actual", "expected", "contains", "not_contains"),
    [
        ([{"role": "admin", "id": 1}], {"role": "admin"}, NO, NO),
        ([{"role": "user"}, {"role": "admin", "id": 1}], {"role": "admin"}, NO, NO),
        ([{"role": "admin", "id": 1}], {"role": "admin", "id": 1}, YES, NO),
        ([{"role": "admin", "id": 1}], {"role": "admin", "id": "1"}, YES, NO),
        ([{"role": "admin", "id": 1}], {"role": "admin", "id": 2}, NO, YES),
        ([{"role": "admin", "id": 1}], {"role": "admin", "x": None}, NO, YES),
        ([{"user": {"role": "admin", "id": 1}}], {"user": {"role": "admin"}}, NO, NO),
        ([{"user": {"role": "guest", "id": 1}}], {"user": {"role": "admin"}}, NO, YES),
        ([{"id": 1}], {}, NO, NO),
    ],
)
def test_a_part_of_an_element_is_neither_a_member_nor_absent(
    actual, expected, contains, not_contains
):
    assert judged("contains", actual, expected) == contains
    assert judged("not_contains", actual, expected) == not_contains


@pytest.mark.parametrize(
    ("actual", "expected", "result"),
    [
        ("admin", [["admin", "root"]], NEITHER),
        (1, [{"id": 1}], NEITHER),
        ("admin", [["admin"], "root"], NO),
        ([1], [[1], [2]], YES),
        (None, [{"id": 1}], NO),
        ("admin", [], NEITHER),
    ],
)
def test_a_list_in_a_list_holds_no_plain_value(actual, expected, result):
    assert judged("in", actual, expected) == result
    assert judged("not_in", actual, expected) == {YES: NO, NO: YES}.get(result, NEITHER)


@pytest.mark.parametrize(
    ("actual", "expected", "result"),
    [
        ("订单创建成功", "创建", YES),
        ("abc", "B", NO),
        ("abc", "", NEITHER),
        (["a", ""], "", YES),
        (["a"], "", NO),
        ({"": 1}, "", YES),
        (["a", "b"], "a", YES),
        (["ab"], "a", NO),
        ([1, 2], 2, YES),
        ([1, 2], "2", YES),
        (["2"], 2, NO),
        ([True], 1, NO),
        ([None], None, YES),
        ([[1], {"a": 1}], {"a": 1}, YES),
        ([[1], {"a": 1}], {"a": 1, "b": 2}, NO),
        ([[1, 2]], [1, 2], YES),
        ([[1], 2], [1, 2], NO),
        ([{"a": 1}, 2], {"a": 2}, NO),
        ([], "x", NO),
        ([], ["x"], NO),
        ({"a": 1}, "a", YES),
        ({"a": 1}, 1, NEITHER),
        ({"a": 1}, "b", NO),
        ({}, "b", NO),
        # operands that cannot contain, or be contained
        (5, "5", NEITHER),
        (5, 5, NEITHER),
        (True, "t", NEITHER),
        (None, "x", NEITHER),
        (b"abc", "a", NEITHER),
        ("code 200", 200, NEITHER),
        ("abc", None, NEITHER),
        ("abc", ["a"], NEITHER),
        ({"a": 1}, ["a"], NEITHER),
        # a list or mapping is no member where there is no other one
        ([1, 2, 3], [1, 2], NEITHER),
        (["admin", "root"], ["admin", "root"], NEITHER),
        (["admin", "root"], [], NEITHER),
        (["admin"], {"role": "admin"}, NEITHER),
        ([None], {}, NEITHER),
        ([{"role": "admin"}], ["admin", "root"], NEITHER),
        ([["admin"]], {"role": "admin"}, NEITHER),
    ],
)
def test_contains_and_not_contains(actual, expected, result):
    """W21: what cannot contain fails both ways."""
    assert judged("contains", actual, expected) == result
    assert judged("not_contains", actual, expected) == {YES: NO, NO: YES}.get(result, NEITHER)


@pytest.mark.parametrize(
    ("actual", "expected", "result"),
    [
        (1, [1, 2], YES),
        (3, [1, 2], NO),
        (1, ["1", "2"], YES),
        ("1", [1, 2], NO),
        (True, [1], NO),
        (True, ["true"], YES),
        ("待支付", ["待支付", "已支付"], YES),
        (None, [None], YES),
        (None, [], NEITHER),
        ([1], [[1], [2]], YES),
        ([1], [1], NO),
        ({"a": 1}, [{"a": "1"}], YES),
        (1, 1, NEITHER),
        ("a", "abc", NEITHER),
        ("a", {"a": 1}, NEITHER),
        ("a", None, NEITHER),
    ],
)
def test_in_and_not_in(actual, expected, result):
    """W21: what is no list fails both ways."""
    for name in ("in", "in_list"):
        assert judged(name, actual, expected) == result
    for name in ("not_in", "not_in_list"):
        assert judged(name, actual, expected) == {YES: NO, NO: YES}.get(result, NEITHER)


ITEMS = {"items": [{"id": 1, "n": "a"}, {"id": 2, "n": "bc"}], "none": None, "code": 0}


@pytest.mark.parametrize(
    ("kind", "path", "expected", "result"),
    [
        # a miss fails, inside `not` too
        *[
            (check.name, "$.nope", {"between": [1, 2]}.get(check.name, ["x"]), NEITHER)
            for check in CHECKS
            if check.name != "exists"
        ],
        ("ne", "$.nope", 1, NEITHER),
        ("not_contains", "$.nope", "x", NEITHER),
        ("not_in", "$.nope", [1], NEITHER),
        ("is_null", "$.nope", True, NEITHER),
        ("is_empty", "$.nope", True, NEITHER),
        ("len_eq", "$.items[?@.id==9]", 0, YES),
        ("exists", "$.nope", False, YES),
        ("exists", "$.nope", True, NO),
        ("exists", "$.nope", ..., NO),
        ("exists", "$.code", ..., YES),
        ("exists", "$.none", ..., YES),
        ("exists", "$.none", False, NO),
        ("exists", "$.items[?@.id==9]", False, YES),
        ("exists", "$.items[?@.id==2]", True, YES),
        ("is_null", "$.none", ..., YES),
        # several matches are a list, one stands for itself
        ("eq", "$.items[*].id", [1, 2], YES),
        ("eq", "$.items[*].id", ["1", "2"], YES),
        ("eq", "$.items[*].id", [2, 1], NO),
        ("ne", "$.items[*].id", [1], YES),
        ("contains", "$.items[*].n", "bc", YES),
        ("contains", "$.items[*].n", "b", NO),
        ("not_contains", "$.items[*].n", "b", YES),
        ("in", "$.items[*].id", [[1, 2], [3]], YES),
        ("type", "$.items[*].id", "list", YES),
        ("regex", "$.items[*].n", "bc", YES),
        ("eq", "$.items[?@.id==2].n", "bc", YES),
        ("eq", "$.items[?@.id==2].n", ["bc"], NO),
        ("contains", "$.items[?@.id==2].n", "b", YES),
        ("gt", "$.items[?@.id==2].id", 1, YES),
        ("gt", "$.items[*].id", 0, NEITHER),
        ("is_null", "$.items[*].id", False, YES),
        # length counts the matches
        ("len_eq", "$.items[*].n", 2, YES),
        ("len_eq", "$.items[?@.id==2].n", 1, YES),
        ("len_eq", "$.items[1].n", 2, YES),
        ("len_gt", "$..id", 1, YES),
        ("eq", "$.items.length()", 2, YES),
        ("eq", "$.items[?@.id==9].length()", 0, YES),
        # W58: beyond the body
        ("status_code", "$.status_code", 200, YES),
        ("eq", "$.status_code", "200", YES),
    ],
)
def test_a_check_of_a_path(kind, path, expected, result):
    assert judged_at(kind, path, ITEMS, expected) == result


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ("OK", "eq", "OK"),
        ("OK", "contains", "K"),
        ("", "is_empty", True),
        (None, "is_empty", True),
        ([], "len_eq", 0),
        ([1], "eq", [1]),
        (5, "gt", 4),
        (False, "eq", False),
        ({"a": 1}, "exists", True),
    ],
)
def test_a_whole_body_can_be_checked(body, kind, expected):
    """W57: the path `$`."""
    assert judged_at(kind, "$", body, expected) == YES


def test_every_check_of_the_manual_has_its_names():
    """W66: `in`, `len_eq`, `startswith` and the others are there."""
    promised = (
        "eq equals == ne gt lt ge le between contains not_contains startswith starts_with endswith "
        "ends_with regex matches in in_list not_in not_in_list type len_eq len_gt len_lt len_ge "
        "len_le length_eq length_gt length_lt length_ge length_le exists is_null is_empty "
        "status_code schema"
    )

    assert set(promised.split()) <= set(REGISTRY.names)


def test_a_method_name_is_no_check():
    """W30: `type: __eq__`."""
    assert "__eq__" not in REGISTRY
