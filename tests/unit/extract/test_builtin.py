"""What the extractors find, and what they say when there is nothing."""

import json

import pytest
from languages import is_chinese

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import StepData
from pytest_sisyphus.extract.builtin import builtin_extractors

EXTRACTORS = Registry("extractor", builtin_extractors())
BODY = {
    "token": "t-9",
    "n": 5,
    "none": None,
    "items": [{"id": 1}, {"id": 2}, {"id": 3}],
    "tags": ["a"],
}
SUBJECT = StepData(
    document={
        "status_code": 200,
        "headers": {"X-Trace": "abc", "Content-Type": "application/json"},
        "cookies": {"sid": "s-1"},
        "body": BODY,
    },
    body=BODY,
    text=json.dumps(BODY),
)


def extract(kind, path="", subject=SUBJECT, **options):
    return EXTRACTORS[kind].extract(subject, path, {"index": None, "group": None, **options})


def explain(kind, path="", **options):
    return EXTRACTORS[kind].explain_no_match(
        SUBJECT, path, {"index": None, "group": None, **options}
    )


@pytest.mark.parametrize(
    ("kind", "path", "options", "values"),
    [
        ("jsonpath", "$.token", {}, ("t-9",)),
        ("jsonpath", "token", {}, ("t-9",)),
        ("jsonpath", "$.n", {}, (5,)),
        ("jsonpath", "$.none", {}, (None,)),
        ("jsonpath", "$.tags", {}, (["a"],)),
        ("jsonpath", "$", {}, (BODY,)),
        ("jsonpath", "$.items[*].id", {}, (1, 2, 3)),
        ("jsonpath", "$.items[*].id", {"index": 0}, (1,)),
        ("jsonpath", "$.items[*].id", {"index": -1}, (3,)),
        ("jsonpath", "$.items[*].id", {"index": 3}, ()),
        ("jsonpath", "$.items[?@.id>1].id", {"index": 1}, (3,)),
        ("jsonpath", "$.items[?@.id==2].id", {}, (2,)),
        ("jsonpath", "$.token", {"index": 0}, ("t-9",)),
        ("jsonpath", "$.token", {"index": 1}, ()),
        ("jsonpath", "$.status_code", {}, (200,)),
        ("jsonpath", "$.headers.x-trace", {}, ("abc",)),
        ("jsonpath", "$.nope", {}, ()),
        ("jsonpath", "$.items[*].length()", {}, (3,)),
        ("regex", r'"token": "([^"]+)"', {}, ("t-9",)),
        ("regex", r'"token": "[^"]+"', {}, ('"token": "t-9"',)),
        ("regex", r'"id": (\d)', {}, ("1",)),
        ("regex", r'"id": (\d)', {"index": 1}, ("2",)),
        ("regex", r'"id": (\d)', {"index": -1}, ("3",)),
        ("regex", r'"id": (\d)', {"index": 3}, ()),
        ("regex", r'"id": (\d)', {"group": 0}, ('"id": 1',)),
        ("regex", r'"(t\w+)": "(.)-(.)"', {"group": 3}, ("9",)),
        ("regex", r'"(t\w+)": "(.)-(.)"', {"group": "2"}, ("t",)),
        ("regex", r'"id": (?P<id>\d)', {"group": "id"}, ("1",)),
        ("regex", r'"nope": (\d)', {}, ()),
        ("regex", r'"n": 5(x)?', {}, ()),
        ("header", "X-Trace", {}, ("abc",)),
        ("header", "x-trace", {}, ("abc",)),
        ("header", "X-TRACE", {"index": 0}, ("abc",)),
        ("header", "X-Trace", {"index": 1}, ()),
        ("header", "X-Nope", {}, ()),
        ("cookie", "sid", {}, ("s-1",)),
        ("cookie", "SID", {}, ()),
        ("status", "", {}, (200,)),
        ("status_code", "", {}, (200,)),
        ("body", "", {}, (BODY,)),
    ],
)
def test_an_extractor_picks(kind, path, options, values):
    assert extract(kind, path, **options) == values


MISSES = [
    ("jsonpath", "$.tokn", {}, "no match for $.tokn; at that level there is: token"),
    ("jsonpath", "$.items[*].id", {"index": 3}, "index 3 is out of range: $.items[*].id has 3"),
    ("jsonpath", "$.token", {"index": 1}, "index 1 is out of range: $.token has 1 match"),
    ("regex", "nope", {}, "the pattern 'nope' is not found in the body's text of"),
    ("regex", r'"id"', {"index": 7}, "index 7 is out of range: '\"id\"' has 3 matches"),
    ("regex", r'"n": 5(x)?', {}, "its group took no part"),
    ("header", "X-Trac", {}, "no header 'X-Trac'; there is: X-Trace, Content-Type; did you"),
    ("cookie", "SID", {}, "no cookie 'SID'; there is: sid; did you mean 'sid'?"),
]


@pytest.mark.parametrize(("kind", "path", "options", "sentence"), MISSES)
def test_an_extractor_without_a_match_says_why(kind, path, options, sentence):
    """W28: the sentence that fails the step."""
    assert extract(kind, path, **options) == ()
    assert sentence in explain(kind, path, **options)


def test_it_says_so_in_chinese_as_well(set_to_chinese):
    said = [explain(kind, path, **options) for kind, path, options, _ in MISSES]

    assert [one for one in said if not is_chinese(one)] == []


def test_a_step_without_a_response_has_no_status():
    document = {"rows": []}
    subject = StepData(document=document, body=document)

    assert extract("status", subject=subject) == ()
    assert extract("header", "X", subject=subject) == ()
    assert extract("cookie", "x", subject=subject) == ()
    assert extract("body", subject=subject) == (document,)
    assert extract("regex", r'"(\w+)":', subject=subject) == ("rows",)
    assert "no status" in EXTRACTORS["status"].explain_no_match(subject, "", {})


def test_an_unknown_group_is_a_mistake_of_the_case():
    with pytest.raises(ConfigError, match=r"has no group 3; it has: 0, 1"):
        extract("regex", "(a)", group=3)
    with pytest.raises(ConfigError, match=r"has no group 'nam'; it has: name, 0, 1; did you mean"):
        extract("regex", "(?P<name>a)", group="nam")


@pytest.mark.parametrize(
    ("kind", "path", "complaint"),
    [
        ("jsonpath", "$.a[", "cannot be read"),
        ("jsonpath", "$.a[0]", None),
        ("regex", "(", "is not a regular expression: missing ) at character 2"),
        ("regex", "(a)", None),
        ("header", "X-Y", None),
    ],
)
def test_a_bad_path_is_seen_before_anything_runs(kind, path, complaint):
    found = EXTRACTORS[kind].validate_path(path)

    assert found is None if complaint is None else complaint in found


def test_only_whole_things_need_no_path():
    assert [kind.name for kind in EXTRACTORS if not kind.needs_path] == ["status", "body"]


@pytest.mark.slow
def test_a_pattern_that_would_search_for_ever_is_stopped():
    subject = StepData(document={}, body="", text="a" * 60 + "b")

    with pytest.raises(ConfigError, match="avoid nested repetitions"):
        extract("regex", "^(a|aa)+$", subject=subject)
