"""The description of the interface says what the routes do: no more, no less."""

import datetime as dt
import json
import re

import jsonschema
import pytest
from live_kit import Listener, is_execution, live
from openapi_spec_validator import OpenAPIV31SpecValidator
from service_kit import SECRET, TOKEN, Service
from starlette.routing import Route

from orchestrator import errors
from orchestrator.app import OPERATIONS, PREFIX
from orchestrator.cli import commands
from orchestrator.db.models import Execution
from orchestrator.openapi import field_docs
from orchestrator.openapi.document import document
from orchestrator.openapi.operation_docs import OPERATION_DOCS
from orchestrator.openapi.schemas import example
from orchestrator.routes.operation import AuthScheme
from orchestrator.runners.external import ExternalRunner
from orchestrator.schemas.responses import ExecutionRow
from orchestrator.schemas.runner_requests import OneResult
from orchestrator.status import TERMINAL
from orchestrator.store.changes import UNSEEN

SECRET_HEADER = {"X-CALLBACK-SECRET": SECRET}
DOCUMENT = document(OPERATIONS, PREFIX)
SCHEMAS = DOCUMENT["components"]["schemas"]


def closed(schema):
    """Every object with named fields has no others: so a field that nobody described is found."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    shut = {name: closed(one) for name, one in schema.items()}
    if "properties" in schema and "type" in schema:
        shut["additionalProperties"] = False
        shut["required"] = list(schema["properties"])
    return shut


PAGE = {"pageCookie", "pageHeader"}
STRICT = {"components": {"schemas": closed(SCHEMAS)}}


def validate(value, schema):
    jsonschema.Draft202012Validator({**STRICT, **closed(schema)}).validate(value)


def schema_of(method, path, status="200"):
    response = DOCUMENT["paths"][path][method.lower()]["responses"][str(status)]
    return response["content"]["application/json"]["schema"]


def test_it_is_a_valid_openapi_3_1_document():
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_it_describes_exactly_the_routes(calm):
    served = {
        (route.path.removeprefix(PREFIX), method)
        for route in calm.app.routes
        if isinstance(route, Route) and route.path.startswith(PREFIX)
        for method in route.methods - {"HEAD"}
    }
    described = {
        (path, method.upper()) for path, entry in DOCUMENT["paths"].items() for method in entry
    }

    assert described == served
    assert OPERATION_DOCS.keys() == {operation.path for operation in OPERATIONS}


def test_it_is_served_without_envelope_and_without_token(calm):
    assert calm.client.get("/it/api/openapi.json").json() == DOCUMENT


def test_the_command_prints_it(capsys):
    assert commands.main(["openapi"]) == 0
    assert json.loads(capsys.readouterr().out) == DOCUMENT


@pytest.mark.parametrize(
    ("auth", "names"),
    [
        (AuthScheme.FRONTEND, {"bearer", "accessToken", "token", *PAGE}),
        (AuthScheme.STREAM, {"bearer", "accessToken", "token", "queryToken", *PAGE}),
        (AuthScheme.PAGE, set()),
        (AuthScheme.CALLBACK, {"callbackToken", "callbackSecret"}),
        (AuthScheme.SECRET, {"callbackSecret"}),
    ],
)
def test_each_auth_scheme_has_its_security(auth, names):
    for operation in [one for one in OPERATIONS if one.auth is auth]:
        described = DOCUMENT["paths"][operation.path][operation.method.lower()]
        assert {name for one in described["security"] for name in one} == names
    assert names <= DOCUMENT["components"]["securitySchemes"].keys()


def test_every_refusal_of_the_service_is_described():
    text = json.dumps(DOCUMENT)
    refusals = [one for one in vars(errors).values() if isinstance(one, type)]
    codes = {one.code for one in refusals if issubclass(one, errors.ServiceError)}

    described = {int(code) for code in re.findall(r'"const": (\d{5})', text)}
    described |= {
        int(code)
        for found in re.findall(r'"enum": \[([\d, ]+)\]', text)
        for code in found.split(",")
    }
    assert codes | {20000} <= described


def test_requests_have_the_names_of_the_documents():
    for operation in OPERATIONS:
        for shape in operation.request_model.variants():
            names = SCHEMAS[shape.__name__]["properties"]
            assert [name for name in names if "_" in name] == []
            assert len(names) == len(shape.model_fields)


def test_every_field_has_a_meaning():
    envelopes = {"code", "msg", "data"}
    unexplained = [
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        for field, described in schema["properties"].items()
        if "description" not in described and not schema["properties"].keys() <= envelopes
    ]

    assert unexplained == []


def test_no_meaning_is_left_over():
    known = {
        key
        for key in field_docs.FIELDS
        for name, schema in SCHEMAS.items()
        for field in schema["properties"]
        if field_docs.of(name, field) is field_docs.FIELDS[key]
    }

    assert field_docs.FIELDS.keys() - known == set()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.path)
def test_the_examples_are_accepted_by_what_they_show(operation):
    described = DOCUMENT["paths"][operation.path][operation.method.lower()]
    if operation.method == "POST":
        content = described["requestBody"]["content"]["application/json"]
        jsonschema.Draft202012Validator({**DOCUMENT, **content["schema"]}).validate(
            content["example"]
        )
        operation.request_model.parse(content["example"])
    else:
        query = {
            one["name"]: one.get("example")
            for one in described.get("parameters", [])
            if one["in"] == "query"
        }
        operation.request_model.parse({name: str(value) for name, value in query.items() if value})
    if operation.auth is not AuthScheme.STREAM:
        answer = described["responses"]["200"]["content"]["application/json"]
        jsonschema.Draft202012Validator({**DOCUMENT, **answer["schema"]}).validate(
            answer["example"]
        )


def shown_executions():
    """The executions of all examples, each with where it is shown."""
    for operation in OPERATIONS:
        described = DOCUMENT["paths"][operation.path][operation.method.lower()]
        content = described["responses"]["200"]["content"]["application/json"]
        data = content.get("example", {}).get("data", {})
        rows = data.get("list", [data])
        yield from ((operation.path, row) for row in rows if "trigger_type" in row)


@pytest.mark.parametrize(("path", "row"), list(shown_executions()))
def test_an_execution_that_is_shown_as_an_example_can_be(path, row):
    counts = [number for name, number in row.items() if name.endswith("_count")]
    assert sum(counts) == 2 * row["total_count"]
    single = path == "/automation/case/run"
    assert (row["trigger_type"], row["source_case_id"]) == ((1, 1024) if single else (2, None))
    assert (row["plan_id"] is None) is single
    times = [row[name] for name in ("start_time", "end_time", "duration_seconds")]
    if row["status"] < 3:
        assert times == [None, None, None]
    else:
        start, end = map(dt.datetime.fromisoformat, times[:2])
        assert (end - start).total_seconds() == times[2]
        assert row["status"] in TERMINAL
        assert row["updated_time"] >= row["end_time"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.path)
def test_what_is_described_as_required_is_what_is_asked_for(operation):
    """Each required field alone, left out, is refused; with all of them the shape is content."""
    for shape in operation.request_model.variants():
        schema = SCHEMAS[shape.__name__]
        needed = schema.get("required", [])
        parse = shape.parse
        whole = {name: example(schema["properties"][name], SCHEMAS) for name in needed}
        if shape is not OneResult:
            parse(whole)
        for name in needed:
            with pytest.raises((errors.BadRequest, errors.UnknownExecution)):
                parse({key: value for key, value in whole.items() if key != name})


def story(service):  # noqa: PLR0915 -- one line an answer
    """Every address answered, with success and with each kind of refusal: `(method, path, response)`."""
    front, runner = {"token": TOKEN}, {"X-CALLBACK-SECRET": SECRET}

    def post(path, body, headers=front):
        return "POST", path, service.client.post(f"{PREFIX}{path}", json=body, headers=headers)

    def get(path, headers=front, **query):
        return "GET", path, service.client.get(f"{PREFIX}{path}", params=query, headers=headers)

    cases = [{"caseId": n, "caseKey": f"K{n}", "caseTitle": "t"} for n in (1, 2, 3)]
    yield post("/automation/case/sync", {"projectId": 3, "cases": [*cases, {}]}, runner)
    yield post("/automation/case/sync", {}, runner)
    yield post("/automation/case/sync", {}, {})
    yield get("/automation/case/list")
    yield post(
        "/automation/plan/save",
        {"planId": 9, "projectId": 3, "planName": "p", "cases": [1, {"caseId": 2}]},
    )
    yield post("/automation/plan/save", {})
    yield get("/automation/plan/list")
    yield get("/automation/plan/list", view="brief")
    yield get("/automation/project/list")
    yield get("/automation/environment/list")
    yield get("/automation/plan/detail", planId=9)
    yield get("/automation/plan/detail", planId=10)
    yield post("/automation/plan/run", {"planId": 9, "envCode": "st", "roundNo": 1, "remark": "r"})
    yield post("/automation/plan/run", {"planId": 9, "envCode": "st", "roundNo": 1})
    yield post("/automation/plan/run", {"planId": 9, "envCode": "st"}, {})
    yield post("/automation/execution/token", {"executionId": 1})
    about = {"executionId": 1}
    yield get("/automation/execution/case/pull", runner, executionId=1)
    yield get("/automation/execution/case/pull", {}, executionId=1)
    yield post("/automation/execution/queued", about | {"queueId": 5}, runner)
    yield post("/automation/execution/start", about | {"runnerId": "a"}, runner)
    yield post("/automation/execution/start", about | {"runnerId": "b"}, runner)
    yield post("/automation/execution/heartbeat", about, runner)
    yield post("/automation/execution/heartbeat", {}, runner)
    result = {
        "caseId": 1,
        "status": 2,
        "durationSeconds": 1.5,
        "startedTime": "2025-09-20 15:36:02",
    }
    exchanges = {"exchanges": '{"steps": [{"name": "pay"}], "left_out": 0}'}
    yield post("/automation/execution/case/result", about | result | exchanges, runner)
    yield post("/automation/execution/case/result", about | {"caseId": 7, "status": 2}, runner)
    yield post(
        "/automation/execution/case/result",
        about | {"results": [result, {"caseId": 7, "status": 2}]},
        runner,
    )
    yield post("/automation/execution/finish", about | {"counts": {"2": 1}}, runner)
    yield get("/automation/execution/list")
    yield get("/automation/execution/list", pageNo=0)
    yield get("/automation/execution/detail", executionId=1)
    yield get("/automation/execution/detail")
    yield get("/automation/execution/case/list", executionId=1)
    yield get("/automation/execution/case/list", executionId=1, view="brief")
    yield get("/automation/execution/case/detail", executionCaseId=1)
    yield get("/automation/execution/case/detail", executionCaseId=99)
    yield get("/automation/execution/case/stability", executionId=1, executionCaseIds="1,2")
    yield get("/automation/execution/list", keyword="p")
    yield get("/automation/execution/console", executionId=1)
    yield post("/automation/execution/poll", {})
    yield post("/automation/execution/poll", about)
    yield post("/automation/execution/abort", about | {"message": "m"}, runner)
    yield post("/automation/execution/start", about, runner)
    yield post("/automation/execution/cancel", about)
    yield post("/automation/execution/rerun", about | {"onlyFailed": True})
    yield post("/automation/execution/cancel", {"executionId": 2})
    yield get("/automation/case/list")
    yield get("/automation/case/history", caseId=1)
    service.runner.refuses = "no room"
    yield post("/automation/case/run", {"caseId": 3, "envCode": "st"})
    yield post("/automation/execution/rerun", {"executionId": 2})
    service.runner.refuses = ""
    yield post("/automation/case/run", {"caseId": 3, "envCode": "st"})
    yield post("/automation/plan/delete", {"planId": 9})
    yield post("/page/session", {"token": TOKEN}, {})
    yield post("/page/session", {"token": "wrong"}, {})
    yield post("/page/session", {}, {})
    yield post("/page/session/end", {}, {})
    yield get("/page/me")
    yield get("/page/me", {})
    yield get("/automation/execution/events")
    yield get("/automation/execution/events", {}, executionId=1)


def story_of_legs(service):
    """What an execution over several machines is answered; it needs a runner that has legs."""
    number = service.run_plan(1, 2, 3, shards=2, retryLost=True)["id"]

    def call(path, **fields):
        path = f"/automation/execution/{path}"
        body = {"executionId": number, "runnerId": "a", **fields}
        return "POST", path, service.call(path.removeprefix("/automation"), body)

    query = {"executionId": number}
    pulled = service.client.get(
        f"{PREFIX}/automation/execution/case/pull", params=query, headers=SECRET_HEADER
    )
    yield "GET", "/automation/execution/case/pull", pulled
    yield call("start")
    yield call("start", slots=1)
    lease = call("case/lease", leaseId="one")
    yield lease
    (row, *_) = lease[2].json()["data"]["items"]
    yield call("case/result", executionCaseId=row, status=1)
    yield call(
        "case/result", results=[{"executionCaseId": row, "status": 2}, {"caseId": 3, "status": 2}]
    )
    yield call("heartbeat")
    answer = service.front_response("/execution/detail", query=query)
    yield "GET", "/automation/execution/detail", answer
    yield call("finish", counts={}, final=False)
    yield call("abort")
    yield call("case/lease", leaseId="two")


def test_every_answer_is_as_described(tmp_path):
    met = set()
    (legs := tmp_path / "legs").mkdir()
    with Service(tmp_path) as service, Service(legs, runner=ExternalRunner()) as over_legs:
        for method, path, response in [*story(service), *story_of_legs(over_legs)]:
            validate(response.json(), schema_of(method, path, response.status_code))
            met.add((path, response.json()["code"]))

    succeeded = {path for path, code in met if code == 20000}
    streams = {one.path for one in OPERATIONS if one.auth is AuthScheme.STREAM}
    assert succeeded | streams == {operation.path for operation in OPERATIONS}
    assert {20000, 40001, 40004, 40009, 40010, 40011, 50002} <= {code for _, code in met}


def test_events_carry_what_is_described(tmp_path):
    with live(tmp_path) as service:
        number = service.started(1)
        with Listener(service, number) as listener:
            seen = listener.until(is_execution)

    kinds = SCHEMAS["EventStreamText"]["properties"]
    for name, _, data in seen:
        validate(data, kinds[name])
    assert {name for name, _, _ in seen} == {"case", "execution"}


def test_what_is_shown_of_an_execution_makes_an_event():
    """A new column is either shown (and moves `change_no`), or known to be hidden."""
    columns = Execution.model_fields.keys()
    hidden = columns - ExecutionRow.model_fields.keys()
    shown_by_another_name = {"healed_time", "wait_reason"}
    signs_of_life = {"lease_until"}

    assert UNSEEN & ExecutionRow.model_fields.keys() == signs_of_life
    assert hidden - UNSEEN == {"file_key", "change_no"} | shown_by_another_name


def test_the_page_shows_every_operation_and_needs_no_network(calm):
    answer = calm.client.get("/docs")

    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for operation in OPERATIONS:
        assert f"{PREFIX}{operation.path}</code>" in answer.text
        assert OPERATION_DOCS[operation.path].title in answer.text
    assert re.findall(r"<(?:script|link|img|iframe)\b", answer.text) == []
    assert "prefers-color-scheme: dark" in answer.text
