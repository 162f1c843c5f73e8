"""Which of a step's data a path reads."""

import json

import pytest
from languages import is_chinese

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.types import StepData
from pytest_sisyphus.extract.select import select

BODY = {"code": 0, "data": {"id": 7, "标题": "订单"}, "size": "XL", "items": [{"id": 1}, {"id": 2}]}


def subject_of(body, *, text=None, **more):
    document = {
        "status_code": 201,
        "headers": {"Content-Type": "application/json", "X-Request-Id": "r-1"},
        "cookies": {"Session": "s-1"},
        "url": "http://api.example/orders",
        "body": body,
        "response_time": 12.5,
        "size": 396,
        "request": {"method": "POST", "headers": {"Authorization": "Bearer t"}},
        "performance": {"total_time": 12.0},
        "history": [{"status_code": 302, "headers": {"Location": "/new"}}],
        **more,
    }
    return StepData(document=document, body=body, text=json.dumps(body) if text is None else text)


RESPONSE = subject_of(BODY)


@pytest.mark.parametrize(
    ("path", "source", "value"),
    [
        # the body first
        ("$.code", None, 0),
        ("code", None, 0),
        ("$.data.标题", None, "订单"),
        ("$", None, BODY),
        ("$", "body", BODY),
        ("$.items[*].id", None, [1, 2]),
        ("$.items[?@.id==2].id", None, 2),
        # W58: status, headers, cookies, time, size, request, history
        ("$.status_code", None, 201),
        ("status_code", None, 201),
        ("$['status_code']", None, 201),
        ("$.headers.Content-Type", None, "application/json"),
        ("$.headers.content-type", None, "application/json"),
        ("$.headers['CONTENT-TYPE']", None, "application/json"),
        ("headers.x-request-id", None, "r-1"),
        ("$.cookies.Session", None, "s-1"),
        ("$.response_time", None, 12.5),
        ("$.request.method", None, "POST"),
        ("$.request.headers.authorization", None, "Bearer t"),
        ("$.performance.total_time", None, 12.0),
        ("$.history[0].status_code", None, 302),
        ("$.history[0].headers.location", None, "/new"),
        ("$.body.code", None, 0),
        ("$.body", None, BODY),
        # a key of the body wins, a source decides
        ("$.size", None, "XL"),
        ("$.size", "response", 396),
        ("$.size", "body", "XL"),
        ("$.url", "response", "http://api.example/orders"),
        ("$.status_code", "response", 201),
        ("$.content-type", "headers", "application/json"),
        ("Content-Type", "headers", "application/json"),
        ("['x-request-id']", "headers", "r-1"),
        ("$.Session", "cookies", "s-1"),
        ("$", "cookies", {"Session": "s-1"}),
        ("$", "headers", {"Content-Type": "application/json", "X-Request-Id": "r-1"}),
        ("$", "text", json.dumps(BODY)),
        ("$.length()", "text", len(json.dumps(BODY))),
    ],
)
def test_a_path_reads(path, source, value):
    selection = select(RESPONSE, path, source)

    assert selection.value == value
    assert selection.no_match == ""
    assert selection.path == path


MISSES = [
    ("$.url", None, "at that level there is: code, data, size, items"),
    ("$.status_cod", None, "did you mean 'status_code'?"),
    ("$.cod", None, "did you mean 'code'?"),
    ("$.status_code", "body", "no match for $.status_code; at that level there is: code"),
    ("$.code", "response", "at that level there is: status_code, headers"),
    ("$.headers.Content-Typ", None, "did you mean 'Content-Type'?"),
    ("$.session", "cookies", "did you mean 'Session'?"),
    ("$.a", "text", "at that level there is: text"),
]


@pytest.mark.parametrize(("path", "source", "miss"), MISSES)
def test_a_path_misses_with_what_is_there(path, source, miss):
    selection = select(RESPONSE, path, source)

    assert selection.matches == ()
    assert miss in selection.no_match


def test_it_misses_in_chinese_as_well(set_to_chinese):
    said = [select(RESPONSE, path, source).no_match for path, source, _ in MISSES]

    assert [one for one in said if not is_chinese(one)] == []


@pytest.mark.parametrize("body", ["plain", "", None, [], [1], 0, False, b"\xff", {"a": {}}])
def test_the_whole_body_can_always_be_seen(body):
    """W57: text, lists, numbers, nothing at all."""
    selection = select(subject_of(body, text=""), "$")

    assert selection.matches == (body,)


@pytest.mark.parametrize("body", ["plain", "", None, [1], 0, b"\xff"])
def test_the_response_is_read_whatever_the_body_is(body):
    assert select(subject_of(body, text=""), "$.status_code").value == 201


def test_text_that_is_json_is_read_as_json_when_a_path_goes_into_it():
    subject = subject_of(' {"code": 5, "list": [1, 2]}', text=' {"code": 5, "list": [1, 2]}')

    assert select(subject, "$.code").value == 5
    assert select(subject, "$.body.list[1]").value == 2
    assert select(subject, "$").value == ' {"code": 5, "list": [1, 2]}'


@pytest.mark.parametrize("text", ["{broken", "[1,", "{'a': 1}", "[NaN]", "[" * 100_000])
def test_text_that_is_no_json_stays_text(text):
    selection = select(subject_of(text, text=text), "$.code")

    assert selection.no_match == "no match for $.code; at that level there is: text"


def test_a_step_without_a_body_is_read_as_its_document():
    document = {"rows": [{"n": 1}], "row_count": 1, "headers": {"X-A": "1"}}
    subject = StepData(document=document, body=document)

    assert select(subject, "$.rows[0].n").value == 1
    assert select(subject, "$.row_count").value == 1
    assert select(subject, "$.headers.x-a").value == "1"
    assert select(subject, "$").value == document
    assert select(subject, "$.status_code").matches == ()
    assert select(subject, "$", "text").value == json.dumps(document, separators=(",", ":"))


def test_a_body_key_of_any_case_is_no_header():
    subject = subject_of({"headers": {"a": 1}})

    assert select(subject, "$.headers.A").matches == ()
    assert select(subject, "$.headers.content-type", "response").value == "application/json"


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        ("$.a[", None, "the path '$.a[' cannot be read"),
        (5, None, "a path is text, got a number"),
        (None, None, "a path is text, got null"),
        ("$", "bodie", "no source 'bodie'; did you mean 'body'?"),
    ],
)
def test_what_cannot_be_selected_is_said(path, source, complaint):
    with pytest.raises(ConfigError) as raised:
        select(RESPONSE, path, source)

    assert complaint in str(raised.value)


def test_nothing_of_the_response_is_changed_by_reading_it():
    before = json.dumps(RESPONSE.document)

    for path in ("$.headers.content-type", "$.request.headers.x", "$.history[0].headers.y"):
        select(RESPONSE, path)

    assert json.dumps(RESPONSE.document) == before
    assert type(RESPONSE.document["headers"]) is dict
