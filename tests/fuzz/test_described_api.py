"""Whatever is sent to whichever address, in or out of its description: an envelope, never a 500.

Needs schemathesis (the `fuzz` extra). `SISYPHUS_TEST_FUZZ` says how many requests each address gets
of either kind; `python -m benchmarks fuzz` gives them thousands.
"""

import os
import secrets
from collections import Counter

import pytest

schemathesis = pytest.importorskip("schemathesis", reason="the fuzz extra is not installed")

import jsonschema  # noqa: E402 -- after the skip
import requests  # noqa: E402
from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from hypothesis.errors import Unsatisfiable  # noqa: E402
from live_kit import live  # noqa: E402
from schemathesis import GenerationMode  # noqa: E402
from service_kit import SECRET, TOKEN  # noqa: E402

from orchestrator.app import OPERATIONS, PREFIX  # noqa: E402
from orchestrator.openapi.document import document  # noqa: E402
from orchestrator.schemas.requests import Nothing  # noqa: E402

EXAMPLES = int(os.environ.get("SISYPHUS_TEST_FUZZ", "25"))
DOCUMENT = document(OPERATIONS, PREFIX)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
TOKENS = [{"token": TOKEN, "X-CALLBACK-SECRET": SECRET}] * 9 + [{}]
CREDENTIALS = {"authorization", "accesstoken", "token", "x-callback-token", "x-callback-secret"}
#: what the generator makes of a header, an HTTP client may refuse to send.
UNSENDABLE = (requests.exceptions.InvalidHeader, UnicodeError, ValueError)

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with live(tmp_path_factory.mktemp("fuzz")) as running:
        number = running.started(1, 2, 3)
        running.result(number, 1, 2)
        running.front("/case/run", {"caseId": 1, "envCode": "st"})
        running.session, running.met = requests.Session(), Counter()
        yield running
        print(f"{running.met.total()} requests: {dict(running.met)}")  # noqa: T201 -- the figure


def described(method, path, response):
    responses = DOCUMENT["paths"][path][method.lower()]["responses"]
    assert str(response.status_code) in responses, response.text
    content = responses[str(response.status_code)].get("content", {})
    return content.get("application/json", {}).get("schema")


def check(method, path, response):
    """Not a 500, described, and in the envelope; its status and code."""
    assert response.status_code < 500, response.text
    kind = response.headers.get("content-type", "")
    if response.status_code == 204 or kind.startswith("text/event-stream"):
        assert path.endswith("/events")
        return response.status_code, "stream"
    answer = response.json()
    if response.status_code == 405:
        assert answer["code"] == 40500
        return 405, 40500
    assert {"code", "msg", "data"} == answer.keys()
    jsonschema.Draft202012Validator({**DOCUMENT, **described(method, path, response)}).validate(
        answer
    )
    return response.status_code, answer["code"]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.path)
def test_nothing_breaks_the_envelope(service, operation, mode):
    api = SCHEMA[operation.path][operation.method]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=api.as_strategy(generation_mode=mode), tokens=st.sampled_from(TOKENS))
    def sent(case, tokens):
        told = case.as_transport_kwargs(base_url=f"http://127.0.0.1:{service.port}{PREFIX}")
        made = dict(told.get("headers") or {})
        kept = {name: value for name, value in made.items() if name.lower() not in CREDENTIALS}
        told["headers"] = {**kept, **tokens}
        told["headers"].setdefault("Idempotency-Key", secrets.token_hex(8))
        try:
            response = service.session.request(**told, stream=True, timeout=30)
        except UNSENDABLE:
            return
        with response:
            service.met[check(operation.method, operation.path, response)] += 1
            if mode is GenerationMode.POSITIVE and case.body is not None and tokens:
                shaped(operation, case.body)

    try:
        sent()
    except Unsatisfiable:  # of an address that takes nothing, nothing can be wrong
        assert mode is GenerationMode.NEGATIVE
        assert operation.request_model is Nothing


def shaped(operation, body):
    """What the description allows, the shape reads."""
    if isinstance(body, dict):
        operation.request_model.parse(body)
