"""The same work, written for each engine: text of the files that they run."""

import textwrap

# One case of many GET steps, each with 3 checks and 1 extractor.

CHECKS = """
assert answer.status_code == 200
document = answer.json()
assert document["code"] == 0
assert document["data"]["owner"]["name"] == "Ada"
item = document["data"]["items"][0]["id"]
"""


def loop(url: str, steps: int, *, environment: bool = True) -> str:
    """The floor: nothing but requests and the checks."""
    return f"""
import requests
session = requests.Session()
session.trust_env = {environment}
for n in range({steps}):
    answer = session.get(f"{url}/items/{{n}}", timeout=30)
{textwrap.indent(CHECKS, "    ")}
"""


def python_steps(url: str, steps: int) -> str:
    return f"""
import pytest, requests

@pytest.fixture(scope="module")
def session():
    with requests.Session() as session:
        yield session

@pytest.mark.parametrize("n", range({steps}))
def test_step(session, n):
    answer = session.get(f"{url}/items/{{n}}", timeout=30)
{textwrap.indent(CHECKS, "    ")}
"""


def yaml_steps(url: str, steps: int) -> str:
    return f"name: many steps\nconfig: {{base_url: {url}}}\nsteps:\n" + "".join(
        f"""\
  - name: step {n}
    url: /items/{n}
    validations:
      - status_code: 200
      - eq: [$.code, 0]
      - eq: [$.data.owner.name, Ada]
    extractors: {{item: "$.data.items[0].id"}}
"""
        for n in range(steps)
    )


def older_steps(url: str, steps: int) -> str:
    return "name: many steps\nconfig:\n  name: many steps\nsteps:\n" + "".join(
        f"""\
  - step {n}:
      type: request
      url: {url}/items/{n}
      method: GET
      validations:
        - {{type: status_code, path: $.status_code, expect: "200"}}
        - {{type: eq, path: $.code, expect: 0}}
        - {{type: eq, path: $.data.owner.name, expect: Ada}}
      extractors:
        - {{type: jsonpath, name: item, path: "$.data.items[0].id"}}
"""
        for n in range(steps)
    )


def tavern_steps(url: str, steps: int) -> str:
    return "test_name: many steps\nstages:\n" + "".join(
        f"""\
  - name: step {n}
    request: {{url: "{url}/items/{n}", method: GET}}
    response:
      status_code: 200
      strict: false
      json: {{code: 0, data: {{owner: {{name: Ada}}}}}}
      save: {{json: {{item: "data.items[0].id"}}}}
"""
        for n in range(steps)
    )


OLDER_RUN = """
import sys
from pathlib import Path
from apirun.executor.test_case_executor import TestCaseExecutor
from apirun.parser.v2_yaml_parser import V2YamlParser

for path in sorted(Path(sys.argv[1]).glob("*.yaml")):
    result = TestCaseExecutor(V2YamlParser().parse(str(path))).execute()
    assert result["test_case"]["status"] == "passed", result["error_info"]
"""

# Many files of one case each: log in and extract, read with the token, delete.


def loop_cases(url: str, cases: int) -> str:
    return f"""
import requests
for n in range({cases}):
    with requests.Session() as session:
        answer = session.post("{url}/login", json={{"user": "ada", "case": n}}, timeout=30)
        assert answer.status_code == 201
        headers = {{"Authorization": "Bearer " + answer.json()["data"]["token"]}}
        answer = session.get(f"{url}/items/{{n}}", headers=headers, timeout=30)
        assert answer.status_code == 200
        assert answer.json()["data"]["id"] == 7
        answer = session.delete(f"{url}/items/{{n}}", headers=headers, timeout=30)
        assert answer.json()["code"] == 0
"""


def python_case(url: str, number: int) -> str:
    return f"""
import requests

def test_case_{number}():
    with requests.Session() as session:
        answer = session.post("{url}/login", json={{"user": "ada", "case": {number}}}, timeout=30)
        assert answer.status_code == 201
        headers = {{"Authorization": "Bearer " + answer.json()["data"]["token"]}}
        answer = session.get("{url}/items/{number}", headers=headers, timeout=30)
        assert answer.status_code == 200
        assert answer.json()["data"]["id"] == 7
        answer = session.delete("{url}/items/{number}", headers=headers, timeout=30)
        assert answer.json()["code"] == 0
"""


def yaml_case(url: str, number: int) -> str:
    return f"""\
name: case {number}
config: {{base_url: {url}}}
tags: [smoke]
steps:
  - name: log in
    method: POST
    url: /login
    body: {{user: ada, case: {number}}}
    validations: [{{status_code: 201}}]
    extractors: {{token: $.data.token}}
  - name: read
    url: /items/{number}
    headers: {{Authorization: "Bearer ${{token}}"}}
    validations:
      - status_code: 200
      - eq: [$.data.id, 7]
  - name: delete
    method: DELETE
    url: /items/{number}
    headers: {{Authorization: "Bearer ${{token}}"}}
    validations: [{{eq: [$.code, 0]}}]
"""


def older_case(url: str, number: int) -> str:
    return f"""\
name: case {number}
config:
  name: case {number}
steps:
  - log in:
      type: request
      url: {url}/login
      method: POST
      body: {{user: ada, case: {number}}}
      validations: [{{type: status_code, path: $.status_code, expect: "201"}}]
      extractors: [{{type: jsonpath, name: token, path: $.data.token}}]
  - read:
      type: request
      url: {url}/items/{number}
      method: GET
      headers: {{Authorization: "Bearer ${{token}}"}}
      validations:
        - {{type: status_code, path: $.status_code, expect: "200"}}
        - {{type: eq, path: $.data.id, expect: 7}}
  - delete:
      type: request
      url: {url}/items/{number}
      method: DELETE
      headers: {{Authorization: "Bearer ${{token}}"}}
      validations: [{{type: eq, path: $.code, expect: 0}}]
"""


def tavern_case(url: str, number: int) -> str:
    return f"""\
test_name: case {number}
stages:
  - name: log in
    request: {{url: {url}/login, method: POST, json: {{user: ada, case: {number}}}}}
    response: {{status_code: 201, save: {{json: {{token: data.token}}}}}}
  - name: read
    request: {{url: {url}/items/{number}, method: GET, headers: {{Authorization: "Bearer {{token}}"}}}}
    response: {{status_code: 200, strict: false, json: {{data: {{id: 7}}}}}}
  - name: delete
    request: {{url: {url}/items/{number}, method: DELETE, headers: {{Authorization: "Bearer {{token}}"}}}}
    response: {{status_code: 200, json: {{code: 0}}}}
"""
