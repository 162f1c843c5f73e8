"""What a step, and a case that is read, may cost: in calls, which are the same on every machine.

A budget is what it cost when it was set, and an eighth more; who needs more says why, and sets it.
"""

import sys

import pytest
from echo_server import echo_server
from engine_kit import FakeClock, FunctionContext, Random

from pytest_sisyphus.source.case_file import read_cases
from pytest_sisyphus.source.reader import Reader

pytestmark = pytest.mark.slow

STEP = """\
- name: step {n}
  url: /items/{n}
  validations:
    - status_code: 200
    - eq: [$.method, GET]
    - eq: [$.path, /items/{n}]
  extractors: {{item: $.path}}
"""
TEMPLATED = """\
- name: step {n}
  url: /items/${{number}}
  headers: {{X-Number: "${{number}}"}}
  validations: [{{eq: [$.path, "/items/${{number}}"]}}]
"""
CASE = "name: case {n}\nconfig: {{base_url: http://127.0.0.1:1}}\nsteps:\n" + STEP


def calls(function):
    """How many functions are called meanwhile, Python's and C's, in this thread."""
    count = 0

    def count_one(_frame, event, _function):
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count_one)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def each(measured):
    """Of one more: what does not hang on their number is in both."""
    measured(10)  # whatever is made once is made
    return (measured(60) - measured(10)) / 50


@pytest.mark.parametrize(
    ("step", "budget"), [(STEP, 1040), (TEMPLATED, 990)], ids=["literal", "templates"]
)
def test_a_step(engine, step, budget):
    with echo_server() as server:

        def measured(number):
            steps = "".join(step.format(n=n) for n in range(number))
            run = engine.prepared(steps, f"base_url: {server.url}\nvariables: {{number: 7}}")
            return calls(run.run)

        assert each(measured) <= budget


def test_a_case_that_is_read(engine, tmp_path):
    path = tmp_path / "cases.yaml"
    validation = engine._validation(
        FunctionContext(random=Random(1), clock=FakeClock(), environ={})
    )

    def measured(number):
        path.write_text("---\n".join(CASE.format(n=n) for n in range(number)), "utf-8")
        reader = Reader(roots=(tmp_path,), base=tmp_path)
        return calls(lambda: read_cases(path, reader, validation))

    assert each(measured) <= 1240
