"""what each report adds to 1 000 cases of 3 requests"""

import tempfile
from pathlib import Path

from benchmarks.cases import write
from benchmarks.timing import compare, pytest_run, server

FORMATS = ("json", "json-compact", "csv", "html", "junit", "allure")
CASES = 1_000


def main():
    with tempfile.TemporaryDirectory() as folder, server() as url:
        write(folder, url, CASES)
        out = Path(folder, "out")

        def run(name=None):
            report = [f"--sisyphus-report={name}:{out / name}"] if name else []
            return lambda: pytest_run(folder, "cases.yaml", *report)

        compare({"no report (floor)": run(), **{name: run(name) for name in FORMATS}})
