"""Who may come in, by which door, and what a bad body is answered."""

import json
import logging

import pytest
from service_kit import API, SECRET, TOKEN, Service

from orchestrator.routes.automation import OPERATIONS as FRONT
from orchestrator.routes.internal import OPERATIONS as INTERNAL
from orchestrator.secrets import Secret

FRONT_CALLS = [(op.method, op.path) for op in FRONT]
INTERNAL_CALLS = [(op.method, op.path) for op in INTERNAL]


def send(service, method, path, headers=None, body=b"{}"):
    content = {"content": body} if method == "POST" else {}
    return service.asked.ask(method, "/it/api" + path, headers=headers or {}, **content)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {TOKEN}"},
        {"authorization": f"bearer  {TOKEN}"},
        {"accessToken": TOKEN},
        {"accesstoken": TOKEN},
        {"token": TOKEN},
    ],
)
def test_the_login_token_has_four_spellings(calm, headers):
    assert send(calm, "GET", "/automation/execution/list", headers).json()["code"] == 20000


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"token": ""},
        {"token": "wrong"},
        {"token": "t\xfcr".encode("latin-1")},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"X-CALLBACK-SECRET": SECRET},
        {"X-CALLBACK-TOKEN": TOKEN},
    ],
)
@pytest.mark.parametrize(("method", "path"), FRONT_CALLS)
def test_without_a_login_token_the_frontend_door_is_shut(calm, method, path, headers):
    response = send(calm, method, path, headers, b"not json")
    assert response.status_code == 401
    assert (response.json()["code"], response.json()["data"]) == (40001, None)


def test_a_revoked_token_is_dead(service):
    service.sql("UPDATE static_token SET revoked_time = created_time")
    assert service.front_response("/execution/list").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-CALLBACK-TOKEN": "wrong"},
        {"X-CALLBACK-SECRET": "wrong"},
        {"X-CALLBACK-SECRET": ""},
        {"token": TOKEN},
        {"Authorization": f"Bearer {TOKEN}"},
        {"X-CALLBACK-TOKEN": TOKEN},
        {"X-CALLBACK-TOKEN": SECRET},
    ],
)
@pytest.mark.parametrize(("method", "path"), INTERNAL_CALLS)
def test_without_a_callback_credential_the_internal_door_is_shut(calm, method, path, headers):
    response = send(calm, method, f"{path}?executionId=1", headers, b'{"executionId": 1}')
    assert response.status_code == 403
    assert response.json()["code"] == 40004


def test_a_token_opens_its_own_execution_only(service):
    service.run_plan(1)
    other = service.front_data("/plan/run", {"planId": 2001, "envCode": "qa"})["id"]
    first = service.runner.jobs[0]
    token = first.callback_token.reveal()

    mine = service.call("/execution/heartbeat", {"executionId": first.execution_id}, token=token)
    assert mine.status_code == 200
    for body in ({"executionId": other}, {"executionId": 999}):
        assert service.call("/execution/heartbeat", body, token=token).status_code == 403
    sync = service.call("/case/sync", {"projectId": 3, "cases": []}, token=token)
    assert sync.status_code == 403


def test_without_a_configured_secret_no_secret_opens(tmp_path):
    with Service(tmp_path, callback_secret=Secret()) as service:
        for secret in ("", SECRET):
            headers = {"X-CALLBACK-SECRET": secret}
            assert send(service, "POST", "/automation/case/sync", headers).status_code == 403
            path = "/automation/execution/heartbeat"
            assert send(service, "POST", path, headers).status_code == 403


def test_no_auth_asks_nobody_and_knows_nobody(tmp_path):
    with Service(tmp_path, auth="none") as service:
        service.catalog(1)
        body = {"caseId": 1, "envCode": "st"}
        row = service.client.post(API + "/case/run", json=body).json()["data"]
        assert row["trigger_by"] is None


def test_tokens_are_stored_as_hashes_only(service, tmp_path):
    service.run_plan(1)
    callback = service.runner.jobs[0].callback_token.reveal()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("service.sqlite3*"))

    assert b"AE2025" in stored
    for secret in (TOKEN, callback, SECRET):
        assert secret.encode() not in stored


def test_the_log_holds_no_secret(service, caplog):
    caplog.set_level(logging.DEBUG)
    service.run_plan(1)
    job = service.runner.jobs[0]
    callback = job.callback_token.reveal()
    service.client.get(f"{API}/execution/list?token={TOKEN}&x={callback}")
    service.client.get(job.console_url.removeprefix("http://127.0.0.1:8000"))
    forged = "/it/api/a%0Aforged%20line"
    service.client.get(forged)

    # the test client's own log shows the addresses that the test asked for
    lines = [r.getMessage() for r in caplog.records if not r.name.startswith("http")]
    text = "\n".join(lines)
    assert '"/it/api/automation/execution/list" 401' in text
    assert '"/files/\\u2026" 404' in text
    assert "\nforged" not in text
    for secret in (TOKEN, callback, SECRET, job.console_url.split("/")[-2]):
        assert secret not in text


NOT_JSON = [
    b"not json",
    b"{",
    b"\xff\xfe\x00",
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b"[" * 100_000,
    b'{"a": ' * 50_000,
    b'{"executionId": ' + b"9" * 10_000 + b"}",
]
NOT_OBJECTS = [b"[]", b"null", b"1", b'"text"', b"true", b'[{"executionId": 1}]']
ODD_VALUES = [
    True,
    False,
    "",
    "text",
    "\x00",
    "\ud800",
    "1" * 5000,
    "１２",
    -1,
    0,
    1.5,
    1e308,
    2**63,
    2**64,
    -(2**70),
    [],
    {},
    [[]],
    {"a": None},
    None,
]


def as_body(value):
    return json.dumps(value).encode()


@pytest.mark.parametrize("body", NOT_JSON + NOT_OBJECTS)
@pytest.mark.parametrize(("method", "path"), [call for call in FRONT_CALLS if call[0] == "POST"])
def test_a_body_that_is_no_json_object_is_a_parameter_error(calm, method, path, body):
    response = send(calm, method, path, {"token": TOKEN}, body)
    assert response.status_code == 200
    assert response.json()["code"] in (40009, 40011)
    assert response.json()["data"] is None


@pytest.mark.parametrize("body", NOT_JSON + NOT_OBJECTS)
@pytest.mark.parametrize(("method", "path"), [call for call in INTERNAL_CALLS if call[0] == "POST"])
def test_an_internal_body_that_is_no_json_object_is_a_422(calm, method, path, body):
    response = send(calm, method, path, {"X-CALLBACK-SECRET": SECRET}, body)
    assert response.status_code == 422
    assert response.json()["code"] in (40009, 40011)


def fields_of(operation):
    return [*operation.request_model.model_fields] or [
        "execution_id",
        "case_id",
        "status",
        "results",
    ]


@pytest.mark.parametrize(
    ("operation", "headers"),
    [(op, {"token": TOKEN}) for op in FRONT]
    + [(op, {"X-CALLBACK-SECRET": SECRET}) for op in INTERNAL],
    ids=lambda value: getattr(value, "path", ""),
)
def test_no_value_of_any_field_is_an_internal_error(service, operation, headers):
    number = service.started(1)
    good = {
        "executionId": number,
        "caseId": 1,
        "envCode": "st",
        "planId": 2001,
        "projectId": 3,
        "planName": "p",
        "cases": [1],
        "status": 6,
    }
    for field in fields_of(operation):
        from pydantic.alias_generators import to_camel

        for value in ODD_VALUES:
            body = {**good, to_camel(field): value}
            path = operation.path
            if operation.method == "GET":
                body = {k: str(v).encode("utf-8", "replace").decode() for k, v in body.items()}
                response = service.asked.ask("GET", "/it/api" + path, query=body, headers=headers)
            else:
                response = send(service, "POST", path, headers, as_body(body))
            assert response.status_code in (200, 409, 422), (field, value, response.text)
            assert response.json().keys() == {"code", "msg", "data"}


def test_an_odd_name_in_a_body_is_not_an_internal_error(service):
    number = service.started(1)
    headers = {"X-CALLBACK-SECRET": SECRET}
    body = as_body({"executionId": number, "counts": {"\ud800\x00" * 100: "x"}})
    response = send(service, "POST", "/automation/execution/finish", headers, body)
    assert (response.status_code, response.json()["code"]) == (422, 40009)
    assert service.front("/execution/poll", {"executionId": "x"})["code"] == 40011


def test_an_odd_text_in_a_result_is_mended_not_refused(service):
    number = service.started(1)
    ext = {"a\ud800": ["\x00", float("1e300"), 10**30], "deep": json.loads("[" * 500 + "]" * 500)}
    body = {"executionId": number, "caseId": 1, "status": 3, "ext": ext, "errorMessage": "a\x00b"}

    headers = {"X-CALLBACK-SECRET": SECRET}
    assert (
        send(service, "POST", "/automation/execution/case/result", headers, as_body(body)).json()[
            "code"
        ]
        == 20000
    )

    row = service.cases(number)[0]
    assert row["error_message"] == "a\ufffdb"
    assert row["ext"]["a\ufffd"] == ["\ufffd", 1e300, 10**30]


def test_an_infinite_number_in_a_result_becomes_null(service):
    number = service.started(1)
    body = b'{"executionId": %d, "caseId": 1, "status": 3, "ext": {"a": 1e999}}' % number
    headers = {"X-CALLBACK-SECRET": SECRET}
    response = send(service, "POST", "/automation/execution/case/result", headers, body)
    assert response.json()["code"] == 20000
    assert service.cases(number)[0]["ext"] == {"a": None}


@pytest.mark.parametrize(
    ("path", "query", "code", "msg"),
    [
        ("/execution/detail", {}, 40011, "executionId 为必传参数"),
        ("/execution/detail", {"executionId": ""}, 40011, "executionId 为必传参数"),
        ("/execution/detail", {"executionId": "abc"}, 40011, "未查询到对应执行记录"),
        ("/execution/detail", {"executionId": "9" * 30}, 40011, "未查询到对应执行记录"),
        ("/execution/detail", {"executionId": "-1"}, 40011, "未查询到对应执行记录"),
        ("/execution/detail", {"executionId": 999}, 40011, "未查询到对应执行记录"),
        ("/execution/case/list", {}, 40011, "executionId 为必传参数"),
        ("/execution/case/list", {"executionId": 999}, 40011, "未查询到对应执行记录"),
        ("/execution/case/list", {"executionId": 1, "status": 8}, 40009, "status 不能大于 7"),
        ("/execution/list", {"pageNo": 0}, 40009, "pageNo 不能小于 1"),
        ("/execution/list", {"pageSize": 501}, 40009, "pageSize 不能大于 500"),
        ("/execution/list", {"pageSize": "x"}, 40009, "pageSize 必须为整数"),
        ("/execution/list", {"status": 9}, 40009, "status 不能大于 8"),
        ("/execution/list", {"triggerType": 3}, 40009, "triggerType 不能大于 2"),
        ("/case/history", {}, 40009, "caseId 为必传参数"),
        ("/case/history", {"caseId": 5}, 40009, "该用例不存在或未接入自动化"),
        ("/plan/detail", {"planId": 5}, 40009, "该计划不存在"),
    ],
)
def test_a_bad_query_says_what_is_wrong(calm, path, query, code, msg):
    response = calm.front_response(path, query=query)
    assert response.status_code == 200
    assert response.json() == {"code": code, "msg": msg, "data": None}


@pytest.mark.parametrize("value", [None, "x", 999, True, 2**65])
@pytest.mark.parametrize("path", ["queued", "start", "heartbeat", "case/result", "finish", "abort"])
def test_an_internal_call_about_no_execution_is_a_422(calm, path, value):
    body = {"executionId": value, "caseId": 1, "status": 6}
    response = calm.call(f"/execution/{path}", body)
    assert (response.status_code, response.json()["code"]) == (422, 40011)


def test_a_live_token_hears_what_is_wrong_with_its_body(service):
    service.run_plan(1)
    token = service.runner.jobs[0].callback_token.reveal()
    response = send(
        service, "POST", "/automation/execution/start", {"X-CALLBACK-TOKEN": token}, b"{"
    )
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/it/api/nothing", 404, 40400),
        ("GET", "/it/api/automation/execution/list/", 404, 40400),
        ("POST", "/it/api/automation/execution/list", 405, 40500),
        ("GET", "/it/api/automation/case/run", 405, 40500),
        ("DELETE", "/it/api/automation/plan/run", 405, 40500),
    ],
)
def test_transport_failures_keep_their_status_and_the_envelope(calm, method, path, status, code):
    response = calm.client.request(method, path)
    assert response.status_code == status
    assert (response.json()["code"], response.json()["data"]) == (code, None)


def test_a_body_over_the_limit_is_refused(tmp_path):
    with Service(tmp_path, body_limit=1000) as service:
        headers = {"token": TOKEN}
        response = send(service, "POST", "/automation/case/run", headers, b" " * 1001)
        assert (response.status_code, response.json()["code"]) == (413, 41300)
        chunks = service.client.post(
            API + "/case/run", content=iter([b" " * 600] * 2), headers=headers
        )
        assert chunks.status_code == 413
        assert send(service, "POST", "/automation/case/run", headers, b" " * 999).status_code == 200


def test_an_internal_error_repeats_the_request_id_that_is_in_the_log(service, caplog):
    service.run_plan(1)
    service.app.state.services.trigger.cancel = None  # a bug of ours

    response = service.front_response("/execution/cancel", {"executionId": 1})

    assert response.status_code == 500
    body = response.json()
    assert (body["code"], body["data"]) == (50000, None)
    number = body["msg"].split()[-1].rstrip("）")
    assert "Traceback" not in response.text
    assert any(f"request {number} failed" in record.getMessage() for record in caplog.records)
