"""What holds for every value: no check crashes, hangs or speaks Python."""

import datetime
import json
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_sisyphus.checks.builtin import CHECKS
from pytest_sisyphus.checks.equality import differences, equal
from pytest_sisyphus.checks.evaluate import evaluate
from pytest_sisyphus.checks.logic import combine
from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import Selection, StepData

pytestmark = pytest.mark.slow

REGISTRY = Registry("check", CHECKS)
OPPOSITES = [("eq", "ne"), ("contains", "not_contains"), ("in", "not_in")]
#: what Python says of its own mistakes (W36).
PYTHON = re.compile(
    r"itself broke|Error\b|object of type|NoneType|not supported between|unhashable"
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["5", "5.0", "true", "True", "null", "2xx", "2024-01-01", "1e999999", "(", "-"]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
ANYTHING = VALUES | st.decimals() | st.binary(max_size=5) | st.dates() | st.tuples(VALUES)
KINDS = st.sampled_from(CHECKS)


def verdict_of(kind, actual, expected, *, strict=False):
    subject = StepData(document={}, body=actual)
    selection = Selection(path="$", matches=(actual,), step_data=subject)
    return evaluate(kind, selection, expected, strict=strict)


@settings(deadline=None)
@given(KINDS, ANYTHING, ANYTHING, st.booleans())
def test_every_check_gives_a_verdict_on_everything(kind, actual, expected, strict):
    verdict = verdict_of(kind, actual, expected, strict=strict)

    assert verdict.evaluated or not verdict.passed
    assert verdict.passed is (verdict.error == "")
    assert len(verdict.error) < 3000
    verdict.error.encode("utf-8")


@settings(deadline=None)
@given(KINDS, VALUES, VALUES)
def test_no_check_speaks_python(kind, actual, expected):
    """W36."""
    own_words = json.dumps([actual, expected], ensure_ascii=False)
    error = verdict_of(kind, actual, expected).error

    assert not PYTHON.search(error) or PYTHON.search(own_words)


@settings(deadline=None)
@given(VALUES, VALUES, st.booleans())
def test_what_is_equal_has_no_difference(actual, expected, strict):
    for other in (expected, actual):
        found = list(differences(actual, other, strict=strict))

        assert equal(actual, other, strict=strict) is (not found)


@settings(deadline=None)
@given(KINDS, ANYTHING)
def test_complaints_are_sentences_or_nothing(kind, expected):
    complaint = kind.validate_expected(expected)

    assert complaint is None or (complaint and "\n" not in complaint)


@settings(deadline=None)
@given(KINDS, VALUES, VALUES)
def test_what_is_complained_about_beforehand_never_passes(kind, actual, expected):
    if kind.validate_expected(expected) is not None:
        assert not verdict_of(kind, actual, expected).passed


@settings(deadline=None)
@given(st.sampled_from(OPPOSITES), VALUES, VALUES, st.booleans())
def test_a_negation_passes_exactly_when_its_check_is_evaluated_and_fails(
    pair, actual, expected, strict
):
    plain, negated = (verdict_of(REGISTRY[name], actual, expected, strict=strict) for name in pair)

    assert plain.evaluated is negated.evaluated
    if plain.evaluated:
        assert plain.passed is not negated.passed
    else:
        assert not plain.passed
        assert not negated.passed
    assert combine("not", [plain]).passed is negated.passed


@settings(deadline=None)
@given(VALUES.filter(lambda value: "NaN" not in json.dumps(value)))
def test_a_value_equals_itself_and_its_json(value):
    again = json.loads(json.dumps(value))

    for strict in (False, True):
        assert verdict_of(REGISTRY["eq"], value, again, strict=strict).passed
        assert verdict_of(REGISTRY["contains"], [value], again, strict=strict).passed
        assert verdict_of(REGISTRY["in"], value, [again], strict=strict).passed


@settings(deadline=None)
@given(VALUES, VALUES)
def test_strict_only_ever_takes_away(actual, expected):
    if verdict_of(REGISTRY["eq"], actual, expected, strict=True).passed:
        assert verdict_of(REGISTRY["eq"], actual, expected).passed


@settings(deadline=None)
@given(SCALARS.filter(lambda value: isinstance(value, int | float)), SCALARS)
def test_the_orders_agree(actual, expected):
    gt, lt, ge, le = (
        verdict_of(REGISTRY[name], actual, expected) for name in ("gt", "lt", "ge", "le")
    )

    assert len({one.evaluated for one in (gt, lt, ge, le)}) == 1
    if gt.evaluated:
        assert gt.passed is not le.passed
        assert lt.passed is not ge.passed
        assert not (gt.passed and lt.passed)


@pytest.mark.parametrize("kind", [check.name for check in CHECKS])
@pytest.mark.parametrize(
    "actual",
    [object(), {1, 2}, datetime.date(2024, 1, 1), Decimal("NaN"), b"\xff", 10**6000, print],
    ids=["object", "set", "date", "NaN", "bytes", "huge", "function"],
)
def test_values_no_server_sends_are_judged_without_a_crash(kind, actual):
    for expected in (actual, [actual, actual], 5, "x"):
        verdict = verdict_of(REGISTRY[kind], actual, expected)
        assert "itself broke" not in verdict.error


@pytest.mark.parametrize(
    "kind", ["eq", "ne", "contains", "in", "type", "len_eq", "regex", "schema"]
)
def test_very_deep_values_are_judged_without_a_crash(kind):
    def deep(leaf):
        for _ in range(20_000):
            leaf = [leaf]
        return leaf

    expected = {
        "type": "list",
        "len_eq": 1,
        "regex": "x",
        "in": [deep(1)],
        "schema": {"type": "array"},
    }
    verdict = verdict_of(REGISTRY[kind], deep(1), expected.get(kind, deep(2)))

    assert "itself broke" not in verdict.error


def test_two_large_bodies_are_compared_in_one_pass():
    body = {"rows": [{"id": i, "text": "x" * 100, "tags": ["a", "b"]} for i in range(20_000)]}
    other = json.loads(json.dumps(body))
    other["rows"][-1]["id"] = -1

    assert verdict_of(REGISTRY["eq"], body, json.loads(json.dumps(body))).passed
    assert "at $.rows[19999].id: expected -1" in verdict_of(REGISTRY["eq"], body, other).error
