"""Models made without pydantic: of what, and of what not."""

import pytest
import yaml
from construct_kit import is_made_as_by_pydantic
from engine_kit import Engine, FakeClock, FunctionContext, Random

from pytest_sisyphus.source.case_file import read_cases
from pytest_sisyphus.source.reader import Reader

COMMON = """
name: buy
case_id: 7
description: as most files are
config:
  base_url: http://127.0.0.1:1
  variables: {user: ada, greeting: "hello ${user}"}
  headers: {X-Run: "${user}"}
  timeout: 3
  profiles: {st: {base_url: http://st, variables: {user: bob}, extra_key: 1}}
  data_source: {type: inline, data: [{a: 1}]}
  retry_policy: {max_attempts: 2, base_delay: 1, retry_on: [network, 503]}
tags: [smoke, "owner:ada"]
marks: [{timeout: 10}]
usefixtures: [db]
setup: {name: before, type: wait, seconds: 0}
steps:
  - log in:
      method: POST
      url: /login
      body: {user: "${user}", nested: [1, null, true, 1.5]}
      validate:
        - status_code: 201
        - eq: [$.code, 0, the code]
        - {type: contains, path: $.message, expect: "${user}"}
        - or: [{exists: $.a}, {exists: $.b}]
      extract: {token: $.data.token, id: {path: $.data.id, default: null}}
  - name: again
    url: /items/${steps["log in"].document.status_code}
    depends_on: log in
    only_if: ${token} != ""
    timeout: {connect: 1, total: 5}
    auth: {type: bearer, token: "${token}"}
    mock: {rules: [{request: {method: GET}, response: {body: {a: 1}}}]}
  - name: loop
    type: loop
    loop_type: foreach
    loop_items: [1, 2]
    loop_variable: n
    loop_steps: [{name: inside, url: "/${n}", validations: [{lt: [$.n, 3]}]}]
"""

UNSURE = {
    "a text for a number": {"retry_times": "3"},
    "a number too large": {"retry_times": 1_000_000},
    "a word for a truth value": {"stop_on_failure": "yes"},
    "not finite": {"timeout": float("inf")},
    "an unknown key": {"base_urll": "x"},
    "what is warned of": {"output": 1},
    "another tool's template": {"base_url": "{{ host }}"},
    "an impossible template": {"base_url": "http://${"},
    "an unknown function": {"variables": {"a": "${nope()}"}},
    "a missing profile": {"active_profile": "st"},
    "a circle": {"variables": {"a": "${b}", "b": "${a}"}},
    "a hidden built-in": {"variables": {"config": 1}},
}


@pytest.fixture
def made(tmp_path):
    """Whether the cases of a text are made without pydantic; what is made is compared."""
    context = FunctionContext(random=Random(1), clock=FakeClock(), environ={})
    validation = Engine(tmp_path)._validation(context)

    def made(text):
        path = tmp_path / "case.yaml"
        path.write_text(text, encoding="utf-8")
        documents = Reader(roots=(tmp_path,), base=tmp_path).documents(path)
        return [is_made_as_by_pydantic(document, validation) for document in documents]

    return made


def test_what_most_files_say_needs_no_pydantic(made):
    assert made(COMMON) == [True]


def test_what_a_case_refers_to_is_noted_for_that_case_alone(tmp_path):
    validation = Engine(tmp_path)._validation(
        FunctionContext(random=Random(1), clock=FakeClock(), environ={})
    )
    path = tmp_path / "case.yaml"
    path.write_text(COMMON, encoding="utf-8")

    read_cases(path, Reader(roots=(tmp_path,), base=tmp_path), validation)

    noted = (
        validation.referenced_steps,
        validation.queried_databases,
        validation.referenced_databases,
        validation.dependent_steps,
    )
    assert not any(noted)


@pytest.mark.parametrize("config", UNSURE.values(), ids=UNSURE)
def test_what_is_not_surely_right_is_left_to_pydantic(made, config):
    case = {"name": "c", "config": config, "steps": [{"name": "s", "url": "/"}]}
    assert made(yaml.safe_dump(case)) == [False]


@pytest.mark.slow
@pytest.mark.parametrize(
    "step",
    [
        {"name": "s"},
        {"name": "s", "url": "/", "body": 1, "form": {}},
        {"name": "s", "url": "/", "validations": [{"eq": ["$.a"]}]},
        {"name": "s", "url": "/", "validations": [{"eq": ["$[", 1]}]},
        {"name": "s", "url": "/", "validations": [{"type": "and"}]},
        {"name": "s", "url": "/", "extractors": {"a": {"type": "nope", "path": "$"}}},
        {"name": "s", "url": "/", "depends_on": "t"},
        {"name": "s", "url": "/", "method": "GET IT"},
        {"name": "s", "url": "/", "type": "nope"},
        {"name": "s", "url": "/", "headers": {"a b": 1}},
        "s",
    ],
)
def test_a_step_that_is_wrong_is_left_to_pydantic(made, step):
    assert made(yaml.safe_dump({"name": "c", "steps": [step]})) == [False]
