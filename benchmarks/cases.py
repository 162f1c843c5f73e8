"""300 cases of 3 requests with 2 checks each, against the same written in Python with requests"""

import tempfile
from pathlib import Path

from benchmarks.timing import compare, pytest_run, server

CASES, STEPS = 300, 3

PYTHON = """
import pytest, requests

@pytest.mark.parametrize("n", range({cases}))
def test_case(n):
    with requests.Session() as session:
        for step in range({steps}):
            answer = session.get(f"{url}/{{n}}/{{step}}", timeout=30)
            assert answer.status_code == 200
            assert answer.json()["items"][0]["id"] == 1
"""


def yaml_case(number, url):
    steps = "\n".join(
        f"  - name: step {step}\n    url: /{number}/{step}\n    validations:\n"
        f"      - status_code: 200\n      - eq: ['$.items[0].id', 1]"
        for step in range(STEPS)
    )
    return f"name: case {number}\nconfig: {{base_url: {url}}}\nsteps:\n{steps}\n"


def write(folder, url, count=CASES):
    cases = "---\n".join(yaml_case(number, url) for number in range(count))
    Path(folder, "cases.yaml").write_text(cases)
    Path(folder, "test_floor.py").write_text(PYTHON.format(cases=count, steps=STEPS, url=url))


def main():
    with tempfile.TemporaryDirectory() as folder, server() as url:
        write(folder, url)
        compare(
            {
                "Python tests with requests (floor)": lambda: pytest_run(folder, "test_floor.py"),
                "YAML cases": lambda: pytest_run(folder, "cases.yaml"),
                "YAML cases, collected only": lambda: pytest_run(
                    folder, "--collect-only", "cases.yaml"
                ),
            }
        )
