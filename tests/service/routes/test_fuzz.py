"""What no description of the interface makes: never a 500, never an answer without the envelope.

Bodies that are not JSON or no object, a field in both spellings at once, numbers that no column
holds, texts that no encoding has. Requests made from the description, good ones and bad ones, are
in `tests/fuzz`, which needs the `fuzz` extra; this needs nothing and runs with every suite.
`SISYPHUS_TEST_FUZZ` says for both how many requests each address gets.
"""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel
from service_kit import SECRET, TOKEN, Service

from orchestrator.openapi import field_docs
from orchestrator.routes.automation import OPERATIONS as FRONT
from orchestrator.routes.internal import OPERATIONS as INTERNAL
from orchestrator.routes.page import OPERATIONS as PAGE
from orchestrator.schemas.runner_requests import CaseResult, ManyResults

EXAMPLES = int(os.environ.get("SISYPHUS_TEST_FUZZ", "15"))
HEADERS = {"token": TOKEN, "X-CALLBACK-SECRET": SECRET, "Content-Type": "application/json"}
ODD = ["", " ", "1", "0", "-1", "1e9", "９", "\x00", "\ud800", "x" * 300, "2025-09-20 10:00:00"]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.sampled_from([2**31, 2**63 - 1, 2**63, -(2**63), 10**30]),
    st.floats(),
    st.sampled_from(ODD),
    st.text(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


#: what is there, so that a good request is not refused at its first field.
THERE = {"case_id": 1, "case_ids": [1], "execution_case_id": 1, "execution_id": 1, "plan_id": 2001}
LISTS = {"results": [{"caseId": 1, "status": 2}], "cases": [{"caseId": 1}]}


def document(shape):
    """A good request with up to three fields made wild, each in one of its spellings or in both."""
    good = {
        field: (THERE | LISTS).get(field, told[1])
        for field in shape.model_fields
        if (told := field_docs.of(shape.__name__, field)) is not None
    }
    names = [name for field in shape.model_fields for name in (field, to_camel(field))]
    wild = st.dictionaries(st.sampled_from(names or ["x"]), VALUES, min_size=1, max_size=3)
    return wild.map(lambda changed: {**good, **changed})


def shape_of(operation):
    if not operation.request_model.model_fields:  # one result or many
        return type("Both", (ManyResults, CaseResult), {})
    return operation.request_model


def text_of(value):
    return json.dumps(value).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("fuzz")) as service:
        service.started(1, 2)
        yield service


@pytest.mark.parametrize("operation", [*FRONT, *INTERNAL, *PAGE], ids=lambda op: op.path)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_nothing_that_is_sent_breaks_an_endpoint(busy, operation, data):
    path = f"/it/api{operation.path}"
    fields = data.draw(document(shape_of(operation)))
    if operation.method == "GET":
        query = {name: json.dumps(value).strip('"') for name, value in fields.items()}
        response = busy.asked.ask("GET", path, query=query, headers=HEADERS)
    else:
        wild = st.binary(max_size=20) | VALUES.map(text_of)
        body = data.draw(st.just(text_of(fields)) | wild)
        response = busy.asked.ask("POST", path, content=body, headers=HEADERS)
    assert response.status_code < 500, response.text
    assert response.json().keys() == {"code", "msg", "data"}
