"""What steps say is Chinese as a whole: of mistakes in them, and of what fails when they run."""

import pytest
from languages import is_chinese

from pytest_sisyphus.documents.build import META

CHILD = "{name: c, url: /, mock: {rules: [{response: {body: {a: 1}}}]}}"
ASKED = CHILD.replace("name: c, ", "")
LOOPED = f"loop_steps: [{CHILD}]}}"
WRONG = [
    "{name: s, url: /x, body: 1, json: 2}",
    "{name: s, url: /x, body_file: a, files: {f: a}}",
    "{name: s, url: /x, body_file: nope.bin}",
    "{name: s, url: /x, files: {f: nope.bin}}",
    "{name: s, url: /x, auth: {type: bearer, tokn: x}}",
    "{name: s, url: /x, auth: {type: basic, username: x}}",
    "{name: s, url: /x, auth: {type: nope}}",
    "{name: s, type: concurrent}",
    f"{{name: s, type: concurrent, concurrent_steps: [{CHILD}, {{name: d, url: /, depends_on: c}}]}}",
    "{name: s, type: loop, loop_type: for}",
    "{name: s, type: loop, loop_type: for, loop_count: 1, loop_items: [1]}",
    "{name: s, type: loop, loop_type: for, loop_count: 1}",
    f"{{name: s, type: loop, loop_type: foreach, loop_items: 5, loop_steps: [{CHILD}]}}",
    "{name: s, type: poll, request: {url: /}}",
    "{name: s, type: poll, until: a == 1, request: 5}",
    "{name: s, type: poll, until: a == 1, request: {url: /, retry_times: 1}}",
    "{name: s, type: poll, until: a == 1, request: {url: /, type: wait}}",
    "{name: s, type: wait}",
    "{name: s, type: wait, seconds: 1, condition: a == 1}",
    "{name: s, type: wait, seconds: 1, interval: 1}",
    "{name: s, type: wait, wait_type: condition, seconds: 1}",
    "{name: s, type: wait, condition: a == 1, request: {url: /}, database: {database: x, sql: q}}",
    "{name: s, type: wait, wait_condition: {type: api, check: a == 1}}",
    "{name: s, type: wait, wait_condition: {type: api, sql: x, request: {url: /}, check: a == 1}}",
    "{name: s, type: database, database: 'sqlite://', sql: x, operation: qery}",
    "{name: s, type: database, database: 'sqlite://', sql: x, operation: executemany}",
    "{name: s, type: database, database: 'sqlite://', sql: x, params: 5}",
    "{name: s, type: database, database: 'sqlite://', sql: x, operation: script, params: [1]}",
    "{name: s, type: script, script: 5}",
    "{name: s, type: script, script: ' '}",
    "{name: s, type: script, script: import os, allow_imports: false}",
    "{name: s, type: case, file: nope.yaml}",
    "{name: s, type: case, file: case.yaml, returns: [5]}",
    "{name: s, url: /x, performance: {repeat: 0}}",
]
#: `{}`: the other keys of a mocked request.
MOCKED = "{{name: s, url: /x, mock: {{rules: [{{response: {}}}]}}, {}}}"
FAILING = [
    "{name: s, url: /x}",
    "{name: s, url: /x, mock: {rules: [{name: r, request: {method: POST}, response: {}}]}}",
    "{name: s, url: /x, mock: {rules: [{request: {url: /y}, response: {}}]}}",
    "{name: s, url: /x, mock: {rules: [{condition: 1 == 2, response: {}}]}}",
    "{name: s, url: /x, mock: {rules: [{condition: request.body.a == 1, response: {}}]}}",
    MOCKED.format("{delay: 9}", "timeout: 1"),
    MOCKED.format(
        "{body: '{', headers: {Content-Type: application/json}}", "validations: [{eq: [$.a, 1]}]"
    ),
    MOCKED.format(
        "{body: '', headers: {Content-Type: application/json}}", "validations: [{eq: [$.a, 1]}]"
    ),
    MOCKED.format("{body: {a: 1}}", "validations: [{eq: [$.a, 2]}]"),
    MOCKED.format("{body: {a: 1}}", "validations: [{status_code: 201}]"),
    MOCKED.format("{body: {a: 1}}", "extractors: {t: $.b}"),
    MOCKED.format("{body: {a: 1}}", "body: '${absent}'"),
    MOCKED.format("{delay: 0.01}", "performance: {repeat: 2, benchmarks: {max_response_time: 1}}"),
    f"{{name: s, type: loop, loop_type: while, loop_condition: true, max_iterations: 2, {LOOPED}",
    f"{{name: s, type: loop, loop_type: foreach, loop_items: '${{5}}', {LOOPED}",
    "{name: s, type: loop, loop_type: for, loop_count: 1, loop_steps: [{name: c, url: /}]}",
    "{name: s, type: concurrent, concurrent_steps: [{name: c, url: /}]}",
    f"{{name: s, type: poll, request: {ASKED}, until: a == 2, timeout: 3}}",
    f"{{name: s, type: poll, request: {ASKED}, until: body.b == 2, timeout: 3}}",
    "{name: s, type: wait, condition: 1 == 2, max_wait: 1}",
    "{name: s, type: wait, seconds: 9, timeout: 1}",
]


def test_each_mistake_is_said_in_chinese(engine, set_to_chinese):
    said = [engine.complaint(f"- {step}") for step in WRONG]

    assert [one for one in said if not is_chinese(one)] == []


@pytest.mark.parametrize("step", FAILING)
def test_each_failure_is_said_in_chinese(engine, step, set_to_chinese):
    ran = engine.run(f"- {step}")

    assert ran.status in {"failed", "error"}
    assert is_chinese(ran.error("s")), ran.error("s")


@pytest.mark.parametrize(
    "step",
    [
        f"{{name: s, type: loop, loop_type: for, loop_count: 0, loop_steps: [{CHILD}]}}",
        f"{{name: s, type: concurrent, concurrent_steps: [{CHILD[:-1]}, skip_if: true}}]}}",
    ],
)
def test_why_it_is_skipped_is_said_in_chinese(engine, step, set_to_chinese):
    document = engine.run(f"- {step}").steps["s"]

    assert document["status"] == "skipped"
    assert is_chinese(document[META]["reason"])
