"""The public names as a typed program uses them: a type checker accepts it, and it runs."""

import subprocess
import sys
from pathlib import Path

import embedding
import extension
import pytest
import service_plugin
from starlette.testclient import TestClient

FOLDER = Path(__file__).parent

CASE = """
name: order
config:
  mock: {rules: [{request: {url: .*}, response: {body: {total: "${total}"}}}]}
steps:
  - name: say
    type: repeat
    times: 2
    words: "${order_number('PO')}"
    before: [{name: first, type: wait, seconds: 0}]
    extractors: [{name: number, type: words, path: said, index: 0}]
    validations: [{contains: [$.said, "${number}"]}]
  - name: sign
    url: http://unused.test
    auth: {type: signed, key: k1}
    validations:
      - {type: divisible_by, path: $.total, expect: 5}
"""


def test_a_type_checker_accepts_them():
    pytest.importorskip("mypy", reason="mypy comes with the extra dev")
    files = [path for path in FOLDER.glob("*.py") if not path.name.startswith("test_")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *files],
        capture_output=True,
        text=True,
        check=False,
        cwd=FOLDER.parents[1],
    )

    assert done.returncode == 0, done.stdout


def test_a_program_runs_cases_with_an_extension_of_each_kind():
    (failure,) = embedding.failures(CASE, extension)

    assert failure == "order: 12 is not divisible by 5 (1 of 2 checks passed)"


def test_a_program_embeds_the_service_with_a_plugin(tmp_path):
    with TestClient(service_plugin.application(tmp_path)) as client:
        listed = client.get("/it/api/automation/execution/list", headers={"X-User-Id": "7"})
        refused = client.get("/it/api/automation/execution/list", headers={"X-User-Id": "nobody"})

    assert (listed.json()["code"], refused.status_code) == (20000, 401)
