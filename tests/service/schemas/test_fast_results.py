"""What is read straight from its bytes is what the models read; what is not surely right is theirs."""

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.schemas import fast_results
from orchestrator.schemas.fast_results import try_parse_fast
from orchestrator.schemas.runner_requests import CaseResult, ManyResults, OneResult, Results

ZONE = ZoneInfo("Asia/Shanghai")
RESULT = {
    "executionCaseId": 4,
    "caseId": 5,
    "planCaseId": 6,
    "status": 3,
    "pytestNodeid": "tests/login.yaml::login[中]",
    "resultMessage": "断言失败",
    "errorMessage": "expected 200\nbut got 500",
    "stackTrace": "",
    "reportUrl": "http://here/report",
    "durationSeconds": 0.25,
    "startedTime": "2025-09-20T10:00:00.125000+08:00",
    "finishedTime": "2025-09-20 10:00:01",
    "retryCount": 1,
    "ext": {"steps": [{"name": "a\\b", "ok": True, "seconds": 0.5}], "note": None},
    "resultId": "runner/5/1/7",
    "exchanges": '{"steps": []}',
}
HEAD = {"executionId": 1, "runnerId": "runner", "executionNo": "EX1"}

TEXTS = ["", " ", "\x1c", "\x85", "\u200b", " a", "a ", "a\n", "1", "１", "\0", "\ud800", "\\u0000"]
TEXTS += ["x" * 64, "x" * 65, "x" * 255, "x" * 256, "x" * 4000, "x" * 4001, "true", "2025-09-20"]
TEXTS += ["2025-09-20 10:00:00", "20250920", "1969-12-31 00:00:00", "9999-12-31T23:59:59Z"]
NUMBERS = ["0", "-0", "1", "7", "8", "2.0", "-1", "1e2", "1e400", "-0.0", "0.1", "01", "NaN"]
NUMBERS += [str(2**31 - 1), str(2**31), str(2**53 - 1), str(2**53), "9" * 400, "Infinity"]
DEEP = "[" * 99 + "]" * 99


def written(value):
    """A value as JSON, with escapes or without."""
    return st.booleans().map(lambda ascii_only: json.dumps(value, ensure_ascii=ascii_only))


VALUES = st.one_of(
    st.sampled_from(
        ["null", "true", "false", "[]", "{}", '{"a": 1e400}', DEEP, f'{{"a": {DEEP}}}']
    ),
    st.sampled_from(
        ['{"\\u0000": 1}', '{"a": "\\ud83d\\ude00"}', '{"a": "\\ud83d"}', '[{"a": ""}]']
    ),
    st.sampled_from(NUMBERS),
    st.sampled_from(TEXTS).flatmap(written),
    st.text(max_size=6).flatmap(written),
    st.floats().map(json.dumps),
)
FIELDS = [*HEAD, *RESULT]
NAMES = st.one_of(
    st.sampled_from(FIELDS),
    st.sampled_from([*OneResult.model_fields, "results", "extra", "sta\\u0074us"]),
)


def document(head):
    """A right one, some fields of it left out, and others written in their place or once more."""
    kept = st.lists(st.sampled_from(sorted(head)), unique=True, min_size=len(head) - 3)
    wild = st.lists(st.tuples(NAMES, VALUES), max_size=2)
    return st.tuples(kept, wild).map(
        lambda drawn: _object([*((name, json.dumps(head[name])) for name in drawn[0]), *drawn[1]])
    )


def _object(pairs):
    return "{" + ", ".join(f'"{name}": {value}' for name, value in pairs) + "}"


ONE = document({**HEAD, **RESULT})
MANY = st.tuples(document(HEAD), st.lists(document(RESULT), max_size=3)).map(
    lambda drawn: drawn[0][:-1] + f', "results": [{", ".join(drawn[1])}]}}'
)


def by_models(body):
    def no_constant(name):
        raise ValueError(name)

    return Results.parse(json.loads(body, parse_constant=no_constant), ZONE)


@settings(max_examples=400, deadline=None)
@given(st.one_of(ONE, MANY))
def test_what_is_read_plainly_is_what_the_models_read(text):
    body = text.encode("utf-8", "surrogatepass")
    read = try_parse_fast(body, ZONE)
    if read is not None:
        by_the_models = by_models(body)
        assert isinstance(read, type(by_the_models))
        assert repr(read.model_dump()) == repr(by_the_models.model_dump())  # 1 is no 1.0, nor True


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize(
    "document",
    [
        {**HEAD, **RESULT},
        {"executionId": 1, "caseId": 5, "status": 1},
        {"executionId": 1, "caseId": 5, "status": 2, "errorMessage": "", "reportUrl": None},
        {**HEAD, "results": [RESULT, {"caseId": 5, "status": 2, "durationSeconds": 1}]},
    ],
)
def test_the_usual_is_read_plainly(document, ascii_only):
    body = json.dumps(document, ensure_ascii=ascii_only).encode()
    read = try_parse_fast(body, ZONE)
    assert read is not None
    assert repr(read.model_dump()) == repr(by_models(body).model_dump())


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        '{"executionId": 1}',
        '{"execution_id": 1, "status": 2}',
        '{"executionId": 1, "status": "2"}',
        '{"executionId": true, "status": 2}',
        '{"executionId": 1, "status": 2, "colour": "red"}',
        '{"executionId": 1, "results": []}',
        '{"executionId": 1, "results": [{"caseId": 1}]}',
    ],
)
def test_what_somebody_has_to_explain_is_not_read_plainly(body):
    assert try_parse_fast(body.encode(), ZONE) is None


def test_every_field_of_a_result_has_its_plain_form():
    assert {*fast_results._BATCH, *fast_results._CASE} == set(OneResult.model_fields)
    assert {*fast_results._CASE} == set(CaseResult.model_fields)
    assert {*fast_results._BATCH, "results"} == set(ManyResults.model_fields)
