"""The output protocol, field by field: names, types and enums of its tables and samples."""

import json
from datetime import datetime

import pytest

TEXT, WHOLE, NUMBER, FLAG, OBJECT, LIST = str, int, (int, float), bool, dict, list
ANY = object

CASE = {
    "name": TEXT,
    "status": {"passed", "failed", "skipped"},
    "start_time": datetime,
    "end_time": datetime,
    "duration": NUMBER,
}
STATISTICS = {
    "total_steps": WHOLE,
    "passed_steps": WHOLE,
    "failed_steps": WHOLE,
    "skipped_steps": WHOLE,
    "pass_rate": NUMBER,
}
DOCUMENT = {"test_case": OBJECT, "statistics": OBJECT, "steps": LIST, "final_variables": OBJECT}
STEP = {
    "name": TEXT,
    "status": {"success", "failed", "skipped", "error"},
    "start_time": datetime,
    "end_time": datetime,
    "retry_count": WHOLE,
}
#: the seed's optional keys, and those that were settled on top of it.
STEP_MAY = {
    "performance": OBJECT,
    "response": OBJECT,
    "extracted_vars": OBJECT,
    "validations": LIST,
    "variables_snapshot": OBJECT,
    "error_info": OBJECT,
    "parent": TEXT,
    "attempts": LIST,
}
PERFORMANCE = {
    "total_time": NUMBER,
    "dns_time": NUMBER,
    "tcp_time": NUMBER,
    "tls_time": NUMBER,
    "server_time": NUMBER,
    "download_time": NUMBER,
    "size": WHOLE,
    "reused": FLAG,
}
RESPONSE = {
    "status_code": WHOLE,
    "headers": OBJECT,
    "cookies": OBJECT,
    "url": TEXT,
    "request": OBJECT,
    "body": ANY,
    "response_time": NUMBER,
    "size": WHOLE,
}
RESPONSE_MAY = {"truncated": FLAG, "full_size": WHOLE, "mocked": FLAG, "history": LIST}
VALIDATION = {
    "passed": FLAG,
    "type": TEXT,
    "path": TEXT,
    "actual": ANY,
    "expected": ANY,
    "description": TEXT,
    "error": TEXT,
}
ERROR = {
    "type": {
        "AssertionError",
        "TimeoutError",
        "ConnectionError",
        "HTTPError",
        "ValidationError",
        "DatabaseError",
        "ScriptError",
        "ConfigError",
        "NetworkError",
    },
    "category": {"assertion", "network", "timeout", "parsing", "business", "system"},
    "message": TEXT,
    "suggestion": (str, type(None)),
}
SNAPSHOT = {"before": OBJECT, "extracted": OBJECT}
ATTEMPT = {
    "attempt": WHOLE,
    "start_time": datetime,
    "duration": NUMBER,
    "status": STEP["status"],
    "error_info": (dict, type(None)),
}

CASES = """
name: everything
config:
  base_url: {url}
  variables: {{user: testuser}}
steps:
  - name: passes
    type: request
    url: /anything?username=${{user}}
    validations:
      - {{type: status_code, path: $.status_code, expect: "200"}}
      - {{type: eq, path: $.query.username, expect: testuser, description: 验证username参数}}
    extractors: [{{name: method, type: jsonpath, path: $.method}}]
  - name: fails
    type: request
    method: POST
    url: /anything
    body: {{a: 1}}
    validations: [{{type: eq, path: $.json.a, expect: 2, description: 业务码应为2}}]
  - {{name: is skipped, type: request, url: /anything, skip_if: true}}
  - name: breaks
    type: request
    url: http://127.0.0.1:9/
    retry_times: 1
    retry_policy: {{max_attempts: 1, strategy: fixed, base_delay: 0}}
  - name: loops
    type: loop
    loop_type: for
    loop_count: 2
    loop_steps:
      - {{name: inside, type: request, url: /anything}}
---
name: is skipped
config: {{base_url: {url}}}
steps:
  - {{name: is skipped, type: request, url: /anything, skip_if: true}}
---
name: is off
enabled: false
steps:
  - {{name: ask, type: request, url: "{url}/anything"}}
---
name: has no fixture
usefixtures: [there_is_none]
steps:
  - {{name: ask, type: request, url: "{url}/anything"}}
"""


def assert_shape(value, must, may=()):
    """Exactly these keys, of these types: a class, a tuple of classes, or the words allowed."""
    known = {**must, **dict(may)}
    assert must.keys() <= value.keys() <= known.keys()
    for key, item in value.items():
        assert fits(item, known[key]), f"{key}: {item!r}"


def fits(item, kind):
    if isinstance(kind, set):
        return item in kind
    if kind is datetime:
        moment = datetime.fromisoformat(item)
        return moment.tzinfo is None and item == moment.isoformat()
    if isinstance(item, bool):
        return kind in (FLAG, ANY)
    return isinstance(item, kind)


@pytest.fixture
def documents(run_yaml, server, pytester):
    run_yaml(CASES.format(url=server.url), "--sisyphus-report=json:r.json")
    text = (pytester.path / "r.json").read_text("utf-8")
    return {one["test_case"]["name"]: one for one in json.loads(text, parse_constant=pytest.fail)}


def test_documents(documents):
    assert list(documents) == ["everything", "is skipped", "is off", "has no fixture"]
    for document in documents.values():
        assert_shape(document, DOCUMENT, {"error_info": OBJECT})
        assert_shape(document["test_case"], CASE)
        assert_shape(document["statistics"], STATISTICS)
        if "error_info" in document:
            assert_shape(document["error_info"], ERROR)


def test_steps(documents):
    for step in all_steps(documents):
        assert_shape(step, STEP, STEP_MAY)
        for key, shape in {"error_info": ERROR, "variables_snapshot": SNAPSHOT}.items():
            if key in step:
                assert_shape(step[key], shape)
        for validation in step.get("validations", ()):
            assert_shape(validation, VALIDATION)


def test_requests(documents):
    steps = {step["name"]: step for step in documents["everything"]["steps"]}
    for name in ("passes", "fails"):
        assert_shape(steps[name]["performance"], PERFORMANCE)
        assert_shape(steps[name]["response"], RESPONSE, RESPONSE_MAY)
        assert_shape(
            steps[name]["response"]["request"],
            {"method": TEXT, "url": TEXT, "headers": OBJECT},
            {"body": ANY},
        )


def test_attempts(documents):
    breaks = next(one for one in all_steps(documents) if one["name"] == "breaks")

    assert breaks["retry_count"] == 1
    assert [one["attempt"] for one in breaks["attempts"]] == [1, 2]
    for attempt in breaks["attempts"]:
        assert_shape(attempt, ATTEMPT, {"delay": NUMBER, "request": OBJECT})


def test_the_samples_story(documents):
    document = documents["everything"]
    steps = document["steps"]

    assert [(one["name"], one["status"], one.get("parent")) for one in steps] == [
        ("passes", "success", None),
        ("fails", "failed", None),
        ("is skipped", "skipped", None),
        ("breaks", "error", None),
        ("loops", "success", None),
        ("inside [1]", "success", "loops"),
        ("inside [2]", "success", "loops"),
    ]
    assert document["statistics"] == {
        "total_steps": 7,
        "passed_steps": 4,
        "failed_steps": 2,
        "skipped_steps": 1,
        "pass_rate": 57.14,
    }
    assert document["error_info"] == steps[1]["error_info"]
    assert steps[0]["extracted_vars"] == {"method": "GET"}
    assert steps[0]["validations"][0]["expected"] == "200"
    assert steps[1]["validations"][0]["actual"] == 1
    assert document["final_variables"]["user"] == "testuser"


def all_steps(documents):
    return [step for document in documents.values() for step in document["steps"]]
