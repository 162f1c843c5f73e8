"""Checks that could never fail: they are not judged, so that they never pass either."""

import pytest

from pytest_sisyphus.checks.builtin import CHECKS
from pytest_sisyphus.checks.evaluate import evaluate
from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import StepData
from pytest_sisyphus.extract.select import select

REGISTRY = Registry("check", CHECKS)
BODY = {
    "users": [{"name": "a", "tags": ["x"]}, {"name": "b", "tags": ["y"]}],
    "one": [{"name": "a"}],
    "none": [],
    "empty": {},
    "null": None,
    "s": "text",
}


def verdict_of(kind, path, expected):
    subject = StepData(document={"status_code": 200, "body": BODY}, body=BODY)
    return evaluate(REGISTRY[kind], select(subject, path), expected, strict=False)


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        ("ne", "$.users[*].name", "a"),
        ("ne", "$.users[*].name", "z"),
        ("ne", "$..name", None),
        ("ne", "$.users[?@.name != 'z']", {"name": "a"}),
        ("ne", "$.users[0:2].name", 5),
        ("not_in", "$.users[*].name", ["a", "b"]),
    ],
)
def test_a_list_of_matches_is_never_unequal_to_what_is_no_list(kind, path, expected):
    verdict = verdict_of(kind, path, expected)

    assert (verdict.passed, verdict.evaluated) == (False, False)
    assert "could never fail; write not_contains to look at each of them" in verdict.error
    assert path in verdict.error


@pytest.mark.parametrize(
    ("kind", "path", "expected", "passed"),
    [
        # a single match stands for itself
        ("ne", "$.one[*].name", "a", False),
        ("ne", "$.one[*].name", "b", True),
        ("not_in", "$.one[*].name", ["a"], False),
        ("not_in", "$.users[?@.name=='b'].name", ["a"], True),
        # lists can be equal to lists
        ("ne", "$.users[*].name", ["a", "b"], False),
        ("ne", "$.users[*].name", ["a"], True),
        ("not_in", "$.users[*].name", [["a", "b"], 5], False),
        ("not_in", "$.users[*].name", [["a"], 5], True),
        # a definite path may well lead to a list once and to something else another time
        ("ne", "$.users", "a", True),
        ("not_in", "$.users", ["a"], True),
        # what to write instead
        ("not_contains", "$.users[*].name", "a", False),
        ("not_contains", "$.users[*].name", "z", True),
    ],
)
def test_what_can_fail_is_judged(kind, path, expected, passed):
    verdict = verdict_of(kind, path, expected)

    assert (verdict.passed, verdict.evaluated) == (passed, True)


@pytest.mark.parametrize(
    ("kind", "path", "expected", "complaint"),
    [
        ("not_contains", "$.users", "a", "cannot look for a (text) among 2 mappings"),
        ("not_contains", "$.users[*]", 5, "cannot look for 5 (a number) among 2 mappings"),
        ("contains", "$.users", "a", "such as $.list[*].name"),
        ("not_in", "$.s", [], "expect is an empty list"),
        ("not_in", "$.users[*].name", [], "expect is an empty list"),
        ("regex", "$.s", "x|", "is found in every text"),
        ("len_ge", "$.s", 0, "expect is 0"),
        ("schema", "$.s", {}, "asks for nothing"),
    ],
)
def test_what_no_value_could_break_is_not_judged(kind, path, expected, complaint):
    verdict = verdict_of(kind, path, expected)

    assert (verdict.passed, verdict.evaluated) == (False, False)
    assert complaint in verdict.error


@pytest.mark.parametrize("path", ["$.users", "$.none"])
def test_a_null_may_be_missing_among_mappings(path):
    assert verdict_of("not_contains", path, None).passed


@pytest.mark.parametrize(("kind", "expected"), [("eq", "a"), ("in", ["a", "b"])])
def test_what_can_never_hold_is_no_reason_for_a_not_to_pass(kind, expected):
    verdict = verdict_of(kind, "$.users[*].name", expected)

    assert (verdict.passed, verdict.evaluated) == (False, False)
    assert verdict.error.startswith("Expected ")


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("$.none[*]", 0),
        ("$.none[*].name", 0),
        ("$.none[0:3]", 0),
        ("$.none[?@.id==1]", 0),
        ("$.empty[*]", 0),
        ("$.empty.*", 0),
        ("$.users[?@.name=='z']", 0),
        ("$.users[?@.name=='z'].tags[*]", 0),
        ("$.users[5:]", 0),
        ("$.one[*]", 1),
        ("$.users[*].tags[*]", 2),
    ],
)
def test_no_match_is_a_count_where_there_was_something_to_choose_from(path, count):
    assert verdict_of("length_eq", path, count).passed
    assert verdict_of("length_lt", path, count + 1).passed

    other = verdict_of("length_eq", path, count + 1)
    assert (other.passed, other.evaluated) == (False, True)
    assert other.error == f"Expected matches to be {count + 1}, but got {count}"


@pytest.mark.parametrize(
    "path",
    ["$.nne[*]", "$.users[*].nme", "$.null[*]", "$.s[*]", "$.users[*].tgs[*]", "$..nme", "$.nope"],
)
def test_a_misspelled_path_counts_nothing(path):
    verdict = verdict_of("length_eq", path, 0)

    assert (verdict.passed, verdict.evaluated) == (False, False)
    assert verdict.error.startswith(f"no match for {path}")


@pytest.mark.parametrize("kind", ["eq", "contains", "is_empty", "type", "ne"])
def test_only_lengths_count_nothing(kind):
    expected = {"is_empty": True, "type": "list"}.get(kind, [])

    assert not verdict_of(kind, "$.none[*]", expected).evaluated


@pytest.mark.parametrize("kind", ["contains", "not_contains", "startswith", "endswith", "regex"])
def test_empty_text_is_looked_for_in_vain(kind):
    verdict = verdict_of(kind, "$.s", "")

    assert (verdict.passed, verdict.evaluated) == (False, False)
    assert verdict.error == "expect is empty text, which every text contains"
